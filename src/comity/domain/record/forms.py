"""Forms of text inside records: UUIDs, times, hashes, countries; and the one pass that holds a value to them.

msgspec could check patterns while it decodes, but at twice the price of all the rest of the reading. So the types only name
their form, and `checker` compiles one function per struct: the texts that always stand there are matched together by one
regular expression, the others only where there are any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import UNSET, Meta, inspect

from comity.errors import MalformedRecord

# For readers of the JSON Schema: `$` would let a final line feed through in some languages, this is the end in all.
_END = r"(?![\s\S])"

FORMS: Final = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "uuid7": r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    # The only group: what it catches must be a day of the calendar as well. 24:00 is nobody's hour.
    "time": r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?Z)",
    "sha256": r"[0-9a-f]{64}",
    "hex": r"(?:[0-9a-f]{2}){1,8192}",
    "country": r"[A-Z]{2}",
    "units": r"(?:0|[1-9][0-9]{0,39})",
    "kind": r"[a-z][a-z0-9_-]{0,31}/[1-9][0-9]{0,2}",
}

# A day up to the 28th is in every calendar, so the group stays empty for it and nothing more is asked; the rest are looked up.
_MATCHED: Final = FORMS | {
    "time": r"(?:(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{3})?Z|" + FORMS["time"] + ")"
}

KIND_NAME: Final = re.compile(FORMS["kind"])
"""Name and version of a kind."""

_SETS_MAX: Final = 4096

Check = Callable[[Any], None]  # Any: a body or one of the values in it, as its kind file defines them


def form(name: str) -> Meta:
    """What a type says of a text that has this form."""
    return Meta(extra={"form": name}, extra_json_schema={"pattern": f"^{FORMS[name]}{_END}"})


def text_check(name: str) -> Check:
    """A function that raises MalformedRecord for a text without this form."""
    matched = re.compile(_MATCHED[name]).fullmatch

    def check_text(text: str) -> None:
        found = matched(text)
        if found is None:
            raise MalformedRecord("text-without-its-form", form=name)
        if found.lastindex is not None:
            _check_calendar(found)

    return check_text


def checker_for(struct: type[msgspec.Struct]) -> Check:
    """`checker` for a struct that is known to hold texts with a form."""
    check = checker(inspect.type_info(struct))
    if check is None:
        raise ValueError(struct)
    return check


def checker(shape: inspect.Type) -> Check | None:
    """A function that raises MalformedRecord at a text without its form; None if nothing has one."""
    named = form_of(shape)
    if named is not None:
        return text_check(named)
    if isinstance(shape, inspect.Metadata):
        return checker(shape.type)
    if isinstance(shape, inspect.UnionType):  # `folder` sees to it that None is the only alternative
        found = [check for check in map(checker, shape.types) if check is not None]
        return found[0] if found else None
    if isinstance(shape, inspect.VarTupleType):
        check = checker(shape.item_type)
        return None if check is None else _each(check)
    if isinstance(shape, inspect.DictType):
        check = checker(shape.value_type)
        return None if check is None else _each_value(check)
    if isinstance(shape, inspect.StructType):
        return _struct(shape)
    return None


def form_of(shape: inspect.Type) -> str | None:
    """The form that a type names for its text."""
    named: str | None = (shape.extra or {}).get("form") if isinstance(shape, inspect.Metadata) else None
    return named


def _check_calendar(found: re.Match[str]) -> None:
    try:
        for time in found.groups():
            if time is not None:
                datetime.fromisoformat(time)
    except ValueError as fault:
        raise MalformedRecord("time-not-rfc3339-utc") from fault


def _each(check: Check) -> Check:
    def check_each(values: tuple[object, ...]) -> None:
        for value in values:
            check(value)

    return check_each


def _each_value(check: Check) -> Check:
    def check_each_value(values: dict[str, object]) -> None:
        for value in values.values():
            check(value)

    return check_each_value


def _struct(shape: inspect.StructType) -> Check | None:
    always: list[tuple[str, str]] = []
    maybe: list[tuple[str, str]] = []
    others: list[tuple[str, Check]] = []
    for field in shape.fields:
        named = form_of(field.type)
        if named is not None and field.required:
            always.append((field.name, named))
        elif (named := named or form_or_none(field.type)) is not None:
            maybe.append((field.name, named))
        elif (check := checker(field.type)) is not None:
            others.append((field.name, check))
    defaults = {member.name: member.default for member in msgspec.structs.fields(shape.cls)}
    checks: list[Check] = []
    if always:
        checks.append(_always([name for name, _ in always], [named for _, named in always]))
    if maybe or others:
        checks.append(_unless_default(maybe, others, defaults))
    if len(checks) < 2:
        return checks[0] if checks else None
    first, second = checks

    def check_struct(value: object) -> None:
        first(value)
        second(value)

    return check_struct


def form_or_none(shape: inspect.Type) -> str | None:
    """The form of a text that may be None or unset."""
    if not isinstance(shape, inspect.UnionType):
        return None
    return next((named for named in map(form_of, shape.types) if named is not None), None)


def _getter(members: list[str]) -> Callable[[object], tuple[Any, ...]]:
    if len(members) > 1:
        return attrgetter(*members)  # with two or more it gives a tuple
    alone = attrgetter(members[0])
    return lambda value: (alone(value),)


def _joined(named: Iterable[str]) -> Callable[[str], re.Match[str] | None]:
    """No form matches a line feed, so joined by one they match as they would apart."""
    return re.compile("\n".join(_MATCHED[name] for name in named)).fullmatch


def _always(members: list[str], named: list[str]) -> Check:
    """For members that are always text."""
    texts, matched = _getter(members), _joined(named)
    alone = [text_check(name) for name in named]

    def check_always(value: object) -> None:
        found = matched("\n".join(texts(value)))
        if found is None:
            _find_fault(texts(value), alone)
        elif found.lastindex is not None:
            _check_calendar(found)

    return check_always


def _unless_default(
    maybe: list[tuple[str, str]], others: list[tuple[str, Check]], defaults: dict[str, object]
) -> Check:
    """For members that mostly hold their default, which is in order; `maybe` are texts, or not there."""
    names = [name for name, _ in (*maybe, *others)]
    values_of, usual = _getter(names), tuple(defaults[name] for name in names)
    check_texts, count = _those_there([named for _, named in maybe]), len(maybe)
    checks = [check for _, check in others]

    def check_unless_default(value: object) -> None:
        values = values_of(value)
        if values == usual:
            return
        if count:
            check_texts(values[:count])
        for one, check in zip(values[count:], checks, strict=True):
            if one is not None and one is not UNSET:
                check(one)

    return check_unless_default


def _those_there(named: list[str]) -> Callable[[tuple[object, ...]], None]:
    """For texts some of which may be None or unset: one expression for each set of them that was ever seen."""
    alone = [text_check(name) for name in named]
    seen: dict[tuple[type, ...], Callable[[str], re.Match[str] | None]] = {}

    def check_those_there(values: tuple[object, ...]) -> None:
        types = tuple(map(type, values))
        matched = seen.get(types)
        if matched is None:
            matched = _joined(form_ for form_, type_ in zip(named, types, strict=True) if type_ is str)
            if len(seen) < _SETS_MAX:
                seen[types] = matched
        found = matched("\n".join([one for one in values if type(one) is str]))
        if found is None:
            _find_fault(values, alone)
        elif found.lastindex is not None:
            _check_calendar(found)

    return check_those_there


def _find_fault(values: Iterable[object], alone: list[Check]) -> None:
    """Raises for the one that is without its form, by its name."""
    for one, check in zip(values, alone, strict=True):
        if type(one) is str:
            check(one)
    raise MalformedRecord("text-without-its-form")
