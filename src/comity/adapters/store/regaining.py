"""Taking back the end of our own channel from a reader that still holds it, after a restore: nothing is signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from comity.adapters.store.group import Group
from comity.adapters.store.marks import Gone
from comity.adapters.store.rows import entry_row, trace_rows
from comity.domain.ledger import Standing, leaf_of, open_checkpoint
from comity.domain.record import Entry, State, filed
from comity.errors import Conflict
from comity.ports import Erasure, Place

ENDED = (Standing.FENCED, Standing.RETIRED)


def regain(
    group: Group, origin: str, note: bytes, entries: Sequence[Entry], leaves: Sequence[bytes], gone: Iterable[Gone]
) -> None:
    """Appends what the note covers and we lack; what the high-water file says is gone goes again in the same transaction."""
    log = group.log(origin)
    if log.channel.writer != group.me:
        raise Conflict("not-our-channel", origin=origin)
    if log.channel.standing not in ENDED:
        raise Conflict("channel-goes-on", origin=origin, standing=log.channel.standing.value)
    signed = open_checkpoint(note, log.channel.key)
    start = log.size
    if signed.size <= start or [entry.index for entry in entries] != list(range(start, signed.size)):
        raise Conflict("entry-missing", origin=origin, index=start, size=signed.size)
    if leaves and len(leaves) != len(entries):
        raise Conflict("leaves-missing", origin=origin, entries=len(entries), leaves=len(leaves))
    grown: list[bytes] = []
    for at, entry in enumerate(entries):
        if entry.salt is not None and entry.envelope is not None:
            grown.append(leaf_of(entry.salt, entry.envelope))
        elif entry.state is State.ERASED and leaves:
            grown.append(leaves[at])
        else:
            raise Conflict("entry-missing", origin=origin, index=entry.index, size=signed.size)
    group.grow(log, grown)
    if log.growth.root() != signed.root:
        raise Conflict("root-differs", origin=origin, size=signed.size)
    for entry, leaf in zip(entries, grown, strict=True):
        told = filed(origin, entry.envelope, entry.fields)
        group.stage_entries([entry_row(group.sealing, log.ch, entry, leaf, told)])
        group.stage_traces(trace_rows(group.sealing, log.ch, entry.index, told))
        group.stage_page(log.ch, entry.index, entry.envelope, entry.fields, told)
        group.stage_endings(told, entry.envelope, entry.fields)
        if told.header is not None:
            group.stage_known(log, told.header.id, entry.index)
    log.note = log.pending_note = note
    log.pending = log.drained = signed.size
    group.flush()
    for one in gone:
        if one.origin == origin and start <= one.index < signed.size:
            order = Place(one.order_origin, one.order_index)
            group.erase(Erasure(Place(origin, one.index), one.pointers), order)
    group.flush()
    group.keep_log(log)
    group.keep_checkpoint(log, signed.size, note)
