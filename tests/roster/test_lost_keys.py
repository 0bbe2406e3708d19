"""A peer whose keys were lost or stolen comes back with new ones; one that is removed is still told what to erase."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from comity.adapters.keyring.files import FileKeyring
from comity.domain.ledger import COSIGNATURE, Admission, Lane, Peer, Standing, chain_order, parse_policy
from comity.domain.receipt import verify_receipt
from comity.domain.record import State
from comity.domain.record.kinds import ack_1, erase_1
from comity.domain.record.orders import Target
from comity.domain.terms import Actor, Granted, Instant, NodeName, Refused
from comity.errors import NotFound, UnknownKey
from comity.flows import carry, roster
from comity.flows.certify import certify, policy_text
from comity.flows.continue_channel import continue_channel
from comity.flows.drain import Drainer
from comity.flows.filing import letter, outgoing, sealed
from comity.flows.ordering import issue, targets_of
from comity.flows.own_roster import numbered
from comity.flows.receipt_keys import nearest_line
from comity.flows.receive import Puller, pull_all
from comity.flows.replace_keys import Loss, replace_keys
from comity.flows.taking_up import look_for_channels
from comity.ports import Erasure, Place, World
from tests.worlds import DirectCourier, marking, node_world, sealed_indicator
from tests.worlds import letter as sent

START_TEXT = "2026-11-24T09:30:00.000Z"
KR, KH = NodeName("police.kr.example"), NodeName("police.kh.example")


class Both:
    """Two nodes that have invited each other; `kh` may be made anew, with nothing left of the old one."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder, self.store = folder, store
        self.worlds: dict[NodeName, World] = {}
        self.kr, self.kh = self._node(KR, "KR", 1), self._node(KH, "KH", 2)
        self.introduce(self.kr, self.kh)
        self.introduce(self.kh, self.kr)

    def _node(self, name: NodeName, country: str, seed: int, keys: int = 1) -> World:
        folder = self.folder / f"{name}-{keys}"
        if keys > 1:
            FileKeyring(folder / "keys").create(numbered(name, "receipt", keys), COSIGNATURE)
        made = node_world(folder, name, country, DirectCourier(name, self.worlds), None, store=self.store, seed=seed)
        if keys > 1:
            (folder / "keys" / f"{_digest(numbered(name, 'receipt', 1))}.key").unlink()
            (folder / "keys" / "names").unlink()
            made = replace(made, keyring=FileKeyring(folder / "keys"))
        self.worlds[name] = made
        return made

    def introduce(self, here: World, there: World) -> None:
        raw = self.invitation(there, here.me.name)
        assert isinstance(roster.accept(here, raw, roster.fingerprint(raw), by=officer(here)), Granted)

    def invitation(self, world: World, to: NodeName) -> bytes:
        return roster.invite(world, to, by=officer(world))

    def lose(self) -> None:
        """The node of kh is made anew in an empty folder."""
        self.kh.store.close()
        self.kh = self._node(KH, "KH", 77, keys=2)

    def peer(self, world: World, name: NodeName) -> Peer:
        return next(peer for peer in world.store.peers() if peer.name == name)

    def exchange(self, rounds: int = 2) -> None:
        for _ in range(rounds):
            for here, there in ((self.kh, KR), (self.kr, KH)):
                if any(peer.name == there for peer in here.store.peers()):
                    pull_all(Puller(here, self.peer(here, there)))
                    Drainer(here, there).drain_all()

    def close(self) -> None:
        self.kr.store.close()
        self.kh.store.close()


def _digest(name: str) -> str:
    from hashlib import sha256

    return sha256(name.encode()).hexdigest()


