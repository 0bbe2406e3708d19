"""What partner nodes read from this one, over HTTP with client certificates.

Who asks is told by the certificate alone: it must be, byte for byte, the one pinned for an accepted peer at this moment.
The resources, their types and how long they may be kept are those of the exchange format; every refusal is a problem document.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from litestar import Litestar, Response, get, post
from litestar import Request as HttpRequest
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, QueryParameter, RawBody
from litestar.response import Stream

from comity.domain.ledger import ASKED_BYTES_MAX, Admission, Lane, Peer, parse_tile_path, tile_path
from comity.domain.terms import Refused
from comity.errors import Busy, MalformedNote, NotFound
from comity.faces.api.guard import PLAIN_PATH
from comity.faces.api.problems import PROBLEM_HANDLERS, problem_response, refusal
from comity.faces.api.witness import answered, served
from comity.flows import carry, held, oversight
from comity.flows import witness as witnessing
from comity.flows.roster import promote
from comity.ports import World

Asking = HttpRequest[Any, Any, Any]
_Look = Callable[[Peer], dict[str, int]]
"""Sizes by channel, as the peer may see them at this moment."""
_EVENT = b"event: checkpoint\ndata: %b\n\n"

NOTE_TYPE = "text/plain; charset=utf-8"
SIZE_TYPE = "text/x.tlog.size"
EVENTS_TYPE = "text/event-stream"
BYTES_TYPE = "application/octet-stream"
FOR_EVER = "private, max-age=31536000, immutable"
FOR_A_MOMENT = "private, max-age=1"
NEVER = "no-store"
FILES_MAX = 4
"""Files that one peer may read at once."""
BULK_MAX = 2
"""Bundles and tiles of bulk channels that one peer may ask for at once."""
BULK_THREADS = 2
"""Threads that serve those to all peers together, apart from everything that is pressing."""
STREAMS_MAX = 64
"""Event streams that one peer may hold open."""
ROSTER_S = 1.0
"""How long an open event stream outlives its reader's expulsion at most; requests feel it at once."""

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
    bulk: Counter[str] = field(default_factory=Counter)
    bulk_threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(BULK_THREADS, thread_name_prefix="bulk")
    )

    def caller(self, request: Asking, *, removed: bool = False) -> Peer:
        """The accepted peer with the certificate of this connection; `removed`: an expelled one gets in too.

        One that shows the certificate which it had announced has changed over.
        """
        chain = (_extension(request, "tls") or {}).get("client_cert_chain", ())
        shown = ssl.PEM_cert_to_DER_cert(chain[0]) if chain else b""
        for peer in self.roster():
            gets_in = peer.admission is Admission.ACCEPTED or (removed and peer.admission is Admission.EXPELLED)
            if shown and gets_in and shown in (peer.certificate, peer.next_certificate):
                return peer if peer.certificate == shown else promote(self.world(), peer)
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
        [
            well_known,
            channels,
            checkpoint,
            tile,
            records,
            proof,
            file,
            cosign,
            events,
            all_events,
            add_checkpoint,
            witnessed,
            overseen,
            overseen_checkpoint,
            overseen_page,
            overseen_cosign,
            held_channels,
            held_checkpoint,
            held_tile,
            held_records,
        ],
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
    return _json(carry.channels_for(*_world_and_caller(request, removed=True)))


@get("/ch/{channel:str}/checkpoint", sync_to_thread=True)
def checkpoint(
    request: Asking, channel: FromPath[str], least: FromQuery[str] = "0", witnessed: FromQuery[str] = "0"
) -> Response[bytes]:
    """The latest signed note, with cosignatures; or that of the smallest size from `least` on; or the newest with witnesses' lines."""
    visit, at_least = _visit(request, channel, removed=True), _whole(least)
    note = carry.checkpoint(*visit, at_least, witnessed=_whole(witnessed) > 0)
    return _bytes(note, NOTE_TYPE, FOR_A_MOMENT)


@get("/ch/{channel:str}/tile/{rest:path}")
async def tile(request: Asking, channel: FromPath[str], rest: FromPath[str]) -> Response[bytes]:
    """Hashes or commitments; what is there once never changes, though an entries tile may be withdrawn."""
    level, n, width = _tile_path(f"tile{rest}")
    if isinstance(level, int):
        body = await _in_turn(
            request, channel, lambda world, to, origin: carry.tile(world, to, origin, level, n, width)
        )
        return _bytes(body, BYTES_TYPE, FOR_EVER)
    body = await _in_turn(request, channel, lambda world, to, origin: carry.entries_tile(world, to, origin, n, width))
    return _bytes(body, BYTES_TYPE, NEVER)


