"""Evidence of misconduct that this node has kept: what there is, and each as a file for a third machine."""

from __future__ import annotations

import re

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from comity.errors import NotFound
from comity.faces.api.asking import Here
from comity.flows.evidence import kept, kept_at

_FILE = re.compile(r"(0|[1-9][0-9]{0,8})\.evidence", re.ASCII)


class EvidenceLine(msgspec.Struct, frozen=True):
    """One document. `kind` says what it shows, `file` where it is had."""

    origin: str
    writer: str
    standing: str
    why: str
    kind: str
    file: str


@get("/evidence", sync_to_thread=True, opt={"act": "audit"})
def evidence(world: Here) -> list[EvidenceLine]:
    """What can be shown about channels of this node."""
    channels = {channel.origin: channel for channel in world.store.channels()}
    return [
        EvidenceLine(
            each.origin,
            channels[each.origin].writer,
            channels[each.origin].standing.value,
            channels[each.origin].why,
            each.kind,
            f"/evidence/{each.origin.replace('/ch/', '/')}/{each.number}.evidence",
        )
        for each in kept(world)
    ]


@get(
    "/evidence/{host:str}/{channel:str}/{file:str}",
    sync_to_thread=True,
    media_type="application/json",
    opt={"act": "audit"},
)
def evidence_file(world: Here, host: FromPath[str], channel: FromPath[str], file: FromPath[str]) -> Response[bytes]:
    """`<number>.evidence`: the document, to the byte."""
    named = _FILE.fullmatch(file)
    if named is None:
        raise NotFound("evidence-file", file=file[:60])
    raw = kept_at(world, f"{host}/ch/{channel}", int(named[1])).raw
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{file}"'}
    return Response(raw, media_type="application/json", headers=headers)


routes = [evidence, evidence_file]
