"""How fast an honest peer's records are confirmed while another peer and strangers attack the listener, beside the pace alone."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.apparatus.machine import Observed
from bench.apparatus.result import Result, say
from tests.faces.exchange.nodes import serving
from tests.hostile.siege import Siege, make_siege

TINY = {"count": 10, "rounds": 1}
LINES_BURST = 300
"""As a node has it unless told otherwise."""


def measure(*, count: int = 100, rounds: int = 3) -> Result:
    """One record after the other is written, pulled over HTTPS, held and confirmed; alone and under attack, in turns.

    The attackers are a process of their own: what is measured is what they cost the node, and the machine's cores that they use.
    """
    seen = Observed()
    alone_s: list[float] = []
    under_s: list[float] = []
    append_s: list[float] = []
    refused = 0
    agree = True
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as name:
        siege = make_siege(Path(name), LINES_BURST)
        with serving(siege.node):
            siege.go_on(5)
            for _ in range(rounds):
                alone = siege.go_on(count)
                before = siege.total()
                with _attacked(siege):
                    during = siege.go_on(count)
                refused += siege.total() - before
                append_s.append(siege.append_only(count))
                alone_s.append(alone.took_s)
                under_s.append(during.took_s)
                agree = agree and alone.confirmed == during.confirmed == count and siege.total() > before
        siege.honest.courier.close()
    best, under, floor = min(alone_s), min(under_s), min(append_s)
    say(f"   alone {count / best:,.0f} records/s, under attack {count / under:,.0f}; {refused:,} refusals were counted")
    return Result(
        name="under_attack",
        ratio=best / under,
        floor=under / floor,
        split={"append_us": floor / count * 1e6, "carry_hold_confirm_us": (best - floor) / count * 1e6},
        agree=agree,
        machine=seen.machine(),
        ratios={"median": median(alone_s) / median(under_s)},
        sizes={"records": count, "rounds": rounds},
        figures={
            "alone_records_per_s": count / best,
            "under_attack_records_per_s": count / under,
            "refusals": float(refused),
        },
    )


@contextmanager
def _attacked(siege: Siege) -> Iterator[None]:
    keys, ca = siege.enemy.keyring, siege.node.keyring.certificate_path
    told = [siege.node.name, str(siege.port), str(ca), str(keys.certificate_path), str(keys.certificate_key_path)]
    command = [sys.executable, "-m", "bench.apparatus.attackers", *told]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        before = siege.total()
        while siege.total() == before and process.poll() is None:
            siege.go_on(1)  # until the first one was refused
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(30)
