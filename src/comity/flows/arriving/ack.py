"""An acknowledgement: counted where it answers an order that we gave or passed on; noticed where somebody should look."""

from __future__ import annotations

from comity.domain.record import ORDERS, Entry, Told, decode_fields, open_record
from comity.domain.record.kinds import ack_2
from comity.errors import NotFound
from comity.flows.answering import report
from comity.flows.arriving.batch import Batch
from comity.flows.attacks import DAY_MS
from comity.flows.carrying import transfers_out
from comity.flows.holders import act_named
from comity.ports import Noticed, Place

KINDS = ("ack",)


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """Forty holders that simply comply are counted, not noticed one by one."""
    assert told.header is not None
    body = open_record(entry.envelope or b"", decode_fields(entry.fields)).body
    now, about = batch.world.clock.now(), {"origin": place.origin, "index": place.index, "kind": told.header.kind}
    if body.of is not None:
        batch.claimed.setdefault(body.of, place)
    if not isinstance(body, ack_2.Body):
        batch.facts.append(Noticed(f"step {place.origin} {place.index}", now, "step-arrived", about))
        return
    if body.of_kind in ORDERS:
        batch.heard.setdefault(body.of, {})[batch.channel.writer] = body
    if body.state != "done":
        about |= {"of": body.of, "of_kind": body.of_kind, "state": body.state, "reason": body.reason}
        batch.facts.append(Noticed(f"answer {place.origin} {place.index}", now, "order-answered", about))


def finish(batch: Batch) -> None:
    """What we were told about orders of others goes up to whoever gave us them, once for the batch; what nobody was given is told."""
    _notice_unfounded(batch)
    for order, heard in batch.heard.items():
        try:
            act = act_named(batch.world, order)
        except NotFound:
            continue
        if not act.ours:
            batch.letters += report(batch.world, act, heard)


def _notice_unfounded(batch: Batch) -> None:
    """An answer to what its writer never got from us counts for nothing anywhere; that it was given is told, once a day."""
    world, writer = batch.world, batch.channel.writer
    left = set(batch.claimed)
    for channel in world.store.channels() if left else ():
        if left and channel.writer == world.me.name and channel.audience == writer:
            left -= set(world.store.standing(channel.origin, sorted(left)))
    passed_on = {of for of in left if any(body.to == writer for _, body in transfers_out(world, None, of))}
    unfounded = [of for of in batch.claimed if of in left - passed_on]
    if unfounded:
        now = world.clock.now()
        about = {"origin": batch.channel.origin, "writer": writer, "records": unfounded[:20], "count": len(unfounded)}
        batch.facts.append(Noticed(f"unfounded-claim {writer} {now // DAY_MS}", now, "claim-unfounded", about))
        batch.met += ["claim-unfounded"] * len(unfounded)
