"""Benches run, tell what they promise, and fail on a disagreement alone; what they measure is nobody's test."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from bench import run
from bench.apparatus.rounds import Times, in_turns

BENCHES = run.benches()
MACHINE = {"cores", "cpu", "python", "system", "at", "load_before", "load_after"}


def test_the_folder_is_what_there_is_to_run() -> None:
    files = {file.stem for file in Path(run.__file__).parent.glob("*.py")}
    assert set(BENCHES) == files - {"__init__", "run"}


@pytest.mark.parametrize("name", sorted(BENCHES))
def test_a_bench_prints_one_line_of_json_in_which_both_sides_agree(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["--tiny", name]) == 0
    printed = capsys.readouterr()
    (line,) = printed.out.splitlines()
    told = json.loads(line)
    assert told["name"] == name
    assert told["agree"] is True
    assert set(told["machine"]) == MACHINE
    assert told["ratio"] > 0
    assert told["floor"] > 0
    assert told["split"]
    assert told["sizes"]["rounds"] >= 1
    assert f"-- {name}: " in printed.err


def test_a_disagreement_is_the_only_thing_that_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = BENCHES["verify"].measure(**BENCHES["verify"].TINY)
    for agree, code in ((True, 0), (False, 1)):
        told = replace(good, agree=agree, ratio=0.001)
        module = ModuleType("planted", "A planted bench.")
        vars(module).update(measure=lambda told=told: told, TINY={})
        monkeypatch.setattr(run, "benches", lambda module=module: {"planted": module})
        assert run.main([]) == code
    assert "THE ANSWERS DISAGREE" in capsys.readouterr().err


def test_an_unknown_name_is_refused_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["verify", "verfiy"]) == 2
    assert capsys.readouterr().out == ""


def test_contestants_take_turns_slice_by_slice() -> None:
    seen: list[str] = []

    def work(name: str) -> list[object]:
        return [lambda n=n: seen.append(f"{name}{n}") for n in (0, 1)]

    times = in_turns(lambda: {"a": work("a"), "b": work("b")}, 2)  # type: ignore[dict-item]
    assert seen == ["a0", "b0", "a1", "b1"] * 2
    assert [len(each.runs) for each in times.values()] == [2, 2]


def test_the_best_time_is_the_best_of_each_slice_and_the_median_that_of_whole_rounds() -> None:
    times = Times(((1.0, 9.0), (5.0, 2.0), (3.0, 3.0)))
    assert (times.best_s, times.median_s) == (3.0, 7.0)
