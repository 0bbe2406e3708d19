"""A far end that lies in how it answers: frames, statuses, types, what it says to a cosignature, and bytes of files."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import repeat

import pytest

from comity.errors import ComityError
from comity.flows import fetch, files
from comity.flows.drain import Drainer
from tests.faults.lies import Bench, http
from tests.faults.middle import Answer, Asked, Ending, Far, Sent, pass_on
from tests.faults.over_https import KR
from tests.files.kept import CHUNK, digest, noise
from tests.files.naming import hand_over, item

SOAK = "COMITY_SOAK" in os.environ


# ---- framing -----------------------------------------------------------------------------------------------------------
BOMB = gzip.compress(bytes(1 << 24))


def _endless(answer: Answer) -> Iterator[bytes]:
    yield http(b"", content_length="", transfer_encoding="chunked")
    yield from repeat(b"10000\r\n" + bytes(65536) + b"\r\n")


def _endless_head(answer: Answer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from repeat(b"x-fictional: " + b"x" * 4000 + b"\r\n")


def _endless_hints(answer: Answer) -> Iterator[bytes]:
    yield from repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100, 2000)
    yield answer.raw


Frame = Callable[[Answer], bytes | Iterable[bytes]]
RESOURCES = ("checkpoint", "tile", "records")
SHORT = ("note-final-newline", "tile-length", "bundle-truncated")
FRAMES: dict[str, tuple[Frame, Ending | None, str | tuple[str, str, str]]] = {
    "declares more than it sends": (lambda a: http(a.body, content_length=str(len(a.body) + 5)), "fin", "hung-up"),
    "declares less than it sends": (lambda a: http(a.body, content_length=str(len(a.body) - 5)), "fin", SHORT),
    "declares two lengths": (lambda a: http(a.body, x="y\r\ncontent-length: 5"), "fin", "answer-not-http"),
    "declares a length below nothing": (lambda a: http(a.body, content_length="-1"), "fin", "answer-not-http"),
    "declares ten gigabytes": (
        lambda a: http(bytes(1 << 21), content_length=str(10 << 30)),
        "fin",
        "body-too-large",
    ),
    "chunks without end": (_endless, None, "body-too-large"),
    "headers without end": (_endless_head, None, "answer-not-http"),
    "hints without end": (_endless_hints, "fin", "head-too-long"),
    "a bomb": (lambda a: http(BOMB, content_encoding="gzip"), None, "body-is-encoded"),
    "a bomb that isn't declared": (lambda a: http(BOMB), None, ("note-not-utf8", "body-too-large", "entry-too-large")),
    "a bomb as transfer": (
        lambda a: http(BOMB, content_length="", transfer_encoding="gzip, chunked"),
        "fin",
        "answer-not-http",
    ),
    "chunks of no number": (
        lambda a: http(b"zz\r\n" + a.body, content_length="", transfer_encoding="chunked"),
        "fin",
        "answer-not-http",
    ),
    "no length, and cut": (lambda a: http(a.body[:-7], content_length="", connection="close"), "fin", SHORT),
    "no answer of HTTP": (lambda a: b"SSH-2.0-fictional\r\n\r\n", "fin", "answer-not-http"),
    "switches protocols": (lambda a: http(b"", "101 Switching Protocols", upgrade="x"), "fin", "answer-not-http"),
    "a way elsewhere": (
        lambda a: http(b"", "302 Found", location="/ch/aaaaaaaaaaaaaaaa/checkpoint"),
        None,
        "peer-status",
    ),
    "created": (lambda a: http(a.body, "201 Created"), None, "peer-status"),
    "a part": (lambda a: http(a.body, "206 Partial Content"), None, "peer-status"),
    "no content": (lambda a: http(b"", "204 No Content", content_length=""), None, "peer-status"),
    "not changed": (lambda a: http(b"", "304 Not Modified", content_length=""), None, "peer-status"),
    "who are you": (lambda a: http(b"", "401 Unauthorized"), None, "peer-status"),
    "not here": (lambda a: http(b"", "404 Not Found"), None, "not-at-peer"),
    "broken": (lambda a: http(a.body, "500 Internal Server Error"), None, "peer-status"),
}
"""How the answer is framed, how its connection ends, and why it's refused: one reason, or one for each of RESOURCES."""


FRAMED = [
    (lie, resource)
    for n, (lie, (_, _, reasons)) in enumerate(FRAMES.items())
    for at, resource in enumerate(RESOURCES)
    if SOAK or not isinstance(reasons, str) or n % len(RESOURCES) == at
]
"""Each of them with each resource where it is refused for different reasons, else with one."""


@pytest.mark.parametrize(("lie", "resource"), FRAMED)
def test_an_answer_whose_frame_lies_is_refused(
    bench: Bench, lie: str, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "BUNDLE_BYTES_MAX", 1 << 20)  # the real bound is passed 64 times slower
    change, end, reasons = FRAMES[lie]
    reason = reasons if isinstance(reasons, str) else reasons[RESOURCES.index(resource)]
    if resource == "tile":
        bench.one_by_one()
    count = bench.lie(resource, change, end)
    for _ in range(2):
        assert bench.refused() == (reason, None)
        assert bench.nothing_new
    assert count[0] >= 2
    assert bench.notices() == []
    bench.mended()


