"""How the node is: alive, whole, and what it waits for."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import JSONBody

import comity
from comity.domain.terms import instant_text
from comity.faces.api.asking import Here, House
from comity.flows.access import whole
from comity.flows.journal import own
from comity.flows.oversight import silent
from comity.flows.recover import waiting
from comity.node.doctor import examine


class Health(msgspec.Struct, frozen=True):
    """The node answers.

    accounts  whether people have accounts here; without any, whoever has the token acts as whom they name
    unwatched  overseers whose daily cosignature on the journal is missing
    """

    status: str
    node: str
    version: str
    accounts: bool
    unwatched: list[str]


class PullState(msgspec.Struct, frozen=True):
    """How pulling from one peer goes since the node started."""

    peer: str
    rounds: int
    pulled_at: str | None
    last_fault: str
    pause_s: float
    faults: dict[str, int]


class RecoveryState(msgspec.Struct, frozen=True):
    """What waits for one peer after a restore.

    ended   channels of ours that go on once the peer has handed back what it holds of them
    behind  channels of the peer's that show nothing until they have caught up
    """

    peer: str
    ended: list[str]
    behind: list[str]


class AttackState(msgspec.Struct, frozen=True):
    """What was refused because it breaks the rules of the exchange, by peer and kind, since this node was made.

    peer  empty for who has shown no certificate of a peer
    kind  stable, kebab-case
    last  when it happened last
    """

    peer: str
    kind: str
    count: int
    last: str


class AskedToday(msgspec.Struct, frozen=True):
    """How much one peer has asked of this node today: requests since the start, and bytes that were answered."""

    peer: str
    requests: int
    answered_bytes: int


class Status(msgspec.Struct, frozen=True):
    """Who the node is and what it is doing.

    pulling   one row for each peer that is pulled from; empty while the node doesn't run
    fences    channels that may not be signed on, with the reason
    recovery  peers for whom something waits since a backup was put back
    attacks   what was refused because it breaks the rules of the exchange
    asked     what peers have asked today
    """

    node: str
    country: str
    title: str
    address: str
    version: str
    now: str
    running: bool
    peers: dict[str, int]
    channels: int
    notices: int
    pulling: list[PullState]
    fences: dict[str, str]
    recovery: list[RecoveryState]
    attacks: list[AttackState]
    asked: list[AskedToday]


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    step: str
    where: str
    good: bool
    code: str
    facts: dict[str, object]


class Rebuild(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`write` puts right what is found; without it nothing changes."""

    write: bool = False


class Rebuilt(msgspec.Struct, frozen=True):
    """Every place where what is derived differs from the records it is derived from."""

    differences: list[str]
    written: bool


@get("/health", sync_to_thread=True, opt={"act": "status", "token": True})
def health(world: Here) -> Health:
    """Whether the node answers."""
    missing = silent(own(world))
    return Health("ok", world.me.name, comity.__version__, world.people.has_accounts(), missing)


@get("/status", sync_to_thread=True, opt={"act": "audit", "token": True})
def status(node: House, world: Here) -> Status:
    """Who the node is and what it is doing."""
    admissions = [peer.admission.value for peer in world.store.peers()]
    pulling = [
        PullState(
            peer=state.name,
            rounds=state.rounds,
            pulled_at=None if state.pulled_at is None else instant_text(state.pulled_at),
            last_fault=state.last,
            pause_s=state.pause_s,
            faults=state.faults,
        )
        for state in node.pulling.states()
    ]
    return Status(
        node=world.me.name,
        country=world.me.country,
        title=world.me.title,
        address=world.me.address,
        version=comity.__version__,
        now=instant_text(world.clock.now()),
        running=node.pulling.started,
        peers={word: admissions.count(word) for word in sorted(set(admissions))},
        channels=len(world.store.channels()),
        notices=len(world.store.notices()),
        pulling=pulling,
        fences=node.fences,
        recovery=[
            RecoveryState(left.peer, list(left.ended), list(left.behind))
            for left in (waiting(world, peer) for peer in world.store.peers())
            if not left.done
        ],
        attacks=[AttackState(met.peer, met.kind, met.count, instant_text(met.last)) for met in node.guarding.told()],
        asked=[AskedToday(one.peer, one.requests, one.answered_bytes) for one in node.guarding.quotas.spent()],
    )


@get("/doctor", sync_to_thread=True, opt={"act": "audit", "token": True})
def doctor(node: House) -> list[Finding]:
    """Looks at keys, store, clock, certificates and the way to each peer."""
    found = examine(node)
    return [Finding(each.step, each.where, each.good, each.code, each.facts) for each in found]


@post("/rebuild", sync_to_thread=True, status_code=200, opt={"act": "manage-node"})
def rebuild(world: Here, data: JSONBody[Rebuild]) -> Rebuilt:
    """Recomputes what is derived from records."""
    return Rebuilt(list(whole(world).store.rebuild(write=data.write)), data.write)


class ScrubbedView(msgspec.Struct, frozen=True):
    """What was done so that erased bytes are in no file of the database, and what couldn't be, each with its reason."""

    done: list[str]
    undone: dict[str, str]


@post("/scrub", sync_to_thread=True, status_code=200, opt={"act": "manage-node"})
def scrub(node: House) -> ScrubbedView:
    """Writes anew whatever held erased bytes in the files of the database. Writing waits meanwhile."""
    said = node.scrub()
    return ScrubbedView(list(said.done), dict(said.undone))


routes = [health, status, doctor, rebuild, scrub]