@pytest.fixture(params=["memory", "sqlite"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Both]:
    made = Both(tmp_path, request.param)
    yield made
    made.close()


def officer(world: World) -> Actor:
    return Actor("Kim (fictional)", world.me.name, "officer")


def write(world: World, to: NodeName, count: int = 1, lane: Lane = Lane.URGENT) -> str:
    origin = outgoing(world, to, lane)
    assert origin is not None
    start = world.store.position(origin).size
    world.store.keep([sent(origin, sealed_indicator(world, start + n)) for n in range(count)])
    return origin


def codes(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused)
    return [reason.code for reason in outcome.reasons]


def replaced(both: Both, raw: bytes, since: int, **changed: str) -> Granted[Peer] | Refused:
    loss = Loss(changed.get("why", "stolen"), Instant(since), changed.get("reason", "a test"))
    told = changed.get("fingerprint", roster.fingerprint(raw))
    return replace_keys(both.kr, raw, told, loss, by=officer(both.kr))


# ---- lost and stolen keys
def test_a_peer_whose_keys_are_gone_comes_back_with_new_ones_and_everything_goes_on(both: Both) -> None:
    theirs, mine = write(both.kh, KR, 3), write(both.kr, KH, 2)
    both.exchange()
    since = both.kr.clock.now() + 5000
    both.kr.clock.at += 10_000  # type: ignore[attr-defined]
    both.lose()
    raw = both.invitation(both.kh, KR)
    before = both.peer(both.kr, KH)
    outcome = replaced(both, raw, since, why="lost")
    assert isinstance(outcome, Granted)
    peer = outcome.value
    assert {past.key for past in peer.past} == {before.receipt_key, *(key for key, _ in before.channels)}
    assert {(past.until, past.why) for past in peer.past} == {(since, "lost")}
    old = both.kr.store.channel(theirs)
    assert (old.standing, old.why) == (Standing.RETIRED, "lost")
    (new,) = [c for c in both.kr.store.channels() if c.follows is not None and c.follows.origin == theirs]
    assert new.follows is not None
    assert (new.follows.size, new.lane) == (3, Lane.URGENT)
    assert chain_order(both.kr.store.channels())[new.origin] == 1
    both.introduce(both.kh, both.kr)
    write(both.kh, KR)
    write(both.kr, KH)
    both.exchange()
    assert both.kr.store.position(new.origin).drained == 1
    assert both.kh.store.position(mine).drained == 3, "and it reads again what was written for it, from the start"
    line = nearest_line(both.kr, mine, KH, 2)
    assert line is not None
    assert line.name == f"{KH}/receipt-2"


def test_the_past_stays_valid_and_what_came_after_the_loss_proves_nothing(both: Both) -> None:
    mine = write(both.kr, KH)
    both.exchange()
    early = certify(both.kr, Place(mine, 0)).proof
    both.kr.clock.at += 60_000  # type: ignore[attr-defined]
    both.kh.clock.at += 60_000  # type: ignore[attr-defined]
    since = int(both.kr.clock.now())
    both.kh.clock.at += 60_000  # type: ignore[attr-defined]
    both.kr.clock.at += 60_000  # type: ignore[attr-defined]
    write(both.kr, KH)
    theirs = write(both.kh, KR)  # a thief goes on in the peer's name
    both.exchange()
    late = certify(both.kr, Place(mine, 1)).proof
    forged = certify(both.kr, Place(theirs, 0)).proof
    assert verify_receipt(late, policy=parse_policy(policy_text(both.kr))).delivered, "nobody knows yet"
    both.lose()
    assert isinstance(replaced(both, both.invitation(both.kh, KR), since), Granted)
    policy = parse_policy(policy_text(both.kr))
    assert verify_receipt(early, policy=policy).delivered
    for proof, code in ((late, "policy-not-met"), (forged, "writer-key-ended")):
        with pytest.raises(UnknownKey) as refused:
            verify_receipt(proof, policy=policy)
        assert refused.value.code == code
    assert nearest_line(both.kr, mine, KH, 1) is None, "so it is shown as not confirmed"
    (notice,) = [n for n in both.kr.store.notices() if n.kind == "peer-keys-replaced"]
    assert {(each["origin"], *list(each.values())[1:]) for each in notice.about["doubtful"]} == {
        (mine, 1, 2),
        (theirs, 0, 1),
    }
    assert policy.text() == parse_policy(policy.text()).text()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"fingerprint": "0" * 64}, "fingerprint-differs"),
        ({"fingerprint": ""}, "fingerprint-not-given"),
        ({"reason": "  "}, "reason-not-given"),
        ({"why": "rotated"}, "why-unknown"),
    ],
)
def test_keys_are_not_replaced_without_comparing_and_saying_why(both: Both, changed: dict[str, str], code: str) -> None:
    before = both.peer(both.kr, KH)
    both.lose()
    assert codes(replaced(both, both.invitation(both.kh, KR), 1, **changed)) == [code]
    assert both.peer(both.kr, KH) == before


