"""JSON as records may write it: one meaning for every reader, or refused.

`scan` is the rule, exact and slow. The codec seldom runs it: bytes that a typed decoder reads and writes back unchanged can
break no rule here (see `envelope.py`), and a test holds both against each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import NoReturn

from comity.domain.record.limits import DEPTH_MAX, INTEGER_MAX, STRING_CHARS_MAX
from comity.errors import MalformedRecord

# Possessive, so that a megabyte of escapes costs no memory. In valid JSON a quote opens or closes a string and nothing
# else, so going through the text from left to right finds exactly the strings; one followed by a colon is a key.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"([ \t\n\r]*+:)?', re.DOTALL)

# In compact JSON every key opens with `{"` or `,"`. Also true of some values: it may cry wolf, it can't miss one.
_MAYBE_ESCAPED_KEY = re.compile(rb'[{,]"[^"\\]*+\\')

_DIGITS_MAX = len(str(-INTEGER_MAX))


def escapes_a_key(compact: bytes) -> bool:
    """Whether compact JSON may hold a backslash in a key: False is certain, True asks for a `scan`."""
    return b"\\" in compact and _MAYBE_ESCAPED_KEY.search(compact) is not None


def scan(raw: bytes, depth_max: int = DEPTH_MAX) -> object:
    """The value of strict JSON; anything with a second reading raises MalformedRecord.

    Refused: bytes that aren't UTF-8, a byte order mark, anything but one JSON value, duplicate keys, a backslash in a key
    (`\\u0061` would hide a second `a`), numbers with fraction or exponent, integers beyond ±2^53, lone surrogates, strings and
    depth over the limits.
    source   exchange.md §1, envelope profile
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise MalformedRecord("not-utf-8", at=fault.start) from fault
    if text.startswith("\ufeff"):
        raise MalformedRecord("byte-order-mark")
    _check_depth(text, depth_max)  # first: json.loads recurses
    try:
        value: object = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float
        )
    except json.JSONDecodeError as fault:
        raise MalformedRecord("not-json", at=fault.pos) from fault
    _check_strings(text)
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as fault:
        raise MalformedRecord("lone-surrogate") from fault
    return value


def _check_depth(text: str, depth_max: int) -> None:
    depth = 0
    for mark in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if mark in "[{" else -1
        if depth > depth_max:
            raise MalformedRecord("too-deep", depth_max=depth_max)


def _check_strings(text: str) -> None:
    for string in _STRING.finditer(text):
        if string[1] and "\\" in string[0]:
            raise MalformedRecord("escaped-key", at=string.start())
        if string.end() - string.start() > STRING_CHARS_MAX:
            raise MalformedRecord("string-too-long", at=string.start(), chars_max=STRING_CHARS_MAX)


def _object(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise MalformedRecord("duplicate-key", key=key[:80])
        found[key] = value
    return found


def _integer(text: str) -> int:
    if len(text) > _DIGITS_MAX or abs(number := int(text)) > INTEGER_MAX:
        raise MalformedRecord("integer-out-of-range")
    return number


def _no_float(_text: str) -> NoReturn:
    raise MalformedRecord("not-an-integer")
