"""What a rescue alert needs, which is a name or a place; and what protects the person, which is told and never delays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from comity.domain.law.draft import Draft, finding
from comity.domain.law.freeze_checks import DAY_MS, moment, said
from comity.domain.law.measure import Measure
from comity.domain.terms import Reason

STALE_AFTER_DAYS = 2
"""Places rot in days: groups are moved. 48 hours is our own choice."""


SAY_WHO_OR_WHERE = (
    "person.name",
    "location.coordinates",
    "location.compound_name",
    "location.building",
    "location.address_text",
)


def _name_or_place(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    """Either, as a value or in words: a name that has no normal form is a name all the same."""
    named = any(kind in ("person_name", "place") and value.strip() for kind, value in draft.targets)
    if not named and not any(said(draft, member) for member in SAY_WHO_OR_WHERE):
        yield finding("name-or-place-missing", "targets", "fill-in", choices=["person_name", "place"])


def _never_call(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    """A ringing telephone may cost more than it tells. Unless somebody says otherwise, nobody calls."""
    if any(kind == "phone" for kind, _ in draft.targets) and said(draft, "safe_contact.never_call") != "false":
        yield finding("never-call", "targets", "leave-out")


def _place_fresh(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    if not any(kind == "place" for kind, _ in draft.targets):
        return
    seen = moment(said(draft, "location.observed_at"))
    if seen is not None and draft.at is not None and draft.at - seen > STALE_AFTER_DAYS * DAY_MS:
        days = (draft.at - seen) // DAY_MS
        yield finding("place-stale", "form/location.observed_at", "check", days=days)


def _all_well_is_no_end(draft: Draft, _measure: Measure) -> Iterator[Reason]:
    """Families are made to say that all is well; only a person seen by an officer is."""
    if said(draft, "family_told_all_well") == "true":
        yield finding("all-well-is-no-end", "form/family_told_all_well", "check")


RESCUE_CHECKS: Mapping[str, Callable[[Draft, Measure], Iterator[Reason]]] = {
    "name-or-place": _name_or_place,
    "never-call": _never_call,
    "place-fresh": _place_fresh,
    "all-well-is-no-end": _all_well_is_no_end,
}
