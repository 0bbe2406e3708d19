"""Nobody in the story is real, and everything in it is what the nodes take it for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from comity.adapters.catalog import FileCatalog
from comity.domain.indicator import guess
from comity.domain.match import parse_warning_list
from comity.faces.demo.story import raw, story

PERSONS = {"officer", "approver", "title", "source", "whereabouts", "text_title", "term", "signature"}
NARRATED = {"narrative", "facts", "evidence_text", "refusal_reason", "explanation"}
HOST = re.compile(r"(?<![\w/])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w(])", re.IGNORECASE)
FILES = (".txt", ".toml", ".json")


def texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text of the story with the name of its member. Any: decoded TOML."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from texts(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, name)
    elif isinstance(value, str):
        yield name, value


STORY = tomllib.loads(raw("story.toml").decode())
TEXTS = list(texts(STORY))


def test_every_person_title_and_source_is_marked_fictional() -> None:
    assert [text for name, text in TEXTS if name in PERSONS and not re.search(r"\(fictional\b", text)] == []


def test_every_name_is_marked_fictional_or_an_example_host() -> None:
    names = [text for name, text in TEXTS if name == "name"]
    assert len(names) == 7
    assert [text for text in names if not text.endswith(("(fictional)", ".example"))] == []


def test_everything_that_is_told_begins_with_the_word() -> None:
    told = [text for name, text in TEXTS if name in NARRATED]
    assert len(told) >= 6
    assert [text for text in told if not text.lstrip().startswith("FICTIONAL")] == []


def test_every_host_is_reserved_for_examples() -> None:
    said = [text.replace("[.]", ".") for name, text in TEXTS if name != "route"] + [raw("warning-list.json").decode()]
    hosts = {host for text in said for host in HOST.findall(text) if not host.endswith(FILES)}
    assert [host for host in hosts if not host.endswith(".example")] == []
    assert len(hosts) >= 8


def test_the_telephone_number_is_one_kept_free_for_films() -> None:
    numbers = {v.value for text in story().report.values for v in guess(text)[:1] if v.kind == "phone"}
    assert numbers
    assert all(re.fullmatch(r"\+447700900\d{3}", number) for number in numbers)


def test_wallets_say_that_they_are_fictional() -> None:
    wallets = {v.value for text in story().report.values for v in guess(text)[:1] if v.kind == "wallet"}
    assert len(wallets) == 2
    assert all(wallet.startswith("evm:0xf1c710") for wallet in wallets)


def test_the_report_names_every_kind_that_the_partner_shares() -> None:
    shared = {guess(text)[0].kind for part in story().list.part for text in part.values}
    assert shared == {"domain", "handle", "phone", "wallet"}
    assert {guess(text)[0].kind for text in story().report.values} == {"url", "handle", "phone", "wallet"}


def test_the_warning_list_is_one() -> None:
    listed = parse_warning_list(raw("warning-list.json"))
    assert listed.name.endswith("(fictional)")
    assert len(listed.entries) == 1


@pytest.mark.parametrize("ask", [story().preservation, story().takedown, story().too_broad], ids=lambda ask: ask.label)
def test_a_request_rests_on_a_route_and_a_measure_of_the_catalog(ask: Any) -> None:
    catalog = FileCatalog()
    measure = catalog.measures()[ask.measure]
    route = catalog.book().route(ask.route)
    assert route is not None
    assert {guess(text)[0].kind for text in ask.targets} <= set(measure.targets)
    assert all(ask.form.get(member) for form in route.form for member in measure.members.get(form, ()))
