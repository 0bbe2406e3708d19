"""Setting up is done once per lock: what is up to date is left alone, and what isn't is never taken for it."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.tracked import ROOT


@pytest.fixture
def setup(tmp_path: Path) -> ModuleType:
    """The setup of a checkout of its own, with an interpreter that stands for an installed environment."""
    (tmp_path / ".ci").mkdir()
    for file in (*ROOT.glob("requirements*.lock"), ROOT / "pyproject.toml", ROOT / ".ci" / "setup.py"):
        shutil.copy(file, tmp_path / file.relative_to(ROOT))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    spec = importlib.util.spec_from_file_location("comity_setup", tmp_path / ".ci" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stamp(setup: ModuleType, want: str) -> None:
    setup.stamp_of(want).write_text(setup.key_of(want))


@pytest.mark.parametrize("want", ["runtime", "dev"])
def test_an_environment_without_a_stamp_is_not_ready(setup: ModuleType, want: str) -> None:
    assert not setup.is_ready(want)


@pytest.mark.parametrize("want", ["runtime", "dev"])
def test_a_second_setup_touches_nothing(setup: ModuleType, want: str, capfd: pytest.CaptureFixture[str]) -> None:
    stamp(setup, want)
    assert setup.main(want) == 0
    assert capfd.readouterr() == ("", "")


def test_the_development_set_serves_a_demo(setup: ModuleType) -> None:
    stamp(setup, "dev")
    assert setup.is_ready("runtime")


def test_the_runtime_set_does_not_serve_the_tests(setup: ModuleType) -> None:
    stamp(setup, "runtime")
    assert not setup.is_ready("dev")


@pytest.mark.parametrize(
    ("want", "file"),
    [
        ("dev", "requirements-dev.lock"),
        ("dev", "pyproject.toml"),
        ("runtime", "requirements.lock"),
        ("runtime", "requirements-build.lock"),
        ("runtime", "pyproject.toml"),
    ],
)
def test_a_changed_lock_makes_the_environment_stale(setup: ModuleType, want: str, file: str) -> None:
    stamp(setup, want)
    with (setup.ROOT / file).open("a") as lock:
        lock.write("\n")
    assert not setup.is_ready(want)


def test_a_removed_environment_is_not_ready(setup: ModuleType) -> None:
    stamp(setup, "dev")
    setup.PYTHON.unlink()
    assert not setup.is_ready("dev")