def test_keys_are_not_replaced_from_the_future_nor_for_a_stranger_nor_under_a_used_name(both: Both) -> None:
    both.lose()
    raw = both.invitation(both.kh, KR)
    assert codes(replaced(both, raw, both.kr.clock.now() + 100_000)) == ["loss-in-the-future"]
    stranger = node_world(both.folder / "x", "police.vn.example", "VN", None, None, store="memory", seed=9)  # type: ignore[arg-type]
    other = roster.invite(stranger, KR, by=officer(stranger))
    assert codes(replaced(both, other, 1)) == ["nobody-to-replace"]
    twin = node_world(both.folder / "y", KH, "KH", None, None, store="memory", seed=10)  # type: ignore[arg-type]
    assert codes(replaced(both, roster.invite(twin, KR, by=officer(twin)), 1)) == ["key-name-used-before"]


def test_replacing_twice_is_replacing_once(both: Both) -> None:
    both.lose()
    raw = both.invitation(both.kh, KR)
    first = replaced(both, raw, 1)
    count = len(both.kr.store.channels())
    assert replaced(both, raw, 1) == first
    assert len(both.kr.store.channels()) == count


# ---- removed members
def _order(world: World, place: Place, origin: str) -> None:
    told = world.store.told([place])[place]
    assert told.header is not None
    target = erase_1.Erasure(origin=place.origin, index=place.index, id=told.header.id)
    order = sealed(world, erase_1.Body(targets=(target,), ground="test", ordered_by="fictional"), purpose="crime")
    world.store.keep([replace(letter(origin, order), erases=(Erasure(place),))])


def test_a_removed_member_reads_what_it_had_confirmed_and_the_orders_about_it_and_nothing_more(both: Both) -> None:
    mine = write(both.kr, KH, 3)
    both.exchange()
    write(both.kr, KH, 2)  # not fetched before it is out
    assert isinstance(roster.expel(both.kr, KH, "a test", by=officer(both.kr)), Granted)
    for lane in (Lane.RESCUE, Lane.URGENT, Lane.BULK):
        assert outgoing(both.kr, KH, lane) is None, "no flow writes for it any more"
    caller = both.peer(both.kr, KH)
    listed = {each.origin: each for each in carry.channels_for(both.kr, caller)}
    assert listed[mine].size == 3
    for ask in (
        lambda: carry.records(both.kr, caller, mine, 0, 4),
        lambda: carry.tile(both.kr, caller, mine, 0, 0, 5),
        lambda: carry.checkpoint(both.kr, caller, mine, 4),
        lambda: carry.proof(both.kr, caller, mine, 0),
        lambda: carry.entries_tile(both.kr, caller, mine, 0, 1),
        lambda: carry.well_known(both.kr, caller),
        lambda: carry.size(both.kr, caller, mine),
    ):
        with pytest.raises(NotFound):
            ask()
    successor = next(c for c in both.kr.store.channels() if c.follows is not None and c.follows.origin == mine)
    _order(both.kr, Place(mine, 1), successor.origin)
    look_for_channels(both.kh, both.peer(both.kh, KR))
    both.exchange()
    (entry,) = both.kh.store.entries(mine, 1, 2)
    assert entry.state is State.ERASED
    assert both.kh.store.position(mine).size == 3
    kinds = {
        n.header.kind for n in both.kr.store.told([Place(successor.origin, i) for i in range(9)]).values() if n.header
    }
    assert kinds == {"continues/1", "erase/1"}
    assert both.kr.store.lines(successor.origin, 2), "and confirms that it has the order"


