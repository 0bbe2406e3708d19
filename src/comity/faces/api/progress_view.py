"""What stands beside a request's state: what is held, whose second signature is due, when an answer is looked for."""

from __future__ import annotations

import msgspec

from comity.domain.terms import Instant, instant_text
from comity.flows.answer_due import answer_due
from comity.flows.freeze import hold_of
from comity.flows.request_state import Dossier
from comity.flows.rescue import second_signature
from comity.ports import World


class HeldView(msgspec.Struct, frozen=True):
    """An amount in the smallest unit of its asset, as decimal digits."""

    asset: str
    amount: str


class HoldView(msgspec.Struct, frozen=True):
    """A freeze: what was asked beside what is held.

    asked    smallest units; null for the whole account
    held     what is held now by the addressee's word; empty before, after, and once it has lapsed
    until    until when it was said to be held
    lapsed   the end has passed and no domestic order has taken its place
    """

    asset: str
    asked: str | None
    held: list[HeldView]
    until: str | None
    ends_at: str
    lapsed: bool


class DueView(msgspec.Struct, frozen=True):
    """Something that is looked for by a time. `at` and `by` say when it came and from whom; `overdue`, that it came late or should have."""

    due: str
    at: str | None
    by: str | None
    overdue: bool


class ProgressView(msgspec.Struct, frozen=True):
    """Null where the measure knows nothing of the kind, or nothing has left.

    second_signature  of an alert that one officer sent; told, and nothing waits for it
    answer            when the other side should have said something
    replaced_by       requests that say they take this one's place
    note              language -> what whoever asks or answers should have in mind
    """

    hold: HoldView | None
    second_signature: DueView | None
    answer: DueView | None
    replaced_by: list[str]
    note: dict[str, str]


def progress_view(world: World, found: Dossier) -> ProgressView:
    """As of now, by this node's clock."""
    signed, answer = second_signature(world, found), answer_due(world, found)
    return ProgressView(
        hold=_hold(world, found),
        second_signature=_due(signed.due, signed.at, signed.by, signed.overdue) if signed is not None else None,
        answer=_due(answer.due, answer.at, None, answer.overdue) if answer is not None else None,
        replaced_by=list(found.replaced_by),
        note=found.measure.note,
    )


def _due(due: Instant, at: str | None, by: str | None, overdue: bool) -> DueView:
    return DueView(instant_text(due), at, by, overdue)


def _hold(world: World, found: Dossier) -> HoldView | None:
    hold = hold_of(world, found)
    if hold is None:
        return None
    return HoldView(
        asset=hold.asset,
        asked=str(hold.asked) if hold.asked is not None else None,
        held=[HeldView(each.asset, str(each.amount)) for each in hold.held],
        until=instant_text(hold.until) if hold.until is not None else None,
        ends_at=hold.ends_at,
        lapsed=hold.lapsed,
    )
