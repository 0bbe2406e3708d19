"""A role: which acts it includes. Each is one file of the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from comity.domain.access.acts import ACTS, Act
from comity.domain.terms import Reason

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """One role.

    desk   whether whoever has it belongs to the unit's desk, and so sees what is in no case
    acts   words of `ACTS`
    """

    id: Name
    title: str
    note: str
    desk: bool
    acts: tuple[str, ...]

    def includes(self, act: Act) -> bool:
        """Whether the role lets its bearer do this."""
        return act in self.acts


def check_role(role: Role) -> Iterator[Reason]:
    """What is wrong with a role, beyond what makes its file unreadable."""
    for act in role.acts:
        if act not in ACTS:
            yield Reason("act-unknown", {"role": role.id, "act": act, "known": sorted(ACTS)})
    if len(set(role.acts)) < len(role.acts):
        yield Reason("act-twice", {"role": role.id, "acts": sorted({a for a in role.acts if role.acts.count(a) > 1})})
