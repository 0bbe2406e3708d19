"""Files to take away: receipts, the values beside them, and the policy to check them by. Each is remembered as a copy that left."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from comity.errors import NotFound
from comity.faces.api.views import place_named
from comity.faces.console.render import Seen
from comity.flows.certify import policy_text
from comity.flows.export import export_receipt


@get("/desk/receipts/{host:str}/{channel:str}/{index:int}", sync_to_thread=True, opt={"act": "receipt"})
def receipt(desk: Seen, host: FromPath[str], channel: FromPath[str], index: FromPath[int]) -> Response[bytes]:
    """The receipt of one record."""
    if index < 0:
        raise NotFound("receipt", index=index)
    made = export_receipt(desk.world, place_named(desk.world, host, channel, index), desk.officer.name)
    return _file(made.proof, f"{made.name}.tlog-proof")


@get("/desk/policy", sync_to_thread=True, opt={"act": "status"})
def policy(desk: Seen) -> Response[bytes]:
    """This node's roster: whom `comity verify` may believe."""
    return _file(policy_text(desk.world).encode(), f"{desk.world.me.name}.policy")


def _file(raw: bytes, name: str) -> Response[bytes]:
    # As a header, because the framework would add a charset to every kind of text.
    kind = "text/plain; charset=utf-8"
    headers = {"content-type": kind, "content-disposition": f'attachment; filename="{name}"'}
    return Response(raw, media_type=kind, headers=headers)


pages = [receipt, policy]
