"""What one side asks the other to do: preserve, take down."""

from __future__ import annotations

from datetime import date

import msgspec

from comity.domain.law.values import Case, Standing


class Carrier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A capability of a route that can carry this measure, and on what ground we think so."""

    capability: str
    source: str
    standing: Standing
    note: str = ""


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"carriers": "carrier"}):
    """One kind of act that may be asked for.

    label        language -> name; `unreviewed` lists languages whose wording no speaker has checked
    machine      whose states a request of this measure goes through
    targets      indicator kinds it may be aimed at
    members      form -> its members without which no request leaves
    acts         events that are told by an action record, not by a decision
    done_by      those of them with which the measure is carried out
    proves_not   language -> what a receipt of it does not show
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
    source: str
    standing: Standing
    checked_on: date
    example: tuple[Case, ...] = ()

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What a route has to offer to carry this measure."""
        return tuple(carrier.capability for carrier in self.carriers)
