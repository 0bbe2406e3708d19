"""Three nodes that listen and pull over TLS: a writer that asks to be witnessed, a hub that cosigns, a reader that demands it."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from comity.config import Config, read_config
from comity.domain.ledger import open_note
from comity.errors import Misconfigured
from comity.faces.api.serve import serving
from comity.flows.lines import witnessed_sizes
from comity.flows.witness import ready_witness
from comity.node.assembly import Node, open_node
from tests.node.homes import admit, append, eventually, free_port, fresh_home, invitation
from tests.witness.logs import PlainLog

HUB = "hub.un.example"


def settings(config: Config, **values: str) -> Config:
    """The same home with these settings in [witness]."""
    path = config.home / "comity.toml"
    head, table, rest = path.read_text().partition("[witness]\n")
    lines = rest.splitlines()
    end = next((at for at, line in enumerate(lines) if line.startswith("[")), len(lines))
    kept = [line for line in lines[:end] if line.partition(" ")[0] not in values]
    kept += [f"{name} = {value}" for name, value in values.items()]
    path.write_text(head + table + "\n".join([*kept, "", *lines[end:]]) + "\n")
    return read_config(config.home, {})


@contextmanager
def runs(config: Config) -> Iterator[Node]:
    """The node listens, pulls and asks its witnesses, in this process."""
    quick = replace(config, pull=msgspec.structs.replace(config.pull, every_s=1.0, pause_max_s=0.5))
    with open_node(quick) as node, serving(node, "token"):
        yield node


def held(node: Node, origin: str) -> int:
    return node.world.store.position(origin).size


def test_a_writer_asks_a_hub_cosigns_and_a_reader_holds_once_it_has(tmp_path: Path) -> None:
    kr, kh = fresh_home(tmp_path / "kr"), fresh_home(tmp_path / "kh", "taskforce.kh.example", "KH")
    hub = fresh_home(tmp_path / "un", HUB, "CH")
    for one, other in ((kr, kh), (kr, hub), (kh, hub)):
        admit(other, invitation(one, other.name))
        admit(one, invitation(other, one.name))
    append(kr, kh.name, 3)
    with open_node(hub) as node:
        key = ready_witness(node.world)
    with open_node(kr) as node:
        origin = next(c.origin for c in node.world.store.channels() if c.audience == kh.name and c.lane == "urgent")
    (tmp_path / "policy").write_text(f"witness hub {key.text}\nquorum hub\n")
    port = free_port()
    kr = settings(kr, ask=f'["{HUB}"]')
    kh = settings(kh, policy='"../policy"', hold_lanes='["urgent"]')
    hub = settings(hub, open_port=str(port))
    with runs(kh) as reader, runs(kr) as writer:
        eventually(lambda: sum(state.rounds for state in reader.pulling.states()) > 4)
        assert held(reader, origin) == 0
        with runs(hub):
            eventually(lambda: held(reader, origin) == 3)
            cosigned = {f"{HUB}/witness": 3}
            assert eventually(lambda: witnessed_sizes(writer.world, origin)) == cosigned
            assert eventually(lambda: witnessed_sizes(reader.world, origin)) == cosigned
            (state,) = writer.witnessing.states()
            assert (state.name, state.ready) == (HUB, True)
            assert state.outcomes["done"] >= 1
            # Anybody may read, on the open port, what was cosigned; and nobody may submit an unknown log.
            base = f"http://127.0.0.1:{port}/witness"
            with urllib.request.urlopen(f"{base}/{sha256(origin.encode()).hexdigest()}/checkpoint", timeout=20) as got:
                assert key in open_note(got.read(), [key]).good
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(
                    f"{base}/add-checkpoint", PlainLog("stranger.example/log").body(0, 3), timeout=20
                )
            assert refused.value.code == 404


@pytest.mark.parametrize(
    ("policy", "why"),
    [(None, "No such file"), ("nonsense\n", "policy-line"), ("quorum w\n", "policy-name-undefined")],
)
def test_a_policy_that_cannot_be_read_keeps_the_node_from_starting(
    tmp_path: Path, policy: str | None, why: str
) -> None:
    config = settings(fresh_home(tmp_path / "kh"), policy='"../policy"', hold_lanes='["bulk"]')
    if policy is not None:
        (tmp_path / "policy").write_text(policy)
    with pytest.raises(Misconfigured) as fault:
        open_node(config)
    assert fault.value.code == "witness-policy-unreadable"
    assert why in str(fault.value.facts["why"])


def test_a_lane_is_not_held_back_for_a_policy_that_nobody_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as fault:
        settings(fresh_home(tmp_path / "kh"), hold_lanes='["bulk"]')
    assert fault.value.facts["key"] == "witness.policy"
