"""What partner nodes read from this one, over HTTP with client certificates.

Who asks is told by the certificate alone: it must be, byte for byte, the one pinned for an accepted peer at this moment.
The resources, their types and how long they may be kept are those of the exchange format; every refusal is a problem document.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import Litestar, Response, get, post
from litestar import Request as HttpRequest
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, RawBody
from litestar.response import Stream

from comity.domain.ledger import ASKED_BYTES_MAX, Admission, Peer, parse_tile_path
from comity.errors import Busy, MalformedNote, NotFound
from comity.faces.api.problems import PROBLEM_HANDLERS, problem_response, refusal
from comity.faces.api.witness import answered, served
from comity.flows import carry
from comity.flows import witness as witnessing
from comity.ports import World

Asking = HttpRequest[Any, Any, Any]

NOTE_TYPE = "text/plain; charset=utf-8"
SIZE_TYPE = "text/x.tlog.size"
EVENTS_TYPE = "text/event-stream"
BYTES_TYPE = "application/octet-stream"
FOR_EVER = "private, max-age=31536000, immutable"
FOR_A_MOMENT = "private, max-age=1"
NEVER = "no-store"
STREAMS_MAX = 64
"""Event streams that one peer may hold open."""
ROSTER_S = 1.0
"""How long an open event stream outlives its reader's expulsion at most; requests feel it at once."""

# Plain segments only: no escapes, no empty or dotted ones, no end slash. What else there is has no resource here.
_PATH = re.compile(rb"(?:/\.?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)+")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


class NotAdmitted(HTTPException):
    """The certificate isn't that of an accepted peer."""

    status_code = 403
    detail = "this node does not accept your certificate"


class UnsupportedMediaType(HTTPException):
    """A body of a type that nobody here reads."""

    status_code = 415
    detail = "send text/plain"


@dataclass
class _House:
    """What the handlers share."""

    world: Callable[[], World]
    roster: Callable[[], Iterable[Peer]]
    poll_s: float
    comment_s: float
    streams: Counter[str] = field(default_factory=Counter)

    def caller(self, request: Asking) -> Peer:
        """The accepted peer with the certificate of this connection."""
        chain = (_extension(request, "tls") or {}).get("client_cert_chain", ())
        shown = ssl.PEM_cert_to_DER_cert(chain[0]) if chain else b""
        for peer in self.roster():
            if shown and peer.certificate == shown and peer.admission is Admission.ACCEPTED:
                return peer
        raise NotAdmitted


def exchange_app(
    world: Callable[[], World],
    roster: Callable[[], Iterable[Peer]],
    *,
    poll_s: float = 0.1,
    comment_s: float = 20.0,
) -> Litestar:
    """The app for the exchange port.

    world      asked at every request
    roster     the peers as they stand now, as `Store.peers` tells; asked at every request too
    poll_s     how often an event stream looks for a new size
    comment_s  how long it stays silent at most
    """
    app = Litestar(
        [well_known, channels, checkpoint, tile, records, proof, cosign, events, add_checkpoint, witnessed],
        exception_handlers=PROBLEM_HANDLERS,
        before_request=_look_at_request,
        request_max_body_size=carry.NOTE_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )
    app.state.house = _House(world, roster, poll_s, comment_s)
    return app


@get("/.well-known/comity", sync_to_thread=True)
def well_known(request: Asking) -> Response[bytes]:
    """How this node describes itself."""
    return _json(carry.well_known(*_world_and_caller(request)))


@get("/channels", sync_to_thread=True)
def channels(request: Asking) -> Response[bytes]:
    """What the caller may read."""
    return _json(carry.channels_for(*_world_and_caller(request)))


@get("/ch/{channel:str}/checkpoint", sync_to_thread=True)
def checkpoint(request: Asking, channel: FromPath[str], least: FromQuery[str] = "0") -> Response[bytes]:
    """The latest signed note, with cosignatures; or that of the smallest size from `least` on."""
    return _bytes(carry.checkpoint(*_visit(request, channel), _whole(least)), NOTE_TYPE, FOR_A_MOMENT)


@get("/ch/{channel:str}/tile/{rest:path}", sync_to_thread=True)
def tile(request: Asking, channel: FromPath[str], rest: FromPath[str]) -> Response[bytes]:
    """Hashes or commitments; what is there once never changes, though an entries tile may be withdrawn."""
    level, n, width = _tile_path(f"tile{rest}")
    if isinstance(level, int):
        return _bytes(carry.tile(*_visit(request, channel), level, n, width), BYTES_TYPE, FOR_EVER)
    return _bytes(carry.entries_tile(*_visit(request, channel), n, width), BYTES_TYPE, NEVER)


@get("/ch/{channel:str}/records/{rest:path}", sync_to_thread=True)
def records(
    request: Asking, channel: FromPath[str], rest: FromPath[str], skip: FromQuery[str] = "0"
) -> Response[bytes]:
    """A bundle of entries; erasure changes it, so nobody keeps it."""
    _, n, width = _tile_path(f"records{rest}")
    return _bytes(carry.records(*_visit(request, channel), n, width, _whole(skip)), BYTES_TYPE, NEVER)


