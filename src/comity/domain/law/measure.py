"""What one side asks the other to do: preserve, take down."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from comity.domain.law.values import Case, Nature, Standing


class Carrier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A capability of a route that can carry this measure, and on what ground we think so."""

    capability: str
    source: str
    standing: Standing
    note: str = ""


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a measure may last at most that is asked for in this way, and who says so."""

    nature: Nature
    days: int
    source: str
    standing: Standing


class Measure(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"carriers": "carrier", "limits": "limit"},
):
    """One kind of act that may be asked for.

    label        language -> name; `unreviewed` lists languages whose wording no speaker has checked
    machine      whose states a request of this measure goes through
    targets      indicator kinds it may be aimed at
    members      form -> its members without which no request leaves
    acts         events that are told by an action record, not by a decision
    done_by      those of them with which the measure is carried out
    proves_not   language -> what a receipt of it does not show
    note         language -> what whoever asks or answers should have in mind
    data         categories of data that it may ask for; none where it asks for no data
    lane         channel it travels in, urgent where the peers have none of that lane
    leaves       `approved`: by somebody else than its author; `alert`: by one duty officer, the second signature afterwards
    forms        forms that go with every route
    blocks       conditions of `checks.py` that hold a draft back; `advises` names those that only tell
    limits       how long it may last at most, by nature
    two_persons  event -> the earlier event of our side that somebody else has to have caused
    act_checks   conditions of `comity.domain.action` on what is told as done
    answer_days  urgency -> days in which an acknowledgement is looked for; told when they are over, never more
    """

    id: str
    label: dict[str, str]
    unreviewed: tuple[str, ...] = ()
    carriers: tuple[Carrier, ...]
    machine: str
    targets: tuple[str, ...]
    members: dict[str, tuple[str, ...]] = {}
    acts: tuple[str, ...]
    done_by: tuple[str, ...]
    proves_not: dict[str, str]
    note: dict[str, str] = {}
    data: tuple[str, ...] = ()
    lane: Literal["urgent", "rescue"] = "urgent"
    leaves: Literal["approved", "alert"] = "approved"
    forms: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    advises: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    two_persons: dict[str, str] = {}
    act_checks: tuple[str, ...] = ()
    answer_days: dict[str, float] = {}
    source: str
    standing: Standing
    checked_on: date
    example: tuple[Case, ...] = ()

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What a route has to offer to carry this measure."""
        return tuple(carrier.capability for carrier in self.carriers)
