"""A person's own passkeys."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation

from comity.faces.api.asking import Asking, House, granted
from comity.faces.api.door import site_or_no
from comity.faces.api.person_view import PasskeyView, passkey_view, unb64
from comity.flows.people import passkeys
from comity.flows.people.sessions import Person

Acting = NamedDependency[SkipValidation[Person]]
Name = Annotated[str, msgspec.Meta(max_length=200)]


class NewPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the browser made of the options, the JSON of a PublicKeyCredential, and how its person calls the device."""

    name: Name
    answer: dict[str, Any]


class NewName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How its person calls the device."""

    name: Name


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


@post("/passkeys/{passkey_id:str}", sync_to_thread=True, status_code=200, opt={"door": "one's own way in"})
def rename(node: House, person: Acting, passkey_id: FromPath[str], data: JSONBody[NewName]) -> PasskeyView:
    """Call it otherwise."""
    return passkey_view(granted(passkeys.rename(node.world, person, unb64(passkey_id), data.name)))


@delete("/passkeys/{passkey_id:str}", sync_to_thread=True, status_code=200, opt={"door": "one's own way in"})
def remove(node: House, person: Acting, passkey_id: FromPath[str]) -> PasskeyView:
    """It opens and signs nothing any more; what it signed stays signed."""
    return passkey_view(granted(passkeys.remove(node.world, person, unb64(passkey_id))))


routes = [mine, options, enrol, rename, remove]
