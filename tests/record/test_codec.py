"""Sealing and opening: exactly the personal places, exact bytes, and a skeleton that outlives them."""

from __future__ import annotations

import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from comity.domain.record import (
    CLOSED,
    About,
    Field,
    Marking,
    encode_fields,
    kinds,
    open_record,
    read_envelope,
    schema,
    schemas,
)
from comity.domain.record.kinds import action_1, decision_1, indicator_1, report_1, request_1
from comity.domain.record.places import Target, Value
from comity.domain.record.pointer import pointer_to
from comity.domain.terms import Instant
from comity.errors import MalformedRecord

from .making import ID, MADE, example, sealed

KINDS = sorted(kinds())
TEXT = st.text(max_size=30).filter(lambda text: text.isprintable() or "\n" in text)
WORD = st.text(alphabet="abcXYZ-_é한", min_size=1, max_size=12)
UUIDS = st.uuids().map(str)
TIMES = st.sampled_from(["2026-11-24T09:30:00Z", "2024-02-29T23:59:59.999Z", "2026-11-24T09:30:00.123Z"])
OPEN = st.builds(Value, kind=st.sampled_from(["url", "domain", "wallet", "handle"]), value=TEXT)
CLOSED_VALUES = st.lists(st.builds(Value, kind=st.sampled_from(["phone", "email", "passport"]), value=TEXT), max_size=3)
REPORTS = st.builds(
    report_1.Body,
    report=UUIDS,
    channel_in=st.sampled_from(["citizen", "officer", "partner", "file"]),
    received=TIMES,
    country=st.sampled_from(["KR", "VN"]),
    category=WORD,
    indicators=st.lists(OPEN, max_size=3).map(tuple),
    language=st.none() | WORD,
    fictional=st.booleans(),
    contacts=st.just(UNSET) | CLOSED_VALUES.map(tuple),
    narrative=st.just(UNSET) | TEXT,
    reporter=st.just(UNSET) | st.builds(report_1.Person, name=st.none() | TEXT, contact=st.none() | TEXT),
    victims=st.just(UNSET)
    | st.lists(st.builds(report_1.Victim, name=TEXT, note=st.none() | TEXT), max_size=2).map(tuple),
)
ACTIONS = st.builds(
    action_1.Body,
    request=UUIDS,
    event=WORD,
    measure=WORD,
    by=WORD,
    at=TIMES,
    taken=st.none() | WORD,
    hold_until=st.none() | TIMES,
    note=st.just(UNSET) | TEXT,
)


def fault_of(raw: bytes, fields: tuple[Field, ...] = ()) -> str:
    with pytest.raises(MalformedRecord) as fault:
        open_record(raw, fields)
    return fault.value.code


def changed(raw: bytes, **more: Any) -> bytes:
    return json.dumps(json.loads(raw) | more, separators=(",", ":"), ensure_ascii=False).encode()


@settings(deadline=None)
@given(REPORTS | ACTIONS, st.lists(st.booleans(), min_size=4, max_size=4))
def test_what_is_sealed_opens_again_as_far_as_fields_are_here(body: Any, keep: list[bool]) -> None:
    record = sealed(body)
    assert open_record(record.envelope, record.fields).body == body
    kept = tuple(field for field, here in zip(record.fields, keep, strict=False) if here)
    opened = open_record(record.envelope, kept)
    assert opened.absent == {field.pointer for field in record.fields} - {field.pointer for field in kept}
    gone = {kinds()[opened.envelope.kind].personal[pointer]: UNSET for pointer in opened.absent}
    assert opened.body == msgspec.structs.replace(body, **gone)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_brings_an_example_that_seals_and_opens(kind: str) -> None:
    body = example(kind)
    record = sealed(body)
    assert open_record(record.envelope, record.fields).body == body
    assert open_record(record.envelope, record.fields).absent == frozenset()


@pytest.mark.parametrize("kind", KINDS)
def test_exactly_what_the_schema_marks_personal_is_sealed(kind: str) -> None:
    told = schema(kind)
    body = told["$defs"][told["$ref"].rpartition("/")[2]]
    marked = {pointer_to(name) for name, place in body["properties"].items() if place.get("personal")}
    record = sealed(example(kind))
    assert {field.pointer for field in record.fields} == marked, "the example fills every personal place"
    assert json.loads(record.envelope).get("sealed", {}).keys() == marked
    assert not marked & {pointer_to(name) for name in body["required"]}


