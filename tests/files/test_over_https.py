"""Files over HTTPS with client certificates: in parts, by those they were written for, never kept by anybody on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from comity.adapters.files import FolderFiles
from comity.domain.ledger import Lane
from comity.errors import NotFound, Unreachable
from tests.faces.exchange.nodes import Answer, Node, ask_raw, make_node, serving
from tests.files.kept import CHUNK, STORAGE_KEY, digest, noise
from tests.files.naming import hand_over, item

RAW = noise(5 * CHUNK + 7)
NAME = digest(RAW)


@dataclass(frozen=True)
class Three:
    """`writer` keeps RAW and names it to `reader`; `other` is an accepted peer that it isn't for."""

    writer: Node
    reader: Node
    other: Node
    path: str
    secret: str


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    folder = tmp_path_factory.mktemp("three")
    writer = make_node(folder, "police.kr.example", files=FolderFiles(folder / "files", STORAGE_KEY))
    reader, other = make_node(folder, "police.kh.example"), make_node(folder, "exchange.sg.example")
    writer.accept(reader)
    writer.accept(other)
    writer.world.files.keep([RAW])
    origin, secret = writer.open_channel(reader.name, Lane.URGENT), writer.open_channel(other.name, Lane.URGENT)
    hand_over(writer.world, origin, item(RAW))
    with serving(writer):
        yield Three(writer, reader, other, origin.removeprefix(writer.name), secret.removeprefix(writer.name))


def _ask(three: Three, who: Node, path: str) -> Answer:
    return ask_raw(three.writer, who, b"GET %s HTTP/1.1" % path.encode())


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("", 0, None),
        ("?start=0", 0, None),
        (f"?start={CHUNK - 1}", CHUNK - 1, None),
        (f"?start={len(RAW)}", len(RAW), None),
        ("?bytes=10", 0, 10),
        (f"?start={CHUNK}&bytes={CHUNK}", CHUNK, 2 * CHUNK),
        (f"?start=1&bytes={1 << 40}", 1, None),
        ("?bytes=0", 0, 0),
    ],
)
def test_any_part_is_had_and_the_head_says_how_long_it_is(
    three: Three, asked: str, start: int, stop: int | None
) -> None:
    answer = _ask(three, three.reader, f"{three.path}/files/{NAME}{asked}")
    assert answer.status == 200
    assert answer.body == RAW[start:stop]
    assert answer.headers["content-length"] == str(len(RAW[start:stop]))
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/octet-stream", "no-store")


def test_unknown_and_forbidden_answer_byte_for_byte_alike(three: Three) -> None:
    unknown = _ask(three, three.reader, f"{three.path}/files/{digest(b'unknown')}")
    assert unknown.status == 404
    not_theirs = _ask(three, three.other, f"{three.secret}/files/{NAME}")
    beyond = _ask(three, three.reader, f"{three.path}/files/{NAME}?start={len(RAW) + 1}")
    assert (not_theirs.status, not_theirs.body) == (404, unknown.body) == (beyond.status, beyond.body)
    no_channel = _ask(three, three.other, f"/ch/{'0' * 16}/files/{NAME}")
    anothers = _ask(three, three.other, f"{three.path}/files/{NAME}")
    assert (anothers.status, anothers.body) == (404, no_channel.body)


@pytest.mark.parametrize("asked", ["?start=-1", "?start=1e3", "?bytes=x", "?start=99999999999999999999"])
def test_what_is_no_number_finds_nothing(three: Three, asked: str) -> None:
    assert _ask(three, three.reader, f"{three.path}/files/{NAME}{asked}").status == 404


def test_the_courier_brings_a_part(three: Three) -> None:
    peer = three.writer.card()
    got = three.reader.courier.get(peer, f"{three.path}/files/{NAME}?start=100&bytes=2000", 2000)
    assert got == RAW[100:2100]
    with pytest.raises(NotFound):
        three.reader.courier.get(peer, f"{three.path}/files/{'0' * 64}?start=0&bytes=9", 9)


def test_a_file_that_was_damaged_on_disk_breaks_off_and_never_ends_well(three: Three, tmp_path: Path) -> None:
    raw = noise(3 * CHUNK, seed=5)
    name, _ = three.writer.world.files.keep([raw])
    origin = three.writer.name + three.path
    hand_over(three.writer.world, origin, item(raw))
    folder = three.writer.world.files._folder  # type: ignore[attr-defined]
    held = bytearray((folder / name).read_bytes())
    held[-1] ^= 1
    (folder / name).write_bytes(held)
    with pytest.raises(Unreachable):
        three.reader.courier.get(three.writer.card(), f"{three.path}/files/{name}?start=0&bytes={len(raw)}", len(raw))
