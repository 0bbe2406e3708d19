"""A node's own keys change while records flow: nothing stops, nothing that was confirmed loses its worth."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from comity.domain.ledger import COSIGNATURE, Lane, Peer, parse_note, parse_policy
from comity.domain.receipt import verify_receipt
from comity.domain.record.kinds import roster_2
from comity.domain.terms import Actor, Granted, Instant, NodeName, Refused, instant_text
from comity.errors import UnknownKey
from comity.flows import carry, rotate
from comity.flows.certify import certify, policy_text
from comity.flows.drain import Drainer
from comity.flows.filing import letter, sealed
from comity.flows.own_roster import own_roster
from comity.flows.receipt_keys import farthest_line, nearest_line, signing_key
from comity.flows.receive import Puller, pull_all
from comity.flows.roster_news import OVERLAP_MS, after_news
from comity.ports import Place, World
from tests.worlds import Pair, channel_to, introduce, pair, sealed_indicator
from tests.worlds import letter as sent

DAY_MS = 86_400_000


class Both:
    """Two nodes that write for each other, and pull until nothing is new."""

    def __init__(self, two: Pair) -> None:
        self.kr, self.kh = two.kr, two.kh
        self.back = channel_to(two.kh, two.kr.me.name, Lane.URGENT, "c" * 16)
        introduce(two.kr, two.kh, [self.back])
        self.two = two

    def by(self, world: World) -> Actor:
        return Actor("Kim (fictional)", world.me.name, "officer")

    def peer(self, world: World, of: World) -> Peer:
        return next(peer for peer in world.store.peers() if peer.name == of.me.name)

    def exchange(self, rounds: int = 2) -> None:
        for _ in range(rounds):
            for here, there in ((self.kh, self.kr), (self.kr, self.kh)):
                pull_all(Puller(here, self.peer(here, there)))
                Drainer(here, there.me.name).drain_all()

    def write(self, world: World, origin: str, count: int = 1) -> None:
        start = world.store.position(origin).size
        world.store.keep([sent(origin, sealed_indicator(world, start + n)) for n in range(count)])

    def pass_time(self, ms: int) -> None:
        for world in (self.kr, self.kh):
            world.clock.at += ms  # type: ignore[attr-defined]


@pytest.fixture(params=["memory", "sqlite"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Both]:
    made = Both(pair(tmp_path, store=request.param))
    yield made
    made.kr.store.close()
    made.kh.store.close()


def rotated(both: Both, world: World, why: str = "rotated") -> str:
    outcome = rotate.rotate_receipt_key(world, why, by=both.by(world))
    assert isinstance(outcome, Granted)
    return outcome.value.name


def codes(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused)
    return [reason.code for reason in outcome.reasons]


# ---- receipt key
def test_a_new_receipt_key_is_used_only_after_the_writer_has_confirmed_that_it_knows_it(both: Both) -> None:
    both.write(both.kr, both.two.urgent.origin)
    both.exchange()
    name = rotated(both, both.kh)
    assert name == "taskforce.kh.example/receipt-2"
    assert signing_key(both.kh, both.kr.me.name).name == "taskforce.kh.example/receipt"
    both.write(both.kr, both.two.urgent.origin)
    Puller(both.kh, both.peer(both.kh, both.kr)).pull(both.two.urgent.origin)
    assert [line.name for line in both.kr.store.lines(both.two.urgent.origin, 2)] == ["taskforce.kh.example/receipt"]
    both.exchange()
    assert signing_key(both.kh, both.kr.me.name).name == name
    assert both.peer(both.kr, both.kh).receipt_key.name == name
    both.write(both.kr, both.two.urgent.origin)
    both.exchange()
    size = both.kr.store.position(both.two.urgent.origin).size
    assert [line.name for line in both.kr.store.lines(both.two.urgent.origin, size)] == [name]
    assert not [n for n in both.kh.store.notices() if n.kind == "cosignature-refused"], "and traffic never stopped"


def test_lines_of_both_keys_are_found_and_every_receipt_verifies_under_the_policy_of_either_end(both: Both) -> None:
    origin = both.two.urgent.origin
    both.write(both.kr, origin)
    both.exchange()
    rotated(both, both.kh)
    both.exchange()
    both.write(both.kr, origin)
    both.exchange()
    last = both.kr.store.position(origin).size - 1
    for world in (both.kr, both.kh):
        policy = parse_policy(policy_text(world))
        for index, name in ((0, "receipt"), (last, "receipt-2")):
            line = nearest_line(world, origin, both.kh.me.name, index)
            assert line is not None
            assert line.name.endswith(f"/{name}")
            shown = verify_receipt(certify(world, Place(origin, index)).proof, policy=policy)
            assert [(c.name.rpartition("/")[2], c.capacity) for c in shown.delivered] == [(name, "receipt")]
        farthest = farthest_line(world, origin, both.kh.me.name, last + 1)
        assert farthest is not None
        assert farthest.size == last + 1


def test_what_the_old_key_signs_after_its_end_proves_nothing(both: Both) -> None:
    origin = both.two.urgent.origin
    both.write(both.kr, origin)
    both.exchange()
    rotated(both, both.kh)
    both.exchange()
    policy = parse_policy(policy_text(both.kr))
    (end,) = policy.ends
    assert end.key.name == "taskforce.kh.example/receipt"
    both.pass_time(OVERLAP_MS + DAY_MS)
    both.write(both.kr, origin)
    note = parse_note(both.kr.store.position(origin).note)
    late = _line(both.kh, "taskforce.kh.example/receipt", note.text, both.kh.clock.now() // 1000)
    status, answer = carry.take_cosignature(both.kr, both.peer(both.kr, both.kh), origin, note.text + b"\n" + late)
    assert (status, answer) == (403, b"key-has-ended\n")
    whole = note.to_bytes() + late
    proof = certify(both.kr, Place(origin, 0)).proof
    forged = _with_note(both.kr, origin, whole)
    assert verify_receipt(proof, policy=policy).delivered
    with pytest.raises(UnknownKey) as refused:
        verify_receipt(forged, policy=policy)
    assert refused.value.code == "policy-not-met"
    assert refused.value.facts["after_its_end"] == ["taskforce.kh.example/receipt"]


def test_a_stolen_receipt_key_confirms_nothing_any_more_whatever_time_its_line_bears(both: Both) -> None:
    origin = both.two.urgent.origin
    both.write(both.kr, origin)
    both.exchange()
    rotated(both, both.kh, "stolen")
    both.exchange()
    both.write(both.kr, origin)
    note = parse_note(both.kr.store.position(origin).note)
    backdated = _line(both.kh, "taskforce.kh.example/receipt", note.text, 1_700_000_000)
    status, answer = carry.take_cosignature(both.kr, both.peer(both.kr, both.kh), origin, note.text + b"\n" + backdated)
    assert (status, answer) == (403, b"no-line-of-yours\n")
    both.exchange()
    size = both.kr.store.position(origin).size
    assert [line.name for line in both.kr.store.lines(origin, size)] == ["taskforce.kh.example/receipt-2"]


def test_a_key_that_was_not_told_in_time_is_used_all_the_same_once_the_old_one_has_ended(both: Both) -> None:
    """The writer answers 403 until it knows it; then the stored line is taken, byte for byte."""
    origin = both.two.urgent.origin
    both.write(both.kr, origin)
    both.exchange()
    rotated(both, both.kh)
    both.pass_time(OVERLAP_MS + 1000)
    both.write(both.kr, origin)
    puller = Puller(both.kh, both.peer(both.kh, both.kr))
    assert puller.pull(origin).posted == 0
    both.exchange()
    size = both.kh.store.position(origin).size
    assert [line.name for line in both.kr.store.lines(origin, size)] == ["taskforce.kh.example/receipt-2"]


def test_a_second_change_waits_until_the_first_is_over_and_takes_the_next_number(both: Both) -> None:
    rotated(both, both.kh)
    assert codes(rotate.rotate_receipt_key(both.kh, by=both.by(both.kh))) == ["rotation-under-way"]
    assert codes(rotate.rotate_receipt_key(both.kh, "bored", by=both.by(both.kh))) == ["why-unknown"]
    both.pass_time(OVERLAP_MS + 1000)
    assert rotated(both, both.kh) == "taskforce.kh.example/receipt-3"
    both.exchange(3)
    assert both.peer(both.kr, both.kh).receipt_key.name == "taskforce.kh.example/receipt-3"


def _line(world: World, name: str, text: bytes, time_s: int) -> bytes:
    from comity.domain.ledger import cosignature_line

    return cosignature_line(world.keyring.key(name), lambda message: world.keyring.sign(name, message), text, time_s)


def _with_note(world: World, origin: str, note: bytes) -> bytes:
    """A receipt of the first entry under this note."""
    from comity.domain.ledger import TlogProof, inclusion_proof

    entry = world.store.entries(origin, 0, 1)[0]
    size = world.store.position(origin).size
    hashes = inclusion_proof(0, size, lambda level, n, width: world.store.tile(origin, level, n, width))
    return TlogProof((entry.salt or b"") + (entry.envelope or b""), 0, hashes, note).to_bytes()


# ---- certificate
def test_a_certificate_is_announced_confirmed_and_only_then_switched(both: Both) -> None:
    both.exchange()
    before = both.kr.keyring.certificate()
    assert codes(rotate.switch_certificate(both.kr, by=both.by(both.kr))) == ["certificate-not-announced"]
    announced = rotate.announce_certificate(both.kr, by=both.by(both.kr))
    assert isinstance(announced, Granted)
    assert rotate.announce_certificate(both.kr, by=both.by(both.kr)) == announced, "the same one, told once"
    assert codes(rotate.switch_certificate(both.kr, by=both.by(both.kr))) == ["certificate-not-confirmed"]
    both.exchange()
    peer = both.peer(both.kh, both.kr)
    assert (peer.certificate, peer.next_certificate) == (before, announced.value)
    assert isinstance(rotate.switch_certificate(both.kr, by=both.by(both.kr)), Granted)
    assert both.kr.keyring.certificate() == before, "until the node starts anew"
    both.kr.keyring.settle_certificate()  # type: ignore[attr-defined]
    assert both.kr.keyring.certificate() == announced.value
    assert own_roster(both.kr).certificate == b64encode(announced.value).decode()


def test_a_peer_that_can_not_be_told_may_be_left_behind_by_name(both: Both) -> None:
    both.exchange()
    rotate.announce_certificate(both.kr, by=both.by(both.kr))
    outcome = rotate.switch_certificate(both.kr, by=both.by(both.kr), without=(both.kh.me.name,))
    assert isinstance(outcome, Granted)


# ---- what arrives
def body(world: World, **changed: object) -> roster_2.Body:
    """What `world` could say of itself."""
    der = world.keyring.certificate()
    members: dict[str, object] = {
        "node": world.me.name,
        "version": 5,
        "keys": tuple(own_roster(world).keys),
        "certificate": b64encode(der).decode(),
        "certificate_sha256": sha256(der).hexdigest(),
        "address": world.me.address,
    }
    return roster_2.Body(**(members | changed))  # type: ignore[arg-type]


def told(both: Both, *bodies: roster_2.Body) -> None:
    origin = both.two.urgent.origin
    both.kr.store.keep([letter(origin, sealed(both.kr, each, purpose="roster")) for each in bodies])
    both.exchange()


def test_only_a_higher_version_changes_anything(both: Both) -> None:
    both.exchange()
    told(
        both,
        body(both.kr, version=7, address="https://127.0.0.1:7"),
        body(both.kr, version=6, address="https://127.0.0.1:6"),
    )
    peer = both.peer(both.kh, both.kr)
    assert (peer.version, peer.address) == (7, "https://127.0.0.1:7")
    told(both, body(both.kr, version=7, address="https://127.0.0.1:8"))
    assert both.peer(both.kh, both.kr) == peer


def _key(world: World, name: str, lane: str, **more: object) -> roster_2.Key:
    key = world.keyring.create(name, COSIGNATURE)
    at = instant_text(Instant(1_795_000_000_000))
    return roster_2.Key(vkey=key.text, lane=lane, audience=(), valid_from=at, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda kr: {"node": "other.example"}, "roster-of-another-node"),
        (lambda kr: {"address": "http://127.0.0.1:1"}, "roster-address"),
        (lambda kr: {"certificate": "AAAA"}, "roster-certificate"),
        (lambda kr: {"certificate_sha256": "0" * 64}, "roster-certificate"),
        (lambda kr: {"keys": ()}, "roster-receipt-key"),
        (lambda kr: {"keys": (_key(kr, "police.kr.example/receipt-x", "receipt"),)}, "roster-receipt-key"),
        (lambda kr: {"keys": (_key(kr, "other.example/receipt", "receipt"),)}, "roster-receipt-key"),
        (lambda kr: {"keys": own_roster(kr).keys * 2}, "roster-key-twice"),
        (
            lambda kr: {"keys": (*own_roster(kr).keys, _key(kr, "other.example/witness", "witness"))},
            "roster-witness-key",
        ),
        (lambda kr: {"keys": (roster_2.Key(vkey="x", lane="a", audience=(), valid_from="2026-01-01T00:00:00Z"),)}, "key-shape"),
        (lambda kr: {"seal": "AAB="}, "roster-seal-key"),
    ],
)  # fmt: skip
def test_a_roster_that_is_not_the_writers_or_does_not_fit_together_is_passed_over(
    both: Both, spoil: object, why: str
) -> None:
    both.exchange()
    before = both.peer(both.kh, both.kr)
    told(both, body(both.kr, **spoil(both.kr)))  # type: ignore[operator]
    assert both.peer(both.kh, both.kr) == before
    passed = [n.about["why"] for n in both.kh.store.notices() if n.kind == "roster-passed-over"]
    assert passed == [why]


def test_a_key_that_was_replaced_does_not_come_back(both: Both) -> None:
    both.exchange()
    first = own_roster(both.kr).keys
    second = (_key(both.kr, "police.kr.example/receipt-2", "receipt"),)
    told(both, body(both.kr, version=7, keys=second), body(both.kr, version=8, keys=first))
    peer = both.peer(both.kh, both.kr)
    assert (peer.version, peer.receipt_key.name) == (7, "police.kr.example/receipt-2")
    assert [n.about["why"] for n in both.kh.store.notices() if n.kind == "roster-passed-over"] == [
        "roster-key-comes-back"
    ]


def test_a_node_can_not_unsay_its_receipts_by_ending_a_key_before_we_took_it_up(both: Both) -> None:
    peer = both.peer(both.kh, both.kr)
    old = own_roster(both.kr).keys[0]
    ended = roster_2.Key(
        vkey=old.vkey, lane="receipt", audience=(), valid_from=old.valid_from, valid_to=old.valid_from, ended_why="lost"
    )
    keys = (ended, _key(both.kr, "police.kr.example/receipt-2", "receipt"))
    now = Instant(1_795_900_000_000)
    news = after_news(peer, body(both.kr, keys=keys), me=NodeName("taskforce.kh.example"), others=(), now=now)
    (past,) = news.peer.past  # type: ignore[union-attr]
    assert (past.until, past.why) == (now, "lost")


def test_a_roster_changes_its_writers_entry_and_nobody_elses(both: Both) -> None:
    both.exchange()
    other = replace(both.peer(both.kh, both.kr), name=NodeName("other.example"), certificate=b"x")
    from comity.ports import PeerKept

    both.kh.store.keep([], [PeerKept(other)])
    told(both, body(both.kr, version=7, address="https://127.0.0.1:7"))
    assert next(p for p in both.kh.store.peers() if p.name == "other.example") == other
