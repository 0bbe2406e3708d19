"""Cosigning other nodes' logs: loaded, judged, kept, and only then answered.

What was recorded and what is recorded now are compared inside the store's transaction; of two requests that start from one size
the second is told where the log stands. A store that came back from a backup never lends its witness key again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from comity.domain.ledger import (
    COSIGNATURE,
    ED25519,
    MLDSA44,
    Answer,
    Asked,
    Line,
    Recorded,
    VerifierKey,
    cosignature_line,
    judge,
    note_bytes,
    own_note,
    parse_note,
    read_asked,
)
from comity.domain.record.kinds import roster_2
from comity.domain.terms import Actor, Granted, NodeName, Reason, Refused, instant_text, seconds
from comity.errors import Conflict, MalformedNote, NotFound
from comity.flows.own_roster import WITNESS, OwnRoster, announced, own_records, own_roster
from comity.ports import Fact, Letter, LogKept, Moved, Noticed, Witnessed, World

RESTORED = "restored-from-backup"
_RETURNED, _SETTLED = "store/witness-back", "witness/settled"
"""Cursors: the last return from a backup that took the witness's memory along, and the last for which the key was replaced."""
_TRIES = 8


def add_checkpoint(world: World, body: bytes) -> Answer:
    """The answer to one request; 200 with our signature line once what it says is on disk."""
    try:
        asked = read_asked(body)
    except MalformedNote as fault:
        return Answer(400, code=fault.code)
    origin = asked.checkpoint.origin
    key = next((log.key for log in world.store.logs() if log.key.name == origin), None)
    there = world.store.witnessed(origin)
    answer = judge(asked, key, Recorded(there.size, there.root) if there is not None else Recorded())
    if answer.status == 422 and key is not None and there is not None:
        _notice(world, asked, key, there, answer.code)
    if answer.status != 200 or key is None:
        return answer
    return _cosign(world, asked, key, there)


def latest(world: World, origin_sha256: str) -> bytes:
    """The last note that we cosigned of the log whose origin has this digest; NotFound when there is none."""
    for log in world.store.logs():
        if sha256(log.key.name.encode()).hexdigest() == origin_sha256:
            there = world.store.witnessed(log.key.name)
            if there is not None:
                return there.note
    raise NotFound("nothing-witnessed")


def witness_key(world: World) -> VerifierKey | None:
    """The key that cosigns as a witness now; None before the first log."""
    current = own_roster(world).current(WITNESS)
    return VerifierKey.parse(current.vkey) if current is not None else None


def ready_witness(world: World) -> VerifierKey:
    """The witness key, made now if there is none, and told to every reader. Safe to repeat and to do twice at once."""
    return _told(world, lambda: readiness(world))


def readiness(world: World, to: NodeName | None = None) -> tuple[list[Letter], list[Fact]]:
    """What has to be kept so that every reader, and `to` among them, knows our witness key; nothing when they do.

    After a return from a backup that is another key. Among the facts is the guard of the node's own roster: Conflict when somebody told another one meanwhile.
    """
    own = own_roster(world)
    if _came_back(world):
        return _next(world, own, RESTORED)
    if own.current(WITNESS) is None and own.version == 0:
        world.keyring.create(f"{world.me.name}/{WITNESS}", COSIGNATURE)
        own = own_roster(world)
    current = own.current(WITNESS)
    if current is None:
        return _next(world, own, "")
    told = next((body for _, body in own_records(world, to)), None) if to is not None else None
    if own.version and (to is None or (told is not None and current.vkey in (key.vkey for key in told.keys))):
        return [], []
    letters, guard = announced(world, own, world.store.channels())
    return letters, [guard]


def retire_witness_key(world: World, why: str = RESTORED) -> VerifierKey:
    """Ends the witness key for good and begins one under the next name, which every reader is told; returns the new one.

    A witness whose memory is older than its signatures could contradict them. Nothing of that memory is taken over as a
    promise: the new key has none.
    """
    return _told(world, lambda: _next(world, own_roster(world), why))


def keep_log(world: World, vkey: str, *, by: Actor) -> Granted[VerifierKey] | Refused:
    """Witnesses this log from now on, by an officer's word. Malformed: no vkey; Conflict: the origin has another key here."""
    key = VerifierKey.parse(vkey)
    if key.kind not in (ED25519, MLDSA44):
        return Refused((Reason("not-a-log-key", {"name": key.name, "kind": key.kind}),))
    if key in (log.key for log in world.store.logs()):
        return Granted(key)
    ready_witness(world)
    now = world.clock.now()
    about = {"origin": key.name, "by": by.name}
    writer = NodeName(key.name.partition("/")[0])
    world.store.keep([], [LogKept(key, writer, now), Noticed(f"witnessing {key.name}", now, "log-witnessed", about)])
    return Granted(key)


