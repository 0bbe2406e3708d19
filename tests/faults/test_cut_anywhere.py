"""A connection between two nodes is cut at every kind of place: nothing is lost, doubled, half-written or held up, and the next round goes on.

Over the plain bytes of each resource the places are named by structure: of the request, of the answer's head, and of what is in
the body. Over the sealed bytes they are those just before, at and just after every TLS record, from the first hello on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from comity.errors import Unreachable
from comity.flows import files
from tests.faults.middle import Answer, Asked, Cutter, Ending, Far, Middle, Sent, listening, pass_on
from tests.faults.over_https import AT_ONCE, ONE_BY_ONE, wired
from tests.files.kept import CHUNK, digest, noise
from tests.files.naming import hand_over, item

SOAK = "COMITY_SOAK" in os.environ
PATIENCE_S = 20.0
CUT = {"hung-up"}
"""What a broken connection is called."""
EVERY: dict[Ending, int] = {"fin": 1, "rst": 1 if SOAK else 2, "bye": 1 if SOAK else 5}
"""With each ending, which places are tried: all, or every so-many-th."""
CUT_IN_HANDSHAKE = CUT | {"connection-failed", "tls-failed"}


# ---- places ------------------------------------------------------------------------------------------------------------
def in_request(asked: Asked) -> dict[str, int]:
    """Every kind of place in a request, by name: how many of its bytes pass."""
    line, head, total = asked.raw.index(b"\r\n"), asked.head, len(asked.raw)
    found = {"nothing": 0, "half the request line": line // 2, "the request line": line + 2}
    found |= {"half the headers": (line + head) // 2, "all but a byte of the head": head - 1}
    if total > head:
        found |= {"the head": head, "a byte of the body": head + 1}
        found |= {"half the body": (head + total) // 2, "all but a byte": total - 1}
    return _each_once("request", found)


def in_answer(resource: str, answer: Answer) -> dict[str, int]:
    """The same in an answer, its body by its own structure."""
    line, head, total = answer.head.index(b"\r\n"), len(answer.head), len(answer.raw)
    found = {
        "nothing": 0,
        "a byte": 1,
        "half the status": 10,
        "the status line but its end": line,
        "the status line": line + 2,
    }
    found |= {"half the headers": (line + head) // 2, "all but a byte of the head": head - 1}
    found |= {"the head": head, "a byte of the body": head + 1}
    found |= {"all": total, "all but a byte": total - 1}
    found |= {name: head + at for name, at in STRUCTURE[resource](answer.body)}
    return _each_once("answer", found)


def _each_once(of: str, found: dict[str, int]) -> dict[str, int]:
    """A place that has two names is one place, under the first of them."""
    first: dict[int, str] = {}
    for name, at in found.items():
        first.setdefault(at, f"{of}, {name}")
    return {name: at for at, name in first.items()}


def _lines(body: bytes) -> Iterator[tuple[str, int]]:
    """A note: in and after each of its lines."""
    at = 0
    for n, line in enumerate(body.splitlines(keepends=True)):
        yield f"half of line {n}", at + len(line) // 2
        at += len(line)
        yield f"line {n} but its end", at - 1
        yield f"line {n}", at


def _hashes(body: bytes) -> Iterator[tuple[str, int]]:
    """A tile: in the first hash, after it, and about the last one."""
    yield from (("half a hash", 16), ("a hash", 32), ("a hash and a byte", 33))
    yield from (("all but the last hash", len(body) - 32), ("all but half the last hash", len(body) - 16))


def _entries(body: bytes) -> Iterator[tuple[str, int]]:
    """A bundle: in and after each part of each entry."""
    at = n = 0
    while at < len(body):
        length, envelope = int.from_bytes(body[at + 1 : at + 5]), int.from_bytes(body[at + 37 : at + 41])
        parts = {
            "state": 1,
            "half the length": 3,
            "length": 5,
            "half the salt": 21,
            "salt": 37,
            "half the inner length": 39,
        }
        parts |= {"inner length": 41, "half the envelope": 41 + envelope // 2, "envelope": 41 + envelope}
        parts |= {"all but a byte": 4 + length, "the whole": 5 + length}
        yield from ((f"{name} of entry {n}", at + size) for name, size in parts.items())
        at, n = at + 5 + length, n + 1


def _chunks(body: bytes) -> Iterator[tuple[str, int]]:
    """Bytes of a file: about the border of what is one piece on the disk."""
    yield from (("a chunk but a byte", CHUNK - 1), ("a chunk", CHUNK), ("a chunk and a byte", CHUNK + 1))
    yield "half", len(body) // 2


STRUCTURE: dict[str, Callable[[bytes], Iterator[tuple[str, int]]]] = {
    "checkpoint": _lines,
    "tile": _hashes,
    "records": _entries,
    "cosign": _lines,
    "files": _chunks,
}


@dataclass
class Rehearsal:
    """Lets everything pass and finds the places of one request: the `nth` for a resource."""

    resource: str
    nth: int
    found: tuple[str, ...] = ()
    came: int = 0

    def __call__(self, asked: Asked, far: Far) -> Sent | None:
        if asked.resource != self.resource:
            return None
        answer, self.came = far(), self.came + 1
        if self.came == self.nth + 1:
            self.found = (*in_request(asked), *in_answer(self.resource, answer))
        return Sent([answer.raw])


@dataclass
class Cut:
    """Cuts that request or its answer at a named place, once; meanwhile something else happens."""

    resource: str
    nth: int
    place: str
    ending: Ending
    meanwhile: Callable[[], None]
    came: int = 0
    harm: list[BaseException] = field(default_factory=list)

    def __call__(self, asked: Asked, far: Far) -> Sent | None:
        if asked.resource != self.resource:
            return None
        self.came += 1
        if self.came != self.nth + 1:
            return None
        try:
            if self.place in (ours := in_request(asked)):
                self.meanwhile()
                return Sent(end=self.ending, there=ours[self.place])
            answer = far()
            self.meanwhile()
            return Sent([answer.raw[: in_answer(self.resource, answer)[self.place]]], self.ending)
        except BaseException as harm:  # raised again where it is waited for
            self.harm.append(harm)
            return Sent(end="rst")

    def happened(self, middle: Middle) -> None:
        assert middle.ended.wait(PATIENCE_S), "the place was never come to"
        middle.ended.clear()
        middle.plan = pass_on
        if self.harm:
            raise self.harm[0]


def attempt(act: Callable[[], object]) -> str:
    """Code of the fault that a cut is told as; empty when nothing was lost by it."""
    try:
        act()
    except Unreachable as fault:
        return fault.code
    return ""


# ---- cuts between the plain bytes ------------------------------------------------------------------------------------
CUTS = [
    ("checkpoint", 0, AT_ONCE),
    ("records", 0, AT_ONCE),
    ("cosign", 0, AT_ONCE),
    ("tile", 0, ONE_BY_ONE),
    ("records", 1, ONE_BY_ONE),
]
"""Which request of a round, and how much the reader asks for at once."""


@pytest.mark.parametrize("ending", ["fin", "rst", "bye"])
@pytest.mark.parametrize(("resource", "nth", "portion"), CUTS)
def test_a_round_that_is_cut_anywhere_is_made_up_for_by_the_next(
    tmp_path: Path,
    resource: str,
    nth: int,
    portion: int,
    ending: Ending,
    record_property: Callable[[str, object], None],
) -> None:
    with wired(tmp_path) as two:
        middle = Middle(two.kr, two.kh, two.server.port)
        two.stack.callback(middle.close)
        puller = two.over(two.stack.enter_context(listening(middle)), portion)
        middle.plan = rehearsal = Rehearsal(resource, nth)
        two.write()
        puller.pull(two.bulk.origin)
        assert rehearsal.found
        points = rehearsal.found[:: EVERY[ending]]
        for place in points:
            where = f"{place} of {resource} {nth}, {ending}"
            middle.plan = cut = Cut(resource, nth, place, ending, two.go_ahead)
            two.write()
            code = attempt(lambda: puller.pull(two.bulk.origin))
            cut.happened(middle)
            assert code in CUT or (place == "answer, all" and not code), f"{where}: {code}"
            two.look()
            if resource == "cosign":
                line = two.kh.store.line(two.bulk.origin)
                assert line is not None
                acted = two.kr.store.lines(two.bulk.origin, line.size)
                assert acted == ((line,) if place.startswith("answer") else ()), where
            two.drain()
            pulled = puller.pull(two.bulk.origin)
            assert (pulled.size, pulled.lacking) == (two.kr.store.position(two.bulk.origin).size, ()), where
            two.drain()
            two.equal()
        two.go_ahead()
        two.effects()
        record_property("cuts", len(points))


@pytest.mark.parametrize("ending", ["fin", "rst"])
def test_a_file_whose_piece_is_cut_anywhere_goes_on_where_it_was(tmp_path: Path, ending: Ending) -> None:
    raw, piece = noise(4 * CHUNK + 17), 2 * CHUNK
    with wired(tmp_path) as two:
        middle = Middle(two.kr, two.kh, two.server.port)
        two.stack.callback(middle.close)
        puller = two.over(two.stack.enter_context(listening(middle)))
        two.kr.files.keep([raw])
        hand_over(two.kr, two.bulk.origin, item(raw))
        puller.pull(two.bulk.origin)
        two.drain()
        (wanted,) = files.wanted_now(two.kh)
        fetch = lambda: files.fetch_piece(puller.world, puller.peer, wanted, piece)  # noqa: E731
        middle.plan = rehearsal = Rehearsal("files", 1)
        while fetch() < len(raw):
            pass
        assert len(rehearsal.found) > 15
        for place in rehearsal.found[:: EVERY[ending]]:
            two.kh.files.forget(digest(raw))
            middle.plan = cut = Cut("files", 1, place, ending, two.go_ahead)
            two.write()  # for the other channel
            assert fetch() == piece, place
            code = attempt(fetch)
            cut.happened(middle)
            assert code in CUT or (place == "answer, all" and not code), f"{place}: {code}"
            assert files.standing(two.kh, digest(raw)).held in (piece, 2 * piece), place
            while fetch() < len(raw):
                pass
            assert b"".join(two.kh.files.read(digest(raw))) == raw, place
            assert not list(files.wanted_now(two.kh)), place


@pytest.mark.parametrize("ending", ["fin", "rst", "bye"])
def test_an_announcement_that_is_cut_off_says_nothing(tmp_path: Path, ending: Ending) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    first, second = (b"event: checkpoint\ndata: bbbbbbbbbbbbbbbb %d\n\n" % size for size in (12, 34))
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (first, second))
    ends = [len(head) + body.index(b"12\n\n") + 4, len(head) + body.index(b"34\n\n") + 4]
    with wired(tmp_path) as two:
        middle = Middle(two.kr, two.kh, two.server.port)
        puller = two.over(two.stack.enter_context(listening(middle)))
        for at in range(0, len(head + body) + 1, 1 if SOAK else 3):
            middle.plan = lambda asked, far, at=at: Sent([(head + body)[:at]], ending)  # type: ignore[misc]
            told: list[int] = []

            def hear() -> None:
                for said in puller.world.courier.events(puller.peer, "/events"):  # type: ignore[attr-defined]
                    told.append(said.size)  # noqa: B023

            code = attempt(hear)
            assert code in CUT or (not code and at >= len(head)), f"{at}: {code}"
            assert told == [size for size, end in zip((12, 34), ends, strict=True) if at >= end], at


# ---- cuts between the sealed bytes -----------------------------------------------------------------------------------
INSIDE: dict[str, Callable[[int], int]] = {
    "before it": lambda length: 0,
    "after its first byte": lambda length: 1,
    "after its header": lambda length: 5,
    "before its last byte": lambda length: length - 1,
    "after it": lambda length: length,
}


@pytest.mark.parametrize("ending", ["fin", "rst"])
def test_a_connection_that_is_cut_about_any_of_its_tls_records_is_made_up_for_by_the_next(
    tmp_path: Path, ending: Ending
) -> None:
    with wired(tmp_path) as two:
        cutter = Cutter(two.server.port, at_cut=two.go_ahead)
        address = two.stack.enter_context(listening(cutter))
        two.write()
        two.over(address).pull(two.bulk.origin)
        records = list(cutter.seen)
        assert len(records) > 15
        assert {way for way, _ in records} == {"there", "back"}
        for number, (way, length) in enumerate(records):
            # Where one record ends the next begins, unless it goes the other way.
            names = [name for name in INSIDE if name != "after it" or number == len(records) - 1]
            for name in names if SOAK else names[number % 2 :: 2 if ending == "fin" else 4]:
                where = f"{ending} {name}, {number} of {len(records)}, {length} bytes {way}"
                cutter.reset(number, INSIDE[name], ending)
                two.write()
                puller = two.over(address)
                code = attempt(lambda: puller.pull(two.bulk.origin))  # noqa: B023
                assert cutter.ended.wait(PATIENCE_S), where
                assert cutter.harm is None, where
                assert code in CUT_IN_HANDSHAKE or (not code and number >= len(records) - 2), f"{where}: {code}"
                two.look()
                two.drain()
                assert puller.pull(two.bulk.origin).lacking == (), where
                two.drain()
                two.equal()
        two.go_ahead()
        two.effects()