def test_who_is_admitted_again_is_written_to_again_in_the_channel_that_went_on(both: Both) -> None:
    mine = write(both.kr, KH, 3)
    both.exchange()
    before = both.kh.store.position(mine).drained
    roster.expel(both.kr, KH, "a test", by=officer(both.kr))
    both.kh.clock.at += 60_000  # type: ignore[attr-defined]
    raw = both.invitation(both.kh, KR)
    assert isinstance(roster.accept(both.kr, raw, roster.fingerprint(raw), by=officer(both.kr)), Granted)
    again = outgoing(both.kr, KH, Lane.URGENT)
    assert again is not None
    assert both.kr.store.channel(again).follows is not None
    look_for_channels(both.kh, both.peer(both.kh, KR))
    write(both.kr, KH)
    both.exchange()
    assert both.kh.store.position(again).drained == 2
    assert both.kh.store.position(mine).drained >= before >= 3


def test_expelling_takes_a_reason_and_is_done_once(both: Both) -> None:
    assert codes(roster.expel(both.kr, KH, " ", by=officer(both.kr))) == ["reason-not-given"]
    assert both.peer(both.kr, KH).admission is Admission.ACCEPTED
    count = len(_to_kh(both))
    roster.expel(both.kr, KH, "a test", by=officer(both.kr))
    assert len(_to_kh(both)) == count + 3
    assert codes(roster.expel(both.kr, KH, "a test", by=officer(both.kr))) == ["admission-rules-this-out"]
    assert len(_to_kh(both)) == count + 3


def _to_kh(both: Both) -> list[str]:
    return [channel.origin for channel in both.kr.store.channels() if channel.audience == KH]


def test_a_channel_to_a_removed_member_may_still_be_continued(both: Both) -> None:
    roster.expel(both.kr, KH, "a test", by=officer(both.kr))
    (urgent,) = [
        c
        for c in both.kr.store.channels()
        if c.audience == KH and c.lane is Lane.URGENT and c.standing is Standing.OPEN
    ]
    new = continue_channel(both.kr, urgent.origin, "removed-member")
    assert both.kr.store.channel(new.origin).why == "removed-member"
    assert outgoing(both.kr, KH, Lane.URGENT) is None


def test_a_removed_member_is_told_to_erase_by_the_flows_that_give_orders_and_gets_no_amended_record(both: Both) -> None:
    mine = write(both.kr, KH, 2)
    both.exchange()
    told = both.kr.store.told([Place(mine, 0), Place(mine, 1)])
    ids = [told[Place(mine, at)].header.id for at in (0, 1)]  # type: ignore[union-attr]
    roster.expel(both.kr, KH, "a test", by=officer(both.kr))

    def erasing(targets: tuple[Target, ...]) -> erase_1.Body:
        named = tuple(erase_1.Erasure(origin=t.origin, index=t.index, id=t.id) for t in targets)
        return erase_1.Body(targets=named, ground="test", ordered_by="fictional")

    amended = sealed(both.kr, ack_1.Body(of=None, of_kind=None, state="done", reason=None, at=START_TEXT), purpose="x")
    gone = issue(both.kr, erasing, targets_of(both.kr, [ids[0]]), erases=True, marking=marking())
    kept = issue(both.kr, erasing, targets_of(both.kr, [ids[1]]), marking=marking(), first=lambda _: amended)
    assert (gone.readers, gone.unreached) == ((KH,), ())
    assert (kept.readers, kept.unreached) == ((), (KH,))
    look_for_channels(both.kh, both.peer(both.kh, KR))
    both.exchange()
    assert [entry.state for entry in both.kh.store.entries(mine, 0, 2)] == [State.ERASED, State.PRESENT]