def logs_of(world: World, writer: NodeName, vkeys: tuple[str, ...]) -> list[Fact]:
    """Facts by which the channels of this writer among these keys are witnessed; what else is named is passed over.

    A channel that has another key here already stays as it is, and that is noticed: a transaction must not fail for it.
    """
    now, known = world.clock.now(), {log.key.name: log.key for log in world.store.logs()}
    facts: list[Fact] = []
    for vkey in dict.fromkeys(vkeys):
        try:
            key = VerifierKey.parse(vkey)
        except MalformedNote:
            continue
        if key.kind != ED25519 or not key.name.startswith(f"{writer}/ch/"):
            continue
        if key.name not in known:
            known[key.name] = key
            facts.append(LogKept(key, writer, now))
        elif known[key.name] != key:
            about = {"origin": key.name, "writer": writer}
            facts.append(Noticed(f"log-differs {key.name}", now, "log-differs", about))
    return facts


def _cosign(world: World, asked: Asked, key: VerifierKey, there: Witnessed | None) -> Answer:
    known = None if _came_back(world) else witness_key(world)
    own, checkpoint = known or ready_witness(world), asked.checkpoint
    if there is not None and there.size == checkpoint.size and _is_by(there.line, own):
        # One line for one size: it says the same as on the first day, and no time can go back.
        return Answer(200, there.line.line)
    time_s = max(seconds(world.clock.now()), there.line.time_s if there is not None else 0)
    text = parse_note(asked.note).text
    raw = cosignature_line(own, lambda message: world.keyring.sign(own.name, message), text, time_s)
    note = note_bytes(text, [*(each.to_bytes() for each in parse_note(own_note(asked.note, key)).signatures), raw])
    line = Line(own.name, checkpoint.size, time_s, raw)
    before = there.size if there is not None else 0
    try:
        world.store.keep([], [Witnessed(checkpoint.origin, before, checkpoint.size, checkpoint.root, note, line)])
    except Conflict:
        # Another request was quicker: the log stands elsewhere now, and this line never leaves.
        moved = world.store.witnessed(checkpoint.origin)
        return Answer(409, b"%d\n" % (moved.size if moved is not None else 0), "old-size-not-recorded")
    return Answer(200, raw)


def _is_by(line: Line, key: VerifierKey) -> bool:
    signed = parse_note(b"x\n\n" + line.line).signatures[0]
    return (signed.name, signed.id) == (key.name, key.id)


def _notice(world: World, asked: Asked, key: VerifierKey, there: Witnessed, code: str) -> None:
    """A signed history that doesn't go on from the one we cosigned. Of one size it is proof; else it may be a bad proof."""
    checkpoint = asked.checkpoint
    proven = checkpoint.size == there.size and checkpoint.root != there.root
    kind = "witnessed-fork" if proven else "witnessed-inconsistent"
    about = {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "recorded": there.size,
        "why": code,
        "notes": [there.note.decode(), own_note(asked.note, key).decode()],
    }
    # Once for each recorded size: whoever holds the log's key could go on for ever.
    world.store.keep([], [Noticed(f"{kind} {checkpoint.origin} {there.size}", world.clock.now(), kind, about)])


def _next(world: World, own: OwnRoster, why: str) -> tuple[list[Letter], list[Fact]]:
    """Ends the present witness key, if there is one, and tells everybody of the next."""
    key, at = world.keyring.create(_fresh_name(world, own), COSIGNATURE), world.clock.now()
    now = instant_text(at)
    ended = [
        roster_2.Key(
            vkey=each.vkey,
            lane=each.lane,
            audience=each.audience,
            valid_from=each.valid_from,
            valid_to=now,
            ended_why=why,
        )
        if each.lane == WITNESS and each.valid_to is None
        else each
        for each in own.keys
    ]
    told = replace(own, keys=(*ended, roster_2.Key(vkey=key.text, lane=WITNESS, audience=(), valid_from=now)))
    kind = "witness-key-replaced" if why else "witness-key-made"
    notice = Noticed(f"witness-key {key.name}", at, kind, {"name": key.name, "why": why})
    letters, guard = announced(world, told, world.store.channels())
    facts: list[Fact] = [notice, guard]
    if _came_back(world):
        facts.append(Moved(_SETTLED, world.store.cursor(_SETTLED), world.store.cursor(_RETURNED)))
    return letters, facts


def _came_back(world: World) -> bool:
    """Whether this memory is from a backup, and the key with which it was signed has not been replaced since."""
    return world.store.cursor(_RETURNED) > world.store.cursor(_SETTLED)


def _told(world: World, make: Callable[[], tuple[list[Letter], list[Fact]]]) -> VerifierKey:
    """The witness key once what `make` gives is kept; made anew when somebody else told another roster meanwhile."""
    for tries_left in reversed(range(_TRIES)):
        letters, facts = make()
        try:
            if facts:
                world.store.keep(letters, facts)
            break
        except Conflict as moved:
            if moved.code != "cursor-elsewhere" or not tries_left:
                raise
    key = witness_key(world)
    assert key is not None
    return key


def _fresh_name(world: World, own: OwnRoster) -> str:
    """`<host>/witness`, or with the smallest running number that no key of ours has or had."""
    had = {VerifierKey.parse(each.vkey).name for each in own.keys}
    base, number = f"{world.me.name}/{WITNESS}", 1
    while True:
        name = base if number == 1 else f"{base}-{number}"
        if name not in had and not _exists(world, name):
            return name
        number += 1


def _exists(world: World, name: str) -> bool:
    try:
        world.keyring.key(name)
    except NotFound:
        return False
    return True
