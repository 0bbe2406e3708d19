"""A process exit at every boundary of writing (W) and reading (R), one after the other, exhaustively."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.ports import Step, no_step
from tests.faults.scenario import Plan, check_end, check_seen, open_pair, run, tell

EXIT = 86
PLAN = Plan()
FORK = multiprocessing.get_context("fork")


def counting(path: Path, who: str) -> Step:
    """Notes each boundary that is passed."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def step(name: str) -> None:
        os.write(file, f"{who} {name}\n".encode())

    return step


def exiting(at: int, path: Path) -> tuple[Step, Step]:
    """Ends the process, as a power cut would, at the boundary number `at` of both nodes together."""
    passed = 0

    def make(who: str) -> Step:
        tell = counting(path, who)

        def step(name: str) -> None:
            nonlocal passed
            tell(name)
            passed += 1
            if passed == at:
                os._exit(EXIT)

        return step

    return make("kr"), make("kh")


def in_child(work: Callable[[], None]) -> int:
    """Runs in a forked process, so that nothing but the disk is left of it."""

    def body() -> None:
        work()
        os._exit(0)

    child = FORK.Process(target=body)
    child.start()
    child.join(120)
    assert child.exitcode is not None, "the child hangs"
    return child.exitcode


def boundaries(folder: Path) -> list[str]:
    steps = (counting(folder / "steps", "kr"), counting(folder / "steps", "kh"))
    assert in_child(lambda: ignored(run(folder, PLAN, steps, salt_seed=1))) == 0
    return (folder / "steps").read_text().splitlines()


def ignored(_two: object) -> None:
    """The story alone is counted, not the looking."""


def look_and_finish(folder: Path, plan: Plan = PLAN) -> None:
    """After the crash, before anything else is done: is what left the nodes true? Then the story is told to its end."""
    two = open_pair(folder, (no_step, no_step), salt_seed=2, withhold=False)
    check_seen(folder, two)
    tell(two, plan)
    check_seen(folder, two)
    check_end(two, plan)


@pytest.mark.torture
def test_no_exit_at_any_boundary_loses_doubles_or_belies_anything(tmp_path: Path) -> None:
    whole = boundaries(tmp_path)
    names = {line.split()[1] for line in whole}
    assert names >= {
        "W1",
        "W2",
        "W3",
        "W3m",
        "W4",
        "W5",
        "R1",
        "R2",
        "R3",
        "R4",
        "R5",
        "R6",
        "R7a",
        "R7b",
        "R7c",
        "R8a",
        "R8b",
    }
    for at in range(1, len(whole) + 1):
        folder = tmp_path / f"at-{at}"
        folder.mkdir()
        where = f"exit at boundary {at}, {whole[at - 1]}"
        crash = lambda folder=folder, at=at: run(folder, PLAN, exiting(at, folder / "steps"), salt_seed=1)  # noqa: E731
        assert in_child(crash) == EXIT, where
        assert in_child(lambda folder=folder: look_and_finish(folder)) == 0, (
            f"{where}: what left is not true, or the story can't go on"
        )
        shutil.rmtree(folder)
