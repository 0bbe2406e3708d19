"""Locks pin every package to its hash, hold no address, agree with one another and cover what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.house.tracked import ROOT

LOCKS = sorted(file.name for file in ROOT.glob("requirements*.lock"))
PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;\\]+)(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def pins(lock: str) -> dict[str, str]:
    found = (PIN.fullmatch(line) for line in (ROOT / lock).read_text().splitlines())
    return {pin["name"]: pin["version"] for pin in found if pin}


def asked(*, dev: bool) -> set[str]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = told["project"]["dependencies"] + (told["dependency-groups"]["dev"] if dev else [])
    return {re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower() for line in lines}


def test_there_are_four_locks() -> None:
    assert [f"requirements{part}.lock" for part in ("-build", "-dev", "-uv", "")] == LOCKS


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_pin_or_a_hash(lock: str) -> None:
    strange = [
        line for line in (ROOT / lock).read_text().splitlines() if not (PIN.fullmatch(line) or HASH.fullmatch(line))
    ]
    assert strange == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_its_hashes(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    bare = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.fullmatch(line) and not HASH.fullmatch(following)
    ]
    assert bare == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_holds_an_address(lock: str) -> None:
    assert re.findall(r"\w+://\S*|--index\S*|--find-links\S*| @ ", (ROOT / lock).read_text()) == []


@pytest.mark.parametrize("part", ["requirements.lock", "requirements-build.lock"])
def test_the_development_set_contains_the_others_in_the_same_versions(part: str) -> None:
    assert pins(part).items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize(("lock", "dev"), [("requirements.lock", False), ("requirements-dev.lock", True)])
def test_a_lock_covers_what_the_project_asks_for(lock: str, dev: bool) -> None:
    assert asked(dev=dev) <= set(pins(lock))
