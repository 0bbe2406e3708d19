"""Receipts: which there are, their files, the fields beside them, and the policy to check them by."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from comity.domain.record import decode_fields
from comity.domain.terms import Reason, Refused
from comity.errors import NotFound
from comity.faces.api.asking import Acting, Asking, Here, acting_in, granted
from comity.faces.api.views import place_named
from comity.flows.certify import Receipt, certify_request, policy_text
from comity.flows.export import export_fields, export_receipt, may_export
from comity.flows.files import named_at
from comity.flows.request_state import dossier
from comity.ports import Place, World

Open = Annotated[list[str] | None, QueryParameter(name="open", max_items=100)]
_FILE = re.compile(r"(0|[1-9][0-9]{0,17})\.(tlog-proof|fields)", re.ASCII)
_TEXT, _BYTES = "text/plain; charset=utf-8", "application/octet-stream"


class NamedFile(msgspec.Struct, frozen=True):
    """A file that a record names: the receipt proves its digest, the bytes are had apart."""

    sha256: str
    bytes: int


class ReceiptLine(msgspec.Struct, frozen=True):
    """A receipt that can be had.

    name      for the files, without ending
    proof     path of the receipt file here; `fields` that of the opened values (`?open=/facts`)
    openable  pointers of sealed values that are here and may be opened beside it
    files     that the record names
    """

    name: str
    kind: str
    origin: str
    index: int
    cosigned_by: list[str]
    proof: str
    fields: str
    openable: list[str]
    files: list[NamedFile]


class WaitingLine(msgspec.Struct, frozen=True):
    """A record of the request that its reader has not confirmed yet."""

    kind: str
    origin: str
    index: int
    waiting_for: str


class ReceiptsView(msgspec.Struct, frozen=True):
    """Receipts of every record of a request that crossed a border, and those that are still to come."""

    receipts: list[ReceiptLine]
    waiting: list[WaitingLine]


@get("/requests/{request_id:str}/receipts", sync_to_thread=True, opt={"act": "receipt"})
def receipts(world: Here, request_id: FromPath[str]) -> ReceiptsView:
    """Receipts of a request."""
    ready = certify_request(world, request_id)
    places = {receipt.place for receipt in ready}
    waiting = []
    for place, record in dossier(world, request_id).records:
        channel = world.store.channel(place.origin)
        if channel.writer != channel.audience and place not in places:
            kind = record.envelope.kind.partition("/")[0]
            waiting.append(WaitingLine(kind, place.origin, place.index, channel.audience))
    return ReceiptsView([_line(world, receipt) for receipt in ready], waiting)


@get("/receipts/{host:str}/{channel:str}/{file:str}", sync_to_thread=True, media_type=_BYTES, opt={"act": "receipt"})
def receipt_file(
    request: Asking,
    world: Here,
    host: FromPath[str],
    channel: FromPath[str],
    file: FromPath[str],
    opened: Open = None,
    acting: Acting = None,
) -> Response[bytes]:
    """`<index>.tlog-proof`, the receipt; or `<index>.fields?open=/facts`, the values that are opened beside it.

    Each is remembered as a copy that left this node: no later order can reach it. See `GET /custody/{record}`.
    """
    named = _FILE.fullmatch(file)
    if named is None:
        raise NotFound("receipt-file", file=file[:60])
    place = place_named(world, host, channel, int(named[1]))
    actor = acting_in(request)
    by = actor.name if actor is not None else ""
    if named[2] == "tlog-proof":
        made = export_receipt(world, place, by)
        return _file(made.proof, _TEXT, f"{made.name}.tlog-proof")
    chosen = frozenset(opened or ())
    if actor is not None and (reasons := may_export(world, actor, place)):
        granted(Refused(reasons))
    _must_be_here(world, place, chosen)
    made = export_fields(world, place, chosen, by)
    return _file(made.fields, _BYTES, f"{made.name}.fields")


@get("/policy", sync_to_thread=True, media_type=_TEXT, opt={"act": "status"})
def policy(world: Here) -> Response[bytes]:
    """This node's roster as a policy file: whom `comity verify` may believe."""
    return _file(policy_text(world).encode(), _TEXT, f"{world.me.name}.policy")


def _line(world: World, receipt: Receipt) -> ReceiptLine:
    place = receipt.place
    base = f"/receipts/{place.origin.replace('/ch/', '/')}/{place.index}"
    return ReceiptLine(
        name=receipt.name,
        kind=receipt.kind,
        origin=place.origin,
        index=place.index,
        cosigned_by=list(receipt.cosigned_by),
        proof=f"{base}.tlog-proof",
        fields=f"{base}.fields",
        openable=_openable(world, place),
        files=[NamedFile(each.sha256, each.size) for each in named_at(world, place)],
    )


def _openable(world: World, place: Place) -> list[str]:
    found = world.store.entries(place.origin, place.index, place.index + 1)
    return [field.pointer for field in decode_fields(found[0].fields)] if found and found[0].fields else []


def _must_be_here(world: World, place: Place, chosen: frozenset[str]) -> None:
    here = _openable(world, place)
    missing = sorted(chosen - set(here))
    if missing:
        mend = f"open one of {', '.join(here)}" if here else "none of its values is here"
        granted(Refused(tuple(Reason("field-not-here", {"field": p, "mend": mend, "here": here}) for p in missing)))


def _file(body: bytes, media_type: str, name: str) -> Response[bytes]:
    # As a header, because the framework would add a charset to every kind of text.
    headers = {
        "content-type": media_type,
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}"',
    }
    return Response(body, media_type=media_type, headers=headers)


routes = [receipts, receipt_file, policy]