@get("/ch/{channel:str}/proof/{index:str}", sync_to_thread=True)
def proof(
    request: Asking, channel: FromPath[str], index: FromPath[str], size: FromQuery[str | None] = None
) -> Response[bytes]:
    """A receipt file, for a partner that keeps no tree."""
    at_size = None if size is None else _whole(size)
    return _bytes(carry.proof(*_visit(request, channel), _whole(index), at_size), NOTE_TYPE, NEVER)


@post("/ch/{channel:str}/cosign", sync_to_thread=True)
def cosign(request: Asking, channel: FromPath[str], body: RawBody) -> Response[bytes]:
    """Takes the caller's cosignature."""
    status, answer = carry.take_cosignature(*_visit(request, channel), body)
    if status == 403:
        return problem_response(refusal(403, answer.decode().strip(), "The cosignature doesn't stand"))
    return _bytes(answer, SIZE_TYPE if status == 409 else NOTE_TYPE, NEVER, status)


@post("/witness/add-checkpoint", sync_to_thread=True, request_max_body_size=ASKED_BYTES_MAX)
def add_checkpoint(request: Asking, body: RawBody) -> Response[bytes]:
    """Cosigns a log that is known here, as a witness."""
    world, _ = _world_and_caller(request)
    return answered(witnessing.add_checkpoint(world, body))


@get("/witness/{digest:str}/checkpoint", sync_to_thread=True)
def witnessed(request: Asking, digest: FromPath[str]) -> Response[bytes]:
    """The last checkpoint that was cosigned of the log whose origin has this SHA-256."""
    world, _ = _world_and_caller(request)
    return served(world, digest)


@get("/ch/{channel:str}/events")
async def events(request: Asking, channel: FromPath[str]) -> Stream:
    """New sizes, as server-sent events. Losing one costs only delay."""
    world, caller, origin = await sync_to_thread(_visit, request, channel)
    first = await sync_to_thread(carry.size, world, caller, origin)
    house: _House = request.app.state.house
    if house.streams[caller.name] >= STREAMS_MAX:
        raise Busy("too-many-event-streams", max=STREAMS_MAX)
    headers = {"content-type": EVENTS_TYPE, "cache-control": NEVER}
    return Stream(_announce(house, request, channel, caller, first), media_type=EVENTS_TYPE, headers=headers)


async def _announce(house: _House, request: Asking, channel: str, caller: Peer, size: int) -> AsyncIterator[bytes]:
    # Outside our own server nobody says that it closes; then the end of the connection is enough.
    closing: asyncio.Event = _extension(request, "closing") or asyncio.Event()
    clock = asyncio.get_running_loop().time
    told, spoke, asked = 0, clock(), clock()
    world, name = house.world(), caller.name
    origin = _origin(world, channel)
    house.streams[name] += 1
    try:
        while True:
            if size > told:
                yield b"event: checkpoint\ndata: %d\n\n" % size
                told, spoke = size, clock()
            elif clock() - spoke >= house.comment_s:
                yield b": still here\n\n"
                spoke = clock()
            if await _happens(closing, house.poll_s):
                return
            if clock() - asked >= ROSTER_S:
                caller, asked = await sync_to_thread(house.caller, request), clock()
            size = await sync_to_thread(carry.size, world, caller, origin)
    except (NotFound, NotAdmitted):
        return  # what was allowed at the start isn't any more
    finally:
        house.streams[name] -= 1


async def _happens(event: asyncio.Event, within_s: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within_s)
    except TimeoutError:
        return False
    return True


def _extension(request: Asking, name: str) -> Any:
    """What our server told about the connection; the framework gives extensions no types."""
    return (request.scope.get("extensions") or {}).get(name)


async def _look_at_request(request: Asking) -> None:
    if _PATH.fullmatch(request.scope["raw_path"]) is None:
        raise NotFound("no-such-resource")
    if request.method == "POST" and request.content_type[0] != "text/plain":
        raise UnsupportedMediaType


def _world_and_caller(request: Asking) -> tuple[World, Peer]:
    house: _House = request.app.state.house
    return house.world(), house.caller(request)


def _visit(request: Asking, channel: str) -> tuple[World, Peer, str]:
    world, caller = _world_and_caller(request)
    return world, caller, _origin(world, channel)


def _origin(world: World, channel: str) -> str:
    return f"{world.me.name}/ch/{channel}"


def _tile_path(text: str) -> tuple[int | str, int, int]:
    try:
        return parse_tile_path(text)
    except MalformedNote as fault:
        raise NotFound("no-such-resource") from fault


def _whole(text: str) -> int:
    if _WHOLE.fullmatch(text) is None:
        raise NotFound("no-such-resource")
    return int(text)


def _json(value: object) -> Response[bytes]:
    return _bytes(msgspec.json.encode(value), "application/json", NEVER)


def _bytes(body: bytes, media_type: str, keep: str, status: int = 200) -> Response[bytes]:
    # As a header, because the framework would add a charset to every kind of text.
    headers = {"content-type": media_type, "cache-control": keep}
    return Response(body, status_code=status, media_type=media_type, headers=headers)
