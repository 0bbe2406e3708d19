"""Across an air gap: crossings out and in as archives, and the answers that come back."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from litestar import post
from litestar.concurrency import sync_to_thread
from litestar.params import JSONBody, RawBody
from litestar.response import Stream

from comity.domain.ledger import Peer
from comity.faces.api.asking import Asking, Here, Officer, the_node
from comity.faces.api.views import HostText
from comity.flows.air_gap import take_answers
from comity.flows.roster import peer_named
from comity.node.air_gap import carried, laid_out, take

OCTETS = "application/octet-stream"
ANSWER_BYTES_MAX = 4 * 1024 * 1024
CROSSING_BYTES_MAX = 64 * 1024**3


class CrossingAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom; from the size on that the peer has cosigned, or the whole; open or sealed to the peer. Null seals where the peer
    has told a key for it."""

    peer: HostText
    whole: bool = False
    sealed: bool | None = None


class CrossedView(msgspec.Struct, frozen=True):
    """What one channel of a crossing brought: entries held now, how many were new, and the code of what went wrong."""

    origin: str
    lane: str
    size: int
    fresh: int
    fault: str
    facts: dict[str, Any]


class TakenView(msgspec.Struct, frozen=True):
    """What became of a crossing. `answer` is text to be carried back: one cosigned checkpoint for each channel."""

    node: str
    made: str
    channels: list[CrossedView]
    answer: str


class AnsweredView(msgspec.Struct, frozen=True):
    """What became of one cosigned checkpoint: 200 taken, 403 not the peer's word, 404 no such channel, 409 never signed by us."""

    origin: str
    size: int
    peer: str
    status: int


@post("/crossings", sync_to_thread=True, status_code=200, media_type=OCTETS, opt={"act": "carry"})
def out(world: Here, officer: Officer, data: JSONBody[CrossingAsked]) -> Stream:
    """An archive of all that the peer may read and has not confirmed yet, to be carried to it by hand."""
    peer: Peer = peer_named(world, data.peer)
    sealed = bool(peer.seal_key) if data.sealed is None else data.sealed
    about, chunks = carried(world, peer, whole=data.whole, sealed=sealed)
    headers = {"x-comity-sealed": str(sealed).lower(), "x-comity-channels": str(len(about.channels))}
    return Stream(chunks, media_type=OCTETS, headers=headers)


@post(
    "/crossings/taken", status_code=200, request_max_body_size=CROSSING_BYTES_MAX, opt={"act": "carry", "takes": OCTETS}
)
async def in_(request: Asking, officer: Officer) -> TakenView:
    """Takes an archive that was carried here: verified, held, cosigned and acted on as if it had come over the wire.

    The body is the archive, as application/octet-stream.
    """
    with TemporaryDirectory(prefix="comity-crossing-") as folder:
        file = Path(folder) / "archive"
        with open(file, "wb") as into:
            async for chunk in request.stream():
                await sync_to_thread(into.write, chunk)
        return await sync_to_thread(_take, request, file)


def _take(request: Asking, file: Path) -> TakenView:
    world = the_node(request).world
    with open(file, "rb") as source, laid_out(world, source) as folder:
        taken = take(world, folder)
    views = [CrossedView(c.origin, c.lane, c.size, c.fresh, c.fault, c.facts) for c in taken.channels]
    return TakenView(taken.node, taken.made, views, taken.answer.decode())


@post(
    "/crossings/answers",
    sync_to_thread=True,
    status_code=200,
    request_max_body_size=ANSWER_BYTES_MAX,
    opt={"act": "carry", "takes": OCTETS},
)
def answers(world: Here, officer: Officer, body: RawBody) -> list[AnsweredView]:
    """Takes the answer to a crossing: proof that the peer holds what was carried. Repeating it is harmless.

    The body is the text, as application/octet-stream.
    """
    return [AnsweredView(a.origin, a.size, a.peer, a.status) for a in take_answers(world, body)]


routes = [out, in_, answers]
