"""Whom to call about a request: what our own roster says, and never what the request says of itself.

A forged emergency works by bringing its own telephone number. So members of a form that name a contact of the sender are told by their
name and kept apart from what is shown as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SPEAKS_OF_SENDER = ("callback", "call_back", "contact", "phone_of_officer", "reply_to", "telephone")
_SPEAKS_OF_VICTIM = "safe_contact"
"""How a person in danger may be reached is for whoever helps; it says nothing about who asks."""


@dataclass(frozen=True)
class CallBack:
    """How the other side is called to make sure that a request is its own.

    contact  as an officer here noted it after comparing it over another way; empty when nobody did
    claimed  member of the request that names a contact -> what it says; never to be called
    """

    node: str
    title: str
    contact: str
    claimed: Mapping[str, str]


def claims(form: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Members of a form by which the sender tells how to reach it."""
    return {name: text for name, text in form if _is_claim(name)}


def _is_claim(name: str) -> bool:
    plain = name.lower().replace("-", "_")
    return not plain.startswith(_SPEAKS_OF_VICTIM) and any(word in plain for word in _SPEAKS_OF_SENDER)
