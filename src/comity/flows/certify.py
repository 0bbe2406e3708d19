"""Making receipts: the record, its place under a signed root, and whoever cosigned that root."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from comity.domain.ledger import Line, PolicyEnd, TlogProof, inclusion_proof, note_bytes, parse_note
from comity.domain.receipt import policy_of
from comity.domain.record import decode_fields, encode_fields
from comity.errors import Conflict, NotFound
from comity.flows.lines import with_witnesses
from comity.flows.receipt_keys import nearest_line, receipt_keys
from comity.flows.request_state import dossier
from comity.flows.roster_news import ROTATED
from comity.ports import Place, World


@dataclass(frozen=True)
class Receipt:
    """A receipt file and the fields that were chosen to go beside it.

    name    for the file, without ending: kind, index and the channel's random name
    fields  encoded; empty when none are opened
    """

    name: str
    place: Place
    kind: str
    proof: bytes
    fields: bytes
    cosigned_by: tuple[str, ...]


def certify(world: World, place: Place, *, opened: Collection[str] | None = None) -> Receipt:
    """The receipt of one record, at the smallest cosigned size that covers it.

    opened   pointers of the fields to go beside the receipt; None opens none
    Raises NotFound (no such record, or erased), Conflict (nobody has cosigned it yet).
    """
    store = world.store
    found = store.entries(place.origin, place.index, place.index + 1)
    if place.index >= store.position(place.origin).size or not found:
        raise NotFound("record", origin=place.origin, index=place.index)
    entry = found[0]
    if entry.salt is None or entry.envelope is None:
        raise NotFound("record-erased", origin=place.origin, index=place.index)
    line = with_witnesses(world, place.origin, _nearest(world, place))
    lines = store.lines(place.origin, line.size)
    note = store.note(place.origin, line.size)
    own = [signature.to_bytes() for signature in parse_note(note).signatures]
    whole = note_bytes(parse_note(note).text, [*own, *(one.line for one in lines)])
    hashes = inclusion_proof(place.index, line.size, lambda level, n, width: store.tile(place.origin, level, n, width))
    proof = TlogProof(entry.salt + entry.envelope, place.index, hashes, whole).to_bytes()
    chosen = [field for field in decode_fields(entry.fields) if field.pointer in (opened or ())] if entry.fields else []
    told = store.told([place]).get(place)
    kind = told.header.kind.partition("/")[0] if told is not None and told.header is not None else "record"
    name = f"{kind}-{place.index}-{place.origin.rpartition('/')[2]}"
    return Receipt(name, place, kind, proof, encode_fields(chosen), tuple(one.name for one in lines))


def _nearest(world: World, place: Place) -> Line:
    channel = world.store.channel(place.origin)
    reader = channel.audience if channel.writer == world.me.name else world.me.name
    line = nearest_line(world, place.origin, reader, place.index)
    if line is None:
        raise Conflict("not-cosigned-yet", origin=place.origin, index=place.index, waiting_for=reader)
    return line


def certify_request(world: World, request: str, *, opened: Collection[str] | None = None) -> tuple[Receipt, ...]:
    """Receipts of every record of a request that crossed a border, ours and theirs; the newest may have none yet."""
    receipts = []
    for place, _ in dossier(world, request).records:
        channel = world.store.channel(place.origin)
        if channel.writer == channel.audience:
            continue
        try:
            receipts.append(certify(world, place, opened=opened))
        except Conflict:
            continue
    return tuple(receipts)


def policy_text(world: World) -> str:
    """This node's roster as a policy for `comity verify`: every channel's writer, every peer's receipt keys and our own.

    Each receipt carries the cosignature of its one reader; so any one of the receipt keys meets the quorum. Earlier keys stand in
    it too, each with its end: what they signed before stays proven. The keys of channels have an end only where they were lost or
    stolen, since a reader may confirm at any time what was signed in a channel that has gone on elsewhere.
    """
    peers = world.store.peers()
    logs = {channel.key: None for channel in world.store.channels() if channel.writer != channel.audience}
    nodes = [*(peer.name for peer in peers), world.me.name]
    cosigners = dict(each for node in nodes for each in receipt_keys(world, node))
    why = {past.key: past for peer in peers for past in peer.past}
    ends = [
        PolicyEnd(key, at, why[key].why if key in why else ROTATED) for key, at in cosigners.items() if at is not None
    ]
    ends += [PolicyEnd(key, past.until, past.why) for key, past in why.items() if key in logs and past.why != ROTATED]
    return policy_of(logs, cosigners, need=1, ends=ends)
