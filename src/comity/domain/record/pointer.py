"""Pointers: which places of a body are sealed."""

from __future__ import annotations

import re

from comity.domain.record.limits import POINTER_BYTES_MAX
from comity.errors import MalformedRecord

_POINTER = re.compile(r"(?:/(?:[^/~\x00-\x1f\ud800-\udfff]|~[01])+)+")


def check_pointer(pointer: str) -> None:
    """Refuses what isn't an RFC 6901 pointer to a named place inside the body, or is over the limit."""
    if _POINTER.fullmatch(pointer) is None or len(pointer.encode()) > POINTER_BYTES_MAX:
        raise MalformedRecord("pointer", pointer=ascii(pointer[:80]))


def pointer_to(member: str) -> str:
    """The pointer to a direct member of the body."""
    return "/" + member.replace("~", "~0").replace("/", "~1")
