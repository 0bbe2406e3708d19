"""Passkeys: real ceremonies against a software authenticator that was written from the specification."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comity.adapters.people.speaking import SpokenCeremonies
from comity.domain.people import count_goes_on
from comity.errors import Unproven
from comity.ports.people import Site
from tests.people.authenticator import BE, BS, EDDSA, ES256, RS256, UP, UV, Authenticator
from tests.people.house import ORIGIN, PASSWORD, Browser, House, no, yes

MINUTE = 60_000


def come_in(house: House, browser: Browser, **changed: Any) -> Any:
    options = yes(browser.ask("POST", "/session/passkey/options"))
    return browser.ask("POST", "/session/passkey", {"answer": browser.passkey.get(options, **changed)})


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
@pytest.mark.parametrize("counts", [True, False])
def test_a_passkey_is_enrolled_and_opens_alone(house: House, algorithm: int, counts: bool) -> None:
    admin = house.first()
    admin.passkey.algorithm, admin.passkey.counts = algorithm, counts
    made = admin.enrol("security key (fictional)")
    assert (made["name"], made["used"]) == ("security key (fictional)", None)
    admin.ask("DELETE", "/session")
    elsewhere = house.browser()
    elsewhere.passkey = admin.passkey
    assert elsewhere.enter(come_in(house, elsewhere))["login"] == "ahn"
    assert elsewhere.get("/session")["session"]["how"] == "passkey"
    assert elsewhere.get("/passkeys")[0]["used"] is not None


def test_one_person_has_several_each_with_a_name(house: House) -> None:
    admin = house.first()
    first = admin.enrol("phone (fictional)")
    admin.passkey = Authenticator(ORIGIN)
    second = admin.enrol("key (fictional)", flags=UP | UV | BE | BS)
    assert [each["name"] for each in admin.get("/passkeys")] == ["phone (fictional)", "key (fictional)"]
    assert [each["backed_up"] for each in admin.get("/passkeys")] == [False, True]
    admin.post(f"/passkeys/{first['id']}", {"name": "old phone (fictional)"})
    yes(admin.ask("DELETE", f"/passkeys/{first['id']}"))
    assert [each["id"] for each in admin.get("/passkeys")] == [second["id"]]
    assert admin.ask("DELETE", f"/passkeys/{first['id']}").status_code == 404


def test_the_same_device_is_not_enrolled_twice(house: House) -> None:
    admin = house.first()
    admin.enrol()
    excluded = admin.post("/passkeys/options")["excludeCredentials"]
    assert [each["id"] for each in excluded] == [each["id"] for each in admin.get("/passkeys")]


CHANGED: list[dict[str, Any]] = [
    {"flags": UP},
    {"flags": UV},
    {"rp": "evil.example"},
    {"origin": "http://evil.example"},
    {"origin": "https://localhost:8711"},
    {"crossOrigin": True},
    {"challenge": "AAAA"},
    {"type": "webauthn.other"},
]


@pytest.mark.parametrize("changed", CHANGED, ids=str)
def test_what_isnt_the_ceremony_opens_nothing(house: House, changed: dict[str, Any]) -> None:
    admin = house.first()
    answer = admin.passkey.create(admin.post("/passkeys/options"), **changed)
    told = no(admin.ask("POST", "/passkeys", {"name": "x", "answer": answer}))
    assert {"passkey-not-made", "ceremony-ended"} & told.keys()
    assert admin.get("/passkeys") == []
    admin.passkey = Authenticator(ORIGIN)
    admin.enrol()
    refused = come_in(house, admin, **changed)
    assert (refused.status_code, refused.json()["code"]) == (401, "not-let-in")
    admin.enter(come_in(house, admin))


def test_an_answer_opens_once_and_within_five_minutes(house: House) -> None:
    admin = house.first()
    admin.enrol()
    options = yes(admin.ask("POST", "/session/passkey/options"))
    answer = {"answer": admin.passkey.get(options)}
    stranger = house.browser()
    stranger.enter(stranger.ask("POST", "/session/passkey", answer))
    assert stranger.ask("POST", "/session/passkey", answer).status_code == 401
    late = {"answer": admin.passkey.get(yes(admin.ask("POST", "/session/passkey/options")))}
    house.clock.at += 5 * MINUTE + 1000
    assert stranger.ask("POST", "/session/passkey", late).status_code == 401


def test_a_counter_that_stands_still_tells_of_a_copy(house: House) -> None:
    admin = house.first()
    admin.enrol()
    admin.enter(come_in(house, admin))
    admin.passkey.signatures -= 1
    assert come_in(house, admin).status_code == 401
    assert come_in(house, admin).status_code == 200 or admin.passkey.signatures > 0
    assert [count_goes_on(*pair) for pair in ((0, 0), (1, 2), (2, 2), (2, 1), (0, 5), (5, 0))] == [True, True, False, False, True, False]  # fmt: skip


def test_nobody_enrols_a_device_in_a_session_that_was_left_open(house: House) -> None:
    admin = house.first()
    house.clock.at += 16 * MINUTE
    for method, path, body in (
        ("POST", "/passkeys/options", None),
        ("POST", "/passkeys", {"name": "x", "answer": {}}),
        ("POST", "/session/codes", None),
    ):
        assert list(no(admin.ask(method, path, body))) == ["come-in-again"]
    admin.log_in("ahn")
    admin.enrol()


def test_another_persons_ceremony_is_not_finished(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer")
    answer = kim.passkey.create(admin.post("/passkeys/options"))
    assert list(no(kim.ask("POST", "/passkeys", {"name": "x", "answer": answer}))) == ["ceremony-ended"]


def test_a_suspended_person_comes_in_by_no_passkey(house: House) -> None:
    admin = house.first()
    kim = house.add(admin, "kim", "officer")
    kim.enrol()
    admin.post("/people/kim/suspend")
    assert come_in(house, kim).status_code == 401
    admin.post("/people/kim/reinstate")
    assert kim.enter(come_in(house, kim))["login"] == "kim"


def test_guessing_passwords_keeps_nobody_from_their_passkey(house: House) -> None:
    admin = house.first()
    admin.enrol()
    stranger = house.browser()
    for _ in range(70):
        stranger.ask("POST", "/session", {"login": "ahn", "password": "wrong"})
    fresh = house.browser()
    fresh.passkey = admin.passkey
    assert fresh.enter(come_in(house, fresh))["login"] == "ahn"


def test_a_page_under_a_number_says_where_passkeys_work(house: House) -> None:
    house.first()
    numbered = house.browser("http://127.0.0.1:8711")
    told = no(numbered.ask("POST", "/session/passkey/options"))
    assert told["passkeys-need-a-name"]["mend"] == "open http://localhost:8711"
    numbered.log_in("ahn", PASSWORD)
    assert "passkeys-need-a-name" in numbered.refused("/passkeys/options")


@pytest.mark.parametrize(
    "answer",
    [b"", b"x", b"[]", b"{}", b'{"response":1}', b'{"response":{}}', b'{"response":{"clientDataJSON":"!"}}', b"[" * 5000, b"{" + b" " * 70_000 + b"}"],
)  # fmt: skip
def test_odd_bytes_are_malformed_or_unproven_and_nothing_else(answer: bytes) -> None:
    from comity.domain.people import Passkey
    from comity.domain.terms import Instant
    from comity.errors import Malformed

    spoken, site = SpokenCeremonies("fictional"), Site("localhost", ORIGIN)
    passkey = Passkey(b"x", "a", "x", b"\xa0", 0, Instant(1))
    for ask in (
        lambda: spoken.challenge_in(answer),
        lambda: spoken.credential_in(answer),
        lambda: spoken.enrolled(site, b"c", answer),
        lambda: spoken.signed(site, b"c", answer, passkey),
    ):
        with pytest.raises((Malformed, Unproven)):
            ask()


def test_every_bit_of_an_answer_counts() -> None:
    """The library and our own check refuse the same answers (the latter: test_signing.py)."""
    spoken, site, device = SpokenCeremonies("fictional"), Site("localhost", ORIGIN), Authenticator(ORIGIN)
    from comity.domain.people import Passkey
    from comity.domain.terms import Instant
    from tests.people.authenticator import b64, unb64

    made = device.create(json.loads(spoken.to_enrol(site, b"c" * 32, "a", "kim", "Kim (fictional)", [])))
    key = spoken.enrolled(site, b"c" * 32, json.dumps(made).encode())
    passkey = Passkey(key.id, "a", "x", key.public, key.count, Instant(1))
    answer = device.get(json.loads(spoken.to_sign(site, b"d" * 32, [key.id])))
    assert spoken.signed(site, b"d" * 32, json.dumps(answer).encode(), passkey).count == 2
    for member in ("authenticatorData", "signature"):
        raw = bytearray(unb64(answer["response"][member]))
        for at in range(0, len(raw) * 8, 3):
            raw[at // 8] ^= 1 << at % 8
            told = {**answer, "response": {**answer["response"], member: b64(bytes(raw))}}
            with pytest.raises(Unproven):
                spoken.signed(site, b"d" * 32, json.dumps(told).encode(), passkey)
            raw[at // 8] ^= 1 << at % 8
