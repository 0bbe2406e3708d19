"""Records: one by one, decoded as far as they are here."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import FromPath, PathParameter

from comity.domain.record import Entry, State
from comity.errors import NotFound
from comity.faces.api.asking import Here
from comity.faces.api.request_view import confirmed_at
from comity.faces.api.views import PlaceView, place_named, place_view
from comity.flows.disposition import disposition_of
from comity.flows.lookup import opened
from comity.ports import Place, World

Index = Annotated[int, PathParameter(ge=0, lt=1 << 53)]


class AboutView(msgspec.Struct, frozen=True):
    """A record that this one speaks of."""

    origin: str
    index: int
    sha256: str


class EnvelopeView(msgspec.Struct, frozen=True):
    """The envelope: who issued it, when, why, and what may be done with it."""

    kind: str
    id: str
    issuer: str
    made: str
    purpose: str
    basis: str | None
    marking: dict[str, Any]
    about: list[AboutView]
    replaces: str | None
    expires: str | None
    lang: str | None


class RecordView(msgspec.Struct, frozen=True):
    """A record as it stands here.

    state         `present`, `parted` (values erased by order), `veiled` (values withheld), `withheld` (nothing here), `erased`
    envelope      null when erased, withheld, in quarantine or not read yet
    body          sealed members opened as far as they are here; `absent` names the others
    fault         why it is in quarantine, or `not-read-yet`; null otherwise
    order         the order by which it, or some of its values, was erased
    stopped_by    the order to erase or withdraw that names its envelope
    confirmed_at  when its reader cosigned that it holds it
    course        what its issuer has made of it: `current`, `amended`, `withdrawn`, `cleared`, `erased`; null where nobody can tell
    replacement   id of the record that an amendment put in its place
    """

    origin: str
    index: int
    writer: str
    audience: str
    lane: str
    state: str
    envelope: EnvelopeView | None
    body: dict[str, Any] | None
    absent: list[str]
    fault: str | None
    order: PlaceView | None
    stopped_by: PlaceView | None
    confirmed_at: str | None
    course: str | None
    replacement: str | None


@get("/records/{host:str}/{channel:str}/{index:int}", sync_to_thread=True, opt={"act": "view"})
def record(world: Here, host: FromPath[str], channel: FromPath[str], index: Index) -> RecordView:
    """One record."""
    place = place_named(world, host, channel, index)
    found = world.store.entries(place.origin, place.index, place.index + 1)
    if place.index >= world.store.position(place.origin).size or not found:
        raise NotFound("record", origin=place.origin, index=place.index)
    return _view(world, place, found[0])


def _view(world: World, place: Place, entry: Entry) -> RecordView:
    written = world.store.channel(place.origin)
    told = world.store.told([place]).get(place)
    read = opened(world, place)
    header = told.header if told is not None else None
    stopped = world.store.buried(header.issuer, [header.id]).get(header.id) if header is not None else None
    found = disposition_of(world, header.issuer, header.id) if header is not None else None
    unread = "not-read-yet" if told is None and entry.state not in (State.ERASED, State.WITHHELD) else None
    return RecordView(
        origin=place.origin,
        index=place.index,
        writer=written.writer,
        audience=written.audience,
        lane=written.lane.value,
        state=entry.state.name.lower(),
        envelope=_envelope(read.envelope) if read is not None else None,
        body=msgspec.to_builtins(read.body) if read is not None else None,
        absent=sorted(read.absent) if read is not None else [],
        fault=told.fault if told is not None else unread,
        order=PlaceView(entry.order.origin, entry.order.index) if entry.order is not None else None,
        stopped_by=place_view(stopped) if stopped is not None else None,
        confirmed_at=confirmed_at(world, place),
        course=found.course.value if found is not None else None,
        replacement=found.replacement if found is not None else None,
    )


def _envelope(envelope: Any) -> EnvelopeView:
    return EnvelopeView(
        kind=envelope.kind,
        id=envelope.id,
        issuer=envelope.issuer,
        made=envelope.made,
        purpose=envelope.purpose,
        basis=envelope.basis,
        marking=msgspec.to_builtins(envelope.marking),
        about=[AboutView(about.origin, about.index, about.sha256) for about in envelope.about],
        replaces=envelope.replaces,
        expires=envelope.expires,
        lang=envelope.lang,
    )


routes = [record]
