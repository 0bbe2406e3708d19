"""Custody: orders about records, passing records on, holds, duties, and who has done what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from comity.domain.record import kinds
from comity.domain.record.marking import Marking
from comity.domain.terms import Actor, instant_from, node_name
from comity.errors import Malformed, MalformedRecord, NotFound
from comity.faces.api.asking import Here, Officer, granted
from comity.faces.api.custody_view import (
    CustodyView,
    DutyView,
    IssuedView,
    OrderView,
    ProposalView,
    custody_view,
    duty_view,
    issued_view,
    order_view,
    proposal_view,
)
from comity.faces.api.door import Signed
from comity.faces.api.views import HostText, PlaceView, Word, place_view
from comity.flows.amend import amend as amending
from comity.flows.clear import propose_clearance
from comity.flows.custody import acts, custody_of, followed
from comity.flows.custody import release as releasing
from comity.flows.duty import answer_duty, duties
from comity.flows.erase import propose_erasure
from comity.flows.hold import hold as holding
from comity.flows.hold import lift as lifting
from comity.flows.holders import act_named
from comity.flows.ordering import kind_of_own
from comity.flows.proposal import confirm as confirming
from comity.flows.proposal import proposals as waiting
from comity.flows.proposal import reject as rejecting
from comity.flows.transfer import permit as permitting
from comity.flows.transfer import transfer as transferring
from comity.flows.transfer import vouch as vouching
from comity.flows.withdraw import withdraw as withdrawing
from comity.ports import World

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=1000)]
Records = Annotated[tuple[Word, ...], msgspec.Meta(min_length=1, max_length=500)]
Moment = Annotated[str, msgspec.Meta(min_length=20, max_length=24)]
"""RFC 3339 in UTC: `2026-12-24T10:00:00Z`."""
Pointers = Annotated[tuple[Word, ...], msgspec.Meta(min_length=1, max_length=256)]


class NewWithdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records of this node that no longer hold, and why."""

    records: Records
    reason_code: Word


class NewAmendment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The record that was wrong, and a whole body of the same kind in its place.

    danger  somebody is in danger while the old one is believed
    """

    record: Word
    body: dict[str, Any]
    reason_code: Word
    danger: bool = False


class NewErasure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records of this node to destroy everywhere; `fields` narrows it to these sealed values."""

    records: Records
    ground: Word
    fields: Pointers | None = None


class NewClearance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records of this node that weigh nothing any more."""

    records: Records
    ground: Literal["acquitted", "dismissed", "mistaken-identity"]


class NewTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of another node's for a peer.

    tighten    a marking that is added to the issuer's; the strictest of both holds
    leave_out  sealed values that the peer doesn't get
    """

    record: Word
    to: HostText
    why: Word
    purpose: Word = "crime"
    tighten: Marking | None = None
    leave_out: Annotated[tuple[Word, ...], msgspec.Meta(max_length=256)] = ()


class NewPermission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As issuer: a holder may pass this record on to one node; `lifts` names what no longer stands against it."""

    record: Word
    holder: HostText
    onward_to: HostText
    lifts: Annotated[tuple[Literal["H2", "H3", "TLP"], ...], msgspec.Meta(min_length=1, max_length=3)]
    until: Moment | None = None


class NewVoucher(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`to` learns the keys of our channels for `reader`, to check what `reader` passes on."""

    to: HostText
    reader: HostText


class NewHold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of another node's that may not be erased here: on which basis, and when that is looked at again."""

    record: Word
    basis: Word
    review: Moment


class DutyAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether what had been carried out was taken back; a reason where it can't be."""

    state: Literal["reversed", "cannot-reverse"]
    reason: Word | None = None


