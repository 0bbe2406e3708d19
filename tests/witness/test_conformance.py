"""The published suite: it passes a real node over real HTTPS, restarts and all, and finds the fault of each wrong witness."""

from __future__ import annotations

import contextlib
import re
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.config import Config
from comity.domain.ledger import (
    COSIGNATURE,
    Answer,
    Recorded,
    VerifierKey,
    cosignature_line,
    judge,
    parse_note,
    read_asked,
)
from comity.domain.terms import Granted
from comity.errors import MalformedNote
from comity.flows.witness import keep_log, witness_key
from comity.node.assembly import open_node
from comity.node.presence import running
from conformance.witness.__main__ import main
from conformance.witness.note import Cosigner
from conformance.witness.suite import Result, run, settings_for, vkeys
from conformance.witness.talk import Witness
from tests.house.tracked import ROOT
from tests.node.homes import MODULES, admit, eventually, fresh_home, invitation, officer, process

SEED, ROUNDS = "house", 12


# ---- a real node
@dataclass
class Hub:
    """A node that runs as a process of its own, and a peer that it has accepted."""

    config: Config
    peer: Config
    vkey: str
    stack: contextlib.ExitStack

    def start(self) -> None:
        popen = self.stack.enter_context(process(self.config))
        self.popen = popen.popen
        eventually(lambda: running(self.config))

    def restart(self) -> None:
        """Killed, and started again."""
        self.popen.kill()
        self.popen.wait()
        self.start()

    def witness(self) -> Witness:
        context = ssl.create_default_context(cafile=str(self.config.keys / "certificate.pem"))
        context.load_cert_chain(self.peer.keys / "certificate.pem", self.peer.keys / "certificate.key.pem")
        return Witness(f"{self.config.address}/witness", [Cosigner.parse(self.vkey)], "", context, self.config.name)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    config, peer = fresh_home(folder / "un", "hub.un.example", "CH"), fresh_home(folder / "kr")
    admit(config, invitation(peer, config.name))
    with open_node(config) as node:
        for vkey in vkeys(SEED):
            assert isinstance(keep_log(node.world, vkey, by=officer(config.name)), Granted)
        key = witness_key(node.world)
    assert key is not None
    with contextlib.ExitStack() as stack:
        made = Hub(config, peer, key.text, stack)
        made.start()
        yield made


def test_a_node_keeps_every_promise_of_a_witness_killed_and_started_in_between(hub: Hub) -> None:
    results = list(run(hub.witness(), SEED, settings_for(SEED, ROUNDS, hub.restart)))
    assert len(results) == len(vkeys(SEED))
    assert [(each.name, each.outcome, each.why) for each in results if each.outcome != "kept"] == []


