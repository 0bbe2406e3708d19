"""Files that records name: taken in, listed, read and taken away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from comity.domain.terms import Actor
from comity.errors import Malformed, NotFound
from comity.faces.api.asking import Asking, Here, Officer, granted, the_node
from comity.faces.api.views import PlaceView, place_view
from comity.flows import files as keeping
from comity.flows.access import filed_under
from comity.ports import World

OCTETS = "application/octet-stream"
WHOLE_MAX = 1 << 53
Start = Annotated[int, QueryParameter(name="start", ge=0, lt=WHOLE_MAX)]
Most = Annotated[int | None, QueryParameter(name="bytes", ge=0, lt=WHOLE_MAX)]
Wanted = Annotated[str | None, QueryParameter(name="sha256", pattern="^[0-9a-f]{64}$")]


class KeptView(msgspec.Struct, frozen=True):
    """A file that is here now, by the digest of its bytes."""

    sha256: str
    bytes: int


class FileLine(msgspec.Struct, frozen=True):
    """A file that is here. `named` counts the records that name it; `damaged`: what is on disk can't be read any more."""

    sha256: str
    bytes: int | None
    named: int
    damaged: bool


class FileView(msgspec.Struct, frozen=True):
    """A file as this node knows it.

    state   `here`, `fetching` (so many `held` bytes of it are), or `named` (a record names it, and nothing of it is here)
    bytes   as its records name it, or as it is here
    named   the records that name it
    """

    sha256: str
    state: str
    held: int
    bytes: int
    named: list[PlaceView]


class ForgottenView(msgspec.Struct, frozen=True):
    """Whether there was a file to take away."""

    sha256: str
    forgotten: bool


@post("/files", request_max_body_size=WHOLE_MAX, opt={"act": "take-report", "takes": OCTETS})
async def add(request: Asking, officer: Officer, sha256: Wanted = None) -> KeptView:
    """Keeps a file, encrypted; the same file twice is one. With `sha256`, only if that is its digest.

    The body is the bytes, as application/octet-stream; they are taken as they come and never held whole.
    """
    node = the_node(request)
    pieces = _pieces(request.stream(), asyncio.get_running_loop(), node.config.files.bytes_max)
    kept, size = await sync_to_thread(_keep, node.world, officer, pieces, sha256)
    return KeptView(kept, size)


@get("/files", sync_to_thread=True, opt={"act": "view"})
def files(world: Here) -> list[FileLine]:
    """Every file that is here."""
    return [_line(world, sha256) for sha256 in keeping.shown(world, world.files.names())]


@get("/files/{sha256:str}", sync_to_thread=True, opt={"act": "view"})
def file(world: Here, sha256: FromPath[str]) -> FileView:
    """How far a file has come, and which records name it."""
    named = keeping.namings(world, sha256)
    here = bool(keeping.shown(world, [sha256])) and sha256 in world.files.names()
    found = keeping.standing(world, sha256) if named or here else None
    if found is None:
        raise NotFound("file", sha256=sha256[:70])
    size = named[0].size if named else found.held
    return FileView(sha256, found.state, found.held, size, [place_view(each.place) for each in named])


@get("/files/{sha256:str}/bytes", sync_to_thread=True, media_type=OCTETS, opt={"act": "view"})
def file_bytes(world: Here, sha256: FromPath[str], start: Start = 0, most: Most = None) -> Stream:
    """The bytes of a file from `start`, at most `bytes` of them."""
    size = world.files.size(sha256) if keeping.shown(world, [sha256]) else None
    if size is None:
        raise NotFound("file", sha256=sha256[:70])
    length = max(0, size - start) if most is None else max(0, min(size - start, most))
    pieces = _first(world.files.read(sha256, start), length)
    headers = {"content-type": OCTETS, "cache-control": "no-store", "content-length": str(length)}
    return Stream(pieces, media_type=OCTETS, headers=headers)


@post("/files/{sha256:str}/forget", sync_to_thread=True, status_code=200, opt={"act": "manage-node"})
def forget(world: Here, officer: Officer, sha256: FromPath[str]) -> ForgottenView:
    """Takes away a file that no record names. One that is named goes with its records."""
    return ForgottenView(sha256, granted(keeping.forget(world, sha256)))


def _keep(world: World, officer: Actor, pieces: Iterator[bytes], sha256: str | None) -> tuple[str, int]:
    kept, size = world.files.keep(pieces, sha256=sha256)
    if filed := filed_under(world, officer, "file", [kept]):
        world.store.keep([], filed)
    return kept, size


def _pieces(stream: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop, bytes_max: int) -> Iterator[bytes]:
    """The body for a thread that reads it: a piece is taken from the line when the last one is on disk."""

    async def following() -> bytes | None:
        return await anext(stream, None)

    taken = 0
    while (piece := asyncio.run_coroutine_threadsafe(following(), loop).result()) is not None:
        taken += len(piece)
        if taken > bytes_max:
            raise Malformed("file-too-large", bytes_max=bytes_max)
        yield piece


def _first(pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    for piece in pieces:
        if length <= len(piece):
            yield piece[:length]
            return
        length -= len(piece)
        yield piece


def _line(world: World, sha256: str) -> FileLine:
    named = len(keeping.namings(world, sha256))
    try:
        return FileLine(sha256, world.files.size(sha256), named, damaged=False)
    except Malformed:
        return FileLine(sha256, None, named, damaged=True)


routes = [add, files, file, file_bytes, forget]
