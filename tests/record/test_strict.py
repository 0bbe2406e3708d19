"""Strict JSON: one meaning or refused, and the quick way is as strict as the slow one."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from comity.domain.record import read_envelope
from comity.domain.record.limits import DEPTH_MAX, INTEGER_MAX, STRING_CHARS_MAX
from comity.domain.record.opening import open_record
from comity.domain.record.strict import escapes_a_key, scan
from comity.errors import MalformedRecord

from .making import example as example_of
from .making import sealed

REFUSED = [
    (b'{"a":1,"a":2}', "duplicate-key", "a key twice"),
    (b'{"b":{"a":1,"a":1}}', "duplicate-key", "a key twice further down, even with one value"),
    (b'{"a":1,"\\u0061":2}', "duplicate-key", "a key twice, once in disguise"),
    (b'{"\\u0061":2}', "escaped-key", "a disguised key"),
    (b'{"a\\"b":2}', "escaped-key", "a key that needs an escape"),
    (b'{"a\\n" : 2}', "escaped-key", "an escaped key before white space"),
    (b'{"a":1.0}', "not-an-integer", "a fraction"),
    (b'{"a":1e2}', "not-an-integer", "an exponent"),
    (b'{"a":NaN}', "not-an-integer", "not a number"),
    (b'{"a":-Infinity}', "not-an-integer", "no end"),
    (b'{"a":9007199254740993}', "integer-out-of-range", "2^53 + 1"),
    (b'{"a":-9007199254740993}', "integer-out-of-range", "-2^53 - 1"),
    (b'{"a":' + b"9" * 5000 + b"}", "integer-out-of-range", "an integer of 5,000 digits"),
    (b"\xef\xbb\xbf{}", "byte-order-mark", "a byte order mark"),
    (b'{"a":"\xff"}', "not-utf-8", "broken UTF-8"),
    (b'{"a":"\xed\xa0\x80"}', "not-utf-8", "a surrogate in UTF-8"),
    (b'{"a":"\\ud800"}', "lone-surrogate", "half a surrogate pair"),
    (b'{"a":"\x00"}', "not-json", "a control character"),
    (b"{} {}", "not-json", "two values"),
    (b"{}x", "not-json", "something behind"),
    (b"", "not-json", "nothing"),
    (b"{'a':1}", "not-json", "the wrong quotes"),
    (b'{"a":01}', "not-json", "a leading zero"),
    (b'{"a":1,}', "not-json", "a trailing comma"),
    (b"[" * 33 + b"]" * 33, "too-deep", "33 arrays"),
    (b'{"a":' * 100_000, "too-deep", "objects without end"),
    (b'{"a":"' + b"x" * STRING_CHARS_MAX + b'"}', "string-too-long", "a string over the limit"),
]
TAKEN = [
    b'{"a":"x\\u0061\\\\"}',
    b' {"a" :\n[1, -0, "\\ud83d\\ude00", null, true] } ',
    b'{"a":"\\":","b":"{\\"a\\":1,\\"a\\":2}"}',
    b"[" * DEPTH_MAX + b"]" * DEPTH_MAX,
    b'{"a":9007199254740992,"b":-9007199254740992}',
    b'{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}',
    b'{"a":"\\\\"}',
]


@pytest.mark.parametrize(("raw", "code", "why"), REFUSED, ids=[row[2] for row in REFUSED])
def test_what_has_a_second_reading_is_refused(raw: bytes, code: str, why: str) -> None:
    with pytest.raises(MalformedRecord) as fault:
        scan(raw)
    assert fault.value.code == code


@pytest.mark.parametrize("raw", TAKEN)
def test_unusual_but_clear_json_is_taken(raw: bytes) -> None:
    said = scan(raw)
    assert said == json.loads(raw)


# --- an independent reader of the same rules, character by character -------------------------------------------------


class NotStrictError(Exception):
    """The oracle's one answer."""


NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?![0-9.eE])")
ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Oracle:
    """Recursive descent over the grammar of RFC 8259 with our narrower rules."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def whole(self) -> object:
        value = self.value(1)
        self.space()
        if self.at != len(self.text):
            raise NotStrictError
        return value

    def space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1

    def take(self, token: str) -> bool:
        self.space()
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def need(self, token: str) -> None:
        if not self.take(token):
            raise NotStrictError

    def value(self, depth: int) -> object:
        for token, value in (("null", None), ("true", True), ("false", False)):
            if self.take(token):
                return value
        if self.take('"'):
            return self.string()[0]
        if self.take("["):
            return self.array(depth)
        if self.take("{"):
            return self.object(depth)
        found = NUMBER.match(self.text, self.at)
        if found is None or abs(int(found[0])) > INTEGER_MAX:
            raise NotStrictError
        self.at = found.end()
        return int(found[0])

    def array(self, depth: int) -> list[object]:
        if depth > DEPTH_MAX:
            raise NotStrictError
        values: list[object] = []
        if self.take("]"):
            return values
        while True:
            values.append(self.value(depth + 1))
            if self.take("]"):
                return values
            self.need(",")

    def object(self, depth: int) -> dict[str, object]:
        if depth > DEPTH_MAX:
            raise NotStrictError
        members: dict[str, object] = {}
        if self.take("}"):
            return members
        while True:
            self.need('"')
            key, escaped = self.string()
            if escaped or key in members:
                raise NotStrictError
            self.need(":")
            members[key] = self.value(depth + 1)
            if self.take("}"):
                return members
            self.need(",")

    def string(self) -> tuple[str, bool]:
        units: list[str] = []
        escaped = False
        while True:
            if self.at >= len(self.text) or self.text[self.at] < " ":
                raise NotStrictError
            sign = self.text[self.at]
            self.at += 1
            if sign == '"':
                break
            if sign != "\\":
                units.append(sign)
                continue
            escaped = True
            if self.at >= len(self.text):
                raise NotStrictError
            sign = self.text[self.at]
            self.at += 1
            if sign == "u":
                digits = self.text[self.at : self.at + 4]
                if re.fullmatch("[0-9a-fA-F]{4}", digits) is None:
                    raise NotStrictError
                self.at += 4
                units.append(chr(int(digits, 16)))
            elif sign in ESCAPES:
                units.append(ESCAPES[sign])
            else:
                raise NotStrictError
        joined = "".join(units).encode("utf-16-le", "surrogatepass")
        try:
            return joined.decode("utf-16-le"), escaped
        except UnicodeDecodeError as fault:
            raise NotStrictError from fault


def oracle(raw: bytes) -> tuple[bool, object]:
    try:
        return True, Oracle(raw.decode("utf-8")).whole()
    except (NotStrictError, UnicodeDecodeError):
        return False, None


PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"a"',
        '"b"',
        '"\\u0061"',
        '"":',
        '"a":',
        '":"',
        '"\\":"',
        "1",
        "-",
        "0",
        "01",
        "1.5",
        "1e3",
        "9007199254740992",
        "9007199254740993",
        "null",
        "true",
        "NaN",
        " ",
        "\n",
        '"',
        "\\",
        "\\ud800",
        '"\\ud83d\\ude00"',
        '"\\ud800"',
        "\ufeff",
        "\u2028",
        "é",
        '"{\\"a\\":1,\\"a\\":2}"',
        '"x\x1fy"',
        '{"a":1,',
        '"a":2}',
        "[[[[[[[[",
        "]]]]]]]]",
    ]
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
@example('{"a":"\\\\","a":1}')
@example('{"a\\\\":1}')
def test_scan_agrees_with_a_reader_written_from_the_grammar(text: str) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    good, value = oracle(raw)
    try:
        found = scan(raw)
    except MalformedRecord:
        assert not good
    else:
        assert good
        assert found == value


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_backslash_in_a_key_of_compact_json_is_never_missed(data: st.DataObject) -> None:
    keys = data.draw(
        st.lists(st.text(alphabet='a{,":\\\n', min_size=1, max_size=4), min_size=1, max_size=4, unique=True)
    )
    values = data.draw(st.lists(st.text(alphabet='a{,":\\\n', max_size=4), min_size=len(keys), max_size=len(keys)))
    raw = json.dumps(dict(zip(keys, values, strict=True)), separators=(",", ":")).encode()
    if any("\\" in json.dumps(key) for key in keys):
        assert escapes_a_key(raw)


# --- the quick way and the slow way ----------------------------------------------------------------------------------


def outcome(raw: bytes) -> object:
    try:
        return read_envelope(raw).id
    except MalformedRecord:
        return None


def opened(raw: bytes) -> object:
    try:
        record = open_record(raw, ())
    except MalformedRecord:
        return None
    return record.body


BASES = [sealed(example_of(kind), lang="ko").envelope for kind in ("report/1", "request/1", "erase/1", "evidence/1")]
INSERTS = st.sampled_from(
    [
        b'"v":1,',
        b'"\\u0076":1,',
        b" ",
        b"\n",
        b'"x":1,',
        b'"lang":"ko",',
        b'"lang":null,',
        b"1",
        b"0",
        b".0",
        b"e1",
        b"\\",
        b'"',
        b",",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"fictional":true,',
        b'"kind":"url",',
        b"\xef\xbb\xbf",
        b"\xff",
        b"\\ud800",
        b"NaN",
        b"9" * 20,
        b"\\n",
        b"\\u0000",
        b"-",
        b"null",
        b'"":',
        b'"form":{},',
        b'"a\\nb":"c",',
        b'"about":[],',
        b'"sealed":{},',
    ]
)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(BASES), st.data())
def test_the_quick_way_takes_nothing_that_the_slow_way_refuses_and_the_reverse(
    base: bytes, data: st.DataObject
) -> None:
    raw = base
    for _ in range(data.draw(st.integers(1, 2))):
        structural = [at + 1 for at, byte in enumerate(raw) if byte in b'{,:["}]']
        at = data.draw(st.sampled_from(structural) | st.integers(0, len(raw)))
        cut = data.draw(st.sampled_from([0, 0, 0, 1, 2]))
        raw = raw[:at] + data.draw(INSERTS) + raw[at + cut :]
    spaced = b" " + raw  # can't come out as it went in: always the slow way
    assert outcome(raw) == outcome(spaced) or raw.startswith(b"\xef\xbb\xbf")
    assert opened(raw) == opened(spaced)
    if outcome(raw) is not None or opened(raw) is not None:
        good, _ = oracle(raw)
        assert good


@pytest.mark.parametrize("base", BASES)
def test_every_doubled_member_is_refused(base: bytes) -> None:
    """Each `"key":` of a compact record is written a second time in front of itself with the value null or 1."""
    for found in re.finditer(rb'(?<=[{,])"[a-z_0-9/]+":', base):
        for value in (b"null", b"1", b'""', b"[]", b"{}"):
            doubled = base[: found.start()] + found[0] + value + b"," + base[found.start() :]
            with pytest.raises(MalformedRecord):
                open_record(doubled, ())
            with pytest.raises(MalformedRecord):
                read_envelope(doubled)


def test_another_order_of_members_and_white_space_are_lawful() -> None:
    base = BASES[0]
    members = json.loads(base)
    turned = json.dumps(dict(reversed(members.items())), indent=1).encode()
    assert open_record(turned, ()).body == open_record(base, ()).body
