"""Invitations, fingerprints, and who is in the roster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.adapters.keyring import FileKeyring
from comity.domain.ledger import COSIGNATURE, ED25519, Admission, Lane, Peer
from comity.domain.terms import Granted, NodeName, Refused
from comity.errors import Malformed, MalformedNote, NotFound
from comity.flows import roster
from comity.flows.invitation import read_invitation
from comity.ports import PeerKept, World
from tests.node.homes import officer
from tests.worlds import DirectCourier, node_world

KR, KH = NodeName("police.kr.example"), NodeName("police.kh.example")


def make_world(folder: Path, name: NodeName, country: str, seed: int) -> World:
    world = node_world(folder, name, country, DirectCourier(name, {}), None, store="memory", seed=seed)
    assert isinstance(world.keyring, FileKeyring)
    world.keyring.create_certificate(name, world.clock.now())
    return replace(world, me=replace(world.me, title=f"{name} (fictional)", address="https://127.0.0.1:1"))


@dataclass(frozen=True)
class Two:
    """`kr` invites, `kh` accepts."""

    kr: World
    kh: World

    def invitation(self, *lanes: Lane) -> bytes:
        return roster.invite(self.kr, KH, lanes or (Lane.URGENT, Lane.BULK), by=officer(KR))

    def accept(self, raw: bytes, fingerprint: str | None = None) -> Granted[Peer] | Refused:
        told = roster.fingerprint(raw) if fingerprint is None else fingerprint
        return roster.accept(self.kh, raw, told, by=officer(KH))

    def accepted(self) -> Peer:
        outcome = self.accept(self.invitation())
        assert isinstance(outcome, Granted)
        return outcome.value


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(make_world(tmp_path / "kr", KR, "KR", 1), make_world(tmp_path / "kh", KH, "KH", 2))


def codes(outcome: Granted[Peer] | Refused) -> list[str]:
    assert isinstance(outcome, Refused)
    return [reason.code for reason in outcome.reasons]


def changed(raw: bytes, **members: Any) -> bytes:
    """The invitation with other members, canonical again."""
    return msgspec.json.encode({**msgspec.json.decode(raw), **members}, order="sorted") + b"\n"


# ---- inviting
def test_an_invitation_is_one_canonical_line_that_names_everything_the_other_side_pins(two: Two) -> None:
    raw = two.invitation()
    assert raw.endswith(b"}\n")
    assert raw.count(b"\n") == 1
    read = read_invitation(raw)
    assert (read.node, read.audience, read.country) == (KR, KH, "KR")
    assert read.certificate == two.kr.keyring.certificate()
    assert read.receipt_key == two.kr.keyring.key(f"{KR}/receipt")
    assert [lane for _, lane in read.channels] == [Lane.URGENT, Lane.BULK]
    assert {key.name for key, _ in read.channels} == {channel.origin for channel in two.kr.store.channels()}


def test_inviting_again_names_the_same_channels(two: Two) -> None:
    first, again = read_invitation(two.invitation()), read_invitation(two.invitation())
    assert first.channels == again.channels
    assert len(two.kr.store.channels()) == 2


def test_each_recipient_has_channels_of_its_own(two: Two) -> None:
    for_kh = read_invitation(two.invitation())
    for_sg = read_invitation(roster.invite(two.kr, NodeName("exchange.sg.example"), by=officer(KR)))
    assert {key for key, _ in for_kh.channels}.isdisjoint(key for key, _ in for_sg.channels)


def test_a_node_invites_neither_itself_nor_anybody_to_its_desk(two: Two) -> None:
    with pytest.raises(Malformed):
        roster.invite(two.kr, KR, by=officer(KR))
    for lanes in ((Lane.DESK,), (Lane.URGENT, Lane.DESK), ()):
        with pytest.raises(Malformed):
            roster.invite(two.kr, KH, lanes, by=officer(KR))
    assert two.kr.store.channels() == ()


def test_the_fingerprint_is_sha256_in_sixteen_groups_of_four(two: Two) -> None:
    raw = two.invitation()
    groups = roster.fingerprint(raw).split(" ")
    assert [len(group) for group in groups] == [4] * 16
    assert "".join(groups) == sha256(raw).hexdigest()


# ---- accepting
def test_an_accepted_peer_is_in_the_roster_with_its_channels_open(two: Two) -> None:
    raw = two.invitation()
    outcome = two.accept(raw)
    assert isinstance(outcome, Granted)
    peer = outcome.value
    assert two.kh.store.peers() == (peer,)
    assert (peer.admission, peer.fingerprint) == (Admission.ACCEPTED, sha256(raw).digest())
    held = {(c.origin, c.writer, c.audience, c.lane) for c in two.kh.store.channels()}
    assert held == {(key.name, KR, KH, lane) for key, lane in peer.channels}
    (notice,) = [each for each in two.kh.store.notices() if each.kind == "peer-accepted"]
    assert notice.about["by"] == "Kim (fictional)"


@pytest.mark.parametrize("spell", [str.upper, lambda told: told.replace(" ", ""), lambda told: told.replace(" ", ":")])
def test_a_fingerprint_may_be_written_as_people_write_it(two: Two, spell: Callable[[str], str]) -> None:
    raw = two.invitation()
    assert isinstance(two.accept(raw, spell(roster.fingerprint(raw))), Granted)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("", "fingerprint-not-given"),
        ("   ", "fingerprint-not-given"),
        ("1234", "fingerprint-shape"),
        ("0" * 64, "fingerprint-differs"),
        ("g" * 64, "fingerprint-shape"),
    ],
)
def test_without_the_whole_right_fingerprint_nobody_is_admitted(two: Two, told: str, code: str) -> None:
    assert codes(two.accept(two.invitation(), told)) == [code]
    assert two.kh.store.peers() == ()
    assert two.kh.store.channels() == ()


@given(at=st.integers(0, 63), flip=st.integers(1, 15))
def test_a_fingerprint_with_one_wrong_digit_is_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, flip: int
) -> None:
    raw, world = _once(tmp_path_factory)
    digits = sha256(raw).hexdigest()
    wrong = digits[:at] + f"{int(digits[at], 16) ^ flip:x}" + digits[at + 1 :]
    assert codes(roster.accept(world, raw, wrong, by=officer(KH))) == ["fingerprint-differs"]


@given(st.data())
def test_an_invitation_with_one_changed_byte_is_refused_or_unreadable(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw, world = _once(tmp_path_factory)
    at = data.draw(st.integers(0, len(raw) - 1))
    other = raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :]
    try:
        outcome = roster.accept(world, other, roster.fingerprint(raw), by=officer(KH))
    except Malformed:
        outcome = None
    assert outcome is None or "fingerprint-differs" in codes(outcome)
    assert world.store.peers() == ()


_MADE: list[tuple[bytes, World]] = []


def _once(factory: pytest.TempPathFactory) -> tuple[bytes, World]:
    """One invitation and one world for all examples: refusals leave no trace."""
    if not _MADE:
        folder = factory.mktemp("laws")
        two = Two(make_world(folder / "kr", KR, "KR", 1), make_world(folder / "kh", KH, "KH", 2))
        _MADE.append((two.invitation(), two.kh))
    return _MADE[0]


def test_the_same_invitation_twice_changes_nothing(two: Two) -> None:
    raw = two.invitation()
    first = two.accept(raw)
    before = (two.kh.store.peers(), two.kh.store.channels(), two.kh.store.notices())
    assert two.accept(raw) == first
    assert (two.kh.store.peers(), two.kh.store.channels(), two.kh.store.notices()) == before


def test_an_invitation_for_another_node_is_refused_with_every_reason(two: Two) -> None:
    raw = roster.invite(two.kr, NodeName("exchange.sg.example"), by=officer(KR))
    assert codes(two.accept(raw, "1")) == ["fingerprint-shape", "invitation-for-another"]


def test_our_own_invitation_is_refused(two: Two) -> None:
    raw = two.invitation()
    outcome = roster.accept(two.kr, raw, roster.fingerprint(raw), by=officer(KR))
    assert codes(outcome) == ["invitation-for-another", "invitation-by-ourselves"]


def _keys(two: Two, folder: Path) -> FileKeyring:
    """Other keys under the inviting node's name."""
    keyring = FileKeyring(folder)
    keyring.create_certificate(KR, two.kr.clock.now())
    return keyring


