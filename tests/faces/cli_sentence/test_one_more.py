"""One more kind of indicator, kind of record, measure and instrument: four new files, and everything sees them.

The house is copied, the files are dropped into the copy, and a fresh Python asks command line, API and tests. Nothing else is edited.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house.tracked import ROOT

PLATE = '''
"""The number plate of a vehicle."""

from comity.errors import Malformed

KIND, LABEL, PERSONAL = "plate", "Number plate", False
EXAMPLES = [("kh 2a-1234", "KH2A1234")]
REFUSED = [("", "plate-empty")]
MISP_TYPES = ()


def normalise(raw):
    text = "".join(sign for sign in raw.upper() if sign.isalnum())
    if not text:
        raise Malformed("plate-empty")
    return text


def recognise(raw):
    return False
'''
SIGHTING = '''
"""A sighting: something was seen again."""

from msgspec import UNSET, Struct

from comity.domain.record.opened import uuid_trace, value_traces
from comity.domain.record.places import Personal, Time, Uuid, Value

KIND = "sighting/1"


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Seen again."""

    sighting: Uuid
    what: Value
    at: Time
    who: Personal[str] = UNSET


def traces(record):
    yield uuid_trace("sighting", record.body.sighting)
    yield from value_traces((record.body.what,))


EXAMPLE = Body(
    sighting="0193a5d0-0000-7000-8000-00000000f1c7",
    what=Value("url", "https://lure.example/"),
    at="2026-11-24T09:30:00Z",
    who="Fictional Witness",
)
'''
CASE = """
[[example]]
sender = "KR"
receiver = "KH"
at = 2026-11-24
gates = { "planted.impound" = "attest" }
"""
INSTRUMENT = f"""
id = "planted"
title = "FICTIONAL: harbour practice"
kind = "practice"
status = "applies"
checked_on = 2026-11-21
source = "FICTIONAL"
standing = "secondary"

[[route]]
id = "planted.impound"
capability = "impound"
article = "FICTIONAL 1"
in_force = true
form = ["F_CONTACT"]
standing = "secondary"
source = "FICTIONAL"
send_gate = "attest"
{CASE.replace("gates", 'capability = "impound"' + chr(10) + "gates")}
"""
MEASURE = f"""
id = "impound"
machine = "request"
targets = ["plate"]
acts = ["preserve"]
done_by = ["preserve"]
unreviewed = ["ko", "vi", "km", "zh"]
source = "FICTIONAL"
standing = "secondary"
checked_on = 2026-11-21

[label]
en = "Impound a vehicle"
ko = "-"
vi = "-"
km = "-"
zh = "-"

[proves_not]
en = "FICTIONAL: it doesn't show whose vehicle it is."
ko = "-"
vi = "-"
km = "-"
zh = "-"

[[carrier]]
capability = "impound"
source = "FICTIONAL"
standing = "text"
{CASE}
"""
FILES = {
    "domain/indicator/kinds/plate.py": PLATE,
    "domain/record/kinds/sighting_1.py": SIGHTING,
    "catalog/instruments/planted.toml": INSTRUMENT,
    "catalog/measures/impound.toml": MEASURE,
}
ASKING = """
import contextlib, io, json, sys
from pathlib import Path
from comity.faces.cli.app import run
from tests.faces.routes.desks import introduced

kr, kh = introduced(Path(sys.argv[1]))
told = {}
def asks(name, *words):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = run([*words, "--home", str(kr.home), "--as", "kim (fictional)", "--json"])
    assert code == 0, (words, out.getvalue())
    told[name] = json.loads(out.getvalue())
asks("kinds", "lookup", "--kinds")
asks("report", "report", "take", "--category", "c", "--value", "plate=kh 2a-1234")
asks("lookup", "lookup", "KH-2A 1234", "--kind", "plate")
asks("measures", "request", "measures")
asks("routes", "request", "routes", "--measure", "impound", "--to", kh.name)
asks("draft", "request", "draft", "--measure", "impound", "--to", kh.name, "--route", "planted.impound",
     "--nature", "voluntary", "--offence", "fraud", "--facts", "FICTIONAL", "--target", "plate=kh 2a-1234")
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house with four more files."""
    house = tmp_path_factory.mktemp("copy")
    for part in ("src", "tests"):
        shutil.copytree(ROOT / part, house / part)
    shutil.copy(ROOT / "pyproject.toml", house)
    for name, text in FILES.items():
        file = house / "src" / "comity" / name
        assert not file.exists()
        file.write_text(text)
    return house


def python(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COMITY_", "PYTEST_"))}
    paths = os.pathsep.join((str(copy / "src"), str(copy)))
    return subprocess.run(
        [sys.executable, *words], cwd=copy, env={**environment, "PYTHONPATH": paths}, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def told(copy: Path) -> dict[str, Any]:
    """What the command line, a client of the API, says in the copy."""
    done = python(copy, "-c", ASKING, str(copy / "homes"))
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_one_more_kind_of_indicator_is_listed_taken_and_found(told: dict[str, Any]) -> None:
    (kind,) = [each for each in told["kinds"]["indicators"] if each["kind"] == "plate"]
    assert (kind["label"], kind["personal"], kind["examples"]) == ("Number plate", False, ["kh 2a-1234"])
    assert told["report"]["known"][0]["value"] == {"kind": "plate", "value": "KH2A1234"}
    assert [said["kind"] for said in told["lookup"]["statements"]] == ["report/1"]


def test_one_more_kind_of_record_is_listed_with_what_is_sealed(told: dict[str, Any]) -> None:
    (kind,) = [each for each in told["kinds"]["records"] if each["kind"] == "sighting/1"]
    assert (kind["personal"], kind["schema"]) == (["/who"], "/schemas/sighting/1")


def test_one_more_measure_and_instrument_are_weighed_and_carry_a_draft(told: dict[str, Any]) -> None:
    assert "impound" in [measure["id"] for measure in told["measures"]]
    assert [(route["route"], route["gate"]) for route in told["routes"]] == [("planted.impound", "attest")]
    draft = told["draft"]
    assert draft["ask"]["targets"] == [{"kind": "plate", "value": "KH2A1234"}]
    assert {finding["code"] for finding in draft["findings"]["blocking"]} == {"attest-missing"}
    assert draft["label"]["en"] == "Impound a vehicle"


def test_the_tests_find_the_examples_in_the_new_files(copy: Path) -> None:
    tests = ["tests/indicator/test_kinds.py", "tests/record/test_kinds.py", "tests/catalog/test_examples.py"]
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "plate or sighting or impound or planted", "-rA"]
    done = python(copy, *words, *tests)
    assert done.returncode == 0, done.stdout
    for named in ("plate-kh 2a-1234", "plate--plate-empty", "sighting/1", "planted", "impound"):
        assert named in done.stdout, done.stdout
