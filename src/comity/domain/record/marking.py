"""What may be done with a record: TLP 2.0, Europol handling codes, PAP and the 4×4 grade in one value.

Fails closed: a marking that is missing, unknown, contradictory or can't be read is CLOSED. Where two markings meet, the
strictest wins, member by member.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal, TypeVar, get_args

import msgspec

from comity.domain.record.forms import text_check
from comity.domain.record.places import Time, Word
from comity.domain.terms import instant_from
from comity.errors import MalformedRecord

Tlp = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
Hcode = Literal["H0", "H1", "H2", "H3"]
Pap = Literal["CLEAR", "GREEN", "AMBER", "RED"]
Source = Literal["A", "B", "C", "X"]
Info = Literal[1, 2, 3, 4]

T = TypeVar("T")


class Marking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The marking of one record.

    hcodes          H0 only against crime, H1 not in court, H2 not onward, H3 an officer reads and decides each time
    pap             how visibly one may act on it
    source, info    4×4 grade; None is not graded, which ranks below the worst grade
    purpose         the only purposes allowed; None narrows nothing, () allows none
    releasable_to   the only nodes or countries it may go to; None narrows nothing, () reaches nobody
    expires         no use after this time
    note            free text for H3
    source          exchange.md §7
    """

    tlp: Tlp
    hcodes: tuple[Hcode, ...] = ()
    pap: Pap = "RED"
    source: Source | None = None
    info: Info | None = None
    purpose: tuple[Word, ...] | None = None
    releasable_to: tuple[Word, ...] | None = None
    expires: Time | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if self.expires is not None:
            _check_time(self.expires)
        if self.tlp == "CLEAR" and (self.releasable_to is not None or not {"H2", "H3"}.isdisjoint(self.hcodes)):
            raise MalformedRecord("marking-contradicts-itself")  # "anyone", and then again not


CLOSED: Final = Marking(tlp="RED", hcodes=("H2", "H3"))
"""What holds where nothing can be read: the named recipients, nothing automatic, nothing onward."""

_check_time = text_check("time")
_BYTES_CACHED: Final = 512
_TLP: Final = get_args(Tlp)
_PAP: Final = get_args(Pap)
_SOURCE: Final = (*get_args(Source), None)
_INFO: Final = (*get_args(Info), None)


def read_marking(raw: bytes) -> Marking:
    """The marking that these JSON bytes spell, or CLOSED; never raises."""
    return _read(raw)[0] if len(raw) <= _BYTES_CACHED else _read.__wrapped__(raw)[0]


def spells_marking(raw: bytes) -> bool:
    """Whether these bytes are exactly how the encoder writes the marking that they spell."""
    return len(raw) <= _BYTES_CACHED and _read(raw)[1]


@lru_cache(1024)  # a channel's records bear the same few markings
def _read(raw: bytes) -> tuple[Marking, bool]:
    try:
        marking = msgspec.json.decode(raw, type=Marking)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, MalformedRecord):
        return CLOSED, False
    return marking, msgspec.json.encode(marking) == raw


def strictest(a: Marking, b: Marking) -> Marking:
    """What may be done under both: an upper bound of either, in any order and grouping."""
    if a == b:
        return a
    tlp = _worst(_TLP, a.tlp, b.tlp)
    hcodes = tuple(code for code in get_args(Hcode) if code in a.hcodes or code in b.hcodes)
    releasable_to = _both(a.releasable_to, b.releasable_to)
    return Marking(
        tlp=tlp,
        hcodes=hcodes,
        pap=_worst(_PAP, a.pap, b.pap),
        source=_worst(_SOURCE, a.source, b.source),
        info=_worst(_INFO, a.info, b.info),
        purpose=_both(a.purpose, b.purpose),
        releasable_to=releasable_to,
        expires=_earliest(a.expires, b.expires),
        note=_joined(a.note, b.note),
    )


def _worst(order: tuple[T, ...], a: T, b: T) -> T:
    return max(a, b, key=order.index)


def _both(a: tuple[str, ...] | None, b: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if a is None or b is None:
        return _sorted(b if a is None else a)
    return _sorted(set(a) & set(b))


def _sorted(words: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(sorted(set(words)))


def _earliest(a: str | None, b: str | None) -> str | None:
    times = [time for time in (a, b) if time is not None]
    # The text decides between two spellings of one moment, so that the order of the two doesn't.
    return min(times, key=lambda time: (instant_from(time), time), default=None)


def _joined(a: str | None, b: str | None) -> str | None:
    lines = {line for note in (a, b) if note is not None for line in note.split("\n")}
    return "\n".join(sorted(lines)) if lines else None
