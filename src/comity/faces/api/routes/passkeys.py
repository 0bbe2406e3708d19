"""A person's own passkeys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation

from comity.faces.api.asking import Asking, Here, House, granted
from comity.faces.api.door import site_or_no
from comity.faces.api.person_view import PasskeyView, passkey_view, unb64
from comity.faces.api.routes.requests import NewStep, said_in
from comity.flows.people import passkeys
from comity.flows.people.sessions import Person
from comity.flows.signing_off import ToSign, ask

Acting = NamedDependency[SkipValidation[Person]]
DOOR = {"door": "one's own way in"}
Name = Annotated[str, msgspec.Meta(max_length=200)]


class NewPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the browser made of the options, the JSON of a PublicKeyCredential, and how its person calls the device."""

    name: Name
    answer: dict[str, Any]


class NewName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How its person calls the device."""

    name: Name


class NewSigning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision that is about to be taken.

    act      what is decided
    thing    id of the request, or of the proposal
    step     of a request: as it will be sent to `POST /requests/{id}/steps`
    passkey  id of the one that is to sign; left out, the one that was used last
    """

    act: Literal["approve", "countersign", "confirm", "step"]
    thing: Name
    step: NewStep | None = None
    passkey: Name | None = None


@get("/passkeys", sync_to_thread=True, opt={"door": "one's own way in"})
def mine(node: House, person: Acting) -> list[PasskeyView]:
    """One's own passkeys, oldest first."""
    return [passkey_view(each) for each in passkeys.held(node.world, person.account.id)]


@post("/passkeys/options", sync_to_thread=True, status_code=200, opt={"door": "one's own way in"})
def options(node: House, request: Asking, person: Acting) -> Response[bytes]:
    """What `navigator.credentials.create` wants, as JSON. Asks for somebody who has just come in."""
    site = site_or_no(request, node)
    return Response(granted(passkeys.to_enrol(node.world, site, person)), media_type="application/json")


@post("/passkeys", sync_to_thread=True, opt={"door": "one's own way in"})
def enrol(node: House, request: Asking, person: Acting, data: JSONBody[NewPasskey]) -> PasskeyView:
    """Keep the passkey that a device has made."""
    site, answer = site_or_no(request, node), msgspec.json.encode(data.answer)
    return passkey_view(granted(passkeys.enrol(node.world, site, person, data.name, answer)))


@post("/passkeys/sign", sync_to_thread=True, status_code=200, opt=DOOR)
def sign(node: House, world: Here, request: Asking, person: Acting, data: JSONBody[NewSigning]) -> Response[bytes]:
    """What `navigator.credentials.get` wants to sign this very decision. Its answer goes along with the act in X-Comity-Passkey."""
    step = data.step
    said, role = (said_in(step), step.role) if step is not None else (None, "officer")
    wanted = ToSign(data.act, data.thing, said, role)
    passkey = unb64(data.passkey) if data.passkey is not None else None
    options = granted(ask(world, person.actor, site_or_no(request, node), wanted, passkey))
    return Response(options, media_type="application/json")


@post("/passkeys/{passkey_id:str}", sync_to_thread=True, status_code=200, opt={"door": "one's own way in"})
def rename(node: House, person: Acting, passkey_id: FromPath[str], data: JSONBody[NewName]) -> PasskeyView:
    """Call it otherwise."""
    return passkey_view(granted(passkeys.rename(node.world, person, unb64(passkey_id), data.name)))


@delete("/passkeys/{passkey_id:str}", sync_to_thread=True, status_code=200, opt={"door": "one's own way in"})
def remove(node: House, person: Acting, passkey_id: FromPath[str]) -> PasskeyView:
    """It opens and signs nothing any more; what it signed stays signed."""
    return passkey_view(granted(passkeys.remove(node.world, person, unb64(passkey_id))))


routes = [mine, options, enrol, sign, rename, remove]
