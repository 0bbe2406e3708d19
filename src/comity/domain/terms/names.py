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
    """Who acts: a person at a node, in a role (`officer`, `approver`, `node` for the machine itself)."""

    name: str
    node: NodeName
    role: str
