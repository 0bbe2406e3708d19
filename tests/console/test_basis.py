"""Which way may we ask, where an offence is found in whose law, and what runs: as pages."""

from __future__ import annotations

from comity.adapters.catalog import FileCatalog
from tests.console.asked import Asked, visible

BOOK = FileCatalog().book()


def test_every_route_is_shown_with_its_reasons_and_what_would_open_it(asked: Asked) -> None:
    asked.enter()
    page = visible(asked.page("/desk/basis?measure=preserve&from=KR&to=KH&on=2026-11-24"))
    for said in (
        "2 routes can be used",
        "It isn&#39;t in force",
        "A state isn&#39;t party",
        "Both agree in writing",
        "never says",
    ):
        assert said in page, said
    assert page.index("Korea-Cambodia treaty") < page.index("UN Convention against Transnational Organized Crime")


def test_a_company_and_another_day_are_weighed_otherwise(asked: Asked) -> None:
    asked.enter()
    company = visible(asked.page("/desk/basis?measure=preserve&from=KR&to=KH&on=2026-11-24&company=1"))
    assert "1 route can be used" in company
    before = visible(asked.page("/desk/basis?measure=hear_witness&from=KR&to=KH&on=2015-01-01"))
    assert "No route can be used today" in before


def test_nonsense_in_the_address_is_asked_as_what_is_usual(asked: Asked) -> None:
    asked.enter()
    assert "Which way may we ask?" in visible(
        asked.page("/desk/basis?measure=x&from=ZZ&to=%3Cscript%3E&on=never&offence=x")
    )


def test_the_offences_stand_with_every_provision_and_what_is_unknown_says_so(asked: Asked) -> None:
    asked.enter()
    page = visible(asked.page("/desk/basis/offences", lang="en"))
    for offence in BOOK.offences.values():
        assert offence.label["en"] in page
        for fit in offence.fits:
            assert f"{fit.statute} {fit.article}" in page.replace("&#39;", "'"), fit
    assert "unknown" in page


def test_nothing_runs_on_an_empty_desk(asked: Asked) -> None:
    asked.enter()
    assert "No clock runs." in visible(asked.page("/desk/clocks"))
