"""Who sees a whole group of records, worked out once for the group instead of once for each question."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct, json, structs

from comity.domain.access.sight import Sight
from comity.domain.record import Marking
from comity.domain.terms import Instant, instant_from

SECOND_MS: Final = 1000


class Reach(Struct, frozen=True):
    """Under which conditions every record of a group is seen, but for the time at which a marking ends.

    cases     for each thing that lies in cases, which those are, ordered; one of each is needed
    bare      whether a record is among them of which nothing lies in a case
    markings  (issuer, marking) of the records, each once, ordered
    """

    cases: tuple[tuple[str, ...], ...]
    bare: bool
    markings: tuple[tuple[str, Marking], ...]

    def open_to(self, sight: Sight) -> bool:
        """Whether a person sees them all."""
        return self.lies_open(sight) and all(sight.allows(marking, issuer) for issuer, marking in self.markings)

    def lies_open(self, sight: Sight) -> bool:
        """The same, of cases alone."""
        return all(sight.cases.intersection(each) for each in self.cases) and (sight.desk or not self.bare)


def reaches_raw(core: Reach, whole: Reach) -> bytes:
    """Of something itself and of all that belongs to it, as bytes; equal ones for equal conditions."""
    return json.encode((core, whole))


def read_reaches(raw: bytes) -> tuple[Reach, Reach]:
    """What `reaches_raw` gave."""
    return json.decode(raw, type=tuple[Reach, Reach])


def reach_of(records: Iterable[tuple[str, Marking, Iterable[frozenset[str]]]]) -> tuple[Reach, int | None]:
    """For (issuer, marking, cases of each thing by which it may be hidden): the conditions, and until which second they hold."""
    cases: set[tuple[str, ...]] = set()
    markings: dict[bytes, tuple[str, Marking]] = {}
    bare, ends = False, list[int]()
    for issuer, marking, things in records:
        lies = {tuple(sorted(each)) for each in things if each}
        cases |= lies
        bare = bare or not lies
        if marking.expires is not None:
            ends.append(instant_from(marking.expires) // SECOND_MS)
            marking = structs.replace(marking, expires=None)
        markings.setdefault(json.encode((issuer, marking)), (issuer, marking))
    ordered = tuple(markings[key] for key in sorted(markings))
    return Reach(tuple(sorted(cases)), bare, ordered), min(ends, default=None)


def still_open(until_s: int | None, at: Instant) -> bool:
    """Whether the markings that end have not ended yet."""
    return until_s is None or until_s > at // SECOND_MS
