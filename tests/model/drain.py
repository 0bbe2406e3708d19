"""R8: the handler that drains a reader's inbox; an effect and the note that it is done are two steps."""

from __future__ import annotations

from collections.abc import Iterator

from .reader import Reader
from .rules import Rule
from .scope import Scope
from .values import Deeds, target, voided_by


def drain(scope: Scope, reader: Reader, deeds: Deeds) -> Iterator[tuple[str, tuple[Reader, Deeds]]]:
    if reader.mode != "up":
        return
    disk = reader.disk
    if reader.acting is not None:
        acted, noted = reader.acting
        after = disk._replace(inbox=disk.inbox[1:], done=disk.done | {noted})
        yield f"R8 reader notes {acted} as done", (reader._replace(acting=None, disk=after), deeds)
        return
    if not disk.inbox:
        return
    channel, index, record = disk.inbox[0]
    mark = reader.marks[channel]
    if scope.keeps(Rule.drain_after_line) and (mark is None or mark[0] <= index):
        return
    key: object = record if scope.keeps(Rule.key_is_id) else (channel, index)
    taken = disk._replace(inbox=disk.inbox[1:])
    about = target(record)
    if record == "u":
        yield "R8 reader puts the undecodable record into quarantine", (reader._replace(disk=taken), deeds)
    elif about:
        bodies = disk.bodies - {about} if record[0] == "E" else disk.bodies
        after = taken._replace(bodies=bodies, tombs=disk.tombs | {about})
        text = f"R8 reader {'erases' if record[0] == 'E' else 'withdraws'} {about}"
        yield text, (reader._replace(disk=after), deeds._replace(obeyed=deeds.obeyed | {record}))
    elif key in disk.done or _void(scope, reader, record):
        yield f"R8 reader passes over {record}: done, withdrawn or erased", (reader._replace(disk=taken), deeds)
    else:
        tag = key if scope.keeps(Rule.effect_key) else sum(1 for done, _ in deeds.acts if done == record)
        banned = record in voided_by(disk.held | deeds.obeyed) and (record, tag) not in deeds.acts
        after_deeds = deeds._replace(
            acts=deeds.acts | {(record, tag)}, wrong=deeds.wrong | {record} if banned else deeds.wrong
        )
        yield f"R8 reader acts on {record} in the outside world", (reader._replace(acting=(record, key)), after_deeds)


def _void(scope: Scope, reader: Reader, record: str) -> bool:
    if scope.keeps(Rule.tombstone) and record in reader.disk.tombs:
        return True
    return scope.keeps(Rule.lookahead) and record in voided_by(reader.disk.held)
