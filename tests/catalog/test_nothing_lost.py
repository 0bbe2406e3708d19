"""The shipped catalog says, row by row, what the compilation of legal bases says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.adapters.catalog import FileCatalog
from comity.domain.law import LawBook, Participation, Route, choices_of

pytestmark = pytest.mark.shared
CATALOG = FileCatalog()
BOOK: LawBook = CATALOG.book()


@pytest.fixture(scope="module")
def basis(shared_data: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((shared_data / "law" / "legal_basis.json").read_text())
    return told


def plain(value: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def test_every_instrument(basis: dict[str, Any]) -> None:
    def told(of: str) -> dict[str, Any]:
        ours = plain(BOOK.instruments[of])
        return {
            **{
                key: ours[key]
                for key in ("id", "title", "kind", "status", "entry_condition", "source", "standing", "note")
            },
            "entered_into_force": ours["entered_into_force"],
            "status_checked_on": ours["checked_on"],
        }

    assert [told(row["id"]) for row in basis["instruments"]] == basis["instruments"]
    assert len(BOOK.instruments) == len(basis["instruments"]) == 21


def test_every_route(basis: dict[str, Any]) -> None:
    def told(route: Route) -> dict[str, Any]:
        ours = plain(route)
        for added in ("penalty_years_min", "applies_if_note", "needs", "penalty_for", "data", "issuers", "signers"):
            ours.pop(added)
        for clock in ours["clocks"]:
            assert clock.pop("counts") == "calendar", "none of the compilation counts working days"
        if route.applies_if_note:
            ours["applies_if"] = f"{route.applies_if_note}: {route.applies_if}"
        return dict(ours)

    ours = {route.id: told(route) for route in BOOK.routes}
    assert ours == {row["id"]: row for row in basis["rows"]}
    assert len(ours) == 49


def test_every_participation(basis: dict[str, Any]) -> None:
    def told(row: Participation) -> dict[str, Any]:
        status = f"not_signed_as_of_{row.as_of}" if row.as_of else row.status
        return {
            "state": row.state,
            "instrument": row.instrument,
            "status": status,
            "effective_from": row.valid_from.isoformat() if row.valid_from else None,
            "reservations": [mark.text for mark in row.reservations],
            "checked_on": row.checked_on.isoformat(),
            "source": row.source,
            "standing": row.standing,
            "note": row.note,
        }

    ours = {(row.state, row.instrument): told(row) for row in BOOK.participation}
    assert ours == {(row["state"], row["instrument"]): row for row in basis["participation"]}
    assert len(BOOK.participation) == len(basis["participation"]) == 47
    assert {row.recorded_from.isoformat() for row in BOOK.participation} == {basis["as_of"]}


def spelt_out(forms: dict[str, Any]) -> dict[str, Any]:
    """The compilation with its short lists of words written out, as the catalog has them: `A_ONE|_TWO`, `as F_EPOC`, `as category`."""
    types = {name: {field["name"]: field["type"] for field in form["fields"]} for name, form in forms.items()}

    def words(text: str) -> str:
        if "|" not in text or "more upstream" in text:
            return text
        first, *others = text.removeprefix("enum(").removesuffix(")").split("|")
        stem = first if any(each.startswith("_") for each in others) else ""
        while stem and not all((stem + each) in KNOWN for each in others if each.startswith("_")):
            stem = stem.rpartition("_")[0]
        return f"enum({'|'.join([first, *((stem if each.startswith('_') else '') + each for each in others)])})"

    def told(text: str) -> str:
        if text == "enum(as F_EPOC)":
            return str(types["F_EPOC"]["section_ef.evidence[].identifier.type"])
        return words(types["F_SOR"]["category"] if text == "enum(as category)" else text)

    return {
        name: {**form, "fields": [{**field, "type": told(field["type"])} for field in form["fields"]]}
        for name, form in forms.items()
    }


KNOWN = {word for form in BOOK.forms.values() for field in form.fields for word in choices_of(field.type)}
OWN_MEMBERS = {"F_MLA": {"transnational_statement"}, "F_EPOC": {"max_penalty_years"}}
"""Members that are ours: the conventions ask for them, and no form has a place."""


def test_every_form_with_every_field(basis: dict[str, Any]) -> None:
    def told(form: str) -> dict[str, Any]:
        ours = BOOK.forms[form]
        assert OWN_MEMBERS.get(form, set()) <= {field.name for field in ours.fields}
        fields = [
            {key: getattr(f, key) for key in ("name", "required", "type", "note")}
            for f in ours.fields
            if f.name not in OWN_MEMBERS.get(form, set())
        ]
        note = {"note": ours.note} if ours.note else {}
        return {"title": ours.title, "standing": ours.standing, "source": ours.source, "fields": fields, **note}

    assert {form: told(form) for form in basis["forms"]} == spelt_out(basis["forms"])
    assert len(basis["forms"]) == 25
    assert set(BOOK.forms) - set(basis["forms"]) == {"F_FREEZE"}, "ours, and said to be"


def test_every_refusal_code_and_every_forbidden_ground(basis: dict[str, Any]) -> None:
    def told(value: object) -> dict[str, Any]:
        return {key: text for key, text in plain(value).items() if key != "checked_on"}

    ours = [told(BOOK.refusals[row["code"]]) for row in basis["refusal_codes"]]
    assert ours == basis["refusal_codes"]
    assert len(BOOK.refusals) == 30
    grounds = [{"ground": g.ground, "basis": g.basis} for g in BOOK.forbidden_grounds.values()]
    assert sorted(grounds, key=str) == sorted(basis["forbidden_refusal_grounds"], key=str)


def test_every_machine_with_every_transition(basis: dict[str, Any]) -> None:
    assert set(CATALOG.machines()) - set(basis["machines"]) == {"freeze"}, "ours, and said to be"
    for name, told in basis["machines"].items():
        ours = CATALOG.machine(name)
        assert (ours.initial, list(ours.terminal), list(ours.states)) == (
            told["initial"],
            told["terminal"],
            told["states"],
        )
        assert list(ours.stop_clock) == told.get("stop_clock_states", [])
        assert list(ours.never_stopped) == told.get("never_stopped_clocks", [])
        arrows = [
            {
                "from": step.source,
                "to": step.to,
                "event": step.event,
                "actor": "|".join(step.actors),
                "guard": step.guard,
                **({"basis": step.basis, "standing": step.standing} if step.standing else {}),
            }
            for step in ours.transitions
        ]
        ours_too = [arrow for arrow in arrows if arrow not in told["transitions"]]
        assert [arrow for arrow in arrows if arrow in told["transitions"]] == told["transitions"]
        # An alert skips what would delay it, is signed a second time afterwards, and may end in "not found" at any time.
        added = (
            {"hand_over", "countersign", "add_observation", "forward", "report", "close"} if name == "rescue" else set()
        )
        assert {arrow["event"] for arrow in ours_too} == added
