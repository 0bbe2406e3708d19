"""What would open a closed route is said for every reason that closes one, and following it opens the route."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from msgspec import structs

from comity.adapters.catalog import FileCatalog
from comity.domain import law
from comity.domain.law import Participation, weigh, would_open
from comity.domain.law.opening import FINAL, OPENERS
from comity.domain.terms import country

CATALOG = FileCatalog()
BOOK = CATALOG.book()
DAY = date(2026, 11, 24)


def test_every_reason_that_closes_a_route_is_ended_by_something_or_said_to_be_final() -> None:
    folder = Path(law.__file__).parent
    codes = set[str]()
    for name in ("grounds.py", "predicates.py"):
        text = (folder / name).read_text()
        codes |= set(re.findall(r"_because\(\s*(?:\"(?:blocked|attest)\"|effect),\s*\"([a-z-]+)\"", text))
        codes |= set(re.findall(r"Reason\(\"([a-z-]+)\"", text))
    assert codes == {*OPENERS, *FINAL}


def test_a_ratification_alone_opens_what_only_a_ratification_closes() -> None:
    preserve, kr, kh = CATALOG.measures()["preserve"], country("KR"), country("KH")
    (asean,) = [view for view in weigh(preserve, kr, kh, DAY, BOOK) if view.row.id == "asean.mla"]
    steps = would_open(asean)
    assert steps is not None
    assert [(step.code, step.facts.get("state")) for step in steps if step.code != "attested"] == [
        ("becomes-party", "KR")
    ]
    row = Participation(
        instrument="asean_mlat",
        status="party",
        valid_from=DAY,
        recorded_from=DAY,
        checked_on=DAY,
        source="FICTIONAL accession",
        standing="text",
        state="KR",
    )
    joined = structs.replace(BOOK, participation=(*BOOK.participation, row))
    (after,) = [view for view in weigh(preserve, kr, kh, DAY, joined) if view.row.id == "asean.mla"]
    assert after.gate == "attest"


def test_what_no_step_opens_says_so() -> None:
    vol = weigh(CATALOG.measures()["preserve"], country("KR"), country("KH"), DAY, BOOK, addressee="authority")
    (closed,) = [view for view in vol if view.row.id == "vol.preserve"]
    assert would_open(closed) is None


def test_an_attestation_is_one_step_however_many_things_it_is_about() -> None:
    (best, *_) = weigh(CATALOG.measures()["preserve"], country("KR"), country("KH"), DAY, BOOK)
    assert [step.code for step in would_open(best) or ()] == ["attested"]
