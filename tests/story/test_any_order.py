"""Two nodes, random lawful acts, random delivery: both ends fold the same state of each request, and no receipt is lost."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from comity.adapters.catalog import FileCatalog
from comity.domain.ledger import parse_policy
from comity.domain.receipt import verify_receipt
from comity.domain.terms import Actor, Granted, Instant, NodeName
from comity.flows.answer import Said, act, answer
from comity.flows.certify import Receipt, certify_request, policy_text
from comity.flows.drain import Drainer
from comity.flows.receive import Puller
from comity.flows.request import Ask, approve, attest, draft, send, submit
from comity.flows.request_state import Dossier, dossier
from comity.ports import World
from tests.worlds import pair

CATALOG = FileCatalog()
FORM = dict.fromkeys(
    (
        "custodian_or_location",
        "necessity",
        "intent_to_file_mla",
        "central_authority",
        "subject_and_nature",
        "use_limitation",
    ),
    "FICTIONAL",
)


class TwoNodes(RuleBasedStateMachine):
    """`kr` and `kh` ask each other, answer, withdraw and act, while letters wait, overtake and come in pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.two = pair(self.folder, CATALOG, store="memory")
        self.requests: list[str] = []
        self.kept: list[tuple[World, Receipt]] = []

    def teardown(self) -> None:
        try:
            self.deliver_everything()
            self.check_end()
        finally:
            shutil.rmtree(self.folder)

    def actor(self, world: World, role: str) -> Actor:
        return Actor(f"{role} of {world.me.name} (fictional)", world.me.name, role)

    @rule(to_kh=st.booleans(), withhold=st.booleans())
    def ask(self, to_kh: bool, withhold: bool) -> None:
        """A request is drafted, attested, submitted, approved by another, and sent, or left on the desk."""
        world, far = (self.two.kr, self.two.kh) if to_kh else (self.two.kh, self.two.kr)
        officer, approver = self.actor(world, "officer"), self.actor(world, "approver")
        asked = Ask(
            measure="preserve",
            to=far.me.name,
            route="kr_kh.mla",
            nature="via-state",
            offence="fraud",
            targets=(("domain", f"lure-{len(self.requests)}.example"),),
            facts="FICTIONAL",
            form=FORM,
        )
        drafted = draft(world, officer, asked)
        assert isinstance(drafted, Granted)
        request = drafted.value.request
        for step in (
            attest(world, officer, request, "treaty", "a" * 64),
            submit(world, officer, request),
            approve(world, approver, request),
        ):
            assert isinstance(step, Granted), step
        if not withhold:
            assert isinstance(send(world, officer, request), Granted)
            self.requests.append(request)

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), at_kr=st.booleans())
    def step(self, data: st.DataObject, at_kr: bool) -> None:
        """One side does something that the machine allows by what it knows."""
        world = self.two.kr if at_kr else self.two.kh
        known = [request for request in self.requests if self.knows(world, request)]
        if not known:
            return
        found = dossier(world, data.draw(st.sampled_from(known)))
        events = sorted(found.machine.events(found.view.state, found.side))
        if not events:
            return
        event = data.draw(st.sampled_from(events))
        targets = found.machine.targets(found.view.state, event)
        choice = data.draw(st.sampled_from(sorted(targets))) if len(targets) > 1 else None
        actor = self.actor(world, "officer")
        if event in found.measure.acts:
            until = Instant(world.clock.now() + 86_400_000)
            done = act(world, actor, found.request, event, taken="FICTIONAL", hold_until=until, choice=choice)
        else:
            said = Said(event, "DUAL_CRIMINALITY", "FICTIONAL", (("FICTIONAL", "use", None),), choice)
            done = answer(world, actor, found.request, said)
        assert isinstance(done, Granted), (event, done)

    def knows(self, world: World, request: str) -> bool:
        from uuid import UUID

        return bool(world.store.traced("request", [UUID(request).bytes]))

    @rule(which=st.integers(0, 2), drain=st.booleans())
    def deliver(self, which: int, drain: bool) -> None:
        """One channel is pulled; what it brought may wait before it is read."""
        two = self.two
        channel = (two.urgent, two.bulk, two.back)[which]
        world, peer = (two.kr, two.kr_sees_kh) if which == 2 else (two.kh, two.kh_sees_kr)
        Puller(world, peer).pull(channel.origin)
        if drain:
            Drainer(world, channel.writer).drain(channel.origin)

    @precondition(lambda self: self.requests)
    @rule(at_kr=st.booleans())
    def collect(self, at_kr: bool) -> None:
        """Receipts are made of whatever is cosigned by now."""
        world = self.two.kr if at_kr else self.two.kh
        for request in self.requests:
            if self.knows(world, request):
                self.kept += [(world, receipt) for receipt in certify_request(world, request)]

    @invariant()
    def every_receipt_ever_made_is_still_good(self) -> None:
        for world, receipt in self.kept[-5:]:
            assert verify_receipt(receipt.proof, policy=parse_policy(policy_text(world))).keys_proven

    def deliver_everything(self) -> None:
        two = self.two
        for _ in range(3):
            for world, peer, origins in (
                (two.kh, two.kh_sees_kr, (two.urgent, two.bulk)),
                (two.kr, two.kr_sees_kh, (two.back,)),
            ):
                for channel in origins:
                    Puller(world, peer).pull(channel.origin)
                Drainer(world, peer.name).drain_all()

    def check_end(self) -> None:
        for world, receipt in self.kept:
            assert verify_receipt(receipt.proof, policy=parse_policy(policy_text(world))).keys_proven
        for request in self.requests:
            ours, theirs = dossier(self.two.kr, request), dossier(self.two.kh, request)
            assert ours.view.state == theirs.view.state
            assert crossed(ours) == crossed(theirs)
            assert [r.step.id for r in ours.view.refused_steps] == [r.step.id for r in theirs.view.refused_steps]
            assert ours.view.waiting == theirs.view.waiting == ()
            for world, found in ((self.two.kr, ours), (self.two.kh, theirs)):
                shared = [
                    p
                    for p, _ in found.records
                    if world.store.channel(p.origin).audience != world.store.channel(p.origin).writer
                ]
                receipts = certify_request(world, request)
                assert {r.place for r in receipts} == set(shared), (
                    "every record that crossed has its receipt, at both ends"
                )


def crossed(found: Dossier) -> list[tuple[str, str, NodeName]]:
    """The history from the sending on, which both ends must read alike."""
    steps = [(taken.step.id, taken.state, taken.step.issuer) for taken in found.view.history]
    start = next(at for at, taken in enumerate(found.view.history) if taken.step.kind == "request")
    return steps[start:]


TestTwoNodes = TwoNodes.TestCase
TestTwoNodes.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
