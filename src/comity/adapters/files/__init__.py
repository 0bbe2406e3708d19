"""Where files that records name are kept: encrypted in a folder, or in memory for tests."""

from comity.adapters.files.folder import FolderFiles
from comity.adapters.files.memory import MemoryFiles

__all__ = ["FolderFiles", "MemoryFiles"]
