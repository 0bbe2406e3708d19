"""At an overseer that has a node of its own: another node's journal, fetched over the exchange by pinned certificates."""

from __future__ import annotations

import msgspec

from comity.domain.ledger import TILE_WIDTH, VerifierKey, parse_checkpoint, parse_note, parse_tile_path, tile_path
from comity.domain.terms import Actor, Granted, Reason, Refused
from comity.errors import Malformed, NotFound
from comity.flows.access import permit
from comity.flows.carry import NOTE_BYTES_MAX
from comity.flows.check_pages import BUNDLE_BYTES_MAX
from comity.flows.pages import Head
from comity.flows.request import peer_named
from comity.ports import World

LIST_BYTES_MAX = 64 * 1024


def journals_of(world: World, actor: Actor, peer: str) -> Granted[list[VerifierKey]] | Refused:
    """What a peer shows us as its overseer. NotFound where it has not enrolled us. Pin the keys by another way than this one."""
    if reasons := permit(world, actor, "audit"):
        return Refused(reasons)
    raw = world.courier.get(peer_named(world, peer), "/journal", LIST_BYTES_MAX)
    try:
        texts = msgspec.json.decode(raw, type=list[str])
    except msgspec.MsgspecError as fault:
        raise Malformed("journal-list", peer=peer, why=str(fault)[:200]) from fault
    keys = [VerifierKey.parse(text) for text in texts[:100]]
    return Granted([key for key in keys if key.name.partition("/")[0] == peer])


def head_of(world: World, actor: Actor, peer: str, key: VerifierKey) -> Granted[Head] | Refused:
    """The newest checkpoint of one of them. Any bundle may have changed by an order since it was fetched."""
    if reasons := permit(world, actor, "audit"):
        return Refused(reasons)
    path = f"/journal/{key.name.rpartition('/')[2]}/checkpoint"
    note = world.courier.get(peer_named(world, peer), path, NOTE_BYTES_MAX)
    signed = parse_checkpoint(parse_note(note).text)
    if signed.origin != key.name:
        raise Malformed("checkpoint-of-another-origin", origin=signed.origin[:150])
    bundles = tuple(range(-(-signed.size // TILE_WIDTH)))
    text = note.decode("utf-8", "replace")
    return Granted(Head(key.name, peer, key.text, "journal", signed.size, signed.root.hex(), text, None, bundles))


def page_of(world: World, actor: Actor, peer: str, channel: str, path: str) -> Granted[bytes] | Refused:
    """A page of it."""
    if reasons := permit(world, actor, "audit"):
        return Refused(reasons)
    level, n, width = parse_tile_path(path)
    if not channel.isalnum():
        raise NotFound("channel", origin=channel[:40])
    asked = f"/journal/{channel}/page/{tile_path(level, n, width)}"
    return Granted(world.courier.get(peer_named(world, peer), asked, BUNDLE_BYTES_MAX))


def confirm_to(world: World, actor: Actor, peer: str, note: bytes) -> Granted[None] | Refused:
    """Brings our cosignature to the node whose journal it is."""
    if reasons := permit(world, actor, "audit"):
        return Refused(reasons)
    reply = world.courier.post(peer_named(world, peer), "/journal/cosign", note)
    if reply.status != 200:
        return Refused((Reason("line-not-taken", {"peer": peer, "status": reply.status}),))
    return Granted(None)