def test_the_command_tells_what_to_register_and_says_by_its_exit_code_how_it_went(
    hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(MODULES))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    assert main(["--seed", "other", "--list"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines() == vkeys("other")
    secured = ["--ca", str(hub.config.keys / "certificate.pem"), "--server-name", hub.config.name]
    secured += ["--cert", str(hub.peer.keys / "certificate.pem"), "--key", str(hub.peer.keys / "certificate.key.pem")]
    asked = ["--url", f"{hub.config.address}/witness", "--vkey", hub.vkey, "--seed", "other", *secured]
    assert main(asked) == 2
    assert "register what --seed other --list prints" in capsys.readouterr().out
    register = f"{sys.executable} -c 'from comity.faces.cli.app import main; main()' --home {hub.config.home} --as Kim witness add -"
    assert main([*asked, "--register-cmd", register, "--only", "re"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^kept +replay ", out, re.MULTILINE)
    assert re.search(r"^unasked +restart .*\n +no --restart-cmd was given", out, re.MULTILINE)
    assert out.endswith(" kept, 0 BROKEN, 1 unasked\n")


def test_the_suite_imports_nothing_of_the_house() -> None:
    sources = [file.read_text() for file in (ROOT / "conformance").rglob("*.py")]
    assert len(sources) > 8
    assert not any(re.search(r"^\s*(?:from|import) (?:comity|tests)\b", source, re.MULTILINE) for source in sources)


# ---- wrong witnesses
Judge = Callable[["WrongWitness", bytes], Answer]


@dataclass
class WrongWitness:
    """A witness in memory, right in all but one thing: `wrong` names it."""

    wrong: str = ""
    logs: dict[str, VerifierKey] = field(default_factory=dict)
    recorded: dict[str, Recorded] = field(default_factory=dict)
    now_s: int = 0
    lock: Any = field(default_factory=threading.Lock)
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self) -> None:

        self.now_s = int(time.time())
        self.logs = {key.name: key for key in map(VerifierKey.parse, vkeys(SEED))}
        self.key = VerifierKey("wrong.example/witness", COSIGNATURE, self.private.public_key().public_bytes_raw())

    def answer(self, body: bytes) -> Answer:
        if self.wrong == "races":
            return self._answer(body)
        with self.lock:
            return self._answer(body)

    def _answer(self, body: bytes) -> Answer:
        try:
            asked = read_asked(body)
        except MalformedNote as fault:
            return Answer(200, b"") if self.wrong == "lax" and fault.code == "witness-old-size" else Answer(400)
        origin = asked.checkpoint.origin
        there = self.recorded.get(origin, Recorded())
        if self.wrong == "forgets-the-old-size":
            there = Recorded(asked.old, there.root) if there.size else there
        found = judge(asked, self.logs.get(origin), there)
        if self.wrong == "cosigns-a-fork" and found.code == "same-size-other-root":
            found = Answer(200)
        if self.wrong == "trusts-anybody" and found.status == 403:
            found = Answer(200)
        if self.wrong == "says-no-size" and found.status == 409:
            return Answer(409, b"")
        if found.status != 200:
            return found
        if self.wrong == "races":
            time.sleep(0.01)
        self.recorded[origin] = Recorded(asked.checkpoint.size, asked.checkpoint.root)
        if self.wrong == "time-goes-back":
            self.now_s -= 1
        text = parse_note(asked.note).text
        if self.wrong == "signs-something-else":
            text = text.replace(b"\n", b"\n1", 1)
        return Answer(200, cosignature_line(self.key, self.private.sign, text, self.now_s))

    @contextmanager
    def listening(self) -> Iterator[Witness]:
        wrong = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                answer = wrong.answer(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(answer.status)
                if answer.status == 409:
                    self.send_header("content-type", "text/x.tlog.size")
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def do_GET(self) -> None:
                self.send_error(404)

            def log_request(self, code: object = "-", size: object = "-") -> None:
                """Says nothing."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 64

        with Server(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield Witness(f"http://127.0.0.1:{server.server_port}", [Cosigner.parse(self.key.text)])
            finally:
                server.shutdown()
                thread.join()


def broken(wrong: str) -> set[str]:
    with WrongWitness(wrong).listening() as witness:
        results: list[Result] = list(run(witness, SEED, settings_for(SEED, ROUNDS)))
    return {each.name for each in results if each.outcome == "BROKEN"}


@pytest.mark.parametrize(
    ("wrong", "found_by"),
    [
        ("", set()),
        ("forgets-the-old-size", {"old-not-recorded", "replay", "fork-from-nothing"}),
        ("cosigns-a-fork", {"fork-same-size"}),
        ("races", {"race-growth", "race-fork"}),
        ("trusts-anybody", {"bad-signature", "no-signature"}),
        ("says-no-size", {"old-not-recorded"}),
        ("time-goes-back", {"time", "again", "growth"}),
        ("signs-something-else", {"first", "growth"}),
        ("lax", {"request-grammar"}),
    ],
)
def test_the_suite_finds_what_a_wrong_witness_does_wrong(wrong: str, found_by: set[str]) -> None:
    found = broken(wrong)
    assert found_by <= found
    if not wrong:
        assert found == set()