@get("/ch/{channel:str}/records/{rest:path}")
async def records(
    request: Asking, channel: FromPath[str], rest: FromPath[str], skip: FromQuery[str] = "0"
) -> Response[bytes]:
    """A bundle of entries; erasure changes it, so nobody keeps it."""
    _, n, width = _tile_path(f"records{rest}")
    first = _whole(skip)
    body = await _in_turn(request, channel, lambda world, to, origin: carry.records(world, to, origin, n, width, first))
    return _bytes(body, BYTES_TYPE, NEVER)


async def _in_turn(request: Asking, channel: str, serve: Callable[[World, Peer, str], bytes]) -> bytes:
    """Serves at once what is pressing; bulk has a few threads of its own, and each peer a share of them."""
    house: _House = request.app.state.house
    visit = await sync_to_thread(_visit, request, channel, removed=True)
    lane = await sync_to_thread(carry.lane, *visit)
    if lane is not Lane.BULK:
        return await sync_to_thread(serve, *visit)
    name = visit[1].name
    if house.bulk[name] >= BULK_MAX:
        raise Busy("too-much-bulk-at-once", max=BULK_MAX)
    house.bulk[name] += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(house.bulk_threads, serve, *visit)
    finally:
        house.bulk[name] -= 1


@get("/ch/{channel:str}/proof/{index:str}", sync_to_thread=True)
def proof(
    request: Asking, channel: FromPath[str], index: FromPath[str], size: FromQuery[str | None] = None
) -> Response[bytes]:
    """A receipt file, for a partner that keeps no tree."""
    at_size = None if size is None else _whole(size)
    return _bytes(carry.proof(*_visit(request, channel), _whole(index), at_size), NOTE_TYPE, NEVER)


@get("/ch/{channel:str}/files/{sha256:str}", sync_to_thread=True)
def file(
    request: Asking,
    channel: FromPath[str],
    sha256: FromPath[str],
    start: FromQuery[str] = "0",
    wanted: Annotated[str | None, QueryParameter(name="bytes")] = None,
) -> Stream:
    """The bytes of a file that a record of the channel names, from `start`, at most `bytes` of them; erasure ends it."""
    world, caller, origin = _visit(request, channel)
    first, most = _whole(start), None if wanted is None else _whole(wanted)
    size, pieces = carry.file(world, caller, origin, sha256, first)
    length = size - first if most is None else min(size - first, most)
    house: _House = request.app.state.house
    if house.streams[f"files {caller.name}"] >= FILES_MAX:
        raise Busy("too-many-files-at-once", max=FILES_MAX)
    headers = {"content-type": BYTES_TYPE, "cache-control": NEVER, "content-length": str(length)}
    return Stream(_counted(house, caller.name, _first(pieces, length)), media_type=BYTES_TYPE, headers=headers)


