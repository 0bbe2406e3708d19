"""An action that says how much is held, or where a person is: what a node says it has done for a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, Struct

from comity.domain.record.opened import Record, Said, Trace, said, uuid_trace
from comity.domain.record.places import Personal, Time, Units, Uuid, Word

KIND: Final = "action/2"


class Held(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An amount that is really held: `USD` and cents, `btc` and satoshi, `trx:<contract>` and the token's units."""

    asset: Word
    amount: Units


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One step of carrying a measure out; the members of `action/1`, and these.

    held         asset by asset, what is held now; `hold_until` says until when
    consent      whose word allows `whereabouts` to be told: `person`, or `child-path` for a minor
    whereabouts  where the person is who was looked for
    """

    request: Uuid
    event: Word
    measure: Word
    by: Word
    at: Time
    taken: Word | None = None
    hold_until: Time | None = None
    choice: Word | None = None
    after: tuple[Uuid, ...] = ()
    held: tuple[Held, ...] = ()
    consent: Word | None = None
    note: Personal[str] = UNSET
    whereabouts: Personal[str] = UNSET


def traces(record: Record[Body]) -> Iterator[Trace]:
    yield uuid_trace("request", record.body.request)


def texts(body: Body) -> Iterator[Said]:
    for member in ("note", "taken", "measure", "by", "whereabouts"):
        yield from said(f"/{member}", getattr(body, member))


EXAMPLE: Final = Body(
    request="0193a5d1-0000-7000-8000-00000000f1c7",
    event="confirm_hold",
    measure="freeze",
    by="fictional clerk",
    at="2026-11-25T09:00:00.000Z",
    taken="withdrawals-stopped",
    hold_until="2026-12-20T00:00:00.000Z",
    choice="partly_held",
    held=(Held("trx:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "1250000000"),),
    consent="person",
    note="FICTIONAL: the rest had left an hour before.",
    whereabouts="FICTIONAL: shelter of a fictional consulate",
)