@pytest.mark.parametrize("kind", KINDS)
def test_no_personal_mark_hides_below_the_top_of_a_body(kind: str) -> None:
    told = schema(kind)
    top = told["$ref"].rpartition("/")[2]
    others = {name: place for name, place in told["$defs"].items() if name != top}
    assert '"personal"' not in json.dumps(others)
    assert json.dumps(told).count('"personal": true') == len(kinds()[kind].personal)


def test_no_personal_value_is_in_an_envelope() -> None:
    for kind in KINDS:
        record = sealed(example(kind))
        for field in record.fields:
            words = [word for word in json.dumps(json.loads(field.value)).split('"') if len(word) > 12]
            assert all(word.encode() not in record.envelope for word in words)


def test_schemas_lists_every_kind() -> None:
    assert sorted(schemas()) == KINDS


def test_salts_are_asked_for_once_a_field_and_never_shared() -> None:
    record = sealed(example("report/1"))
    assert len({field.salt for field in record.fields}) == len(record.fields) == 4


# --- erasure ---------------------------------------------------------------------------------------------------------


def test_after_erasing_every_field_who_asked_whom_on_what_basis_and_who_approved_stay_readable() -> None:
    body: request_1.Body = example("request/1")
    record = sealed(body)
    skeleton = open_record(record.envelope, ())
    assert skeleton.envelope.issuer == "police.kr.example"
    assert skeleton.envelope.made == "2026-11-24T09:30:00.123Z"
    assert skeleton.envelope.basis == "fictional-act-1"
    assert skeleton.envelope.purpose == "prevent-crime"
    assert (skeleton.body.to, skeleton.body.approved_by) == (body.to, body.approved_by)
    assert skeleton.body.approved_at == body.approved_at
    assert skeleton.body.facts is UNSET
    assert skeleton.absent == {"/facts", "/form_personal", "/personal_targets"}


def test_erasing_fields_changes_no_byte_that_the_leaf_commits_to() -> None:
    record = sealed(example("request/1"))
    salt = bytes(range(32))
    before = hmac.digest(salt, record.envelope, "sha256")
    left = record.fields[1:]
    assert open_record(record.envelope, left).body.facts is UNSET
    assert hmac.digest(salt, record.envelope, "sha256") == before
    assert len(encode_fields(left)) < len(encode_fields(record.fields))


# --- refusals --------------------------------------------------------------------------------------------------------