def _counted(house: _House, name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    house.streams[f"files {name}"] += 1
    try:
        yield from pieces
    finally:
        house.streams[f"files {name}"] -= 1


def _first(pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    """As many bytes as the head of the answer has promised."""
    for piece in pieces:
        if length <= len(piece):
            yield piece[:length]
            return
        length -= len(piece)
        yield piece


@post("/ch/{channel:str}/cosign", sync_to_thread=True)
def cosign(request: Asking, channel: FromPath[str], body: RawBody) -> Response[bytes]:
    """Takes the caller's cosignature."""
    status, answer = carry.take_cosignature(*_visit(request, channel, removed=True), body)
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


@get("/held", sync_to_thread=True)
def held_channels(request: Asking) -> Response[bytes]:
    """Which of the caller's own channels are held here, and how far: for a writer that came back from a backup."""
    return _json(held.held_channels(*_world_and_caller(request)))


@get("/held/{channel:str}/checkpoint", sync_to_thread=True)
def held_checkpoint(request: Asking, channel: FromPath[str]) -> Response[bytes]:
    """The caller's own note at the size that is held here."""
    return _bytes(held.held_checkpoint(*_written(request, channel)), NOTE_TYPE, NEVER)


@get("/held/{channel:str}/tile/{rest:path}", sync_to_thread=True)
def held_tile(request: Asking, channel: FromPath[str], rest: FromPath[str]) -> Response[bytes]:
    """Hashes of the caller's own channel."""
    level, n, width = _tile_path(f"tile{rest}")
    if not isinstance(level, int):
        raise NotFound("no-such-resource")
    return _bytes(held.held_tile(*_written(request, channel), level, n, width), BYTES_TYPE, NEVER)


@get("/held/{channel:str}/records/{rest:path}", sync_to_thread=True)
def held_records(
    request: Asking, channel: FromPath[str], rest: FromPath[str], skip: FromQuery[str] = "0"
) -> Response[bytes]:
    """Entries of the caller's own channel, without what was erased."""
    _, n, width = _tile_path(f"records{rest}")
    return _bytes(held.held_records(*_written(request, channel), n, width, _whole(skip)), BYTES_TYPE, NEVER)


@get("/journal", sync_to_thread=True)
def overseen(request: Asking) -> Response[bytes]:
    """The node's journals, for an enrolled overseer; for anybody else there is no such resource."""
    world, _ = _overseer(request)
    return _json([each.text for each in oversight.journal_channels(world)])


@get("/journal/{channel:str}/checkpoint", sync_to_thread=True)
def overseen_checkpoint(request: Asking, channel: FromPath[str]) -> Response[bytes]:
    """The newest note of a journal."""
    world, _ = _overseer(request)
    note = oversight.head(world, _origin(world, channel)).checkpoint.encode()
    return _bytes(note, NOTE_TYPE, NEVER)


@get("/journal/{channel:str}/page/{rest:path}", sync_to_thread=True)
def overseen_page(request: Asking, channel: FromPath[str], rest: FromPath[str]) -> Response[bytes]:
    """A tile or a bundle of a journal, as far as the overseer's order reaches."""
    world, overseer = _overseer(request)
    level, n, width = _tile_path(rest.removeprefix("/"))
    raw = oversight.page(world, _origin(world, channel), tile_path(level, n, width), overseer)
    return _bytes(raw, BYTES_TYPE, NEVER)


@post("/journal/cosign", sync_to_thread=True)
def overseen_cosign(request: Asking, body: RawBody) -> Response[bytes]:
    """Takes the overseer's cosignature."""
    world, _ = _overseer(request)
    taken = oversight.take_line(world, body)
    if isinstance(taken, Refused):
        return problem_response(refusal(403, taken.reasons[0].code, "The cosignature doesn't stand"))
    return _bytes(b"%d\n" % taken.value.size, SIZE_TYPE, NEVER)


def _overseer(request: Asking) -> tuple[World, oversight.Overseer]:
    world, caller = _world_and_caller(request)
    found = oversight.overseen_by(world, caller.name)
    if found is None:
        raise NotFound("no-such-resource")
    return world, found


@get("/ch/{channel:str}/events")
async def events(request: Asking, channel: FromPath[str]) -> Stream:
    """New sizes of one channel, as server-sent events. Losing one costs only delay."""
    world, caller, origin = await sync_to_thread(_visit, request, channel)
    return await _stream(request, caller, lambda now: {"": carry.size(world, now, origin)})


@get("/events")
async def all_events(request: Asking) -> Stream:
    """New sizes of every channel that the caller reads, on one connection."""
    world, caller = await sync_to_thread(_world_and_caller, request)
    return await _stream(request, caller, lambda now: carry.sizes(world, now))


async def _stream(request: Asking, caller: Peer, look: _Look) -> Stream:
    first = await sync_to_thread(look, caller)
    house: _House = request.app.state.house
    if house.streams[caller.name] >= STREAMS_MAX:
        raise Busy("too-many-event-streams", max=STREAMS_MAX)
    headers = {"content-type": EVENTS_TYPE, "cache-control": NEVER}
    return Stream(_announce(house, request, caller, look, first), media_type=EVENTS_TYPE, headers=headers)


async def _announce(
    house: _House, request: Asking, caller: Peer, look: _Look, sizes: dict[str, int]
) -> AsyncIterator[bytes]:
    # Outside our own server nobody says that it closes; then the end of the connection is enough.
    closing: asyncio.Event = _extension(request, "closing") or asyncio.Event()
    clock = asyncio.get_running_loop().time
    spoke, asked = clock(), clock()
    told: dict[str, int] = {}
    name = caller.name
    house.streams[name] += 1
    try:
        while True:
            news = [(channel, size) for channel, size in sizes.items() if size > told.get(channel, 0)]
            if news:
                yield b"".join(_EVENT % f"{channel} {size}".strip().encode("ascii") for channel, size in news)
                told.update(news)
                spoke = clock()
            elif clock() - spoke >= house.comment_s:
                yield b": still here\n\n"
                spoke = clock()
            if await _happens(closing, house.poll_s):
                return
            if clock() - asked >= ROSTER_S:
                caller, asked = await sync_to_thread(house.caller, request), clock()
            sizes = await sync_to_thread(look, caller)
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
    if PLAIN_PATH.fullmatch(request.scope["raw_path"]) is None:
        raise NotFound("no-such-resource")
    if request.method == "POST" and request.content_type[0] != "text/plain":
        raise UnsupportedMediaType


def _world_and_caller(request: Asking, *, removed: bool = False) -> tuple[World, Peer]:
    house: _House = request.app.state.house
    return house.world(), house.caller(request, removed=removed)


def _visit(request: Asking, channel: str, *, removed: bool = False) -> tuple[World, Peer, str]:
    world, caller = _world_and_caller(request, removed=removed)
    return world, caller, _origin(world, channel)


def _written(request: Asking, channel: str) -> tuple[World, Peer, str]:
    """The same for a channel that the caller writes itself."""
    world, caller = _world_and_caller(request)
    return world, caller, f"{caller.name}/ch/{channel}"


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
