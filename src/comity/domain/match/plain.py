"""Plain lists of indicators: text with one a line, CSV, JSON. Nothing is skipped without its line and its reason."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from comity.domain.indicator import Indicator, guess, indicator, kinds
from comity.domain.indicator.hostname import host_name
from comity.errors import Malformed

V = TypeVar("V", Indicator, str)
FORMS = ("text", "csv", "json")
_BOM = b"\xef\xbb\xbf"
_LOOKED_AT = 20


@dataclass(frozen=True)
class Line:
    """One line that gave no indicator.

    number  from 1; in JSON the place in the array
    code    of the kind's normaliser, or `blank`, `comment`, `duplicate`, `not-utf8`, `not-text`, `kind-unclear`
    facts   plain facts beside the code
    """

    number: int
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class PlainList:
    """What a list gave, in its order and without repetition, and what it did not give."""

    indicators: tuple[Indicator, ...]
    refused: tuple[Line, ...]
    form: str

    @property
    def counts(self) -> dict[str, int]:
        """How many lines for each reason, most frequent first."""
        return dict(Counter(line.code for line in self.refused).most_common())


@dataclass(frozen=True)
class HostList:
    """Host names in normal form, in their order and without repetition, and the lines that gave none."""

    hosts: tuple[str, ...]
    refused: tuple[Line, ...]
    form: str


def read_plain_list(
    raw: bytes, kind: str | None, *, key: str | None = None, form: str | None = None, prefix: str = ""
) -> PlainList:
    """The indicators in a list from outside.

    kind    of every line; None lets each line say, and a line that reads as several kinds takes the surest
    key     for JSON, whose array is wanted where the file is an object of arrays
    form    `text`, `csv` (first column) or `json`; None looks at the content
    prefix  put before every value that lacks a word and a colon of its own: `xmr:`, `telegram:`, `KR:`
    errors  Malformed only where the file as a whole can't be read: `list-not-utf8`, `list-json`, `list-key`, `list-form`
    """
    seen, values = _values(raw, kind, key, form)
    found, refused = _each(values, lambda number, value: _read(number, value, kind, prefix))
    return PlainList(found, refused, seen)


def read_host_list(raw: bytes, *, key: str | None = None, form: str | None = None) -> HostList:
    """The host names in a list, public suffixes such as `pages.dev` among them. Otherwise as `read_plain_list`."""
    seen, values = _values(raw, "domain", key, form)
    found, refused = _each(values, _read_host)
    return HostList(found, refused, seen)


def _values(
    raw: bytes, kind: str | None, key: str | None, form: str | None
) -> tuple[str, Iterator[tuple[int, object]]]:
    """The form of a file, and what it holds, each with its number."""
    if form is not None and form not in FORMS:
        raise Malformed("list-form", form=form[:20], known=list(FORMS))
    body = raw.removeprefix(_BOM)
    seen = form or _form(body, kind)
    return seen, _from_json(body, key) if seen == "json" else _from_csv(body) if seen == "csv" else _from_text(body)


def _each(
    values: Iterable[tuple[int, object]], read: Callable[[int, object], V | Line]
) -> tuple[tuple[V, ...], tuple[Line, ...]]:
    """What was read, in its order and once each, and every line that gave nothing."""
    found: dict[V, int] = {}
    refused: list[Line] = []
    for number, value in values:
        told = read(number, value)
        if isinstance(told, Line):
            refused.append(told)
        elif told in found:
            refused.append(Line(number, "duplicate", {"first": found[told]}))
        else:
            found[told] = number
    return tuple(found), tuple(refused)


def _read_host(number: int, value: object) -> str | Line:
    if not isinstance(value, str):
        return Line(number, "not-utf8" if isinstance(value, bytes) else "not-text")
    text = value.strip()
    if not text or text.startswith("#"):
        return Line(number, "comment" if text else "blank")
    try:
        return host_name(text.removeprefix("*."), "domain")
    except Malformed as fault:
        return Line(number, fault.code, fault.facts)


def _read(number: int, value: object, kind: str | None, prefix: str) -> Indicator | Line:
    if isinstance(value, bytes):
        return Line(number, "not-utf8")
    if not isinstance(value, str):
        return Line(number, "not-text")
    text = value.strip()
    if not text:
        return Line(number, "blank")
    if text.startswith(("#", "//")):
        return Line(number, "comment")
    text = prefix + text if prefix and ":" not in text else text
    if kind is None:
        likely = guess(text)
        return likely[0] if likely else Line(number, "kind-unclear")
    try:
        return indicator(kind, text)
    except Malformed as fault:
        return Line(number, fault.code, fault.facts)


def _form(body: bytes, kind: str | None) -> str:
    """JSON by its first character; CSV only if several lines agree on a number of columns; else text.

    A single comma proves nothing: it may stand in a URL, and cutting there would make another address of it. Of kinds whose
    values hold commas anyway (places, names), no number of them proves anything.
    """
    if body.lstrip()[:1] in (b"[", b"{"):
        return "json"
    said = kinds().get(kind) if kind is not None else None
    if said is not None and said.commas:
        return "text"
    lines = [line for line in body[:65536].decode("utf-8", "replace").splitlines() if line.strip()][:_LOOKED_AT]
    lines = [line for line in lines if not line.startswith("#")]
    columns = {len(row) for row in csv.reader(lines, delimiter=_delimiter(lines))}
    return "csv" if len(lines) > 1 and len(columns) == 1 and columns.pop() > 1 else "text"


def _delimiter(lines: list[str]) -> str:
    head = lines[0] if lines else ""
    return max(",;\t", key=head.count)


def _from_text(body: bytes) -> Iterator[tuple[int, object]]:
    lines = body.split(b"\n")
    for number, line in enumerate(lines[:-1] if lines[-1] == b"" else lines, 1):
        try:
            yield number, line.decode("utf-8")
        except UnicodeDecodeError:
            yield number, line


def _from_csv(body: bytes) -> Iterator[tuple[int, object]]:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Malformed("list-not-utf8", at=fault.start) from fault
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=_delimiter([line for line in lines if line.strip()][:1]))
    begun = 1
    try:
        for row in reader:
            yield begun, row[0] if row else ""
            begun = reader.line_num + 1
    except csv.Error as fault:
        raise Malformed("list-csv", line=begun) from fault


def _from_json(body: bytes, key: str | None) -> Iterator[tuple[int, object]]:
    try:
        said = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as fault:
        raise Malformed("list-not-utf8", at=fault.start) from fault
    except (ValueError, RecursionError) as fault:
        raise Malformed("list-json", why=str(fault)[:120]) from fault
    if isinstance(said, dict):
        keys = sorted(name for name, held in said.items() if isinstance(held, list))
        if key not in keys:
            raise Malformed("list-key", key=key, known=keys[:20])
        said = said[key]
    elif key is not None:
        raise Malformed("list-key", key=key, known=[])
    if not isinstance(said, list):
        raise Malformed("list-json", why="neither an array nor an object of arrays")
    yield from enumerate(said, 1)
