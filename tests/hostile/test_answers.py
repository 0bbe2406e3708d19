"""A peer whose answers lie: nothing is believed, nothing fills up, and it is told under the peer's name."""

from __future__ import annotations

import gzip
import ssl
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from comity.adapters.clock import SystemClock
from comity.adapters.courier import HttpsCourier
from comity.domain.ledger import Channel, Lane
from comity.errors import Unreachable
from comity.flows.attacks import KINDS
from comity.node.pulling import PeerWorker, Pulling
from comity.ports import Opened, PeerKept
from tests.courier.far_end import far_end
from tests.faces.exchange.nodes import Node, make_node
from tests.node.homes import eventually

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
Answering = Callable[[ssl.SSLSocket, bytes], None]


def _whole(body: bytes, more: bytes = b"") -> bytes:
    return OK + b"Content-Length: %d\r\n" % len(body) + more + b"\r\n" + body


def _elsewhere(line: ssl.SSLSocket, head: bytes) -> None:
    line.sendall(b"HTTP/1.1 302 Found\r\nLocation: https://other.example/x\r\nContent-Length: 0\r\n\r\n")


def _without_end(line: ssl.SSLSocket, head: bytes) -> None:
    line.sendall(OK + b"\r\n")
    with suppress(OSError):
        while True:
            line.sendall(bytes(65536))


def _drop_by_drop(line: ssl.SSLSocket, head: bytes) -> None:
    """A byte whenever the far end would else have given up waiting for one. A stream of nudges may be as slow as it likes."""
    if b" /events " in head:
        return
    line.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    line.settimeout(0.1)
    with suppress(OSError):
        while True:
            line.sendall(b"x")
            with suppress(TimeoutError):
                if not line.recv(1):
                    return


def _hints(line: ssl.SSLSocket, head: bytes) -> None:
    """Interim answers and no last one."""
    with suppress(OSError):
        while True:
            line.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


def _forged(line: ssl.SSLSocket, head: bytes) -> None:
    """A checkpoint of the right form under somebody else's key."""
    origin = b"captured.example" + head.split(b" ")[1].partition(b"/checkpoint")[0]
    name = origin.decode()
    line.sendall(
        _whole(b"%b\n5\n%b\n\n\xe2\x80\x94 %b %b\n" % (origin, b"A" * 43 + b"=", name.encode(), b"A" * 91 + b"="))
    )


LIES: dict[str, tuple[Answering | bytes, set[str]]] = {
    "a redirect to another host": (_elsewhere, {"answer-redirects"}),
    "a body without end": (_without_end, {"answer-too-large"}),
    "a body drop by drop": (_drop_by_drop, {"answer-too-slow"}),
    "a compressed body": (
        _whole(gzip.compress(bytes(1 << 20)), b"Content-Encoding: gzip\r\n"),
        {"answer-encoded"},
    ),
    "a longer body than it said": (OK + b"Content-Length: 3\r\n\r\n" + b"x" * 9000, {"answer-malformed"}),
    "a length that isn't one": (OK + b"Content-Length: -5\r\n\r\nhello", {"answer-malformed", "answer-broken"}),
    "two lengths": (
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        {"answer-malformed", "answer-broken"},
    ),
    "a chunk that isn't one": (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello", {"answer-broken"}),
    "interim answers without end": (_hints, {"answer-broken"}),
    "no HTTP at all": (b"\x00\xff" * 5000, {"answer-broken"}),
    "a head without end": (OK + b"X: " + b"a" * 300_000 + b"\r\n\r\n", {"answer-broken"}),
    "a note that is none": (_whole(b"hello"), {"answer-malformed"}),
    "a forged checkpoint": (_forged, {"answer-unproven", "answer-malformed"}),
}


@pytest.fixture
def reader(tmp_path: Path) -> Node:
    return make_node(tmp_path / "reader", "police.kr.example")


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_answer_is_told_and_nothing_of_it_is_held(
    lie: str, reader: Node, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    answer, kinds = LIES[lie]
    assert kinds <= set(KINDS)
    liar = make_node(tmp_path / "liar", "captured.example")
    origin = liar.open_channel(reader.name, Lane.BULK)
    with far_end(liar, answer) as address:
        peer = replace(liar.card(), address=address)
        channel = Channel(liar.keyring.key(origin), liar.name, reader.name, Lane.BULK, SystemClock().now())
        reader.store.keep((), (PeerKept(peer), Opened(channel)))
        paths = reader.keyring.certificate_path, reader.keyring.certificate_key_path
        pulling = Pulling(
            reader.world,
            lambda: HttpsCourier(*paths, connect_s=2.0, read_s=0.5, silence_s=0.5),
            every_s=0.2,
            pause_max_s=0.2,
            guarding=reader.guarding,
        )
        tracemalloc.start()
        pulling.start(lambda _peer: None)
        try:
            eventually(lambda: {met.kind for met in reader.guarding.told() if met.peer == liar.name} & kinds)
        finally:
            pulling.stop()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    position = reader.store.position(origin)
    assert (position.size, position.pending) == (0, 0)
    assert reader.store.line(origin) is None
    assert peak < 64 << 20
    record_property("peak_mib", peak >> 20)


@pytest.mark.parametrize(
    ("said", "waits_s"), [(b"7", 7), (b"99999999", 900), (b"-5", 1), (b"soon", 1), (b"9" * 400, 1)]
)
def test_a_reader_that_is_asked_to_wait_waits_within_reason(
    said: bytes, waits_s: int, reader: Node, tmp_path: Path
) -> None:
    liar = make_node(tmp_path / "liar", "captured.example")
    answer = (
        b"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: %b\r\n\r\n" % said
    )
    with far_end(liar, answer) as address, pytest.raises(Unreachable) as told:
        reader.courier.get(replace(liar.card(), address=address), "/channels", 1000)
    assert (told.value.facts["status"], told.value.facts["retry_after_s"]) == (429, waits_s)


def test_a_lane_gives_a_peer_the_pause_that_it_asked_for(reader: Node, tmp_path: Path) -> None:
    liar = make_node(tmp_path / "liar", "captured.example")
    answer = b"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 33\r\n\r\n"
    with far_end(liar, answer) as address:
        peer = replace(liar.card(), address=address)
        reader.store.keep((), (PeerKept(peer),))
        paths = reader.keyring.certificate_path, reader.keyring.certificate_key_path
        worker = PeerWorker(reader.world, peer, lambda: HttpsCourier(*paths), 0.1, 0.1, reader.guarding)
        try:
            eventually(lambda: worker.lanes[Lane.URGENT].rounds)
            eventually(lambda: worker.lanes[Lane.URGENT].pause_s == 33)
            assert worker.lanes[Lane.URGENT].rounds == 1
        finally:
            worker.end()
            worker.join(10)
