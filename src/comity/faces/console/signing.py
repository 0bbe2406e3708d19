"""Decisions that their person signs with a passkey: who can, and what their device has answered."""

from __future__ import annotations

from comity.faces.api.door import site_of, site_or_no
from comity.faces.console.forms import Form
from comity.faces.console.render import Desk
from comity.flows.signing import Signature

ANSWER_CHARACTERS_MAX = 16_384


def may_sign(desk: Desk) -> bool:
    """Whether the reader has a passkey that is valid where they read this."""
    person = desk.session.person if desk.session is not None else None
    if person is None or site_of(desk.request, desk.node) is None:
        return False
    return bool(desk.world.people.passkeys(person.account.id))


def signature_in(desk: Desk, form: Form) -> Signature | None:
    """What came with the form: the JSON of a PublicKeyCredential; None when it came without one."""
    answer = form.text("signature", most=ANSWER_CHARACTERS_MAX)
    return Signature(site_or_no(desk.request, desk.node), answer.encode()) if answer else None
