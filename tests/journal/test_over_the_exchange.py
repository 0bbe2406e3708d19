"""An overseer with a node of its own has the journal by its pinned certificate; for anybody else there is no such resource."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from comity.domain.ledger import Peer, VerifierKey
from comity.domain.terms import Actor, Granted
from comity.errors import NotFound
from comity.flows import oversight
from comity.flows.journal import acting, journal_channel
from comity.flows.overseeing import confirm_to, head_of, journals_of, page_of
from comity.node.overseeing import cosign, make_key
from comity.node.static_files import write_channel, write_listing
from comity.ports import World
from tests.faces.exchange.conftest import Three, make_three
from tests.faces.exchange.nodes import ask_raw, serving
from tests.journal.worlds import with_journal
from tests.worlds import sealed_indicator

ANN = Actor("Ann (fictional)", None, "administrator")  # type: ignore[arg-type]
PARK = replace(ANN, name="Park (fictional)", role="approver")


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = make_three(tmp_path)
    with serving(made.writer):
        yield made


def enrolled(three: Three, key: VerifierKey) -> World:
    from comity.flows.filing import desk, letter

    world, _ = with_journal(three.writer.world)
    journal_channel(three.writer.world)
    mine = acting(world, ANN, "share")
    mine.store.keep([letter(desk(mine), sealed_indicator(mine, 1))])
    asked = oversight.enrol(world, ANN, "hub", key.text)
    assert isinstance(asked, Granted)
    assert isinstance(oversight.decide(world, PARK, asked.value.id, confirmed=True), Granted)
    return world


def seen_from(three: Three) -> tuple[World, str]:
    """The overseer's own world, whose courier shows its certificate."""
    other = three.other
    writer: Peer = three.writer.card()
    other.store.keep([], [])
    other.accept(three.writer)
    return replace(other.world, courier=other.courier), writer.name


def test_the_journal_goes_to_its_overseer_and_to_nobody_else(three: Three, tmp_path: Path) -> None:
    key = make_key(tmp_path / "desk", f"{three.other.name}/oversight")
    resources = [b"GET /journal HTTP/1.1", b"GET /journal/0123456789abcdef/checkpoint HTTP/1.1"]
    for client in (three.reader, three.other):
        assert [ask_raw(three.writer, client, each).status for each in resources] == [404, 404]
    world = enrolled(three, key)
    assert ask_raw(three.writer, three.reader, resources[0]).status == 404
    assert ask_raw(three.writer, three.other, resources[0]).status == 200

    here, name = seen_from(three)
    keys: Any = journals_of(here, ANN, name)
    (log,) = keys.value
    channel = log.name.rpartition("/")[2]
    pages = tmp_path / "pages"
    pages.mkdir()

    def head() -> Any:
        told: Any = head_of(here, ANN, name, log)
        return told.value

    def page(path: str) -> bytes:
        told: Any = page_of(here, ANN, name, channel, path)
        return bytes(told.value)

    write_channel(pages, head, page, records=True, told=lambda _d, _o: None)
    write_listing(pages, [head()])
    raw = b"".join(file.read_bytes() for file in pages.rglob("*") if file.is_file())
    assert b"share" in raw
    assert b"Ann (fictional)" not in raw.replace(b'"by":"Ann (fictional)"', b""), "only the skeleton, and who enrolled"
    checked, note = cosign(tmp_path / "desk", pages, log, 1_795_600_000)
    assert isinstance(confirm_to(here, ANN, name, note), Granted)
    (watch,) = oversight.watches(world)
    assert (watch.size, watch.behind) == (checked.pages.size, 0)

    other_key = make_key(tmp_path / "forger", f"{three.other.name}/oversight")
    _, forged = cosign(tmp_path / "forger", pages, log, 1_795_600_001)
    assert other_key != key
    assert not isinstance(confirm_to(here, ANN, name, forged), Granted)
    with pytest.raises(NotFound):
        journals_of(here, ANN, "stranger.example")
