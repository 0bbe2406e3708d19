"""An acknowledgement: counted where it answers an order that we gave or passed on; noticed where somebody should look."""

from __future__ import annotations

from comity.domain.record import ORDERS, Entry, Told, decode_fields, open_record
from comity.domain.record.kinds import ack_2
from comity.errors import NotFound
from comity.flows.answering import report
from comity.flows.arriving.batch import Batch
from comity.flows.holders import act_named
from comity.ports import Noticed, Place

KINDS = ("ack",)


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """Forty holders that simply comply are counted, not noticed one by one."""
    assert told.header is not None
    body = open_record(entry.envelope or b"", decode_fields(entry.fields)).body
    now, about = batch.world.clock.now(), {"origin": place.origin, "index": place.index, "kind": told.header.kind}
    if not isinstance(body, ack_2.Body):
        batch.facts.append(Noticed(f"step {place.origin} {place.index}", now, "step-arrived", about))
        return
    if body.of_kind in ORDERS:
        batch.heard.setdefault(body.of, {})[batch.channel.writer] = body
    if body.state != "done":
        about |= {"of": body.of, "of_kind": body.of_kind, "state": body.state, "reason": body.reason}
        batch.facts.append(Noticed(f"answer {place.origin} {place.index}", now, "order-answered", about))


def finish(batch: Batch) -> None:
    """What we were told about orders of others goes up to whoever gave us them, once for the batch."""
    for order, heard in batch.heard.items():
        try:
            act = act_named(batch.world, order)
        except NotFound:
            continue
        if not act.ours:
            batch.letters += report(batch.world, act, heard)
