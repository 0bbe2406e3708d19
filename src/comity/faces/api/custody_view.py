"""How custody is written in JSON: holders, what each answered, who is late, which copies left."""

from __future__ import annotations

import msgspec

from comity.domain.terms import instant_text
from comity.flows.custody import Custody, Followed
from comity.flows.duty import Duty
from comity.flows.ordering import Issued
from comity.flows.proposal import Proposal

SAYS = "Compliance as told by the holders, or their silence. It is no proof that bytes are gone."


class HolderView(msgspec.Struct, frozen=True):
    """A node that was given the order.

    stage   `complied`, `answered` (told, and not compliance), `waiting`, `overdue`, `released`
    state   its last answer; `reason` and `review` as it gave them
    behind  how many it counts beyond itself, and of these, `behind_complied`
    """

    node: str
    stage: str
    due: str
    state: str | None
    reason: str | None
    review: str | None
    answered_at: str | None
    behind: int
    behind_complied: int
    released: str | None


class OrderView(msgspec.Struct, frozen=True):
    """One order and how far it has come.

    id        of the act: what `release` and `show` take
    ours      whether this node gave it; else its issuer did and this node passed it on
    summary   `43 of 45 complied, 2 overdue`
    overdue   holders that are late, as far as they may be named
    """

    id: str
    kind: str
    issuer: str
    reason: str
    danger: bool
    made: str
    ours: bool
    records: list[str]
    summary: str
    complied: int
    holder_count: int
    overdue_count: int
    overdue: list[str]
    holders: list[HolderView]


class KeeperView(msgspec.Struct, frozen=True):
    """A node that has the record from us; `accepted` is its answer where we passed it on."""

    node: str
    since: str | None
    passed_on: bool
    accepted: str | None


class CopyView(msgspec.Struct, frozen=True):
    """A copy that left this node's control: an order can't reach it, a person has to."""

    what: str
    sha256: str
    by: str
    at: str


class CustodyView(msgspec.Struct, frozen=True):
    """Everything known here about one record.

    course  `current`, `amended`, `withdrawn`, `cleared`, `erased`
    fields  pointers that orders took away
    via     relays that brought it here
    hold    basis of a legal hold by this node
    """

    record: str
    issuer: str
    course: str
    reason: str
    replacement: str | None
    fields: list[str]
    via: list[str]
    keepers: list[KeeperView]
    orders: list[OrderView]
    copies: list[CopyView]
    hold: str | None
    review: str | None
    says: str = SAYS


class IssuedView(msgspec.Struct, frozen=True):
    """An order that was given: its act, who is told, and who holds the record and can't be reached any more."""

    order: str
    readers: list[str]
    unreached: list[str]


class ProposalView(msgspec.Struct, frozen=True):
    """An order that waits for a second officer, or what was decided about it."""

    id: str
    kind: str
    records: list[str]
    fields: list[str] | None
    ground: str
    proposed_by: str
    at: str
    decided: str | None
    by: str | None


class DutyView(msgspec.Struct, frozen=True):
    """What an officer of this node has to take back, and until when."""

    order: str
    kind: str
    issuer: str
    records: list[str]
    requests: list[str]
    since: str
    due: str


def summary(found: Followed) -> str:
    """The count as people say it."""
    told = f"{found.tally.complied} of {found.tally.holders} complied"
    parts = [told]
    for count, word in (
        (found.tally.overdue, "overdue"),
        (found.tally.others, "answered otherwise"),
        (found.tally.waiting, "still in time"),
    ):
        parts += [f"{count} {word}"] if count else []
    released = found.stages.count("released")
    parts += [f"{released} released"] if released else []
    return ", ".join(parts)


def order_view(found: Followed) -> OrderView:
    command = found.act.command
    holders = [
        HolderView(
            node=holder.node,
            stage=where,
            due=instant_text(holder.due),
            state=holder.answer.state if holder.answer is not None else None,
            reason=holder.answer.reason if holder.answer is not None else None,
            review=holder.answer.review if holder.answer is not None else None,
            answered_at=holder.answer.at if holder.answer is not None else None,
            behind=max(holder.answer.holders - 1, 0) if holder.answer is not None else 0,
            behind_complied=_behind_complied(found, number),
            released=holder.released,
        )
        for number, (holder, where) in enumerate(zip(found.holders, found.stages, strict=True))
    ]
    return OrderView(
        id=found.act.id,
        kind=command.kind,
        issuer=command.issuer,
        reason=command.reason,
        danger=command.danger,
        made=command.made,
        ours=found.act.ours,
        records=list(dict.fromkeys(target.id for target in command.targets)),
        summary=summary(found),
        complied=found.tally.complied,
        holder_count=found.tally.holders,
        overdue_count=found.tally.overdue,
        overdue=list(found.tally.named_overdue),
        holders=holders,
    )


def _behind_complied(found: Followed, number: int) -> int:
    answer = found.holders[number].answer
    if answer is None or answer.complied is None:
        return 0
    return max(answer.complied - int(found.stages[number] == "complied"), 0)


def custody_view(found: Custody) -> CustodyView:
    return CustodyView(
        record=found.record,
        issuer=found.issuer,
        course=found.disposition.course.value,
        reason=found.disposition.reason,
        replacement=found.disposition.replacement,
        fields=list(found.disposition.fields),
        via=list(found.via),
        keepers=[KeeperView(k.node, k.since, k.passed_on, k.accepted) for k in found.keepers],
        orders=[order_view(each) for each in found.orders],
        copies=[CopyView(c.what, c.sha256, c.by, instant_text(c.at)) for c in found.copies],
        hold=found.hold,
        review=found.review,
    )


def issued_view(issued: Issued) -> IssuedView:
    return IssuedView(issued.act, list(issued.readers), list(issued.unreached))


def proposal_view(found: Proposal) -> ProposalView:
    return ProposalView(
        found.id,
        found.kind,
        list(found.records),
        list(found.fields) if found.fields is not None else None,
        found.ground,
        found.proposed_by,
        found.at,
        found.decided,
        found.by,
    )


def duty_view(duty: Duty) -> DutyView:
    return DutyView(
        duty.order,
        duty.kind,
        duty.issuer,
        list(duty.records),
        list(duty.requests),
        duty.since,
        instant_text(duty.due),
    )
