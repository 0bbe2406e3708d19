"""A disk that has no room, told as what it is: which place is full, and that trying again later may do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comity.errors import Misconfigured, NoSpace

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Numbers by which an operating system says that there is no room: on the disk, in a quota, under a limit of the process."""


@contextmanager
def told_plainly(where: Path, code: str = "no-space") -> Iterator[None]:
    """A full disk is NoSpace: it may have room later. Whatever else the disk refuses is for the operator: Misconfigured."""
    try:
        yield
    except OSError as fault:
        if fault.errno in FULL:
            raise NoSpace(code, folder=str(where)) from fault
        raise Misconfigured("folder-unusable", folder=str(where), why=fault.strerror or "") from fault
