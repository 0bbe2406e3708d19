"""A freeze that lacks nothing, and its routes: what tables and laws take something away from."""

from __future__ import annotations

from datetime import date

from comity.adapters.catalog import FileCatalog
from comity.domain.law import Attestation, Draft, weigh
from comity.domain.terms import Country, Instant, country, instant_from

CATALOG = FileCatalog()
BOOK = CATALOG.book()
FREEZE = CATALOG.measures()["freeze"]
KR, KH, VN = country("KR"), country("KH"), country("VN")
DAY = date(2026, 11, 24)
NOW: Instant = instant_from("2026-11-24T10:00:00Z")
WALLET = "trx:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
TRANSFER = "trx:" + "ab" * 32
FORM = {
    "asset": "trx:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
    "amount_units": "1250000000",
    "ends_at": "2026-12-20T00:00:00Z",
    "remedy": "in writing to the fictional exchange, which decides within five days",
    "remedy_address": "objections@exchange.example",
    "remedy_until": "2026-12-10T00:00:00Z",
    "legal_basis_at_home": "fraud (fictional order 1)",
    "follow_up_route": "kr_kh.mla",
}
MLA = {"central_authority": "MOJ", "subject_and_nature": "fraud", "use_limitation": "this case"}
WHOLE = Draft(
    measure="freeze",
    route="vol.freeze",
    sender=KR,
    receiver=KH,
    nature="voluntary",
    law_of=None,
    offence="fraud",
    targets=(("wallet", WALLET), ("transaction", TRANSFER)),
    form=FORM,
    facts="FICTIONAL: paid by three people for one job that doesn't exist.",
    drafted_by="officer Han (fictional)",
    approved_by="chief Seo (fictional)",
    attestation=Attestation("officer Han (fictional)", "2026-11-24T09:00:00Z", "a" * 64, "Terms, fictional copy"),
    at=NOW,
)


def routes(sender: Country = KR, receiver: Country = KH) -> tuple:  # type: ignore[type-arg]
    return weigh(FREEZE, sender, receiver, DAY, BOOK)