BASE = sealed(example("decision/1")).envelope
REFUSED: list[tuple[str, bytes, str]] = [
    ("an unknown kind", changed(BASE, kind="opinion/1"), "unknown-kind"),
    ("a version not known", changed(BASE, kind="decision/9"), "unknown-kind"),
    ("a kind without version", changed(BASE, kind="decision"), "text-without-its-form"),
    ("an envelope of another version", changed(BASE, v=2), "envelope-does-not-decode"),
    ("an unknown member", changed(BASE, extra=1), "envelope-does-not-decode"),
    (
        "no body",
        json.dumps({k: v for k, v in json.loads(BASE).items() if k != "body"}).encode(),
        "envelope-does-not-decode",
    ),
    (
        "no basis at all",
        json.dumps({k: v for k, v in json.loads(BASE).items() if k != "basis"}).encode(),
        "envelope-does-not-decode",
    ),
    ("an id of UUID version 4", changed(BASE, id="0193a5d1-1111-4000-8000-00000000f1c7"), "text-without-its-form"),
    ("an id in capitals", changed(BASE, id=ID.upper()), "text-without-its-form"),
    ("an id with a line feed", changed(BASE, id=ID + "\n"), "text-without-its-form"),
    ("an issuer that is no host", changed(BASE, issuer="Police"), "issuer-not-a-node-name"),
    ("a time with an offset", changed(BASE, made="2026-11-24T09:30:00+09:00"), "text-without-its-form"),
    ("a day that isn't", changed(BASE, made="2026-02-30T00:00:00Z"), "time-not-rfc3339-utc"),
    ("a second that isn't", changed(BASE, made="2026-02-20T00:00:60Z"), "time-not-rfc3339-utc"),
    ("the year 0", changed(BASE, made="0000-02-20T00:00:00Z"), "time-not-rfc3339-utc"),
    ("a made-up expiry", changed(BASE, expires="soon"), "text-without-its-form"),
    (
        "a hash that is none",
        changed(BASE, about=[{"origin": "a", "index": 0, "sha256": "00"}]),
        "text-without-its-form",
    ),
    (
        "a reference below zero",
        changed(BASE, about=[{"origin": "a", "index": -1, "sha256": "0" * 64}]),
        "envelope-does-not-decode",
    ),
    ("a body that is a number", changed(BASE, body=1), "body-does-not-decode"),
    ("a body with a member too many", changed(BASE, body=json.loads(BASE)["body"] | {"x": 1}), "body-does-not-decode"),
    ("a body without its request", changed(BASE, body={}), "body-does-not-decode"),
    (
        "a day in the body that isn't",
        changed(BASE, body=json.loads(BASE)["body"] | {"at": "2026-02-30T00:00:00Z"}),
        "time-not-rfc3339-utc",
    ),
    (
        "a deep text without its form",
        changed(BASE, body=json.loads(BASE)["body"] | {"terms": [{"text": "x", "kind": "y", "until": "z"}]}),
        "text-without-its-form",
    ),
    (
        "a personal value in the clear",
        changed(BASE, sealed={}, body=json.loads(BASE)["body"] | {"reason": "x"}),
        "personal-in-the-clear",
    ),
    (
        "a sealed value in the clear too",
        changed(BASE, body=json.loads(BASE)["body"] | {"reason": "x"}),
        "personal-in-the-clear",
    ),
    ("a sealed place that the kind hasn't", changed(BASE, sealed={"/by": "A" * 43 + "="}), "sealed-place-unknown"),
    ("a pointer into a key", changed(BASE, kind="opinion/1", sealed={"by": "A" * 43 + "="}), "pointer"),
    ("too large an envelope", b" " * (1 << 20) + BASE, "envelope-too-large"),
]