def test_a_known_peer_with_another_certificate_or_key_is_refused(two: Two, tmp_path: Path) -> None:
    first = two.accepted()
    stranger = Two(make_world(tmp_path / "other", KR, "KR", 9), two.kh)
    assert codes(stranger.accept(stranger.invitation())) == [
        "certificate-changed",
        "receipt-key-changed",
        "channel-key-changed",
        "channel-key-changed",
    ]
    assert two.kh.store.peers() == (first,)


@pytest.mark.parametrize("member", ["receipt", "channels"])
def test_one_changed_key_is_enough_for_a_refusal(two: Two, tmp_path: Path, member: str) -> None:
    two.accepted()
    raw, keyring = two.invitation(), _keys(two, tmp_path / "more")
    said = msgspec.json.decode(raw)
    if member == "receipt":
        other = changed(raw, receipt=keyring.create(f"{KR}/receipt", COSIGNATURE).text)
    else:
        name = said["channels"][0]["vkey"].split("+")[0]
        urgent = {"lane": "urgent", "vkey": keyring.create(name, ED25519).text}
        other = changed(raw, channels=[urgent, said["channels"][1]])
    assert codes(two.accept(other)) == [{"receipt": "receipt-key-changed", "channels": "channel-key-changed"}[member]]


def test_a_known_peer_may_move_and_open_a_further_lane(two: Two) -> None:
    first = two.accept(two.invitation(Lane.URGENT))
    assert isinstance(first, Granted)
    moved = Two(replace(two.kr, me=replace(two.kr.me, address="https://127.0.0.1:2")), two.kh)
    later = moved.accept(moved.invitation())
    assert isinstance(later, Granted)
    assert later.value.address == "https://127.0.0.1:2"
    assert [lane for _, lane in later.value.channels] == [Lane.URGENT, Lane.BULK]
    assert first.value.channels[0] == later.value.channels[0]


