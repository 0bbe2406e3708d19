"""Law and measures from folders of TOML."""

from comity.adapters.catalog.files import FileCatalog

__all__ = ["FileCatalog"]
