"""Vectors of what a reader asks a writer for, and of what the writer announces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from comity.adapters.courier.nudges import announced_in
from comity.domain.ledger import parse_checkpoint, parse_note, parse_tile_path
from comity.domain.record import decode_bundle
from comity.errors import ComityError, NotFound
from comity.flows import carry
from tests.worlds import Pair, letter, pair, sealed_indicator

SIZES = (1, 4, 300, 301, 1000)
LEASTS = (0, 1, 2, 4, 5, 256, 300, 301, 302, 999, 1000, 1001, 2**62)
PATHS = (
    "records/000",
    "records/000?skip=0",
    "records/000?skip=255",
    "records/000?skip=256",
    "records/000.p/7",
    "records/000.p/7?skip=6",
    "records/000.p/7?skip=7",
    "records/001.p/44?skip=43",
    "records/003.p/232",
    "records/003.p/232?skip=231",
    "records/003.p/233",
    "records/003",
    "records/004.p/1",
    "records/000?skip=01",
    "records/000?skip=-1",
    "records/000.p/0",
    "records/000.p/256",
    "records/0",
)
STREAMS = {
    "one channel": b"event: checkpoint\ndata: 8\n\n",
    "several channels": b"event: checkpoint\ndata: 00000000000f1c70 8\n\nevent: checkpoint\ndata: 00000000000f1c72 300\n\n",
    "CR LF": b"event: checkpoint\r\ndata: 8\r\n\r\n",
    "no space after the colon": b"event:checkpoint\ndata:8\n\n",
    "comments and other events": b": still here\n\nevent: other\ndata: 9\n\nid: 1\nevent: checkpoint\ndata: 8\n\n",
    "data before event": b"data: 8\nevent: checkpoint\n\n",
    "the last data counts": b"event: checkpoint\ndata: 7\ndata: 8\n\n",
    "cut off before the empty line": b"event: checkpoint\ndata: 8\n\nevent: checkpoint\ndata: 9\n",
    "nothing": b"",
    "a size with a leading zero": b"event: checkpoint\ndata: 08\n\n",
    "a size below zero": b"event: checkpoint\ndata: -1\n\n",
    "no size": b"event: checkpoint\n\n",
    "a channel in capitals": b"event: checkpoint\ndata: 00000000000F1C70 8\n\n",
    "two spaces after the colon": b"event: checkpoint\ndata:  8\n\n",
    "a line of 1,025 bytes": b": " + b"x" * 1023 + b"\n\n",
    "a line of 1,024 bytes": b": " + b"x" * 1022 + b"\n\nevent: checkpoint\ndata: 8\n\n",
}


def asking() -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        two = pair(Path(folder), store="memory")
        for first, size in zip((0, *SIZES), SIZES, strict=False):
            two.kr.store.keep([letter(two.bulk.origin, sealed_indicator(two.kr, n)) for n in range(first, size)])
        least = [{"least": least, "size": _size(two, least)} for least in LEASTS]
        entries = [{"path": path, "entries": _entries(two, path)} for path in PATHS]
        two.kr.store.close()
        two.kh.store.close()
    return {
        "what": "priority.md: a channel with these signed sizes. `size` of the note that `least` gets, null for 404; first and last"
        " index that a path gets, null for 404; what a stream of events says",
        "signed": list(SIZES),
        "least": least,
        "paths": entries,
        "events": list(_events()),
    }


def _size(two: Pair, least: int) -> int | None:
    try:
        note = carry.checkpoint(two.kr, two.kr_sees_kh, two.bulk.origin, least)
    except NotFound:
        return None
    return parse_checkpoint(parse_note(note).text).size


def _entries(two: Pair, path: str) -> list[int] | None:
    plain, _, skip = path.partition("?skip=")
    try:
        if str(int(skip or 0)) != (skip or "0"):
            raise NotFound("no-such-resource")
        _, n, width = parse_tile_path(plain)
        raw = carry.records(two.kr, two.kr_sees_kh, two.bulk.origin, n, width, int(skip or 0))
    except ComityError:
        return None
    entries = decode_bundle(raw, 256 * n + int(skip or 0), 256)
    return [entries[0].index, entries[-1].index]


def _events() -> Iterator[dict[str, Any]]:
    for name, raw in STREAMS.items():
        case: dict[str, Any] = {"name": name, "text": raw.decode()}
        try:
            said = [[each.channel, each.size] for each in announced_in([raw])]
        except ComityError as fault:
            yield {**case, "code": fault.code}
        else:
            yield {**case, "said": said}
