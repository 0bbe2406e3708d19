"""This node's own keys: what others are told of them, and changing them."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import JSONBody

from comity.domain.ledger import VerifierKey
from comity.domain.terms import node_name
from comity.faces.api.asking import Here, House, Officer, granted
from comity.flows import rotate, witness
from comity.flows.own_roster import own_roster

Why = Literal["rotated", "lost", "stolen"]


class KeyView(msgspec.Struct, frozen=True):
    """A key of this node as a whole. `ends` says until when it counts; null while it is in use."""

    name: str
    vkey: str
    lane: str
    since: str
    ends: str | None
    why: str | None


class KeysView(msgspec.Struct, frozen=True):
    """What others are told. `certificate_sha256` is shown now, `announced_sha256` at the latest from the next switch on."""

    version: int
    keys: list[KeyView]
    certificate_sha256: str
    announced_sha256: str


class Rotate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a key is replaced: in good order, or because it is lost or stolen."""

    why: Why = "rotated"


class RotateChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which channel of ours goes on under a new key."""

    origin: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    why: Why = "rotated"


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Peers that needn't know the new certificate; they are cut off until they are invited anew."""

    without: tuple[str, ...] = ()


class Fresh(msgspec.Struct, frozen=True):
    """The new key by its name; for a certificate its SHA-256."""

    name: str


@get("/keys", sync_to_thread=True, opt={"act": "audit"})
def keys(world: Here) -> KeysView:
    """Receipt and witness keys, and the certificate."""
    own = own_roster(world)
    views = [
        KeyView(VerifierKey.parse(k.vkey).name, k.vkey, k.lane, k.valid_from, k.valid_to, k.ended_why) for k in own.keys
    ]
    announced = sha256(base64.b64decode(own.certificate)).hexdigest()
    return KeysView(own.version, views, sha256(world.keyring.certificate()).hexdigest(), announced)


@post("/keys/receipt", sync_to_thread=True, status_code=200, opt={"act": "manage-keys"})
def rotate_receipt(world: Here, officer: Officer, data: JSONBody[Rotate]) -> Fresh:
    """A new key for confirming receipt, used with each peer once it knows it."""
    return Fresh(granted(rotate.rotate_receipt_key(world, data.why, by=officer)).name)


@post("/keys/witness", sync_to_thread=True, status_code=200, opt={"act": "manage-keys"})
def rotate_witness(world: Here, officer: Officer, data: JSONBody[Rotate]) -> Fresh:
    """A new key for cosigning as a witness; the old one ends at once."""
    return Fresh(witness.retire_witness_key(world, data.why).name)


@post("/keys/certificate", sync_to_thread=True, status_code=200, opt={"act": "manage-keys"})
def announce_certificate(world: Here, officer: Officer) -> Fresh:
    """Makes the next certificate and tells every peer."""
    return Fresh(sha256(granted(rotate.announce_certificate(world, by=officer))).hexdigest())


@post("/keys/certificate/switch", sync_to_thread=True, status_code=200, opt={"act": "manage-keys"})
def switch_certificate(world: Here, officer: Officer, data: JSONBody[Switch]) -> Fresh:
    """From the next start on the announced certificate is shown."""
    without = tuple(node_name(name) for name in data.without)
    return Fresh(sha256(granted(rotate.switch_certificate(world, by=officer, without=without))).hexdigest())


@post("/keys/channel", sync_to_thread=True, status_code=200, opt={"act": "manage-keys"})
def rotate_channel(node: House, world: Here, officer: Officer, data: JSONBody[RotateChannel]) -> Fresh:
    """A channel of ours goes on under a new key."""
    fresh = granted(rotate.rotate_channel(world, data.origin, data.why, by=officer))
    node.pulling.look()
    return Fresh(fresh.origin)


routes = [keys, rotate_receipt, rotate_witness, announce_certificate, switch_certificate, rotate_channel]
