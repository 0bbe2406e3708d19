"""What each fact changes, inside the transaction of a group."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import and_, bindparam, delete, insert, select, update

from comity.adapters.store import tables as t
from comity.adapters.store import witnessing
from comity.adapters.store.casing import keep_case
from comity.adapters.store.group import Group
from comity.adapters.store.growth import Growth
from comity.adapters.store.inverted import end
from comity.adapters.store.marks import size_mark
from comity.adapters.store.peopling import keep_people
from comity.adapters.store.prepared import Prepared, unless_there
from comity.adapters.store.rows import (
    Log,
    channel_row,
    follows_columns,
    notice_columns,
    peer_document,
    peer_of,
    told_columns,
    trace_rows,
)
from comity.adapters.store.sealed import body_in, opened, sealed
from comity.domain.access import CaseFile, CaseMoved, Grant, Link, Member
from comity.domain.ledger import EMPTY_ROOT, Channel, CompactRange, Predecessor, Standing
from comity.errors import Conflict
from comity.ports import (
    Acted,
    Buried,
    Copied,
    Drained,
    Erased,
    Fact,
    Listed,
    LogKept,
    Merged,
    Moved,
    Noticed,
    Opened,
    PeerKept,
    Stopped,
    Witnessed,
)

_SETTLE = Prepared(
    update(t.entry).where(and_(t.entry.c.ch == bindparam("of_ch"), t.entry.c.idx == bindparam("of_idx"))),
    tuple(told_columns(None)),
)
_e = t.entry.c
_RAW = Prepared(
    select(_e.idx, _e.body, _e.marking)
    .where(and_(_e.ch == bindparam("ch"), _e.idx >= bindparam("start"), _e.idx < bindparam("stop")))
    .order_by(_e.idx)
)
_ACTED = Prepared(
    select(t.acted.c.id).where(and_(t.acted.c.issuer == bindparam("issuer"), t.acted.c.id == bindparam("id")))
)
_ACT = Prepared(insert(t.acted))
_NOTICE = unless_there(t.notice, "key", without=("seq",))
_TOMBSTONE = unless_there(t.tombstone, "issuer", "id")
_LINE = unless_there(t.cosignature, "ch", "name", "size")


def apply(group: Group, fact: Fact) -> None:
    """Dispatches on the type of the fact; every member of `Fact` has its case."""
    match fact:
        case Opened():
            _open(group, fact)
        case PeerKept():
            _keep_peer(group, fact)
        case Drained():
            _drain(group, fact)
        case Erased():
            group.erase(fact.erasure, fact.order)
        case Buried():
            _bury(group, fact)
        case Acted():
            _act(group, fact)
        case Listed():
            group.connection.execute(delete(t.warning).where(t.warning.c.name == fact.name))
            row = {"name": fact.name, "sha256": fact.sha256, "raw": fact.raw, "by": fact.by, "at": fact.at}
            group.connection.execute(insert(t.warning).values(**sealed(group.sealing, t.warning, row)))
        case Noticed():
            _notice(group, fact)
        case Stopped():
            _stop(group, fact)
        case Merged():
            _merge(group, fact)
        case Copied():
            values = {"issuer": fact.issuer, "id": fact.record, "what": fact.what, "sha256": fact.sha256}
            row = values | {"by": fact.by, "at": fact.at}
            group.connection.execute(insert(t.copied).values(**sealed(group.sealing, t.copied, row)))
        case Moved():
            _move(group, fact)
        case LogKept():
            witnessing.keep_log(group, fact)
        case Witnessed():
            witnessing.witness(group, fact)
        case CaseFile() | CaseMoved() | Member() | Link() | Grant():
            keep_case(group, fact)
        case _:
            keep_people(group, fact)


def _keep_peer(group: Group, fact: PeerKept) -> None:
    here = t.peer.c.name == fact.peer.name
    if fact.over is not None:
        there = group.connection.execute(select(t.peer).where(here)).first()
        if there is None or peer_of(opened(group.sealing, t.peer, there).document) != fact.over:
            raise Conflict("peer-changed-meanwhile", peer=fact.peer.name)
    group.connection.execute(delete(t.peer).where(here))
    row = {"name": fact.peer.name, "document": peer_document(fact.peer)}
    group.connection.execute(insert(t.peer).values(**sealed(group.sealing, t.peer, row)))


def _open(group: Group, fact: Opened) -> None:
    channel = fact.channel
    if group.has(channel.origin):
        _open_again(group, channel)
        return
    if channel.follows is not None and channel.writer == group.me:
        _ends_there(group, channel.follows)
    if channel.writer != group.me and channel.origin in group.lost:
        channel = replace(channel, standing=Standing.BEHIND, why="restored-from-backup")
    log = Log(group.next_ch(), channel, Growth(CompactRange(), []))
    group.adopt(log)
    group.marks_first.append(size_mark(channel.origin, 0, EMPTY_ROOT))
    group.connection.execute(insert(t.channel).values(**channel_row(log)))


def _ends_there(group: Group, follows: Predecessor) -> None:
    """A channel of ours goes on only from where another one stands at this very moment."""
    earlier = group.log(follows.origin)
    if (earlier.size, earlier.growth.root()) != (follows.size, follows.root):
        raise Conflict("predecessor-moved-on", origin=follows.origin, size=earlier.size)


def _open_again(group: Group, channel: Channel) -> None:
    """The same channel is one; whom it continues may be told later, once."""
    log = group.log(channel.origin)
    there, follows = log.channel, channel.follows or log.channel.follows
    if (there.key, there.writer, there.audience, there.lane, there.follows or follows) != (
        channel.key,
        channel.writer,
        channel.audience,
        channel.lane,
        follows,
    ):
        raise Conflict("channel-differs", origin=channel.origin)
    if there.follows != follows:
        log.channel = replace(there, follows=follows)
        group.about.channels.add(log.ch)
        here = t.channel.c.ch == log.ch
        group.connection.execute(update(t.channel).where(here).values(**follows_columns(follows)))


def _drain(group: Group, fact: Drained) -> None:
    log = group.log(fact.origin)
    if log.drained != fact.before or fact.after > log.size or len(fact.told) != fact.after - fact.before:
        raise Conflict("drained-elsewhere", origin=fact.origin, at=log.drained, expected=fact.before)
    told = list(enumerate(fact.told, fact.before))
    _SETTLE.run_all(group.connection, [{"of_ch": log.ch, "of_idx": n, **told_columns(one)} for n, one in told])
    group.stage_traces([row for n, one in told for row in trace_rows(group.sealing, log.ch, n, one)])
    _make_findable(group, log.ch, fact)
    group.flush()
    log.drained = fact.after
    group.keep_log(log)


def _make_findable(group: Group, ch: int, fact: Drained) -> None:
    rows = _RAW.run(group.connection, {"ch": ch, "start": fact.before, "stop": fact.after})
    for row in rows:
        _, envelope, fields = body_in(group.sealing, ch, row.idx, row.body, row.marking)
        group.stage_page(ch, row.idx, envelope, fields, fact.told[row.idx - fact.before])


def _bury(group: Group, fact: Buried) -> None:
    end(group.connection, fact.issuer, [fact.record])
    group.about.gone = True
    order = {"order_origin": fact.order.origin, "order_index": fact.order.index}
    _TOMBSTONE.run(group.connection, {"issuer": fact.issuer, "id": fact.record, **order})


def _act(group: Group, fact: Acted) -> None:
    row = {"issuer": fact.issuer, "id": fact.record, "at": fact.at, "outcome": fact.outcome}
    if _ACTED.run(group.connection, row).first() is not None:
        raise Conflict("already-acted", issuer=fact.issuer, record=fact.record)
    _ACT.run(group.connection, sealed(group.sealing, t.acted, row))


def _notice(group: Group, fact: Noticed) -> None:
    row = {"key": fact.key, "at": fact.at, "kind": fact.kind, **notice_columns(fact.about)}
    _NOTICE.run(group.connection, sealed(group.sealing, t.notice, row))


def _stop(group: Group, fact: Stopped) -> None:
    log = group.log(fact.origin)
    if Standing.BEHIND in (log.channel.standing, Standing(fact.standing)):
        group.about.channels.add(log.ch)
    log.channel = replace(log.channel, standing=Standing(fact.standing), why=fact.why)
    here = t.channel.c.ch == log.ch
    group.connection.execute(update(t.channel).where(here).values(standing=fact.standing, why=fact.why))
    for note in fact.evidence:
        group.connection.execute(insert(t.evidence).values(ch=log.ch, at=fact.at, why=fact.why, note=note))


def _merge(group: Group, fact: Merged) -> None:
    line = fact.line
    row = {
        "ch": group.log(fact.origin).ch,
        "name": line.name,
        "size": line.size,
        "time_s": line.time_s,
        "line": line.line,
    }
    _LINE.run(group.connection, row)


def _move(group: Group, fact: Moved) -> None:
    where = t.cursor.c.name == fact.name
    at = group.connection.execute(select(t.cursor.c.at).where(where)).scalar()
    if (at or 0) != fact.before:
        raise Conflict("cursor-elsewhere", name=fact.name, at=at or 0, expected=fact.before)
    if at is None:
        group.connection.execute(insert(t.cursor).values(name=fact.name, at=fact.after))
    else:
        group.connection.execute(update(t.cursor).where(where).values(at=fact.after))
