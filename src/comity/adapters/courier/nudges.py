"""The peer's announcements: the little of server-sent events that a list of sizes needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from comity.errors import Malformed

LINE_BYTES_MAX = 1024
_SIZE = re.compile(rb"0|[1-9][0-9]{0,18}")


def sizes_in(chunks: Iterable[bytes]) -> Iterator[int]:
    """Sizes of `checkpoint` events, cut anyhow into chunks; other events and comments are passed over.

    An endless line, or a size that isn't one, raises Malformed. An event that the end cuts off doesn't count.
    """
    kind, size = b"", b""
    for line in _lines(chunks):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if kind == b"checkpoint":
                if _SIZE.fullmatch(size) is None:
                    raise Malformed("event-size", text=size[:30].decode("ascii", "replace"))
                yield int(size)
            kind, size = b"", b""
        elif name == b"event":
            kind = value
        elif name == b"data":
            size = value


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if max(map(len, [*whole, rest])) > LINE_BYTES_MAX:
            raise Malformed("event-line-too-long", bytes_max=LINE_BYTES_MAX)
        yield from (line.removesuffix(b"\r") for line in whole)