@pytest.mark.parametrize(("what", "raw", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_an_envelope_or_body_may_not_be_is_refused_by_its_code(what: str, raw: bytes, code: str) -> None:
    assert fault_of(raw) == code
    assert fault_of(raw[:-1] + b" }") in (code, "envelope-too-large")


def test_a_fault_tells_the_place_and_not_the_value() -> None:
    body = json.loads(BASE)["body"] | {"terms": [{"text": "x", "kind": 7}]}
    with pytest.raises(MalformedRecord) as fault:
        open_record(changed(BASE, body=body), ())
    assert fault.value.facts == {"kind": "decision/1", "path": "$.terms[0].kind"}


@pytest.mark.parametrize("key", ['a"b', "a\\b", "a\nb", "\x00"])
def test_a_key_that_needs_a_backslash_is_refused_also_where_it_would_come_out_as_it_went_in(key: str) -> None:
    with pytest.raises(MalformedRecord) as fault:
        sealed(msgspec.structs.replace(example("request/1"), form={key: "x"}))
    assert fault.value.code == "escaped-key"
    with pytest.raises(MalformedRecord) as fault:
        sealed(msgspec.structs.replace(example("request/1"), form_personal={key: "x"}))
    assert fault.value.code == "escaped-key"
    members = json.loads(BASE) | {"kind": "opinion/1", "sealed": {"/" + key: "A" * 43 + "="}}
    raw = msgspec.json.encode(members)
    with pytest.raises(MalformedRecord) as fault:
        read_envelope(raw)
    assert fault.value.code == "escaped-key"


def committed(value: bytes) -> tuple[bytes, tuple[Field, ...]]:
    """A decision whose issuer has sealed these very bytes as its reason."""
    import base64

    field = Field("/reason", bytes(32), value)
    digest = hmac.digest(field.salt, b"/reason\x00" + value, "sha256")
    return changed(BASE, sealed={"/reason": base64.b64encode(digest).decode()}), (field,)


@pytest.mark.parametrize(
    "value",
    [
        b'"x","ground":"smuggled"',
        b'"x","reason":"y"',
        b'"x"} ',
        b'"x"}{"a":1',
        b"",
        b'"x" "y"',
        b'"\\ud800"',
        b"\xff",
        b"1",
        b"null",
        b'["x"]',
        b'"x',
        b'\xef\xbb\xbf"x"',
        b'"' + b"x" * (1 << 18) + b'"',
    ],
)
def test_a_field_is_one_value_of_its_place_and_smuggles_nothing_in(value: bytes) -> None:
    raw, fields = committed(value)
    fault_of(raw, fields)
    body = json.loads(raw)["body"]
    del body["ground"]  # so that a smuggled one would be the only one
    fault_of(changed(raw, body=body), fields)


@pytest.mark.parametrize("value", [b'"x"', b' "x" ', b'"\\u0078"', b'"\\\\"'])
def test_a_field_may_be_spelled_as_json_may_be_spelled(value: bytes) -> None:
    raw, fields = committed(value)
    assert open_record(raw, fields).body.reason == json.loads(value)


def test_a_missing_or_unreadable_marking_closes_the_record_and_leaves_it_readable() -> None:
    members = json.loads(BASE)
    for raw in (
        changed(BASE, marking={"tlp": "PINK"}),
        changed(BASE, marking=None),
        changed(BASE, marking={"tlp": "AMBER", "more": 1}),
        json.dumps({k: v for k, v in members.items() if k != "marking"}).encode(),
    ):
        assert open_record(raw, ()).envelope.marking == CLOSED


def test_a_marking_with_a_doubled_member_is_refused() -> None:
    raw = BASE.replace(b'"marking":{', b'"marking":{"tlp":"CLEAR",')
    assert fault_of(raw) == "duplicate-key"


def test_phone_and_mail_in_the_clear_are_refused_both_ways() -> None:
    with pytest.raises(MalformedRecord):
        msgspec.structs.replace(example("report/1"), indicators=(Value("phone", "+82-2-000-0000"),))
    with pytest.raises(MalformedRecord):
        msgspec.structs.replace(example("request/1"), targets=(Target("email", "a@b.example"),))
    body = json.loads(sealed(example("report/1")).envelope)["body"]
    body["indicators"] = [{"kind": "email", "value": "a@b.example"}]
    assert fault_of(changed(sealed(example("report/1")).envelope, body=body)) == "personal-in-the-clear"


def test_an_indicator_has_exactly_one_value() -> None:
    source = indicator_1.Source("fictional-list")
    open_one = indicator_1.Body(kind="url", role="scam-site", source=source, value="https://lure.example/")
    assert open_record(sealed(open_one).envelope, ()).body.value == "https://lure.example/"
    hidden = sealed(example("indicator/1"))
    assert open_record(hidden.envelope, ()).absent == {"/personal_value"}
    for kind in ("url", "email"):
        with pytest.raises(MalformedRecord) as fault:
            sealed(indicator_1.Body(kind=kind, role="x", source=source))
        assert fault.value.code == "indicator-without-value"
    with pytest.raises(MalformedRecord):
        indicator_1.Body(kind="email", role="x", source=source, value="a@b.example")
    with pytest.raises(MalformedRecord):
        indicator_1.Body(kind="url", role="x", source=source, personal_value="https://lure.example/")


def test_we_send_nothing_that_we_would_refuse() -> None:
    good: decision_1.Body = example("decision/1")
    for body in (
        msgspec.structs.replace(good, request="not-a-uuid"),
        msgspec.structs.replace(good, at="yesterday"),
        msgspec.structs.replace(good, by=""),
        msgspec.structs.replace(good, terms=[1]),
    ):
        with pytest.raises(MalformedRecord):
            sealed(body)
    for more in ({"id": "1"}, {"issuer": "Nobody"}, {"purpose": ""}, {"salt": lambda: b"short"}, {"lang": "x"}):
        with pytest.raises(MalformedRecord):
            sealed(good, **more)


def test_what_seal_is_told_stands_in_the_envelope() -> None:
    about = (About("police.kr.example/ch/00000000000f1c70", 7, "5" * 64),)
    marking = Marking("RED", ("H3",), note="FICTIONAL")
    record = sealed(
        example("ack/1"), about=about, replaces=ID, expires=Instant(MADE + 1000), lang="vi", marking=marking, basis=None
    )
    envelope = open_record(record.envelope, ()).envelope
    assert (envelope.about, envelope.replaces, envelope.lang, envelope.basis) == (about, ID, "vi", None)
    assert (envelope.expires, envelope.marking) == ("2026-11-24T09:30:01.123Z", marking)
