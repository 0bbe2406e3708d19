"""The node as a witness: its key, the logs that it cosigns, and how far each has come."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody

from comity.domain.terms import Instant, instant_text
from comity.faces.api.asking import Here, Officer, granted
from comity.flows import witness as flow
from comity.ports import LogKept, World


class LogView(msgspec.Struct, frozen=True):
    """A log that is witnessed here.

    size          last one cosigned; 0 before the first
    cosigned_at   time of that line
    cosigned_by   name of the key that made it
    """

    origin: str
    vkey: str
    writer: str
    since: str
    size: int
    cosigned_at: str | None
    cosigned_by: str | None


class WitnessView(msgspec.Struct, frozen=True):
    """`key` is the vkey by which others check our lines; None before the first log."""

    key: str | None
    logs: list[LogView]


class AddLog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The log's vkey."""

    vkey: Annotated[str, msgspec.Meta(min_length=1, max_length=3000)]


@get("/witness", sync_to_thread=True, opt={"act": "audit"})
def witness(world: Here) -> WitnessView:
    """The witness key and every log, by origin."""
    key = flow.witness_key(world)
    logs = sorted(world.store.logs(), key=lambda log: log.key.name)
    return WitnessView(key.text if key is not None else None, [_view(world, log) for log in logs])


@post("/witness/logs", sync_to_thread=True, opt={"act": "manage-peers"})
def add_log(world: Here, officer: Officer, data: JSONBody[AddLog]) -> LogView:
    """Witnesses a log from now on. The same one twice changes nothing; another key for a known origin is a conflict."""
    key = granted(flow.keep_log(world, data.vkey, by=officer))
    return next(_view(world, log) for log in world.store.logs() if log.key == key)


def _view(world: World, log: LogKept) -> LogView:
    there = world.store.witnessed(log.key.name)
    return LogView(
        origin=log.key.name,
        vkey=log.key.text,
        writer=log.writer,
        since=instant_text(log.at),
        size=there.size if there is not None else 0,
        cosigned_at=instant_text(Instant(there.line.time_s * 1000)) if there is not None else None,
        cosigned_by=there.line.name if there is not None else None,
    )


routes = [witness, add_log]
