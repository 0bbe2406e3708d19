"""After a backup was put back: an operator acknowledges it, and then each peer is recovered, here once and later by the running node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from comity.adapters.clock import SystemMint
from comity.adapters.keyring.durable import write_secret
from comity.adapters.store.returning import WITNESS_BACK
from comity.config import Config
from comity.domain.ledger import Admission, Peer
from comity.domain.terms import NodeName
from comity.errors import ComityError, Misconfigured, NotFound
from comity.flows.recover import Recovery, cosigned_name, go_on_at_home, is_due, recover, waiting, without
from comity.flows.witness import retire_witness_key
from comity.node.assembly import open_node
from comity.node.presence import running
from comity.node.restoring import STAGE, recovered
from comity.node.storing import open_store, own_keyring
from comity.ports import Moved, World

LINES = "cosigned.json"
WITNESS_DONE = "recover/witness"


@dataclass(frozen=True)
class Acknowledged:
    """What changed when the return was acknowledged; nothing where the store was level with its marks.

    retired  channels of ours that end
    behind   channels of others that show nothing until they have caught up
    lost     channels that the backup has never heard of
    witness  whether the witness key was replaced
    """

    retired: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    witness: bool = False


@dataclass(frozen=True)
class Round:
    """One peer after one round: how far it is, or the code of the fault that keeps it waiting."""

    peer: str
    recovery: Recovery
    fault: str = ""


def acknowledge(config: Config) -> Acknowledged:
    """Makes a restored store usable again; safe to repeat, also after it broke off.

    Misconfigured while the node runs, or while a restore isn't ended.
    """
    if running(config) is not None:
        raise Misconfigured("node-runs-already", file=str(config.presence))
    if (config.home / STAGE).exists():
        raise Misconfigured("restore-unfinished", home=str(config.home))
    done = _acknowledge_store(config)
    recovered(config)
    with open_node(config) as node:
        go_on_at_home(node.world)
        witness = _replace_witness_key(node.world)
    return Acknowledged(done.retired, done.behind, done.lost, witness)


def recover_all(config: Config, tell: Callable[[Round], None]) -> tuple[Round, ...]:
    """One round with every peer that something waits for; those that can't be reached wait for the running node."""
    rounds = []
    with open_node(config) as node:
        for peer in node.world.store.peers():
            if peer.admission is Admission.ACCEPTED and is_due(node.world, peer):
                rounds.append(_round(node.world, peer))
                tell(rounds[-1])
    return tuple(rounds)


def go_on_without(config: Config, name: NodeName) -> Recovery:
    """Our channels for this peer go on where the backup ends, though nobody asked what the peer holds. NotFound: no such peer."""
    with open_node(config) as node:
        for peer in node.world.store.peers():
            if peer.name == name:
                return without(node.world, peer)
    raise NotFound("peer", name=name[:130])


def _round(world: World, peer: Peer) -> Round:
    try:
        return Round(peer.name, recover(world, peer))
    except ComityError as fault:
        return Round(peer.name, waiting(world, peer), fault.code)


def _acknowledge_store(config: Config) -> Acknowledged:
    path = config.home / LINES
    if not path.exists():  # what we had cosigned: the marks forget it when they are set back
        write_secret(path, msgspec.json.encode(_cosigned(config)))
    cosigned = msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    store = open_store(config, own_keyring(config), SystemMint().salt, inspect=True)
    done = Acknowledged()
    try:
        if store.fences:
            told = store.acknowledge_restore()
            done = Acknowledged(told.retired, told.behind, told.lost, told.witness)
        names = {cosigned_name(origin): size for origin, size in cosigned.items()}
        moves = [Moved(name, store.cursor(name), size) for name, size in names.items() if store.cursor(name) != size]
        if moves:
            store.keep([], moves)
    finally:
        store.close()
    path.unlink()
    return done


def _cosigned(config: Config) -> dict[str, int]:
    """By channel, the largest size of a line of ours that the high-water file tells of."""
    file = config.marks / "high-water"
    text = file.read_text("utf-8") if file.exists() else ""
    words = [line.split(" ") for line in text.splitlines() if line.startswith("line ")]
    return {word[1]: int(word[2]) for word in words if len(word) == 4}


def _replace_witness_key(world: World) -> bool:
    """Once for each return that took the witness's memory back."""
    back, done = world.store.cursor(WITNESS_BACK), world.store.cursor(WITNESS_DONE)
    if back <= done:
        return False
    if world.store.logs():
        retire_witness_key(world)
    world.store.keep([], [Moved(WITNESS_DONE, done, back)])
    return True
