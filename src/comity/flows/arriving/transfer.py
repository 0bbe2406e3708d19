"""A record of a third node's that a relay passes on to us: believed by its issuer's own receipt, or refused."""

from __future__ import annotations

from typing import Any

from comity.domain.record import ORDERS, Entry, Record, Told, decode_fields, open_record, order_in
from comity.domain.record.custody import Course, is_at_least
from comity.domain.record.kinds import transfer_1
from comity.domain.terms import NodeName, Reason
from comity.flows.answering import Outcome, ack
from comity.flows.arriving.batch import Batch
from comity.flows.arriving.order import carry_out
from comity.flows.carrying import believed
from comity.flows.disposition import disposition_of
from comity.ports import Buried, Erased, Erasure, Noticed, Place

KINDS = ("transfer",)


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """An order inside is carried out as its issuer's; any other record is found by what it says, with its issuer shown."""
    assert told.header is not None
    record: Record[transfer_1.Body] = open_record(entry.envelope or b"", decode_fields(entry.fields))
    if "/envelope" in record.absent:
        return  # taken away by an order before it came to us
    inner = _accepted(batch, record)
    if isinstance(inner, Reason):
        _refuse(batch, place, told, inner)
        return
    body = record.body
    if body.of.kind in ORDERS:
        command = order_in(*(transfer_1.carries(body) or (b"", b"")))
        assert command is not None
        carry_out(batch, place, command)
        return
    if disposition_of(batch.world, body.of.issuer, body.of.id).course is not Course.CURRENT or _ordered_here(
        batch, body
    ):
        # The order was here first: what comes after it stays for no moment longer than this.
        batch.facts.append(Erased(Erasure(place, transfer_1.CARRIED), place))
        _refuse(batch, place, told, Reason("record-taken-back", {"of": body.of.id}))
        return
    batch.carried.setdefault(body.of.id, []).append(place)
    about = {"origin": place.origin, "index": place.index, "issuer": body.of.issuer, "record": body.of.id}
    about |= {"kind": body.of.kind, "why": body.why}
    key = f"transfer {told.header.issuer} {told.header.id}"
    batch.facts.append(Noticed(key, batch.world.clock.now(), "transfer-arrived", about))
    _answer(batch, place, told, Outcome())


def _accepted(batch: Batch, record: Record[transfer_1.Body]) -> Record[Any] | Reason:
    body, me = record.body, batch.world.me.name
    if body.to != me:
        return Reason("transfer-misaddressed", {"to": body.to})
    if body.of.issuer in (me, batch.channel.writer):
        return Reason("transfer-of-own-record", {"issuer": body.of.issuer})
    inner = believed(batch.world, body)
    if isinstance(inner, Reason):
        return inner
    if not is_at_least(record.envelope.marking, inner.envelope.marking):
        return Reason("marking-loosened", {"of": body.of.id})
    return inner


def _ordered_here(batch: Batch, body: transfer_1.Body) -> bool:
    """Whether an order about it came earlier in this very batch."""
    return any(
        isinstance(fact, Buried) and (fact.issuer, fact.record) == (body.of.issuer, body.of.id) for fact in batch.facts
    )


def _refuse(batch: Batch, place: Place, told: Told, why: Reason) -> None:
    """Kept and counted like any record, shown to nobody, found by nothing; the relay is told."""
    assert told.header is not None
    batch.mute.add(place)
    about = {"origin": place.origin, "index": place.index, "reason": why.code, **why.facts}
    key = f"transfer-refused {told.header.issuer} {told.header.id}"
    batch.facts += [
        Buried(NodeName(told.header.issuer), told.header.id, place),
        Noticed(key, batch.world.clock.now(), "transfer-refused", about),
    ]
    _answer(batch, place, told, Outcome("refused", why.code))


def _answer(batch: Batch, place: Place, told: Told, outcome: Outcome) -> None:
    assert told.header is not None
    answer = ack(batch.world, place, told.header.id, told.header.kind, outcome)
    if answer is not None:
        batch.letters.append(answer)
