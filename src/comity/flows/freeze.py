"""A freeze as it stands: what was asked, what is really held, until when; and whether it has lapsed by now."""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.action import Held
from comity.domain.request.summary import HOLDING, HOLDS, held_until
from comity.domain.terms import Instant
from comity.flows.answer import asked_form
from comity.flows.request_state import Dossier
from comity.ports import World


@dataclass(frozen=True)
class Hold:
    """One freeze.

    asked    smallest units that were asked for; None for the whole account
    held     what was last said to be held; nothing once it was let go, has lapsed, or never was
    until    until when
    ends_at  the end that was asked for
    lapsed   the end has passed and no domestic order has taken its place, whether or not anybody has said so
    """

    asset: str
    asked: int | None
    held: tuple[Held, ...]
    until: Instant | None
    ends_at: str
    lapsed: bool


def hold_of(world: World, found: Dossier) -> Hold | None:
    """None for a request that asks for something else, or whose form can't be read."""
    if found.measure.machine != HOLDS:
        return None
    form, until = asked_form(found.ask), held_until(found.view)
    amount = form.get("amount_units", "").strip()
    state = found.view.state
    lapsed = state == "lapsed" or (state in HOLDING and until is not None and until <= world.clock.now())
    return Hold(
        asset=form.get("asset", ""),
        asked=int(amount) if amount.isascii() and amount.isdigit() else None,
        held=_held(found) if not lapsed and state in HOLDING | {"under_order"} else (),
        until=until,
        ends_at=form.get("ends_at", ""),
        lapsed=lapsed,
    )


def _held(found: Dossier) -> tuple[Held, ...]:
    for taken in reversed(found.view.history):
        if told := taken.step.told.get("held"):
            return tuple(Held(each["asset"], int(each["amount"])) for each in told)
    return ()
