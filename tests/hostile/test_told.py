"""What was refused is on the node's status, outlives the node, and fills nothing."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from comity.config import Config
from comity.domain.terms import NodeName, instant_text
from comity.errors import Conflict
from comity.faces.api.desk import desk_app
from comity.faces.api.serve import serving
from comity.faces.cli.app import run
from comity.faces.cli.client import Desk
from comity.faces.console.app import above
from comity.faces.console.words import book
from comity.flows.attacks import DAY_MS, KINDS, Met, attacked, attacks
from comity.node.assembly import open_node
from comity.node.guarding import Guarding
from comity.node.presence import read_token
from comity.ports import World
from tests.faces.exchange.nodes import Node, make_node
from tests.journal.reading import kept
from tests.node.homes import fresh_home
from tests.worlds import DirectCourier, TestClock, node_world

ENEMY = "captured.example"


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def world(tmp_path: Path, clock: TestClock) -> Iterator[World]:
    made = node_world(tmp_path, "police.kr.example", "KR", _nowhere(), None, clock=clock)
    yield made
    made.store.close()


def _nowhere() -> DirectCourier:
    return DirectCourier(NodeName("police.kr.example"), {})


def _knock(address: str, client: Node | None) -> None:
    """A handshake without a certificate, or with one that nobody accepted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if client is not None:
        context.load_cert_chain(client.keyring.certificate_path, client.keyring.certificate_key_path)
    host, port = address.removeprefix("https://").split(":")
    with (
        suppress(OSError),
        socket.create_connection((host, int(port)), 10) as plain,
        context.wrap_socket(plain) as line,
    ):
        line.sendall(b"GET / HTTP/1.1\r\n\r\n")
        line.recv(100)


def _rows(config: Config, address: str) -> dict[str, dict[str, Any]]:
    told = Desk(address, read_token(config), "Kim (fictional)").get("/status")
    return {row["kind"]: row for row in told["attacks"]}


def test_the_status_of_a_running_node_tells_it_and_so_does_the_next_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home, stranger = fresh_home(tmp_path / "kr"), make_node(tmp_path, "stranger.example")
    token = read_token(home)
    with open_node(home) as node, serving(node, token) as told:
        since = instant_text(node.world.clock.now())
        for _ in range(3):
            _knock(told.exchange, None)
        _knock(told.exchange, stranger)
        rows = _rows(home, told.desk)
        assert (rows["no-certificate"]["count"], rows["no-certificate"]["peer"]) == (3, "")
        assert rows["no-certificate"]["last"] >= since
        assert rows["foreign-certificate"]["count"] == 1
    with open_node(home) as node, serving(node, token) as told:
        _knock(told.exchange, None)
        assert _rows(home, told.desk)["no-certificate"]["count"] == 4
        assert run(["--home", str(home.home), "node", "status"]) == 0
    seen = capfd.readouterr()
    assert "no client certificate shown" in seen.out
    assert token not in seen.out + seen.err
    assert "PRIVATE KEY" not in seen.out + seen.err


def test_an_attack_over_the_wire_is_on_the_page_of_channels_and_in_the_journal(tmp_path: Path) -> None:
    home, stranger = fresh_home(tmp_path / "kr"), make_node(tmp_path, "stranger.example")
    token = read_token(home)
    with open_node(home) as node, serving(node, token) as told:
        for _ in range(2):
            _knock(told.exchange, None)
        _knock(told.exchange, stranger)
        app: Any = above(desk_app(node.itself, token), node.itself, token)
        with TestClient(app, base_url="http://127.0.0.1:8711") as browser:
            origin = {"origin": "http://127.0.0.1:8711"}
            browser.post("/desk/login", data={"name": "Kim (fictional)", "token": token}, headers=origin)
            shown = browser.get("/desk/channels", headers={"accept-language": "en"}).text.partition('id="attacks"')[2]
            assert "no client certificate shown" in shown
            assert "a certificate that isn&#39;t a partner&#39;s" in shown
            node.guarding.flush()
            listed = browser.get("/desk/journal?act=attack", headers={"accept-language": "en"}).text
            assert listed.count("row entry loud") == 2
        entries = [each.entry for each in kept(node.world) if each.entry.act == "attack"]
        assert {each.what for each in entries} == {("no-certificate",), ("foreign-certificate",)}
        assert {each.about for each in entries} == {("nobody",)}
        _knock(told.exchange, None)
        node.guarding.flush()
        assert len([each for each in kept(node.world) if each.entry.act == "attack"]) == 2, "once a day for each kind"


def test_every_kind_of_attack_comes_into_the_journal(tmp_path: Path) -> None:
    with open_node(fresh_home(tmp_path / "kr")) as node:
        for kind in KINDS:
            node.guarding.saw(kind)
        node.guarding.flush()
        entries = [each.entry for each in kept(node.world) if each.entry.act == "attack"]
        assert {each.what for each in entries} == {(kind,) for kind in KINDS}


def test_every_kind_of_attack_has_words_on_the_page() -> None:
    assert {f"attacked.{kind}" for kind in KINDS} == {key for key in book()["en"].texts if key.startswith("attacked.")}


def test_a_flood_adds_to_two_numbers_and_is_noticed_once_a_day(world: World, clock: TestClock) -> None:
    for _ in range(50):
        attacked(world, [Met(ENEMY, "malformed", 1000, clock.now())])
    last = clock.now()
    attacked(world, [Met(ENEMY, "malformed", 1, last)])
    assert [(n.kind, n.about) for n in world.store.notices()] == [("attack", {"peer": ENEMY, "attack": "malformed"})]
    assert attacks(world, [ENEMY]) == [Met(ENEMY, "malformed", 50_001, last)]
    clock.at += DAY_MS
    attacked(world, [Met(ENEMY, "malformed", 1, clock.now())])
    assert len(world.store.notices()) == 2


def test_a_kind_outside_the_list_is_a_fault_of_ours(world: World) -> None:
    with pytest.raises(AssertionError):
        Guarding(world, world.store.peers).saw("made-up")


def test_what_could_not_be_kept_is_counted_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    guarding = Guarding(world, world.store.peers)
    for _ in range(5):
        guarding.saw("malformed", ENEMY)

    def first(*_: object) -> None:
        raise Conflict("cursor-elsewhere", name="attacks")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "keep", first)
        with pytest.raises(Conflict):
            guarding.flush()
    assert [met.count for met in guarding.told()] == [5]
    guarding.flush()
    guarding.flush()
    assert [met.count for met in attacks(world, [ENEMY])] == [5]
    assert [met.count for met in guarding.told()] == [5]
