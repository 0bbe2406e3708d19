"""A request before it leaves, as far as anybody looks who says what is missing in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comity.domain.terms import Country, Instant, Reason


@dataclass(frozen=True)
class Attestation:
    """Who read the applicable text, when, and which text it was."""

    by: str
    at: str
    text_sha256: str
    text_title: str


@dataclass(frozen=True)
class Draft:
    """A request before it leaves, as far as the linter looks.

    targets   (indicator kind, value), personal ones included
    form      member -> text, personal ones included; names as in the forms, `[]` and all
    language  in which it is written, as BCP 47
    at        the moment that ends and deadlines are held against; None where nobody says, and then nothing is
    """

    measure: str
    route: str | None
    sender: Country
    receiver: Country
    nature: str
    law_of: str | None
    offence: str
    targets: Sequence[tuple[str, str]]
    form: Mapping[str, str]
    facts: str
    drafted_by: str
    urgency: str = "routine"
    deadline: str | None = None
    approved_by: str | None = None
    attestation: Attestation | None = None
    language: str = "en"
    at: Instant | None = None


def finding(code: str, about: str, mend: str, **facts: object) -> Reason:
    """What is missing: the `field` it is about, and the `mend` that would settle it."""
    return Reason(code, {"field": about, "mend": mend, **facts})
