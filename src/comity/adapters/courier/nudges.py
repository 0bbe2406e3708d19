"""The peer's announcements: the little of server-sent events that a list of sizes needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from comity.errors import Malformed

LINE_BYTES_MAX = 1024
_SAID = re.compile(rb"(?:([0-9a-f]{16}) )?(0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class Announced:
    """What one event says: the size of a channel. `channel` is its 16 digits; empty on a stream that tells of one alone."""

    channel: str
    size: int


def announced_in(chunks: Iterable[bytes]) -> Iterator[Announced]:
    """What `checkpoint` events say, cut anyhow into chunks; other events and comments are passed over.

    An endless line, or a size that isn't one, raises Malformed. An event that the end cuts off doesn't count.
    """
    kind, said = b"", b""
    for line in _lines(chunks):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if kind == b"checkpoint":
                if (match := _SAID.fullmatch(said)) is None:
                    raise Malformed("event-size", text=said[:40].decode("ascii", "replace"))
                yield Announced((match[1] or b"").decode("ascii"), int(match[2]))
            kind, said = b"", b""
        elif name == b"event":
            kind = value
        elif name == b"data":
            said = value


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if max(map(len, [*whole, rest])) > LINE_BYTES_MAX:
            raise Malformed("event-line-too-long", bytes_max=LINE_BYTES_MAX)
        yield from (line.removesuffix(b"\r") for line in whole)
