"""Nudges arrive, and stop when they should."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest
from litestar import Litestar

from comity.adapters.courier.nudges import Announced
from comity.domain.ledger import Admission
from comity.errors import NotFound
from comity.faces.api.exchange import STREAMS_MAX
from comity.faces.api.guard import Guard
from tests.faces.exchange.conftest import Three, make_three
from tests.faces.exchange.nodes import ask_raw, make_node, serving


def test_the_present_size_comes_first_and_every_new_one_after_it(fresh: Three) -> None:
    heard = fresh.reader.courier.events(fresh.peer, f"{fresh.path}/events")
    assert next(heard).size == 305
    fresh.writer.append(fresh.origin, 2)
    assert next(heard).size == 307
    fresh.writer.append(fresh.origin, 1)
    assert next(heard).size == 308


def test_an_empty_channel_is_silent_until_its_first_record(fresh: Three) -> None:
    origin = fresh.writer.open_channel(fresh.reader.name)
    heard = fresh.reader.courier.events(fresh.peer, f"{origin.removeprefix(fresh.writer.name)}/events")
    told: list[int] = []
    listening = threading.Thread(target=lambda: told.append(next(heard).size))
    listening.start()
    fresh.writer.append(origin, 1)
    listening.join(5)
    assert told == [1]


def test_another_peers_channel_is_not_announced(three: Three) -> None:
    with pytest.raises(NotFound):
        next(three.reader.courier.events(three.peer, f"{three.secret.removeprefix(three.writer.name)}/events"))


def test_a_stream_ends_soon_after_its_reader_was_expelled(fresh: Three) -> None:
    heard = fresh.reader.courier.events(fresh.peer, f"{fresh.path}/events")
    assert next(heard).size == 305
    fresh.writer.accept(fresh.reader, Admission.EXPELLED)
    assert list(heard) == []


def test_streams_end_by_themselves_when_the_server_stops(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    three = make_three(tmp_path)
    with serving(three.writer):
        heard = three.reader.courier.events(three.peer, f"{three.path}/events")
        assert next(heard).size == 305
        rest: list[Announced] = []
        listening = threading.Thread(target=lambda: rest.extend(heard))
        listening.start()
    listening.join(5)
    assert not listening.is_alive()
    assert rest == []
    assert [record.message for record in caplog.records if "Cancel" in record.message] == []


def test_closing_the_courier_ends_a_stream_that_is_being_read(fresh: Three) -> None:
    heard = fresh.reader.courier.events(fresh.peer, f"{fresh.path}/events")
    assert next(heard).size == 305
    listening = threading.Thread(target=lambda: list(heard))
    listening.start()
    fresh.reader.courier.close()
    listening.join(5)
    assert not listening.is_alive()


def test_a_silent_stream_says_that_it_lives(tmp_path: Path) -> None:
    writer, reader = (make_node(tmp_path, name, comment_s=0.05) for name in ("police.kr.example", "police.kh.example"))
    writer.accept(reader)
    origin = writer.open_channel(reader.name)
    with serving(writer):
        stopping = threading.Timer(1.0, lambda: writer.accept(reader, Admission.EXPELLED))
        stopping.start()
        answer = ask_raw(writer, reader, f"GET {origin.removeprefix(writer.name)}/events HTTP/1.1".encode())
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body.count(b": still here\n\n") > 3
    assert b"event:" not in answer.body


def test_streams_of_one_peer_are_counted_limited_and_given_back(fresh: Three) -> None:
    assert fresh.writer.server is not None
    guard = fresh.writer.server.app
    assert isinstance(guard, Guard)
    app = guard.app
    assert isinstance(app, Litestar)
    counted: Counter[str] = app.state.house.streams
    path = f"{fresh.path}/events"
    first = fresh.reader.courier.events(fresh.peer, path)
    assert next(first).size == 305
    assert counted[fresh.reader.name] == 1
    fresh.reader.courier.close()
    for _ in range(500):
        if counted[fresh.reader.name] == 0:
            break
        threading.Event().wait(0.01)
    assert counted[fresh.reader.name] == 0
    counted[fresh.reader.name] = STREAMS_MAX
    answer = ask_raw(fresh.writer, fresh.reader, f"GET {path} HTTP/1.1".encode())
    assert answer.status == 503
    assert answer.headers["retry-after"]
