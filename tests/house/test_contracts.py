"""Every contract in .importlinter is shown to fail, and to name itself, on an offence planted in a copy of the house."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.tracked import ROOT

CONFIG = ROOT / ".importlinter"
LINTER = Path(sys.executable).with_name("lint-imports")


@dataclass(frozen=True)
class Offence:
    """A file added to the copy, and the contract (its id in .importlinter) that must object."""

    title: str
    contract: str
    file: str
    source: str = ""


OFFENCES = (
    Offence("the domain looks up at the flows", "storeys", "domain/terms/planted.py", "import comity.flows"),
    Offence("errors look up at the domain", "storeys", "errors.py", "import comity.domain.terms"),
    Offence("ports look up at an adapter", "storeys", "ports/planted.py", "import comity.adapters.store"),
    Offence("a flow looks up at a face", "storeys", "flows/planted.py", "import comity.faces.api"),
    Offence("an adapter looks up at the node", "storeys", "adapters/store/planted.py", "import comity.node"),
    Offence("a folder without a place in the house", "storeys", "annex/__init__.py"),
    Offence("terms look up at the ledger", "domain-order", "domain/terms/planted.py", "import comity.domain.ledger"),
    Offence("a match looks up at a receipt", "domain-order", "domain/match/planted.py", "import comity.domain.receipt"),
    Offence("law looks at its sibling ledger", "domain-order", "domain/law/planted.py", "import comity.domain.ledger"),
    Offence("a folder without a place in the domain", "domain-order", "domain/gossip/__init__.py"),
    Offence(
        "the store knows the keyring", "adapters-apart", "adapters/store/planted.py", "import comity.adapters.keyring"
    ),
    Offence("an adapter without a place", "adapters-apart", "adapters/fax/__init__.py"),
    Offence("the API knows the CLI", "faces-apart", "faces/api/planted.py", "import comity.faces.cli"),
    Offence("a face without a place", "faces-apart", "faces/kiosk/__init__.py"),
    Offence("the domain draws lots", "pure", "domain/ledger/planted.py", "import secrets"),
    Offence("the domain opens a database", "pure", "domain/record/planted.py", "from sqlite3 import connect"),
    Offence("a flow logs", "pure", "flows/planted.py", "import logging"),
    Offence("a flow sleeps", "pure", "flows/planted.py", "from time import sleep"),
    Offence("ports name a library", "pure", "ports/planted.py", "import sqlalchemy"),
    Offence("an adapter runs a flow", "adapters-below", "adapters/courier/planted.py", "import comity.flows"),
    Offence("an adapter reads the config", "adapters-below", "adapters/courier/planted.py", "import comity.config"),
    Offence(
        "a face opens the store itself", "faces-meet-no-adapter", "faces/cli/planted.py", "import comity.adapters.store"
    ),
    Offence("the API reads the config", "config-readers", "faces/api/planted.py", "import comity.config"),
    Offence("the config runs a flow", "config-plain", "config.py", "import comity.flows"),
)


def names() -> dict[str, str]:
    """Contract id -> its name, as the linter prints it."""
    parser = configparser.ConfigParser()
    parser.read(CONFIG)
    prefix = "importlinter:contract:"
    return {part.removeprefix(prefix): parser[part]["name"] for part in parser.sections() if part.startswith(prefix)}


def copy_of_the_house(tmp_path: Path) -> Path:
    home = tmp_path / "comity"
    shutil.copytree(ROOT / "src" / "comity", home, ignore=shutil.ignore_patterns("__pycache__"))
    return home


def lint(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-logo", "--no-cache", CONFIG],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
        check=False,
        capture_output=True,
        text=True,
    )


def broken(result: subprocess.CompletedProcess[str]) -> set[str]:
    """Names of the contracts that the linter reports as broken."""
    return set(re.findall(r"^(.+) BROKEN(?: \(.+\))?$", result.stdout, re.MULTILINE))


def test_the_house_itself_keeps_every_contract(tmp_path: Path) -> None:
    copy_of_the_house(tmp_path)
    result = lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("offence", OFFENCES, ids=lambda offence: offence.title)
def test_a_planted_offence_breaks_its_contract(offence: Offence, tmp_path: Path) -> None:
    file = copy_of_the_house(tmp_path) / offence.file
    file.parent.mkdir(exist_ok=True)
    before = file.read_text() if file.exists() else ""
    file.write_text(f"{before}\n{offence.source}\n")
    result = lint(tmp_path)
    assert result.returncode != 0
    assert names()[offence.contract] in broken(result), result.stdout + result.stderr


def test_a_ring_of_imports_breaks_the_contract_against_cycles(tmp_path: Path) -> None:
    ring = copy_of_the_house(tmp_path) / "domain" / "match" / "ring"
    ring.mkdir()
    (ring / "__init__.py").touch()
    (ring / "left.py").write_text("import comity.domain.match.ring.right\n")
    (ring / "right.py").write_text("import comity.domain.match.ring.left\n")
    result = lint(tmp_path)
    assert broken(result) == {names()["no-cycles"]}, result.stdout + result.stderr


def test_the_cli_may_be_a_client_of_the_api(tmp_path: Path) -> None:
    (copy_of_the_house(tmp_path) / "faces" / "cli" / "planted.py").write_text("import comity.faces.api\n")
    result = lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_contract_is_without_a_planted_offence() -> None:
    assert {offence.contract for offence in OFFENCES} | {"no-cycles"} == set(names())
