"""A certificate changes between two real nodes over TLS, by command, and records never stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from comity.config import Config, read_config
from comity.domain.ledger import Lane, Peer
from comity.domain.terms import NodeName
from comity.errors import Unreachable
from comity.faces.api.serve import serving
from comity.faces.cli.app import run
from comity.flows.filing import channel_to
from comity.node.assembly import Node, open_node
from comity.node.presence import read_token
from tests.node.homes import admit, eventually, fresh_home, invitation
from tests.worlds import letter, sealed_indicator

KR, KH = "police.kr.example", "police.kh.example"
QUICK = {"COMITY_PULL_EVERY_S": "0.3", "COMITY_PULL_PAUSE_MAX_S": "0.3"}


@contextmanager
def running(config: Config) -> Iterator[Node]:
    with open_node(config) as node, serving(node, read_token(config)):
        yield node


def write(node: Node, to: str) -> tuple[str, int]:
    """One more record; its channel and size."""
    origin = channel_to(node.world, NodeName(to), Lane.URGENT)
    size = node.world.store.position(origin).size
    node.world.store.keep([letter(origin, sealed_indicator(node.world, size))])
    return origin, size + 1


def arrives(there: Node, here: Node, at: tuple[str, int]) -> None:
    """Held by the reader, and confirmed at the writer."""
    origin, size = at
    eventually(lambda: there.world.store.position(origin).size >= size)
    eventually(lambda: here.world.store.cosigned(origin, f"{there.world.me.name}/receipt", size - 1) is not None)


def seen_by(node: Node, name: str) -> Peer:
    return next(peer for peer in node.world.store.peers() if peer.name == name)


def test_a_certificate_is_changed_by_command_and_records_go_on_in_both_directions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kr_home, kh_home = fresh_home(tmp_path / "kr", KR, "KR"), fresh_home(tmp_path / "kh", KH, "KH")
    admit(kr_home, invitation(kh_home, KR))
    admit(kh_home, invitation(kr_home, KH))
    acting = ["--home", str(kr_home.home), "--as", "Kim (fictional)"]
    with ExitStack() as stack:
        kh = stack.enter_context(running(read_config(kh_home.home, QUICK)))
        with running(read_config(kr_home.home, QUICK)) as kr:
            arrives(kh, kr, write(kr, KH))
            arrives(kr, kh, write(kh, KR))
            first = kr.world.keyring.certificate()
            assert run(["peer", "rotate", "--switch", *acting]) == 1
            assert "No next certificate" in capsys.readouterr().err
            assert run(["peer", "rotate", "--certificate", *acting]) == 0
            eventually(lambda: seen_by(kh, KR).next_certificate)
            fresh = seen_by(kh, KR).next_certificate
            eventually(lambda: run(["peer", "rotate", "--switch", *acting]) == 0)
            arrives(kh, kr, write(kr, KH))
            arrives(kr, kh, write(kh, KR))
            assert (seen_by(kh, KR).certificate, kr.world.keyring.certificate()) == (first, first)
        meanwhile = write(kh, KR)
        with running(read_config(kr_home.home, QUICK)) as kr:
            assert kr.world.keyring.certificate() == fresh != first
            arrives(kr, kh, meanwhile)
            arrives(kh, kr, write(kr, KH))
            eventually(lambda: seen_by(kh, KR).certificate == fresh)
            assert seen_by(kh, KR).next_certificate == b"", "the old one is nobody's now"
            arrives(kr, kh, write(kh, KR))
            faults = {code for state in kh.pulling.states() for code in state.faults}
            assert not {code for code in faults if "certificate" in code}, "it was never taken for a stranger"
            assert run(["peer", "list", "--home", str(kh_home.home), "--json"]) == 0


def test_an_announced_certificate_lets_nobody_in_before_it_is_announced(tmp_path: Path) -> None:
    """The next certificate exists on disk; the peer doesn't know it yet, so it is a stranger's."""
    kr_home, kh_home = fresh_home(tmp_path / "kr", KR, "KR"), fresh_home(tmp_path / "kh", KH, "KH")
    admit(kr_home, invitation(kh_home, KR))
    admit(kh_home, invitation(kr_home, KH))
    with open_node(kr_home) as kr:
        kr.world.keyring.next_certificate(NodeName(KR), kr.world.clock.now())
        kr.world.keyring.switch_certificate()
    with running(read_config(kh_home.home, QUICK)), open_node(kr_home) as kr:
        with pytest.raises(Unreachable) as told:
            kr.world.courier.get(seen_by(kr, KH), "/channels", 1 << 20)
        assert told.value.code in ("refused-our-certificate", "hung-up")
