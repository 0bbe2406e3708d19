"""The quick way to read a record whose fields aren't here: envelope and body decoded in one go, and written back.

What comes out of the encoder as it went in has one meaning (see envelope.py). Whatever leaves a doubt gives None, and the slow
way decides and says why; so this file can only ever be quicker, never laxer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, inspect

from comity.domain.record.envelope import DECODE_FAULTS, Envelope, check_issuer
from comity.domain.record.forms import Check, checker, form_of, form_or_none, text_check
from comity.domain.record.limits import STRING_CHARS_MAX
from comity.domain.record.marking import spells_marking
from comity.domain.terms import instant_from
from comity.errors import MalformedRecord

_KIND_AT: Final = len(b'{"v":1,"kind":"')
_SECONDS: Final = frozenset(f"{second:02}." for second in range(60))
_MILLISECONDS: Final = frozenset(f"{ms:03}Z" for ms in range(1000))
_FLAT: Final = frozenset({"uuid", "uuid7", "sha256", "time", "kind"})
"""Forms that are checked in one pass; a kind has its form, since it is one that is known."""

_encode = msgspec.json.Encoder().encode


class Whole(Struct, frozen=True):
    """How records of one kind are read in one go.

    decode  bytes to an `Envelope` whose `body` is the kind's own
    check   holds every text that has a form to it; raises MalformedRecord
    """

    decode: Callable[[bytes], Any]  # Any: an Envelope whose body is of the kind's type, made by `whole_of`
    check: Check


def whole_of(body: type[Struct]) -> Whole:
    """The reader for a kind with this body."""
    struct = msgspec.defstruct(
        f"Whole_{body.__module__.rpartition('.')[2]}",
        [("body", body)],
        bases=(Envelope,),
        frozen=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        kw_only=True,
        gc=False,
    )
    return Whole(msgspec.json.Decoder(struct).decode, _check(struct))


def kind_named_in(raw: bytes) -> str:
    """The kind that an envelope names where our encoder writes it; nonsense for any other bytes."""
    return raw[_KIND_AT : raw.find(b'"', _KIND_AT)].decode("latin-1")


def decode_whole(raw: bytes, whole: Whole) -> Any:
    """Strict decoding: types, size, depth, length, duplicate keys and number range; None where there is any doubt at all.

    Any: see `Whole.decode`.
    """
    if len(raw) > STRING_CHARS_MAX or b"\\" in raw:  # so no string can be longer, and no key is escaped
        return None
    try:
        envelope = whole.decode(raw)
        spelled = _encode(envelope) == raw and spells_marking(bytes(envelope.marking_raw))
    except (*DECODE_FAULTS, MalformedRecord):
        return None
    return envelope if spelled else None


def read_whole(raw: bytes, whole: Whole) -> Any:
    """`decode_whole`, and every text held to its form: times, UUIDs, digests, names."""
    envelope = decode_whole(raw, whole)
    if envelope is None:
        return None
    try:
        whole.check(envelope)
        check_issuer(envelope.issuer)
    except MalformedRecord:
        return None
    return envelope


def _check(struct: type[Struct]) -> Check:
    """One flat pass over all texts with a form that stand at fixed places; what lies in lists is checked where there is any."""
    places: list[tuple[str, str]] = []
    rest: list[tuple[str, Check]] = []
    shape = inspect.type_info(struct)
    assert isinstance(shape, inspect.StructType)
    _collect(shape, "", places, rest)
    times_of = _several(path for path, name in places if name == "time")
    uuids_of = _several(path for path, name in places if name in ("uuid", "uuid7"))
    sevenths_of = _several(path for path, name in places if name == "uuid7")
    hashes_of = _several(path for path, name in places if name == "sha256")
    rest += [(path, text_check(name)) for path, name in places if name not in _FLAT]
    checks, rest_of = tuple(check for _, check in rest), _several(path for path, _ in rest)

    def check(envelope: object) -> None:
        for time in times_of(envelope):
            if time is None or time is UNSET:
                continue
            if time[17:20] not in _SECONDS or time[20:] not in _MILLISECONDS or not _is_minute(time[:17]):
                raise MalformedRecord("text-without-its-form", form="time")
        hexes = []
        for uuid in uuids_of(envelope):
            if uuid is not None and uuid is not UNSET:
                if len(uuid) != 36 or uuid[8:24:5] != "----":
                    raise MalformedRecord("text-without-its-form", form="uuid")
                hexes.append(uuid)
        for uuid in sevenths_of(envelope):
            if uuid[14] != "7" or uuid[19] not in "89ab":
                raise MalformedRecord("text-without-its-form", form="uuid7")
        length = 32 * len(hexes)
        for digest in hashes_of(envelope):
            if digest is not None and digest is not UNSET:
                if len(digest) != 64:
                    raise MalformedRecord("text-without-its-form", form="sha256")
                hexes.append(digest)
                length += 64
        # Each has its own length, so the sum tells that no dash stood anywhere else.
        digits = "".join(hexes).replace("-", "")
        if len(digits) != length or not _is_hex(digits):
            raise MalformedRecord("text-without-its-form", form="hex")
        for value, check_value in zip(rest_of(envelope), checks, strict=True):
            if value and value is not UNSET:
                check_value(value)

    return check


def _collect(
    shape: inspect.StructType, path: str, places: list[tuple[str, str]], rest: list[tuple[str, Check]]
) -> None:
    """Sorts the members of a struct: texts at fixed places, and what may be empty or missing."""
    for field in shape.fields:
        named = form_of(field.type) or form_or_none(field.type)
        if named is not None:
            places.append((path + field.name, named))
        elif isinstance(field.type, inspect.StructType):
            _collect(field.type, f"{path}{field.name}.", places, rest)
        elif (check := checker(field.type)) is not None:
            rest.append((path + field.name, check))


def _several(paths: Iterable[str]) -> Callable[[object], tuple[Any, ...]]:
    """What stands at these places; Any: each is checked by its form."""
    each = tuple(paths)
    if len(each) > 1:
        return attrgetter(*each)  # with two or more it gives a tuple
    if not each:
        return lambda _value: ()
    alone = attrgetter(each[0])
    return lambda value: (alone(value),)


def _is_hex(text: str) -> bool:
    try:
        return bytes.fromhex(text).hex() == text
    except ValueError:
        return False


@lru_cache(4096)
def _is_minute(text: str) -> bool:
    """Whether `2026-11-24T09:30:` is a minute of the calendar."""
    try:
        instant_from(f"{text}00Z")
    except MalformedRecord:
        return False
    return True
