"""Kinds are files in a folder: one more is one more file, and a file that breaks the rules is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.domain.record import decode_fields, encode_fields, index_of, kinds, kinds_from, open_record, schema
from comity.domain.record.folder import Kind
from comity.errors import Misconfigured

from .making import sealed

SIGHTING = '''
from msgspec import UNSET, Struct
from comity.domain.record.opened import Trace, uuid_trace, value_traces
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


def with_change(tmp_path: Path, old: str, new: str) -> dict[str, Kind]:
    assert old in SIGHTING
    (tmp_path / "sighting_1.py").write_text(SIGHTING.replace(old, new, 1), encoding="utf-8")
    return kinds_from(tmp_path)


def test_a_new_kind_is_one_new_file(tmp_path: Path) -> None:
    known = with_change(tmp_path, "Seen again.", "Seen again.")
    kind = known["sighting/1"]
    record = sealed(kind.example, known=known)
    assert [field.pointer for field in record.fields] == ["/who"]
    assert open_record(record.envelope, record.fields, known).body == kind.example
    assert schema("sighting/1", known)["$defs"]["Body"]["properties"]["who"]["personal"] is True
    told = index_of(record.envelope, encode_fields(record.fields), known)
    assert told.fault is None
    assert [trace.name for trace in told.traces] == ["sighting", "value"]
    assert index_of(record.envelope, b"").fault == "unknown-kind", (
        "where the file isn't, the record is kept in quarantine"
    )


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("    at: Time\n", "    at: Time\n    weight: float = 0.0\n", "kind-type-not-allowed"),
        ("    at: Time\n", "    at: Time\n    amount: int = 0\n", "kind-unbounded-integer"),
        ("    at: Time\n", "    at: Time\n    more: dict[str, object] = {}\n", "kind-type-not-allowed"),
        ("    at: Time\n", "    at: Time\n    more: dict[int, str] = {}\n", "kind-key-not-text"),
        ("    at: Time\n", "    at: Time\n    more: list[str] = []\n", "kind-type-not-allowed"),
        ("    at: Time\n", "    at: Time\n    more: str | int = ''\n", "kind-type-ambiguous"),
        ("    at: Time\n", "    at: Time\n    more: bytes = b''\n", "kind-type-not-allowed"),
        ("forbid_unknown_fields=True, ", "", "kind-not-strict"),
        ("frozen=True, ", "", "kind-not-strict"),
        ("    who: Personal[str] = UNSET", "    who: Personal[str]", "personal-place-not-optional"),
        ("    who: Personal[str] = UNSET", "    who: Personal[str] = ''", "personal-place-not-optional"),
        ("    what: Value", "    what: tuple[Personal[str], ...]", "personal-place-too-deep"),
        ('KIND = "sighting/1"', "", "kind-file-incomplete"),
        ('KIND = "sighting/1"', 'KIND = "Sighting"', "kind-name"),
        ("EXAMPLE = Body", "EXAMPLE = dict", "kind-example-not-a-body"),
        ("def traces", "def tracks", "kind-file-incomplete"),
    ],
)
def test_a_kind_file_that_breaks_the_rules_is_refused_when_it_is_read(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    with pytest.raises(Misconfigured) as fault:
        with_change(tmp_path, old, new)
    assert fault.value.code == code


def test_two_files_for_one_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(SIGHTING, encoding="utf-8")
    with pytest.raises(Misconfigured) as fault:
        with_change(tmp_path, "Seen again.", "Seen again.")
    assert fault.value.code == "kind-twice"


def test_the_folder_holds_one_file_a_kind_under_its_name() -> None:
    folder = Path(__file__).parents[2] / "src/comity/domain/record/kinds"
    files = {file.stem.replace("_", "/") for file in folder.glob("*_*.py") if not file.stem.startswith("__")}
    assert files == set(kinds())


def test_personal_members_come_last_and_in_order_so_that_reading_stays_quick() -> None:
    for kind in kinds().values():
        members = list(kind.body.__struct_fields__)
        personal = sorted(kind.personal.values())
        assert members[len(members) - len(personal) :] == personal


def test_examples_say_that_they_are_fictional() -> None:
    for kind in kinds().values():
        record = sealed(kind.example)
        words = (record.envelope + encode_fields(record.fields)).lower()
        assert b"fictional" in words or b"f1c7" in words
        assert decode_fields(encode_fields(record.fields)) == record.fields
