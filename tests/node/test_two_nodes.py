"""Two real nodes as processes of their own, over TLS on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from comity.config import Config
from comity.faces.cli.app import run
from comity.flows.roster import fingerprint
from comity.node.presence import running
from tests.node.homes import Process, admit, append, eventually, fresh_home, invitation, process

KR, KH = "police.kr.example", "police.kh.example"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Config, bytes]:
    """`kr` has accepted `kh` and written three records for it; `kh` has only got the invitation."""
    folder = tmp_path_factory.mktemp("homes")
    kr, kh = fresh_home(folder / "kr", KR, "KR"), fresh_home(folder / "kh", KH, "KH")
    for_kh = invitation(kr, KH)
    admit(kr, invitation(kh, KR))
    append(kr, KH, 3)
    return kr, kh, for_kh


@pytest.fixture(scope="module")
def kh(homes: tuple[Config, Config, bytes], cache: Path) -> Iterator[Process]:
    with process(homes[1], cache) as started:
        yield started


def _channel(here: Process, writer: str) -> dict[str, Any]:
    """The urgent channel of this writer, as this node sees it."""
    rows: list[dict[str, Any]] = here.desk().get("/channels")
    return next((row for row in rows if row["writer"] == writer and row["lane"] == "urgent"), {"drained": 0, "size": 0})


def _pulling(here: Process) -> dict[str, dict[str, Any]]:
    return {row["peer"]: row for row in here.desk().get("/status")["pulling"]}


def test_records_reach_a_partner_that_accepts_while_it_runs_and_wait_while_it_has_stopped_working_with_us(
    homes: tuple[Config, Config, bytes],
    cache: Path,
    kh: Process,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kr_home, kh_home, for_kh = homes
    file = tmp_path / "police.kr.example.peer.json"
    file.write_bytes(for_kh)
    acting = ["--home", str(kh_home.home), "--as", "Sok (fictional)"]

    with process(kr_home, cache) as kr:
        # Its partner runs and hasn't accepted it: counted, and tried again.
        eventually(lambda: _faults(kr))
        assert run(["peer", "accept", str(file), "--fingerprint", fingerprint(for_kh), *acting]) == 0
        eventually(lambda: _channel(kh, KR)["drained"] == 3)
        eventually(lambda: _channel(kr, KR)["confirmed"] == 3)
        assert kr.end() == 0

    append(kr_home, KH, 2)
    assert run(["peer", "suspend", KR, "--reason", "a test", *acting]) == 0
    eventually(lambda: _pulling(kh) == {})
    with process(kr_home, cache) as kr:
        eventually(lambda: _faults(kr).get("peer-status", 0) >= 2)
        assert _channel(kh, KR)["size"] == 3
        assert run(["peer", "resume", KR, "--reason", "over", *acting]) == 0
        eventually(lambda: _channel(kh, KR)["drained"] == 5)
        eventually(lambda: _channel(kr, KR)["confirmed"] == 5)
        capsys.readouterr()
        assert run(["peer", "expel", KR, "--reason", "a test", *acting, "--json"]) == 0
        assert '"admission": "expelled"' in capsys.readouterr().out
        eventually(lambda: _pulling(kh) == {})
        # What it had confirmed it may still read; of all that is new, nothing is told to it.
        before = _faults(kr).get("events-peer-status", 0)
        eventually(lambda: _faults(kr).get("events-peer-status", 0) > before)


def _faults(here: Process) -> dict[str, int]:
    """What has gone wrong with the one partner."""
    found: dict[str, int] = next((row["faults"] for row in _pulling(here).values()), {})
    return found


def _ask_raw(here: Process, head: str) -> tuple[int, dict[str, Any]]:
    """One request to the desk, written by hand."""
    address = urlsplit(here.desk().address)
    with socket.create_connection((address.hostname, address.port), 10) as line:
        line.sendall(f"{head}Connection: close\r\n\r\n".encode())
        raw = b"".join(iter(lambda: line.recv(65536), b""))
    top, _, body = raw.partition(b"\r\n\r\n")
    assert b"application/problem+json" in top
    return int(top.split(b" ")[1]), msgspec.json.decode(body)


@pytest.mark.parametrize(
    "token",
    ["", "Authorization: Bearer wrong\r\n", "Authorization: Basic eDp5\r\n", "Authorization: Bearer \xe9\r\n"],
)
def test_the_desk_of_a_running_node_opens_to_nobody_without_its_token(kh: Process, token: str) -> None:
    status, problem = _ask_raw(kh, f"GET /peers HTTP/1.1\r\nHost: 127.0.0.1\r\n{token}")
    assert (status, problem["code"]) == (401, "token-wrong")


def test_the_desk_answers_under_no_other_name_even_with_the_token(kh: Process) -> None:
    token = kh.desk().token
    status, problem = _ask_raw(kh, f"GET /peers HTTP/1.1\r\nHost: rebound.example\r\nAuthorization: Bearer {token}\r\n")
    assert (status, problem["code"]) == (403, "host-not-ours")


def test_a_second_node_in_the_same_home_is_refused(kh: Process, capsys: pytest.CaptureFixture[str]) -> None:
    kh.desk()
    assert run(["node", "run", "--home", str(kh.config.home)]) == 2
    assert "Another process has the store" in capsys.readouterr().err


def test_sigterm_ends_a_node_cleanly_and_it_can_no_longer_be_found(kh: Process) -> None:
    kh.desk()
    assert kh.end() == 0
    assert running(kh.config) is None
