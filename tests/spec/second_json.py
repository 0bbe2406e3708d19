"""Strict JSON and JSON Schema, written from docs/spec/records.md with the standard library alone."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any

STRING_MAX, DEPTH_MAX, INTEGER_MAX = 262_144, 32, 1 << 53
_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?Z")


class Fault(Exception):
    """Something the pages refuse, with their code for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def need(holds: object, code: str) -> None:
    if not holds:
        raise Fault(code)


def canonical_base64(text: str, code: str) -> bytes:
    """Base64 in its one spelling."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        raise Fault(code) from None
    need(b64encode(raw).decode() == text, code)
    return raw


def strict_json(raw: bytes, depth: int = 1) -> Any:
    """The one value in these bytes; `depth` is that of an object or array which it may be."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("not-utf-8") from None
    need(not text.startswith("\ufeff"), "byte-order-mark")
    reader = _Reader(text)
    value = reader.value(depth)
    need(reader.space() == len(text), "not-json")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def space(self) -> int:
        found = _SPACE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return self.at

    def sign(self) -> str:
        self.space()
        return self.text[self.at : self.at + 1]

    def take(self, sign: str) -> None:
        need(self.sign() == sign, "not-json")
        self.at += 1

    def value(self, depth: int) -> Any:
        sign = self.sign()
        if sign in ("{", "["):
            need(depth <= DEPTH_MAX, "too-deep")
            return self.object(depth) if sign == "{" else self.array(depth)
        if sign == '"':
            return self.string()
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise Fault("not-json")
        self.at = found.end()
        need(found[1] is None and found[2] is None, "not-an-integer")
        need(len(found[0]) <= 17 and abs(int(found[0])) <= INTEGER_MAX, "integer-out-of-range")
        return int(found[0])

    def object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.take("{")
        if self.sign() == "}":
            self.at += 1
            return found
        while True:
            need(self.sign() == '"', "not-json")
            start = self.at
            key = self.string()
            need("\\" not in self.text[start : self.at], "escaped-key")
            need(key not in found, "duplicate-key")
            self.take(":")
            found[key] = self.value(depth + 1)
            if self.sign() != ",":
                break
            self.at += 1
        self.take("}")
        return found

    def array(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self.take("[")
        if self.sign() == "]":
            self.at += 1
            return found
        while True:
            found.append(self.value(depth + 1))
            if self.sign() != ",":
                break
            self.at += 1
        self.take("]")
        return found

    def string(self) -> str:
        start = self.at
        self.take('"')
        parts: list[str] = []
        while True:
            plain = _PLAIN.match(self.text, self.at)
            assert plain is not None
            parts.append(plain[0])
            self.at = plain.end() + 1
            sign = self.text[plain.end() : self.at]
            if sign == '"':
                break
            need(sign == "\\", "not-json")
            parts.append(self.escape())
        need(self.at - start <= STRING_MAX, "string-too-long")
        joined = "".join(parts).encode("utf-16", "surrogatepass")
        try:
            return joined.decode("utf-16")
        except UnicodeDecodeError:
            raise Fault("lone-surrogate") from None

    def escape(self) -> str:
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter in _ESCAPES and letter:
            return _ESCAPES[letter]
        digits = self.text[self.at : self.at + 4]
        need(letter == "u" and re.fullmatch("[0-9a-fA-F]{4}", digits), "not-json")
        self.at += 4
        return chr(int(digits, 16))


_KNOWN = {"$schema", "$ref", "$defs", "title", "description", "default", "personal", "type", "enum", "anyOf", "pattern"} | {
    "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "items", "properties", "required",
    "additionalProperties", "contentEncoding",
}  # fmt: skip
_TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def follows(value: Any, schema: dict[str, Any], code: str) -> None:
    """The value has the shape of the schema, else `code`; then each text has its form."""
    badly_formed: list[str] = []
    need(_shape(value, schema, schema.get("$defs", {}), badly_formed), code)
    if badly_formed:
        raise Fault(badly_formed[0])


def _shape(value: Any, schema: dict[str, Any], defs: dict[str, Any], forms: list[str]) -> bool:
    assert schema.keys() <= _KNOWN, schema.keys() - _KNOWN
    if "$ref" in schema:
        return _shape(value, defs[schema["$ref"].rpartition("/")[2]], defs, forms)
    if "anyOf" in schema:
        return any(_shape(value, one, defs, forms) for one in schema["anyOf"])
    if "enum" in schema:
        return any(type(value) is type(one) and value == one for one in schema["enum"])
    kind = schema.get("type")
    if kind == "integer":
        low, high = schema.get("minimum", -INTEGER_MAX), schema.get("maximum", INTEGER_MAX)
        return type(value) is int and low <= value <= high
    if kind is not None and not isinstance(value, _TYPES[kind]):
        return False
    if isinstance(value, str):
        return _text(value, schema, forms)
    if isinstance(value, list):
        fits = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return fits and all(_shape(one, schema.get("items", {}), defs, forms) for one in value)
    if isinstance(value, dict):
        return _members(value, schema, defs, forms)
    return True


def _members(value: dict[str, Any], schema: dict[str, Any], defs: dict[str, Any], forms: list[str]) -> bool:
    named, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    if not set(schema.get("required", ())) <= value.keys():
        return False
    for key, one in value.items():
        wanted = named.get(key, rest)
        if wanted is False or (wanted is not True and not _shape(one, wanted, defs, forms)):
            return False
    return True


def _text(value: str, schema: dict[str, Any], forms: list[str]) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return False
    if "pattern" in schema:
        if re.search(schema["pattern"], value) is None:
            forms.append("text-without-its-form")
        elif _TIME.fullmatch(value) and not _in_calendar(value):
            forms.append("time-not-rfc3339-utc")
    return True


def _in_calendar(text: str) -> bool:
    try:
        datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007  only whether there is such a day
    except ValueError:
        return False
    return text[17:19] < "60"
