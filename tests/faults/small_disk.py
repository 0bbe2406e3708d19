"""A disk that is really full: folders on file systems of their own in memory, whose size a test sets page by page.

Mounts stand in a namespace of this process alone and go with it, so call `begin` in a forked child. Where the system lets nobody but
root do that, and the user isn't root, a limit on the size of files takes their place: the write fails too, and says EFBIG.
"""

from __future__ import annotations

import ctypes
import os
import resource
from pathlib import Path

NEW_MOUNTS, NEW_USER = 0x0002_0000, 0x1000_0000
REMOUNT, PRIVATE = 32, 1 << 18 | 1 << 14
PAGE = 4096
ROOMY = 1 << 30
_libc = ctypes.CDLL(None, use_errno=True)


def begin() -> bool:
    """Whether this process may mount from now on, for itself alone."""
    user, group = os.getuid(), os.getgid()
    if _libc.unshare(NEW_MOUNTS if user == 0 else NEW_MOUNTS | NEW_USER) != 0:
        return False
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    return bool(_libc.mount(b"none", b"/", None, PRIVATE, None) == 0)


class Disk:
    """One folder; roomy until told otherwise.

    mounts  what `begin` answered; without, the disk is as full as the largest file `among` all
    """

    def __init__(self, folder: Path, among: Path, *, mounts: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._among, self._mounts = folder, among, mounts
        if mounts:
            self._mount(ROOMY, 0)

    def leave(self, pages: int) -> None:
        """From now on there is room for so many pages more."""
        if self._mounts:
            stand = os.statvfs(self.folder)
            used = max(stand.f_blocks - stand.f_bfree, 1) * stand.f_frsize  # a size of nothing would be no limit
            self._mount(used + pages * PAGE, REMOUNT)
        else:
            largest = max((file.stat().st_size for file in self._among.rglob("*") if file.is_file()), default=0)
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest + pages * PAGE, resource.RLIM_INFINITY))

    def make_room(self) -> None:
        if self._mounts:
            self._mount(ROOMY, REMOUNT)
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def _mount(self, size: int, flags: int) -> None:
        if _libc.mount(b"small", os.fsencode(self.folder), b"tmpfs", flags, f"size={size}".encode()) != 0:
            raise OSError(ctypes.get_errno(), f"mount of {size} bytes at {self.folder}")
