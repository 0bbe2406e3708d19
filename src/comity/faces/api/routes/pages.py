"""Channels as pages for a static web server: what there is of one, and each page; see docs/spec/static.md."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from comity.faces.api.asking import Here, Officer
from comity.flows.carry import Continued
from comity.flows.pages import head, heads, page

OCTETS = "application/octet-stream"


class PagesView(msgspec.Struct, frozen=True):
    """A channel at its newest size.

    checkpoint  the signed note of that size, with every cosignature that is here
    parted      numbers of the bundles in which an order took something: those may have changed since they were fetched
    """

    origin: str
    writer: str
    vkey: str
    lane: str
    size: int
    root: str
    checkpoint: str
    continues: Continued | None
    parted: list[int]


@get("/pages", sync_to_thread=True, opt={"act": "audit"})
def channels(world: Here, officer: Officer) -> list[str]:
    """Origins of the channels between nodes that can be written out now."""
    return heads(world)


@get("/pages/{host:str}/{channel:str}", sync_to_thread=True, opt={"act": "audit"})
def channel(world: Here, officer: Officer, host: FromPath[str], channel: FromPath[str]) -> PagesView:
    """One channel at its newest size."""
    found = head(world, f"{host}/ch/{channel}")
    return PagesView(
        origin=found.origin,
        writer=found.writer,
        vkey=found.vkey,
        lane=found.lane,
        size=found.size,
        root=found.root,
        checkpoint=found.checkpoint,
        continues=found.continues,
        parted=list(found.parted),
    )


@get("/pages/{host:str}/{channel:str}/{rest:path}", sync_to_thread=True, media_type=OCTETS, opt={"act": "audit"})
def bytes_of(
    world: Here, officer: Officer, host: FromPath[str], channel: FromPath[str], rest: FromPath[str]
) -> Response[bytes]:
    """A page of a channel: a tile, or a bundle of records.

    Every record is remembered as a copy that left this node. See `GET /custody/{record}`.
    """
    raw = page(world, f"{host}/ch/{channel}", rest.removeprefix("/"), officer.name)
    return Response(raw, media_type=OCTETS, headers={"content-type": OCTETS, "cache-control": "no-store"})


routes = [channels, channel, bytes_of]
