"""Decisions signed with a passkey, inside their record: checked offline, and every flipped bit is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from comity.domain.ledger import TlogProof, inclusion_proof
from comity.domain.receipt import verify_receipt
from comity.domain.record import Record
from comity.domain.record.kinds import decision_1, decision_2
from comity.domain.record.signed import SignedBy, challenge_of, check_signed, statement
from comity.errors import BadSignature, Malformed, Unproven
from comity.flows.filing import desk as desk_of
from comity.flows.filing import letter, sealed
from comity.flows.lookup import opened
from comity.ports import Place, World
from tests.faces.routes.desks import ask, introduced
from tests.people.authenticator import EDDSA, ES256, RS256, b64
from tests.people.house import Browser, House, no, opened_house, yes

ISSUER = "police.kr.example"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[House]:
    kr, _ = introduced(tmp_path)
    with opened_house(tmp_path, kr, passkey_for=frozenset({"approve"})) as house:
        yield house


def drafted(house: House, officer: Browser) -> str:
    request: str = officer.post("/requests", ask())["request"]
    officer.post(f"/requests/{request}/attest", {"text_title": "fictional treaty", "text_sha256": "a" * 64})
    officer.post(f"/requests/{request}/submit")
    return request


def staff(house: House) -> tuple[Browser, Browser]:
    admin = house.first()
    approver = house.add(admin, "lee", "approver", name="Lee (fictional)")
    approver.enrol()
    return house.add(admin, "kim", "officer", name="Kim (fictional)"), approver


def decision(world: World) -> tuple[Place, Record[Any]]:
    (place,) = world.store.of_kind(decision_2.KIND)
    record = opened(world, place)
    assert record is not None
    return place, record


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_an_approval_is_signed_inside_its_record_and_anybody_can_check_it(desk: House, algorithm: int) -> None:
    admin = desk.first()
    approver = desk.add(admin, "lee", "approver", name="Lee (fictional)")
    approver.passkey.algorithm = algorithm
    approver.enrol()
    request = drafted(desk, desk.add(admin, "kim", "officer"))
    told = no(approver.ask("POST", f"/requests/{request}/approve"))
    assert told["passkey-needed"]["acts"] == ["approve"]
    yes(approver.ask("POST", f"/requests/{request}/approve", None, **approver.sign("approve", request)))
    place, record = decision(desk.world)
    shown = check_signed(ISSUER, record.body, record.body.signed)
    names = {ES256: "ES256", EDDSA: "Ed25519", RS256: "RS256"}
    assert (shown.by, shown.algorithm, shown.at) == ("Lee (fictional)", names[algorithm], record.body.at)
    account = desk.world.people.account_named("lee")
    assert account is not None
    assert shown.account == account.id
    assert verified(desk.world, place) == shown
    history = approver.get(f"/requests/{request}")["history"]
    assert history[-1]["event"] == record.body.event


def verified(world: World, place: Place) -> SignedBy | None:
    """As a stranger sees it who has nothing but the receipt."""
    store, size = world.store, world.store.position(place.origin).size
    (entry,) = store.entries(place.origin, place.index, place.index + 1)
    hashes = inclusion_proof(place.index, size, lambda level, n, width: store.tile(place.origin, level, n, width))
    extra = (entry.salt or b"") + (entry.envelope or b"")
    return verify_receipt(TlogProof(extra, place.index, hashes, store.note(place.origin, size)).to_bytes()).signed


# ---- every bit -----------------------------------------------------------------------------------------------------------
def flipped(hexes: str) -> Iterator[str]:
    raw = bytearray.fromhex(hexes)
    for at in range(len(raw) * 8):
        raw[at // 8] ^= 1 << at % 8
        yield raw.hex()
        raw[at // 8] ^= 1 << at % 8


MEMBERS = ("account", "subject", "rp", "credential", "key", "authenticator", "client", "signature")


@pytest.mark.parametrize("member", MEMBERS)
def test_a_flipped_bit_anywhere_in_the_signature_is_refused(desk: House, member: str) -> None:
    officer, approver = staff(desk)
    request = drafted(desk, officer)
    yes(approver.ask("POST", f"/requests/{request}/approve", None, **approver.sign("approve", request)))
    _, record = decision(desk.world)
    good = record.body.signed
    told = getattr(good, member)
    others = (
        list(flipped(told)) if member not in ("account", "rp") else [told.replace(c, "7") for c in set(told) - {"7"}]
    )
    assert others
    for other in others:
        with pytest.raises((Unproven, Malformed)):
            check_signed(ISSUER, record.body, structs.replace(good, **{member: other}))


@pytest.mark.parametrize(
    "changed",
    [
        {"request": "0193a5d1-0000-7000-8000-00000000f1c8"},
        {"event": "approve2"},
        {"by": "fictional officex"},
        {"role": "officer"},
        {"at": "2026-11-25T08:00:00.001Z"},
        {"ground": "missing-basis"},
        {"choice": "granted"},
        {"terms": (decision_1.Term("text", "kind"),)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_another_decision_under_the_same_signature_is_refused(changed: dict[str, Any]) -> None:
    body = decision_2.EXAMPLE
    assert check_signed(ISSUER, body, body.signed).by == "fictional officer"
    with pytest.raises(BadSignature, match="something else was signed"):
        check_signed(ISSUER, structs.replace(body, **changed), body.signed)
    with pytest.raises(BadSignature, match="something else was signed"):
        check_signed("police.kh.example", body, body.signed)


def test_no_two_decisions_have_one_statement() -> None:
    """Parts have their length before them: what moves from one into the next is another statement."""
    body = decision_2.EXAMPLE
    one = structs.replace(body, event="approve", by="x")
    other = structs.replace(body, event="approv", by="ex")
    said = [statement(ISSUER, each, "a", "b", b"c") for each in (one, other)]
    assert challenge_of(said[0]) != challenge_of(said[1])


def test_a_receipt_over_a_forged_signature_is_refused(desk: House) -> None:
    body = decision_2.EXAMPLE
    forged = structs.replace(body, signed=structs.replace(body.signed, subject="0" * 64))
    origin = desk_of(desk.world)
    (place,) = desk.world.store.keep([letter(origin, sealed(desk.world, forged, purpose="crime"))])
    with pytest.raises(BadSignature, match="something else was signed"):
        verified(desk.world, place)


# ---- what the node refuses -------------------------------------------------------------------------------------------------
def test_a_signature_is_good_once_and_for_what_was_shown(desk: House) -> None:
    officer, approver = staff(desk)
    one, other = drafted(desk, officer), drafted(desk, officer)
    signed = approver.sign("approve", one)
    assert "signed-something-else" in no(approver.ask("POST", f"/requests/{other}/approve", None, **signed))
    yes(approver.ask("POST", f"/requests/{one}/approve", None, **signed))
    assert "ceremony-ended" in no(approver.ask("POST", f"/requests/{other}/approve", None, **signed))
    late = approver.sign("approve", other)
    desk.clock.at += 301_000
    assert "ceremony-ended" in no(approver.ask("POST", f"/requests/{other}/approve", None, **late))


def test_what_changed_after_it_was_shown_is_not_approved(desk: House) -> None:
    officer, approver = staff(desk)
    request = drafted(desk, officer)
    signed = approver.sign("approve", request)
    officer.post(f"/requests/{request}/attest", {"text_title": "another text", "text_sha256": "b" * 64})
    assert "signed-something-else" in no(approver.ask("POST", f"/requests/{request}/approve", None, **signed))


@pytest.mark.parametrize(
    "changed",
    [{"flags": 0x01}, {"flags": 0x04}, {"rp": "evil.example"}, {"origin": "http://localhost:9"}, {"crossOrigin": True}, {"type": "webauthn.create"}],
)  # fmt: skip
def test_a_signature_that_was_made_otherwise_is_refused(desk: House, changed: dict[str, Any]) -> None:
    officer, approver = staff(desk)
    request = drafted(desk, officer)
    options = approver.post("/passkeys/sign", {"act": "approve", "thing": request})
    answer = approver.passkey.get(options, **changed)
    signed = {"x_comity_passkey": b64(json.dumps(answer).encode())}
    assert "passkey-signature" in no(approver.ask("POST", f"/requests/{request}/approve", None, **signed))
    assert desk.world.store.of_kind(decision_2.KIND) == []


def test_nobody_signs_for_somebody_else(desk: House) -> None:
    officer, approver = staff(desk)
    request = drafted(desk, officer)
    other = desk.add(desk.browser_of("ahn"), "park", "approver", name="Park (fictional)")
    other.enrol()
    signed = approver.sign("approve", request)
    assert "ceremony-ended" in no(other.ask("POST", f"/requests/{request}/approve", None, **signed))
    stolen = replace(approver.passkey)
    options = other.post("/passkeys/sign", {"act": "approve", "thing": request})
    options["allowCredentials"] = []
    answer = stolen.get(options)
    told = no(
        other.ask("POST", f"/requests/{request}/approve", None, x_comity_passkey=b64(json.dumps(answer).encode()))
    )
    assert "ceremony-ended" in told


def test_a_removed_passkey_signs_nothing_and_what_it_signed_stays_signed(desk: House) -> None:
    officer, approver = staff(desk)
    one, other = drafted(desk, officer), drafted(desk, officer)
    yes(approver.ask("POST", f"/requests/{one}/approve", None, **approver.sign("approve", one)))
    signed = approver.sign("approve", other)
    (mine,) = approver.get("/passkeys")
    yes(approver.ask("DELETE", f"/passkeys/{mine['id']}"))
    assert "ceremony-ended" in no(approver.ask("POST", f"/requests/{other}/approve", None, **signed))
    assert "no-passkey" in approver.refused("/passkeys/sign", {"act": "approve", "thing": other})
    _, record = decision(desk.world)
    kept = desk.world.people.passkey(bytes.fromhex(record.body.signed.credential))
    assert kept is not None
    assert kept.public.hex() == record.body.signed.key
