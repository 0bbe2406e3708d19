"""At an overseer that has a node: another node's journal, over the exchange."""

from __future__ import annotations

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from comity.domain.ledger import VerifierKey
from comity.errors import NotFound
from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.routes.oversight import OCTETS, Cosigned, JournalHead
from comity.flows import overseeing
from comity.ports import World


class Journals(msgspec.Struct, frozen=True):
    """vkeys of a peer's journals, as it tells them: pin them by another way."""

    vkeys: list[str]


class Brought(msgspec.Struct, frozen=True):
    """Our cosignature is with the node whose journal it is."""

    peer: str


@get("/overseeing/{peer:str}", sync_to_thread=True, opt={"asks": "audit"})
def journals(world: Here, officer: Officer, peer: FromPath[str]) -> Journals:
    """What a peer shows us as its overseer."""
    return Journals([key.text for key in granted(overseeing.journals_of(world, officer, peer))])


@get("/overseeing/{peer:str}/{channel:str}", sync_to_thread=True, opt={"asks": "audit"})
def head(world: Here, officer: Officer, peer: FromPath[str], channel: FromPath[str]) -> JournalHead:
    """Its newest checkpoint."""
    key = _key(world, officer, peer, channel)
    found = granted(overseeing.head_of(world, officer, peer, key))
    return JournalHead(
        found.origin,
        found.writer,
        found.vkey,
        found.lane,
        found.size,
        found.root,
        found.checkpoint,
        None,
        list(found.parted),
    )


@get(
    "/overseeing/{peer:str}/{channel:str}/{rest:path}",
    sync_to_thread=True,
    media_type=OCTETS,
    opt={"asks": "audit"},
)
def page(
    world: Here, officer: Officer, peer: FromPath[str], channel: FromPath[str], rest: FromPath[str]
) -> Response[bytes]:
    """A page of it."""
    raw = granted(overseeing.page_of(world, officer, peer, channel, rest.removeprefix("/")))
    return Response(raw, media_type=OCTETS, headers={"content-type": OCTETS, "cache-control": "no-store"})


@post("/overseeing/{peer:str}/cosign", sync_to_thread=True, status_code=200, opt={"asks": "audit"})
def cosign(world: Here, officer: Officer, peer: FromPath[str], data: JSONBody[Cosigned]) -> Brought:
    """Brings our cosignature to it."""
    granted(overseeing.confirm_to(world, officer, peer, data.note.encode()))
    return Brought(peer)


def _key(world: World, officer: Officer, peer: str, channel: str) -> VerifierKey:
    for key in granted(overseeing.journals_of(world, officer, peer)):
        if key.name.rpartition("/")[2] == channel:
            return key
    raise NotFound("channel", origin=f"{peer[:120]}/ch/{channel[:40]}")


routes = [journals, head, page, cosign]
