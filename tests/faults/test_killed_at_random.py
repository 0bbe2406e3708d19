"""SIGKILL at seeded moments, again and again, over one long story: `COMITY_SOAK` says how many times."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from comity.ports import no_step
from tests.faults.scenario import Plan, check_seen, open_pair, run
from tests.faults.test_every_boundary import look_and_finish

KILLS = int(os.environ.get("COMITY_SOAK", "20"))
RECORDS = 20_000
FORK = multiprocessing.get_context("fork")


def told(folder: Path, plan: Plan) -> None:
    run(folder, plan, (no_step, no_step), salt_seed=os.getpid())
    os._exit(0)


def looked(folder: Path) -> None:
    check_seen(folder, open_pair(folder, (no_step, no_step), salt_seed=os.getpid(), withhold=False))
    os._exit(0)


def finished(folder: Path, plan: Plan) -> None:
    look_and_finish(folder, plan)
    os._exit(0)


@pytest.mark.torture
def test_killed_nodes_hold_what_they_cosigned_and_finish_alike(tmp_path: Path) -> None:
    chance = random.Random(20261124)
    plan = Plan(records=RECORDS, group=200, erased=20, from_start=False)
    for kill in range(KILLS):
        child = FORK.Process(target=told, args=(tmp_path, plan))
        child.start()
        time.sleep(chance.uniform(0.2, 1.6))
        assert child.pid is not None
        if child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL), f"run {kill} failed by itself"
        if kill % 5 == 4:
            look = FORK.Process(target=looked, args=(tmp_path,))
            look.start()
            look.join(300)
            assert look.exitcode == 0, f"after kill {kill}: what left the nodes is not true"
    end = FORK.Process(target=finished, args=(tmp_path, plan))
    end.start()
    end.join(900)
    assert end.exitcode == 0, "the story can't be told to its end, or both ends differ"
