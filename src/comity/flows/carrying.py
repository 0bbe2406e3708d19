"""Somebody else's record with its issuer's receipt: taken from the issuer's own channel, or from a transfer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from comity.domain.ledger import ED25519, Peer, TlogProof, VerifierKey, parse_proof
from comity.domain.ledger.policy import parse_policy
from comity.domain.receipt import policy_of, verify_receipt
from comity.domain.record import Record, decode_fields, encode_fields, open_record
from comity.domain.record.kinds import roster_1, transfer_1
from comity.domain.terms import Reason
from comity.errors import ComityError, Malformed, MalformedRecord, NotFound
from comity.flows.certify import certify
from comity.flows.disposition import TRANSFER, speaking_of
from comity.ports import Place, World

_ROSTERS_MAX = 1000


@dataclass(frozen=True)
class Carried:
    """A record as it can be passed on: exact bytes, the fields that are here, and the issuer's receipt without the record.

    at     where the issuer put it
    place  where it is here
    """

    record: Record[Any]
    envelope: bytes
    fields: bytes
    receipt: bytes
    at: Place
    place: Place

    @property
    def issuer(self) -> str:
        return self.record.envelope.issuer

    @property
    def id(self) -> str:
        return self.record.envelope.id


def carried_at(world: World, place: Place) -> Carried:
    """NotFound when it is erased, or is no record of another node's; Conflict when our cosignature doesn't cover it yet."""
    for entry in world.store.entries(place.origin, place.index, place.index + 1):
        if entry.envelope is None or world.store.channel(place.origin).writer == world.me.name:
            continue
        record = open_record(entry.envelope, decode_fields(entry.fields))
        if record.envelope.kind == TRANSFER:
            return _inside(record.body, place)
        proof = parse_proof(certify(world, place).proof)
        bare = TlogProof((proof.extra or b"")[:32], proof.index, proof.hashes, proof.note).to_bytes()
        return Carried(record, entry.envelope, entry.fields, bare, place, place)
    raise NotFound("record", origin=place.origin, index=place.index)


def _inside(body: transfer_1.Body, place: Place) -> Carried:
    inside = transfer_1.carries(body)
    if inside is None or not isinstance(body.receipt, str):
        raise NotFound("record-erased", origin=place.origin, index=place.index)
    record = open_record(inside[0], decode_fields(inside[1]))
    return Carried(record, *inside, body.receipt.encode(), Place(body.of.origin, body.of.index), place)


def held(world: World, record: str) -> Carried:
    """A record of another node's by its id, from the issuer's own channel where there is a choice. NotFound."""
    direct = [p for p in world.store.find(record) if world.store.channel(p.origin).writer != world.me.name]
    for place in (*direct, *(p for p, _ in transfers_in(world, None, record))):
        try:
            return carried_at(world, place)
        except NotFound:
            continue
    raise NotFound("record", record=record[:60])


def transfers_in(world: World, issuer: str | None, record: str) -> list[tuple[Place, transfer_1.Body]]:
    """Transfers by others that brought us this record and were not refused."""
    return [each for each in _transfers(world, issuer, record, ours=False) if not _refused(world, each[0])]


def transfers_out(world: World, issuer: str | None, record: str) -> list[tuple[Place, transfer_1.Body]]:
    """Transfers by which we passed this record on."""
    return list(_transfers(world, issuer, record, ours=True))


def _transfers(world: World, issuer: str | None, record: str, *, ours: bool) -> Iterator[tuple[Place, transfer_1.Body]]:
    for place in speaking_of(world, record):
        told = world.store.told([place]).get(place)
        if told is None or told.fault is not None or told.header is None or told.header.kind != TRANSFER:
            continue
        if (world.store.channel(place.origin).writer == world.me.name) is not ours:
            continue
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            if entry.envelope is not None:
                body = open_record(entry.envelope, decode_fields(entry.fields)).body
                if body.of.id == record and issuer in (None, body.of.issuer):
                    yield place, body


def _refused(world: World, place: Place) -> bool:
    told = world.store.told([place]).get(place)
    header = told.header if told is not None else None
    return header is not None and bool(world.store.buried(header.issuer, [header.id]))


def transfer_body(
    carried: Carried, to: str, *, why: str, by: str, permission: str | None, leave_out: frozenset[str] = frozenset()
) -> transfer_1.Body:
    """The record for this receiver, some fields left out; MalformedRecord when it doesn't fit into one."""
    kept = [field for field in decode_fields(carried.fields) if field.pointer not in leave_out]
    of = transfer_1.Of(carried.issuer, carried.id, carried.record.envelope.kind, carried.at.origin, carried.at.index)
    try:
        text, receipt = carried.envelope.decode(), carried.receipt.decode()
    except UnicodeDecodeError as fault:
        raise MalformedRecord("carried-not-text") from fault
    fields = b64encode(encode_fields(kept)).decode()
    return transfer_1.Body(
        of=of, to=to, why=why, by=by, permission=permission, envelope=text, fields=fields, receipt=receipt
    )


# ---- believing what a relay brings -------------------------------------------------------------------------------------


def issuer_logs(world: World, peer: Peer) -> tuple[VerifierKey, ...]:
    """Channel keys that a peer itself has told us: those of its channels for us, older ones, and those it vouched for."""
    keys = [channel.key for channel in world.store.channels() if channel.writer == peer.name]
    keys += [key for key, _ in peer.channels]
    keys += [each.key for each in peer.past if each.key.kind == ED25519]
    for place in world.store.of_kind(roster_1.KIND, _ROSTERS_MAX):
        told = world.store.told([place]).get(place)
        if told is None or told.fault is not None or world.store.channel(place.origin).writer != peer.name:
            continue
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            if entry.envelope is None:
                continue
            body: roster_1.Body = open_record(entry.envelope, decode_fields(entry.fields)).body
            for each in body.keys:
                try:
                    key = VerifierKey.parse(each.vkey)
                except Malformed:
                    continue
                if key.kind == ED25519 and key.name.startswith(f"{peer.name}/ch/"):
                    keys.append(key)
    return tuple({key.public: key for key in keys}.values())


def believed(world: World, body: transfer_1.Body) -> Record[Any] | Reason:
    """The record inside a transfer, if its issuer's own key proves it; else why it isn't believed.

    The relay's word counts for nothing here: only keys count that the issuer itself gave us.
    """
    inside = transfer_1.carries(body)
    if inside is None or not isinstance(body.receipt, str):
        return Reason("transfer-without-record", {"of": body.of.id})
    issuer = next((peer for peer in world.store.peers() if peer.name == body.of.issuer), None)
    if issuer is None:
        return Reason("issuer-not-in-roster", {"issuer": body.of.issuer})
    policy = parse_policy(policy_of(issuer_logs(world, issuer), ()))
    try:
        shown = verify_receipt(body.receipt.encode(), policy=policy, envelope=inside[0])
        record = open_record(inside[0], decode_fields(inside[1]))
    except ComityError as fault:
        return Reason("transfer-not-proven", {"issuer": body.of.issuer, "why": fault.code})
    told = (record.envelope.issuer, record.envelope.id, record.envelope.kind, shown.origin, shown.index)
    if told != (body.of.issuer, body.of.id, body.of.kind, body.of.origin, body.of.index):
        return Reason("transfer-names-another-record", {"of": body.of.id, "found": record.envelope.id})
    return record