class Released(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An overseer's decision: this holder is no longer waited for, and why."""

    holder: HostText
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class OverviewView(msgspec.Struct, frozen=True):
    """What waits: proposals for a second officer, duties for any, orders that somebody has to answer to us."""

    proposals: list[ProposalView]
    duties: list[DutyView]
    orders: list[OrderView]


class ShownView(msgspec.Struct, frozen=True):
    """A record's custody, or one order's; the other is null."""

    record: CustodyView | None
    order: OrderView | None


class LiftedView(msgspec.Struct, frozen=True):
    """How many orders to erase were carried out as the hold ended."""

    erased: int


@get("/custody", sync_to_thread=True, opt={"act": "view"})
def overview(world: Here, limit: Limit = 100) -> OverviewView:
    """What waits for somebody, here and with the holders."""
    return OverviewView(
        [proposal_view(each) for each in waiting(world)],
        [duty_view(each) for each in duties(world)],
        [order_view(followed(world, act)) for act in acts(world, limit)],
    )


@get("/custody/{wanted:str}", sync_to_thread=True, opt={"act": "view"})
def show(world: Here, wanted: FromPath[str]) -> ShownView:
    """One order or one record: holders, answers, who is late, copies that left."""
    try:
        return ShownView(None, order_view(followed(world, act_named(world, wanted))))
    except NotFound:
        return ShownView(custody_view(custody_of(world, wanted)), None)


@post("/custody/withdrawals", sync_to_thread=True, opt={"asks": "withdraw"})
def withdraw(world: Here, officer: Officer, data: JSONBody[NewWithdrawal]) -> IssuedView:
    """Takes records back: every holder stops using them."""
    return issued_view(granted(withdrawing(world, officer, data.records, data.reason_code)))


@post("/custody/amendments", sync_to_thread=True, opt={"asks": "amend"})
def amend(world: Here, officer: Officer, data: JSONBody[NewAmendment]) -> IssuedView:
    """Puts a new record in the place of one that was wrong."""
    body_type = kinds()[kind_of_own(world, data.record)].body
    try:
        body = msgspec.convert(data.body, body_type)
    except (msgspec.ValidationError, MalformedRecord) as fault:
        raise Malformed("request-shape", faults=[{"where": "body", "why": str(fault)}]) from fault
    done = amending(world, officer, data.record, body, data.reason_code, danger=data.danger)
    return issued_view(granted(done))


@post("/custody/erasures", sync_to_thread=True, opt={"asks": "erase"})
def erase(world: Here, officer: Officer, data: JSONBody[NewErasure]) -> ProposalView:
    """Proposes an erasure; somebody else confirms it."""
    return proposal_view(granted(propose_erasure(world, officer, data.records, data.ground, data.fields)))


@post("/custody/clearances", sync_to_thread=True, opt={"asks": "clear"})
def clear(world: Here, officer: Officer, data: JSONBody[NewClearance]) -> ProposalView:
    """Proposes a clearance; somebody else confirms it."""
    return proposal_view(granted(propose_clearance(world, officer, data.records, data.ground)))


@post("/custody/proposals/{proposal_id:str}/confirm", sync_to_thread=True, status_code=200, opt={"asks": "confirm"})
def confirm(world: Here, officer: Officer, proposal_id: FromPath[str], signature: Signed) -> IssuedView:
    """Confirms a proposal, as somebody other than who made it: the order goes out, and bodies go."""
    return issued_view(granted(confirming(world, officer, proposal_id, signature)))


@post("/custody/proposals/{proposal_id:str}/reject", sync_to_thread=True, status_code=200, opt={"asks": "confirm"})
def reject(world: Here, officer: Officer, proposal_id: FromPath[str]) -> ProposalView:
    """Rejects a proposal; it stays on the desk without effect."""
    return proposal_view(granted(rejecting(world, officer, proposal_id)))


@post("/custody/transfers", sync_to_thread=True, opt={"asks": "transfer"})
def transfer(world: Here, officer: Officer, data: JSONBody[NewTransfer]) -> PlaceView:
    """Passes another node's record on to a peer, if marking, issuer and receiver allow it."""
    done = transferring(
        world,
        officer,
        data.record,
        node_name(data.to),
        why=data.why,
        purpose=data.purpose,
        tighten=data.tighten,
        leave_out=data.leave_out,
    )
    return place_view(granted(done))


@post("/custody/permissions", sync_to_thread=True, opt={"asks": "transfer"})
def permit(world: Here, officer: Officer, data: JSONBody[NewPermission]) -> PlaceView:
    """Allows a holder to pass a record of this node on to one other node."""
    until = instant_from(data.until) if data.until is not None else None
    done = permitting(world, officer, data.record, node_name(data.holder), node_name(data.onward_to), data.lifts, until)
    return place_view(granted(done))


@post("/custody/vouchers", sync_to_thread=True, opt={"asks": "transfer"})
def vouch(world: Here, officer: Officer, data: JSONBody[NewVoucher]) -> PlaceView:
    """Tells a peer the keys of our channels for another reader."""
    return place_view(granted(vouching(world, officer, node_name(data.to), node_name(data.reader))))


@post("/custody/holds", sync_to_thread=True, opt={"asks": "hold"})
def hold(world: Here, officer: Officer, data: JSONBody[NewHold]) -> CustodyView:
    """Puts a legal hold on another node's record."""
    granted(holding(world, officer, data.record, data.basis, instant_from(data.review)))
    return custody_view(custody_of(world, data.record))


@post("/custody/holds/{record_id:str}/lift", sync_to_thread=True, status_code=200, opt={"asks": "hold"})
def lift(world: Here, officer: Officer, record_id: FromPath[str]) -> LiftedView:
    """Ends a legal hold; what was ordered meanwhile is carried out."""
    return LiftedView(granted(lifting(world, officer, record_id)))


@post("/custody/{order_id:str}/answer", sync_to_thread=True, status_code=200, opt={"asks": "answer"})
def answer(world: Here, officer: Officer, order_id: FromPath[str], data: JSONBody[DutyAnswer]) -> list[DutyView]:
    """Answers a duty: was it taken back? Returns the duties that are left."""
    granted(answer_duty(world, officer, order_id, data.state, data.reason))
    return [duty_view(each) for each in duties(world)]


@post("/custody/{order_id:str}/release", sync_to_thread=True, status_code=200, opt={"asks": "release"})
def release(world: Here, officer: Officer, order_id: FromPath[str], data: JSONBody[Released]) -> OrderView:
    """Releases a holder from an order, as overseer."""
    return order_view(granted(releasing(world, _overseer(world, officer), order_id, data.holder, data.reason)))


def _overseer(world: World, officer: Actor) -> Actor:
    return Actor(officer.name, world.me.name, "overseer")


routes = [
    overview,
    show,
    withdraw,
    amend,
    erase,
    clear,
    confirm,
    reject,
    transfer,
    permit,
    vouch,
    hold,
    lift,
    answer,
    release,
]
