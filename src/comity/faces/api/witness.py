"""The witness protocol over HTTP: on the exchange port for peers, and, where the operator wants it, without certificates on loopback.

source   C2SP tlog-witness. Only a 409 has a body of its own; other refusals are problem documents, which no client has to read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from litestar import Litestar, Response, get, post
from litestar import Request as HttpRequest
from litestar.params import FromPath, RawBody

from comity.domain.ledger import ASKED_BYTES_MAX, Answer
from comity.errors import NotFound
from comity.faces.api.problems import PROBLEM_HANDLERS, problem_response, refusal
from comity.flows import witness
from comity.ports import World

Asking = HttpRequest[Any, Any, Any]

LINES_TYPE = "text/plain; charset=utf-8"
SIZE_TYPE = "text/x.tlog.size"
FOR_A_MOMENT = "private, max-age=1"
NEVER = "no-store"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TITLES = {
    400: "What was sent is no request to a witness",
    403: "The log whose key is trusted here hasn't signed",
    404: "Not found",
    422: "The history doesn't go on from the one that was cosigned",
}


def answered(answer: Answer) -> Response[bytes]:
    """The judge's answer as HTTP."""
    if answer.status == 200:
        return _bytes(answer.body, LINES_TYPE, NEVER, 200)
    if answer.status == 409:
        return _bytes(answer.body, SIZE_TYPE, NEVER, 409)
    return problem_response(refusal(answer.status, answer.code, _TITLES[answer.status]))


def served(world: World, digest: str) -> Response[bytes]:
    """The last note that was cosigned of one log."""
    if _DIGEST.fullmatch(digest) is None:
        raise NotFound("no-such-resource")
    return _bytes(witness.latest(world, digest), LINES_TYPE, FOR_A_MOMENT, 200)


def witness_app(world: Callable[[], World]) -> Litestar:
    """The app of the open port: whoever holds the key of a log that is known here may submit, and anybody may read."""
    app = Litestar(
        [_add_checkpoint, _checkpoint],
        exception_handlers=PROBLEM_HANDLERS,
        request_max_body_size=ASKED_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )
    app.state.world = world
    return app


@post("/witness/add-checkpoint", sync_to_thread=True)
def _add_checkpoint(request: Asking, body: RawBody) -> Response[bytes]:
    return answered(witness.add_checkpoint(request.app.state.world(), body))


@get("/witness/{digest:str}/checkpoint", sync_to_thread=True)
def _checkpoint(request: Asking, digest: FromPath[str]) -> Response[bytes]:
    return served(request.app.state.world(), digest)


def _bytes(body: bytes, media_type: str, keep: str, status: int) -> Response[bytes]:
    # As a header, because the framework would add a charset to every kind of text.
    headers = {"content-type": media_type, "cache-control": keep}
    return Response(body, status_code=status, media_type=media_type, headers=headers)