def test_a_certificate_that_another_peer_has_is_refused(two: Two) -> None:
    peer = two.accepted()
    two.kh.store.keep([], [PeerKept(replace(peer, name=NodeName("other.example")))])
    assert "certificate-of-another-peer" in codes(two.accept(two.invitation()))


# ---- what is no invitation
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda raw: raw[:-1], "invitation-not-canonical"),
        (lambda raw: raw + b"\n", "invitation-not-canonical"),
        (lambda raw: raw.replace(b'"format":2', b'"format": 2'), "invitation-not-canonical"),
        (lambda raw: raw.replace(b'"format":2', b'"format":2,"format":2'), "invitation-not-canonical"),
        (lambda raw: changed(raw, format=3), "invitation-format"),
        (lambda raw: changed(raw, format=1), "invitation-format"),
        (lambda raw: changed(raw, seal="AAAA"), "invitation-seal-key"),
        (lambda raw: changed(raw, witness="police.kr.example/receipt"), "key-shape"),
        (lambda raw: changed(raw, more=1), "invitation-shape"),
        (lambda raw: changed(raw, address="http://127.0.0.1"), "invitation-address"),
        (lambda raw: changed(raw, address="https://127.0.0.1/x"), "invitation-address"),
        (lambda raw: changed(raw, address="https://a@127.0.0.1"), "invitation-address"),
        (lambda raw: changed(raw, address="https://127.0.0.1:99999"), "invitation-address"),
        (lambda raw: changed(raw, title=" "), "invitation-title"),
        (lambda raw: changed(raw, title="a\x1b[2Jb"), "invitation-title"),
        (lambda raw: changed(raw, country="kr"), "country-code"),
        (lambda raw: changed(raw, node="Police"), "node-name"),
        (lambda raw: changed(raw, certificate="x"), "invitation-certificate"),
        (lambda raw: changed(raw, channels=[]), "invitation-channels"),
        (lambda raw: changed(raw, channels=msgspec.json.decode(raw)["channels"] * 9), "invitation-channels"),
        (lambda raw: changed(raw, channels=msgspec.json.decode(raw)["channels"] * 2), "invitation-key-twice"),
        (lambda raw: changed(raw, node="other.example"), "invitation-certificate"),
        (lambda raw: b"{" + b" " * 70_000 + b"}", "invitation-too-large"),
        (lambda raw: b"\xff", "invitation-shape"),
        (lambda raw: b"[]", "invitation-shape"),
    ],
)  # fmt: skip
def test_what_is_no_invitation_is_malformed(two: Two, spoil: Callable[[bytes], bytes], code: str) -> None:
    with pytest.raises(Malformed) as told:
        two.accept(spoil(two.invitation()))
    assert told.value.code == code


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("other.example/ch/0123456789abcdef", ED25519, "invitation-key-of-another"),
        ("police.kr.example/ch/0123456789ABCDEF", ED25519, "invitation-key-of-another"),
        ("police.kr.example/ch/0123456789abcdef/x", ED25519, "invitation-key-of-another"),
        ("policeXkr.example/ch/0123456789abcdef", ED25519, "invitation-key-of-another"),
        ("police.kr.example/receipt", ED25519, "invitation-key-of-another"),
        ("police.kr.example/ch/0123456789abcdef", COSIGNATURE, "invitation-key-kind"),
    ],
)
def test_a_channel_key_bears_a_name_of_the_inviting_node(
    two: Two, tmp_path: Path, name: str, kind: int, code: str
) -> None:
    key = FileKeyring(tmp_path / "keys").create(name, kind)
    raw = changed(two.invitation(), channels=[{"lane": "urgent", "vkey": key.text}])
    with pytest.raises(Malformed) as told:
        two.accept(raw)
    assert told.value.code == code


