"""The same over real HTTPS: two processes, a backup taken while the node runs, its return, and both ends equal in the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from comity.config import Config
from comity.domain.ledger import Lane
from comity.domain.terms import NodeName
from comity.errors import Misconfigured
from comity.faces.cli.app import run
from comity.flows.filing import outgoing
from comity.node.assembly import open_node
from tests.node.homes import admit, append, eventually, fresh_home, invitation, process


def held(config: Config, writer: str, lane: Lane) -> list[bytes | None]:
    """Envelopes of every channel of this writer's in this lane, oldest channel first."""
    with open_node(config) as node:
        store = node.world.store
        channels = [c for c in store.channels() if c.writer == writer and c.lane is lane]
        channels.sort(key=lambda channel: channel.opened)
        return [e.envelope for c in channels for e in store.entries(c.origin, 0, store.position(c.origin).size)]


def nothing_waits(desk: object) -> bool:
    return not desk.get("/status")["recovery"]  # type: ignore[attr-defined]  # a client of the desk


def test_two_processes_end_level_after_one_came_back_from_a_backup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kr = fresh_home(tmp_path / "kr")
    kh = fresh_home(tmp_path / "kh", "taskforce.kh.example", "KH")
    for here, there in ((kr, kh), (kh, kr)):
        admit(here, invitation(there, here.name))
    append(kr, kh.name, 2)
    backup, cache = str(tmp_path / "backup"), tmp_path / "cache"
    with process(kr, cache) as one, process(kh, cache) as two:
        eventually(lambda: [r for r in two.desk().get("/channels") if r["writer"] == kr.name and r["size"] >= 2])
        one.desk()
        assert run(["--json", "--home", str(kr.home), "node", "backup", backup]) == 0
    append(kr, kh.name, 3)
    with process(kr, cache) as one, process(kh, cache) as two:
        eventually(lambda: [r for r in two.desk().get("/channels") if r["writer"] == kr.name and r["size"] >= 5])
    before = [envelope for envelope in held(kh, kr.name, Lane.URGENT) if envelope is not None]
    assert run(["--json", "--home", str(kr.home), "node", "restore", backup]) == 0
    with pytest.raises(Misconfigured, match="restored-not-recovered"):
        open_node(kr)
    capsys.readouterr()
    assert run(["--json", "--home", str(kr.home), "node", "recover"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["acknowledged"]["retired"]) >= 1
    assert [one["fault"] for one in told["rounds"]] == ["connection-refused"]
    with process(kh, cache), process(kr, cache) as one:
        eventually(lambda: nothing_waits(one.desk()))
    with open_node(kr) as node:
        assert outgoing(node.world, NodeName(kh.name), Lane.URGENT) is not None
    mine = held(kr, kr.name, Lane.URGENT)
    assert set(before) <= set(mine)
    append(kr, kh.name, 1)
    with process(kh, cache) as two, process(kr, cache):
        eventually(lambda: len(two.desk().get("/channels")) and _sizes(two.desk(), kr.name) >= len(mine) + 1)
    assert held(kh, kr.name, Lane.URGENT) == held(kr, kr.name, Lane.URGENT)


def _sizes(desk: object, writer: str) -> int:
    rows = desk.get("/channels")  # type: ignore[attr-defined]  # a client of the desk
    return sum(row["size"] for row in rows if row["writer"] == writer and row["lane"] == "urgent")
