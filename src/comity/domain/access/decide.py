"""Role, case, purpose and marking: an act is permitted when all four allow it, and every one that doesn't is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Final

from comity.domain.access.acts import READS, Act
from comity.domain.access.case import ENDED, CaseState
from comity.domain.access.role import Role
from comity.domain.access.subject import Subject
from comity.domain.record import Marking, strictest
from comity.domain.record.custody import CRIME_PURPOSES
from comity.domain.terms import Country, Instant, NodeName, Reason, instant_from, instant_text

AGAINST_CRIME: Final = CRIME_PURPOSES
"""Purposes for which a record of handling code H0 may be used."""
STILL: Final = READS | {Act("audit"), Act("confirm"), Act("manage-case"), Act("review-access"), Act("status")}
"""Acts in a case that has ended: it is read, told about and reopened, and what others proposed is decided."""
IN_COURT: Final = "court"
"""The purpose that handling code H1 rules out."""


@dataclass(frozen=True)
class Basis:
    """A legal basis: for which purposes (None: it names none), and until when."""

    id: str
    purposes: frozenset[str] | None = None
    until: Instant | None = None


@dataclass(frozen=True)
class Context:
    """In which case, for which purpose and on which basis somebody acts.

    case           None: on the desk, and in every case of theirs
    case_purposes  those that the case was opened for; None where there is no case
    case_state     how far the work in the case is; None where there is none
    """

    case: str | None = None
    purpose: str = "crime"
    basis: Basis | None = None
    case_purposes: frozenset[str] | None = None
    case_state: CaseState | None = None


@dataclass(frozen=True)
class Standing:
    """Who acts, as far as access depends on it: their roles, and the cases that are open to them at this moment."""

    node: NodeName
    country: Country
    roles: tuple[Role, ...]
    cases: frozenset[str] = frozenset()

    def may(self, act: Act) -> bool:
        """Whether one of the roles includes the act."""
        return any(role.includes(act) for role in self.roles)

    @property
    def desk(self) -> bool:
        """Whether they belong to the unit's desk."""
        return any(role.desk for role in self.roles)


def decide(who: Standing, act: Act, subject: Subject | None, context: Context, at: Instant) -> tuple[Reason, ...]:
    """Every reason against; none means yes.

    subject   None for an act that is about no thing: only the role and the context count then
    """
    return (
        *_role(who, act),
        *_context(who, act, context, at),
        *(_case(who, subject, context) if subject is not None else ()),
        *(_marked(who, act, subject, context, at) if subject is not None else ()),
        *(_victim(who, act, subject) if subject is not None else ()),
    )


def _role(who: Standing, act: Act) -> Iterator[Reason]:
    if not who.may(act):
        yield Reason("role-lacks-act", {"act": act, "roles": sorted(role.id for role in who.roles)})


def _context(who: Standing, act: Act, context: Context, at: Instant) -> Iterator[Reason]:
    if context.case is not None and context.case not in who.cases:
        yield Reason("not-a-member", {"case": context.case})
    elif context.case_state in ENDED and act not in STILL:
        yield Reason("case-ended", {"case": context.case, "state": context.case_state, "mend": "reopen the case first"})
    if context.case_purposes is not None and context.purpose not in context.case_purposes:
        yield Reason("case-purpose", {"purpose": context.purpose, "allowed": sorted(context.case_purposes)})
    basis = context.basis
    if basis is None:
        return
    if basis.until is not None and basis.until <= at:
        yield Reason("basis-expired", {"basis": basis.id, "until": instant_text(basis.until)})
    if basis.purposes is not None and context.purpose not in basis.purposes:
        facts = {"basis": basis.id, "purpose": context.purpose, "allowed": sorted(basis.purposes)}
        yield Reason("basis-purpose", facts)


def _case(who: Standing, subject: Subject, context: Context) -> Iterator[Reason]:
    """Whose case it is nobody learns here: that would be told to somebody who isn't in it."""
    if not subject.cases:
        if not who.desk:
            yield Reason("not-on-the-desk")
        return
    mine = who.cases if context.case is None else who.cases & {context.case}
    if any(not mine & each for each in subject.cases):
        yield Reason("not-in-the-case")


def _marked(who: Standing, act: Act, subject: Subject, context: Context, at: Instant) -> Iterator[Reason]:
    if not subject.markings:
        return
    marking: Marking = reduce(strictest, subject.markings)
    yield from against_use(marking, who.node, who.country, subject.owner, context.purpose, at)
    if act == "export" and subject.owner not in (None, who.node):
        if "H2" in marking.hcodes:
            yield Reason("marking-not-onward", {"hcode": "H2", "owner": subject.owner})
        if marking.tlp == "RED":
            yield Reason("marking-named-recipients", {"tlp": "RED", "owner": subject.owner})


def against_use(
    marking: Marking, node: str, country: str, owner: str | None, purpose: str, at: Instant
) -> Iterator[Reason]:
    """What a marking has against any use for this purpose, at this moment, by this node."""
    if marking.expires is not None and instant_from(marking.expires) <= at:
        yield Reason("marking-expired", {"expires": marking.expires})
    if marking.purpose is not None and purpose not in marking.purpose:
        yield Reason("marking-purpose", {"purpose": purpose, "allowed": list(marking.purpose)})
    if "H0" in marking.hcodes and purpose not in AGAINST_CRIME:
        yield Reason("marking-against-crime-only", {"hcode": "H0", "purpose": purpose})
    if "H1" in marking.hcodes and purpose == IN_COURT:
        yield Reason("marking-not-in-court", {"hcode": "H1"})
    to = marking.releasable_to
    if to is not None and owner != node and not {node, country} & set(to):
        yield Reason("marking-not-for-us", {"node": node, "releasable_to": list(to)})


def _victim(who: Standing, act: Act, subject: Subject) -> Iterator[Reason]:
    if not subject.victim or act not in READS:
        return
    if not who.may(Act("read-victim")):
        yield Reason("victim-protected", {"act": "read-victim"})
    if act in ("export", "search"):
        yield Reason("victim-stays-here", {"act": act})