def test_a_key_that_breaks_its_own_format_is_malformed(two: Two) -> None:
    with pytest.raises(MalformedNote):
        two.accept(changed(two.invitation(), receipt="police.kr.example/receipt+00000000+AAAA"))


# ---- moving
def test_a_peer_is_suspended_and_resumed_with_reasons_that_are_kept(two: Two) -> None:
    two.accepted()
    assert roster.suspend(two.kh, KR, "a test", by=officer(KH)) != roster.resume(two.kh, KR, "over", by=officer(KH))
    assert two.kh.store.peers()[0].admission is Admission.ACCEPTED
    kept = {each.kind: each.about for each in two.kh.store.notices() if each.about.get("reason")}
    assert kept["peer-suspended"]["reason"] == "a test"
    assert kept["peer-accepted"]["reason"] == "over"


def test_an_expelled_peer_comes_back_only_by_a_later_invitation(two: Two) -> None:
    old = two.invitation()
    assert isinstance(two.accept(old), Granted)
    before = two.invitation()
    two.kh.clock.at += 60_000  # type: ignore[attr-defined]  the clock of tests
    assert isinstance(roster.expel(two.kh, KR, "a test", by=officer(KH)), Granted)
    assert codes(two.accept(old)) == ["peer-expelled"]
    assert codes(two.accept(before)) == ["peer-expelled"]
    assert codes(roster.resume(two.kh, KR, "a test", by=officer(KH))) == ["admission-rules-this-out"]
    two.kr.clock.at += 120_000  # type: ignore[attr-defined]
    again = two.accept(two.invitation())
    assert isinstance(again, Granted)
    assert again.value.admission is Admission.ACCEPTED


def test_a_new_invitation_does_not_end_a_suspension(two: Two) -> None:
    two.accepted()
    roster.suspend(two.kh, KR, "a test", by=officer(KH))
    outcome = two.accept(two.invitation())
    assert isinstance(outcome, Granted)
    assert outcome.value.admission is Admission.SUSPENDED


def test_moving_takes_a_reason_and_a_known_peer(two: Two) -> None:
    two.accepted()
    assert codes(roster.suspend(two.kh, KR, "  ", by=officer(KH))) == ["reason-not-given"]
    with pytest.raises(NotFound):
        roster.expel(two.kh, NodeName("nobody.example"), "a test", by=officer(KH))
