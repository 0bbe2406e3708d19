"""Two nodes as processes of their own, over TLS: now the one, now the other is killed while a list goes across."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from comity.config import Config
from comity.domain.ledger import Lane, note_bytes, open_note, parse_note
from comity.errors import Unreachable
from comity.faces.cli.exits import Failed
from comity.node.assembly import open_node
from tests.faults.scenario import check_held
from tests.node.homes import Process, admit, eventually, fresh_home, invitation, process

KR, KH = "police.kr.example", "police.kh.example"
BATCH, ROUNDS = 300, 6


def share(kr: Process, number: int) -> None:
    """The caller repeats a batch until it is answered: its ids are those of the list, so nothing doubles."""
    body = {
        "values": [f"lure-{number}-{n}.example.com" for n in range(BATCH)],
        "role": "scam-site",
        "source": "fictional list",
        "source_sha256": f"{number:064x}",
        "kind": "domain",
        "audience": KH,
    }
    kr.desk().post("/imports", body)


def bulk(here: Process) -> dict[str, int]:
    rows = here.desk().get("/channels")
    return next(
        (row for row in rows if row["writer"] == KR and row["lane"] == "bulk"),
        {"size": 0, "confirmed": 0, "drained": 0},
    )


@pytest.mark.torture
def test_whichever_node_is_killed_nothing_cosigned_is_lost_and_both_end_alike(tmp_path: Path) -> None:
    kr_home, kh_home = fresh_home(tmp_path / "kr", KR, "KR"), fresh_home(tmp_path / "kh", KH, "KH")
    for_kh, for_kr = invitation(kr_home, KH), invitation(kh_home, KR)
    admit(kr_home, for_kr)
    admit(kh_home, for_kh)
    chance = random.Random(7)
    seen: list[int] = []
    with ExitStack() as both:
        nodes = {home: both.enter_context(process(home, tmp_path / "cache")) for home in (kr_home, kh_home)}
        for number in range(ROUNDS):
            victim = (kh_home, kr_home)[number % 2]
            with suppress(Unreachable, Failed):
                share(nodes[kr_home], number)
            time.sleep(chance.uniform(0.0, 0.8))
            nodes[victim].popen.kill()
            nodes[victim].popen.wait()
            nodes[victim] = both.enter_context(process(victim, tmp_path / "cache"))
            share(nodes[kr_home], number)
            seen.append(bulk(nodes[kr_home])["confirmed"])
        whole = BATCH * ROUNDS
        eventually(lambda: bulk(nodes[kr_home])["confirmed"] == whole)
        eventually(lambda: bulk(nodes[kh_home])["drained"] == whole)
        for home in (kr_home, kh_home):
            assert nodes[home].end() == 0
    assert seen == sorted(seen), "what was confirmed stays confirmed"
    check(kr_home, kh_home, whole)


def check(kr_home: Config, kh_home: Config, whole: int) -> None:
    with open_node(kr_home) as kr, open_node(kh_home) as kh:
        origin = next(c.origin for c in kr.world.store.channels() if c.lane is Lane.BULK)
        ours, theirs = kr.world.store.position(origin), kh.world.store.position(origin)
        assert (ours.size, ours.root) == (theirs.size, theirs.root)
        assert ours.size == whole
        receipt_key = kh.world.keyring.key(f"{KH}/receipt")
        times = []
        for size in kr.world.store.sizes(origin, 0):
            for line in kr.world.store.lines(origin, size):
                note = note_bytes(parse_note(kr.world.store.note(origin, size)).text, [line.line])
                assert open_note(note, [receipt_key]).good == {receipt_key: line.time_s}
                times.append(line.time_s)
        assert times
        assert times == sorted(times)
        check_held(kh.world, origin, theirs.size, theirs.root)
        for node in (kr, kh):
            assert node.world.store.rebuild(write=False) == ()
