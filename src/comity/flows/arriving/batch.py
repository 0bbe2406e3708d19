"""Up to some hundred records of one channel that are dealt with together, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from comity.domain.ledger import Channel, Lane
from comity.domain.record.kinds import ack_1, ack_2
from comity.domain.terms import instant_text
from comity.flows.filing import about_place, letter, outgoing, sealed
from comity.ports import Fact, Letter, Place, World

AckState = Literal["stored", "opened", "quarantined", "done", "refused"]


@dataclass
class Batch:
    """Collects facts and letters; the drainer keeps them in one transaction with the cursor.

    orders  ids that a held order of this writer erases or withdraws, reached yet or not
    buried  of the ids in this batch, those that were erased or withdrawn, each with its order
    acted   ids of envelopes whose outside effect is among `facts`
    values  keys of indicators that came along, each with its places
    here    records of this batch by id, each with its place
    carried transfers of this batch by the id of the record inside
    mute    places whose values say nothing here: what they carry isn't believed
    heard   answers to orders that came in this batch: by order, then by node
    claimed ids of ours of which a record speaks as if its writer had them, each with one place
    met     what in it breaks the rules of the exchange: kinds of `flows.attacks`
    """

    world: World
    channel: Channel
    orders: dict[str, Place]
    buried: dict[str, Place]
    facts: list[Fact] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    acted: set[str] = field(default_factory=set)
    values: dict[bytes, list[Place]] = field(default_factory=dict)
    here: dict[str, Place] = field(default_factory=dict)
    carried: dict[str, list[Place]] = field(default_factory=dict)
    mute: set[Place] = field(default_factory=set)
    heard: dict[str, dict[str, ack_2.Body]] = field(default_factory=dict)
    claimed: dict[str, Place] = field(default_factory=dict)
    met: list[str] = field(default_factory=list)

    def answer(self, place: Place, record: str | None, kind: str | None, state: AckState, reason: str | None) -> None:
        """An acknowledgement; never in answer to one: two nodes that can't read each other's would go on for ever."""
        origin = outgoing(self.world, self.channel.writer, Lane.URGENT)
        if origin is None or (kind is not None and kind.startswith("ack/")):
            return
        at = instant_text(self.world.clock.now())
        body = ack_1.Body(of=record, of_kind=kind, state=state, reason=reason, at=at)
        about = (about_place(self.world, place),)
        self.letters.append(letter(origin, sealed(self.world, body, purpose="acknowledgement", about=about)))