@pytest.mark.parametrize("resource", RESOURCES)
def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_for_long(bench: Bench, resource: str) -> None:
    if resource == "tile":
        bench.one_by_one()
    bench.lie(resource, lambda answer: http(answer.body) + http(b"fictional"))
    for _ in range(2):
        bench.refused()
    bench.mended()


@pytest.mark.parametrize("told", ["text/html", "multipart/form-data; boundary=x", "\xff", ""])
def test_of_a_content_type_nothing_is_believed(bench: Bench, told: str) -> None:
    for resource in RESOURCES:
        bench.lie(resource, lambda answer: http(answer.body, content_type=told))
        assert bench.refused()[0] == ""
        bench.two.equal()
        bench.two.write()
    bench.mended()


# ---- answers to a cosignature ------------------------------------------------------------------------------------------
DIGITS = b"9" * 400 + b"\n"
COSIGNS: dict[str, tuple[Iterable[bytes], str, str]] = {
    "good, and nothing stored": ([http(b"")], "", ""),
    "good, with a line that fails": ([http(b"fictional\n\n\xe2\x80\x94 x AAAAAAAA\n")], "", ""),
    "another size, beyond all numbers": (
        [http(DIGITS, "409 Conflict", content_type="text/x.tlog.size")],
        "",
        "cosignature-refused",
    ),
    "another size, and no number": (
        [http(b"fictional", "409 Conflict", content_type="text/x.tlog.size")],
        "",
        "cosignature-refused",
    ),
    "no line of ours": ([http(b"", "403 Forbidden")], "", "cosignature-refused"),
    "not here": ([http(b"", "404 Not Found")], "", ""),
    "a way elsewhere": (
        [http(b"", "307 Temporary Redirect", location="https://police.kr.example/ch/x/cosign")],
        "",
        "",
    ),
    "broken": ([http(b"", "500 Internal Server Error")], "", ""),
    "too long": ([http(bytes(1 << 20))], "body-too-large", ""),
    "a bomb": ([http(gzip.compress(bytes(1 << 24)), content_encoding="gzip")], "body-is-encoded", ""),
}


@pytest.mark.parametrize("lie", COSIGNS)
def test_a_writer_that_lies_about_a_cosignature_gets_the_same_line_again(bench: Bench, lie: str) -> None:
    back, reason, notice = COSIGNS[lie]
    posts: list[bytes] = []

    def plan(asked: Asked, far: Far) -> Sent | None:
        if asked.resource != "cosign":
            return None
        posts.append(asked.raw[asked.head :])
        return Sent(back)

    bench.middle.plan = plan
    for _ in range(2):
        assert bench.refused()[0] == reason
        assert bench.held() == (bench.written, bench.written)
    assert bench.notices() == ([notice] if notice else [])
    assert bench.two.kr.store.lines(bench.origin, bench.written) == ()
    if back[0].startswith(b"HTTP/1.1 200") and not reason:
        assert len(posts) == 1, "it said that it has the line"
        bench.puller = bench.two.over(bench.puller.peer.address)  # a node that starts anew posts what it has stored
    else:
        assert len(posts) == 2
    bench.middle.plan = pass_on
    assert bench.refused()[0] == ""
    assert posts[-1] == posts[0] == bench.middle.asked[-1].raw[bench.middle.asked[-1].head :]
    bench.two.equal()
    bench.mended()


# ---- files -------------------------------------------------------------------------------------------------------------
FILES: dict[str, tuple[Frame, str]] = {
    "other bytes": (lambda a: http(bytes(len(a.body))), "file-of-another-digest"),
    "more than there is": (lambda a: http(a.body + b"x"), "file-longer-than-named"),
    "nothing": (lambda a: http(b""), "file-ends-early"),
    "half a chunk": (lambda a: http(a.body[: CHUNK // 2]), "file-ends-early"),
    "chunks without end": (_endless, "body-too-large"),
    "a bomb": (lambda a: http(BOMB, content_encoding="gzip"), "body-is-encoded"),
    "not here": (lambda a: http(b"", "404 Not Found"), "not-at-peer"),
}


@pytest.mark.parametrize("lie", FILES)
def test_a_file_that_lies_is_not_kept(bench: Bench, lie: str) -> None:
    change, reason = FILES[lie]
    raw = noise(2 * CHUNK + 17, seed=list(FILES).index(lie))
    bench.two.kr.files.keep([raw])
    hand_over(bench.two.kr, bench.two.urgent.origin, item(raw))
    bench.two.handed_over += 1
    bench.two.straight.pull(bench.two.urgent.origin)
    Drainer(bench.two.kh, KR).drain(bench.two.urgent.origin)
    (wanted,) = (each for each in files.wanted_now(bench.two.kh) if each.sha256 == digest(raw))
    piece = partial(files.fetch_piece, bench.puller.world, bench.puller.peer, wanted, 4 * CHUNK)
    bench.lie("files", change)
    for _ in range(2):
        with pytest.raises(ComityError) as told:
            piece()
        assert told.value.code == reason
        assert files.standing(bench.two.kh, digest(raw)).held == 0
    assert bench.notices() == (["file-wrong"] if reason.startswith(("file-of", "file-longer")) else [])
    bench.middle.plan = pass_on
    assert piece() == len(raw)
    assert b"".join(bench.two.kh.files.read(digest(raw))) == raw
    bench.mended()
