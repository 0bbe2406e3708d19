"""An order of an issuer about its records: carried out, passed on to whoever got the record from us, noticed, answered."""

from __future__ import annotations

from comity.domain.record import Commanded, Entry, Told, order_in
from comity.domain.terms import NodeName
from comity.errors import Conflict
from comity.flows.answering import Outcome, ack
from comity.flows.arriving.batch import Batch
from comity.flows.carrying import carried_at, transfers_out
from comity.flows.holders import answered, answered_to
from comity.flows.obeying import obey
from comity.flows.passing import Passing, pass_on
from comity.ports import Acted, Noticed, Place, World

KINDS = ("erase", "withdraw", "amend", "clear")


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """An order in its issuer's own channel; a copy of it that stands in another channel is answered once."""
    command = order_in(entry.envelope or b"", entry.fields)
    assert command is not None
    carry_out(batch, place, command)
    for target in command.targets:
        if target.pointers is None:
            batch.buried.setdefault(target.id, place)


def carry_out(batch: Batch, place: Place, command: Commanded) -> None:
    """`place` is where the order stands here: in its issuer's channel, or inside a transfer that was believed."""
    world = batch.world
    again = command.id in batch.acted or world.store.acted(command.issuer, command.id) is not None
    done = obey(world, command, place, again=again, fresh=batch.carried)
    batch.facts += done.facts
    if again:
        _answer_again(batch, place, command)
        return
    batch.acted.add(command.id)
    passed = _passed_on(batch, place, command)
    about = {"origin": place.origin, "index": place.index, "order": command.id, "kind": command.kind}
    about |= {"count": len(command.targets), "outcome": done.outcome.state, "passed_to": list(passed.told)}
    now = world.clock.now()
    batch.facts += [
        Acted(NodeName(command.issuer), command.id, now, done.outcome.state),
        Noticed(f"order {command.issuer} {command.id}", now, "order", about),
        *passed.facts,
    ]
    batch.letters += passed.letters
    behind = len(passed.told) + len(passed.unreached)
    answer = ack(world, place, command.id, command.kind, done.outcome, behind=behind)
    if answer is not None:
        batch.letters.append(answer)


def _answer_again(batch: Batch, place: Place, command: Commanded) -> None:
    """Another relay brings what we know: it gets the answer that the first one got."""
    writer = batch.channel.writer
    if command.id in batch.acted or answered_to(batch.world, command.id, writer):
        return
    last = answered(batch.world, command.id, batch.world.me.name)
    if last is not None:
        answer = ack(batch.world, place, command.id, command.kind, Outcome(last.state, last.reason, last.review))
        batch.letters += [answer] if answer is not None else []


def _passed_on(batch: Batch, place: Place, command: Commanded) -> Passing:
    if not any(_was_passed_on(batch.world, command, target.id) for target in command.targets):
        return Passing()
    try:
        order = carried_at(batch.world, place)
    except Conflict:  # our own cosignature is always there by now; a store without it must not lose the order
        return Passing()
    return pass_on(batch.world, order, command, batch.here)


def _was_passed_on(world: World, command: Commanded, record: str) -> bool:
    return bool(transfers_out(world, command.issuer, record))
