"""Names of nodes, countries and people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NewType

from comity.errors import Malformed

NodeName = NewType("NodeName", str)
"""Host name of a node, lower case: `police.kr.example`."""

Country = NewType("Country", str)
"""ISO 3166-1 alpha-2, upper case; `EU` for the Union."""

_NODE = re.compile(r"(?=.{3,120}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_COUNTRY = re.compile(r"[A-Z]{2}")


def node_name(text: str) -> NodeName:
    """A lower-case host name with at least one dot, 3 to 120 characters; else Malformed."""
    if _NODE.fullmatch(text) is None:
        raise Malformed("node-name", text=text[:130])
    return NodeName(text)


def country(text: str) -> Country:
    """Two upper-case letters; else Malformed."""
    if _COUNTRY.fullmatch(text) is None:
        raise Malformed("country-code", text=text[:20])
    return Country(text)


@dataclass(frozen=True)
class Actor:
    """Who acts: a person at a node, in a role (`officer`, `approver`, `node` for the machine itself).

    roles    everything that the person's account may act as; empty means `role` alone
    account  id of the account; empty on a node that has none, and for the machine
    case     id of the case in which the person acts; None means the desk and every case of theirs
    purpose  what for: one word, as in an envelope
    basis    id of the legal basis, where the act names one
    """

    name: str
    node: NodeName
    role: str
    roles: frozenset[str] = frozenset()
    account: str = ""
    case: str | None = None
    purpose: str = "crime"
    basis: str | None = None

    @property
    def acts_as(self) -> frozenset[str]:
        """Names of the roles that count for what may be done."""
        return self.roles or frozenset({self.role})
