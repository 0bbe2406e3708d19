"""Channels that a peer opens for us, announced in one that is already trusted."""

from __future__ import annotations

import re
from typing import Any

from comity.domain.ledger import BETWEEN_NODES, ED25519, Channel, Lane, VerifierKey
from comity.domain.record import Entry, Record, Told, decode_fields, open_record
from comity.errors import Malformed
from comity.flows.arriving.batch import Batch
from comity.ports import Opened, Place

KINDS = ("roster", "continues")


def arrive(batch: Batch, place: Place, told: Told, entry: Entry) -> None:
    """What is not a channel of this writer's for us, or bears a name that is taken, is passed over."""
    record: Record[Any] = open_record(entry.envelope or b"", decode_fields(entry.fields))
    world, writer = batch.world, batch.channel.writer
    lanes = {lane.value for lane in BETWEEN_NODES}
    known = {channel.origin for channel in world.store.channels()}
    name = re.compile(re.escape(writer) + r"/ch/[0-9a-f]{16}")
    for announced in getattr(record.body, "keys", ()):
        try:
            key = VerifierKey.parse(announced.vkey)
        except Malformed:
            continue
        ours = world.me.name in announced.audience and announced.lane in lanes
        if ours and key.kind == ED25519 and name.fullmatch(key.name) and key.name not in known:
            known.add(key.name)
            batch.facts.append(Opened(Channel(key, writer, world.me.name, Lane(announced.lane), world.clock.now())))
