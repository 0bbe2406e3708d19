"""A freeze says how much, until when, and how its holder may object; what is missing is named with its mend, in words."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.law import Draft, lint, lint_for_sending
from comity.domain.law.freeze_checks import is_asset
from comity.domain.terms import Reason
from comity.faces.cli.sentence_words import because
from tests.freeze.drafts import BOOK, DAY, FORM, FREEZE, KH, KR, MLA, VN, WALLET, WHOLE, routes

ABROAD = routes()


def lacking(**members: str) -> Draft:
    """The whole draft with members of its form changed; an empty text takes one away."""
    return replace(WHOLE, form={name: text for name, text in {**FORM, **members}.items() if text})


def blocked(draft: Draft) -> list[Reason]:
    return list(lint(draft, FREEZE, ABROAD, BOOK).blocking)


def in_words(reason: Reason) -> tuple[str, str]:
    facts = dict(reason.facts)
    return because({"code": reason.code, "field": facts.pop("field"), "mend": facts.pop("mend"), "facts": facts})


def test_a_whole_freeze_may_leave_voluntarily_and_through_the_other_state() -> None:
    assert lint_for_sending(WHOLE, FREEZE, ABROAD, BOOK).blocking == ()
    via = replace(WHOLE, route="kr_kh.mla", nature="via-state", form={**FORM, **MLA})
    assert lint_for_sending(via, FREEZE, ABROAD, BOOK).blocking == ()


@pytest.mark.parametrize(
    ("draft", "code", "field", "said"),
    [
        (lacking(amount_units=""), "amount-missing", "form/amount_units", "how much"),
        (lacking(amount_units="12.50"), "amount-not-in-units", "form/amount_units", "12.50"),
        (lacking(amount_units="0"), "amount-not-in-units", "form/amount_units", "smallest units"),
        (lacking(amount_units="1,250"), "amount-not-in-units", "form/amount_units", "1,250"),
        (lacking(whole_account_reason="x"), "amount-and-whole-account", "form/whole_account_reason", "both"),
        (lacking(asset=""), "asset-missing", "form/asset", "of what"),
        (lacking(asset="USDT"), "asset-unknown", "form/asset", "USDT"),
        (lacking(ends_at=""), "end-missing", "form/ends_at", "lapses"),
        (lacking(ends_at="next year"), "end-unreadable", "form/ends_at", "next year"),
        (lacking(ends_at="2026-12-20"), "end-unreadable", "form/ends_at", "2026-12-20"),
        (lacking(ends_at="2026-11-24T09:00:00Z"), "end-in-the-past", "form/ends_at", "past"),
        (lacking(ends_at="2027-01-01T00:00:00Z"), "end-too-far", "form/ends_at", "30 days"),
        (lacking(remedy=""), "remedy-missing", "form/remedy", "object"),
        (lacking(remedy_address=""), "remedy-missing", "form/remedy_address", "object"),
        (lacking(remedy_until=""), "remedy-missing", "form/remedy_until", "object"),
        (lacking(remedy_until="soon"), "remedy-unreadable", "form/remedy_until", "soon"),
        (lacking(remedy_until="2026-11-01T00:00:00Z"), "remedy-in-the-past", "form/remedy_until", "past"),
        (lacking(legal_basis_at_home=""), "basis-missing", "form/legal_basis_at_home", "legal basis"),
        (replace(WHOLE, targets=(("transaction", "x"),)), "account-missing", "targets", "account"),
        (replace(WHOLE, targets=(("person_name", "x"),)), "target-kind", "targets/0", "person_name"),
        (replace(WHOLE, nature="binding-order"), "binding-abroad", "nature", "order"),
        (replace(WHOLE, nature="binding-order"), "nature-without-limit", "nature", "binding-order"),
        (replace(WHOLE, approved_by=WHOLE.drafted_by), "four-eyes", "approved_by", "own request"),
        (replace(WHOLE, attestation=None), "attest-missing", "attestation", "read"),
    ],
)
def test_each_gap_is_named_with_its_field_its_mend_and_words(draft: Draft, code: str, field: str, said: str) -> None:
    found = [reason for reason in blocked(draft) if reason.code == code]
    assert [reason.facts["field"] for reason in found] == [field]
    what, mend = in_words(found[0])
    assert said in what
    assert mend


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (lacking(follow_up_route=""), "follow-up-missing"),
        (replace(WHOLE, targets=(("wallet", WALLET),)), "transaction-missing"),
    ],
)
def test_what_only_helps_is_told_and_holds_nothing_back(draft: Draft, code: str) -> None:
    found = lint(draft, FREEZE, ABROAD, BOOK)
    assert found.blocking == ()
    (reason,) = [reason for reason in found.advisory if reason.code == code]
    assert all(in_words(reason))


def test_the_whole_account_needs_its_reason_in_place_of_an_amount() -> None:
    assert blocked(lacking(amount_units="", whole_account_reason="it was opened for this alone (fictional)")) == []


def test_the_longest_time_is_the_measures_own_and_names_who_says_so() -> None:
    late = "2027-03-01T00:00:00Z"
    via = replace(lacking(ends_at=late), route="kr_kh.mla", nature="via-state")
    assert "end-too-far" not in [reason.code for reason in blocked(via)]
    (too_far,) = [reason for reason in blocked(lacking(ends_at=late)) if reason.code == "end-too-far"]
    assert too_far.facts["days_max"] == 30
    assert too_far.facts["source"]


MUST = ("asset", "amount_units", "ends_at", "remedy", "remedy_address", "remedy_until", "legal_basis_at_home")


@settings(max_examples=120, deadline=None)
@given(
    missing=st.sets(st.sampled_from(MUST), min_size=1),
    blank=st.sampled_from(["", " ", "\t\n"]),
    nature=st.sampled_from(["voluntary", "via-state", "binding-order"]),
    route=st.sampled_from([view.row.id for view in ABROAD]),
)
def test_no_freeze_without_amount_end_remedy_and_basis_is_ever_sendable(
    missing: set[str], blank: str, nature: str, route: str
) -> None:
    """Whatever else is right: none of them can be left out, on no route and in no nature."""
    form = {**FORM, **MLA, **dict.fromkeys(missing, blank)}
    draft = replace(WHOLE, form=form, nature=nature, route=route)
    named = {str(reason.facts["field"]) for reason in lint_for_sending(draft, FREEZE, ABROAD, BOOK).blocking}
    assert {f"form/{member}" for member in missing} <= named


@settings(max_examples=120, deadline=None)
@given(
    pair=st.sampled_from([(a, b) for a, b in product((KR, KH, VN), repeat=2) if a != b]),
    law_of=st.sampled_from([None, "KR", "KH", "VN"]),
    measure=st.sampled_from(["freeze", "preserve", "takedown"]),
    data=st.data(),
)
def test_nobody_orders_anything_abroad(pair: Any, law_of: str | None, measure: str, data: st.DataObject) -> None:
    from comity.domain.law import weigh
    from tests.freeze.drafts import CATALOG

    asked = CATALOG.measures()[measure]
    views = weigh(asked, *pair, DAY, BOOK)
    route = data.draw(st.sampled_from([None, *(view.row.id for view in views)]))
    draft = replace(WHOLE, measure=measure, sender=pair[0], receiver=pair[1], route=route, nature="binding-order")
    codes = [reason.code for reason in lint(replace(draft, law_of=law_of), asked, views, BOOK).blocking]
    assert "binding-abroad" in codes


def test_at_home_no_foreign_law_orders() -> None:
    home = replace(WHOLE, sender=KR, receiver=KR, nature="binding-order", law_of="KH")
    codes = [reason.code for reason in lint(home, FREEZE, routes(KR, KR), BOOK).blocking]
    assert "binding-by-foreign-law" in codes


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("KRW", True),
        ("btc", True),
        ("eth:0x" + "ab" * 20, True),
        (WALLET, True),
        ("usd", False),
        ("USDT", False),
        ("eth:USDT", False),
        ("trx:" + "T" * 12, False),
        ("btc:something", False),
        ("", False),
    ],
)
def test_an_asset_is_a_currency_a_coin_or_a_token_by_its_contract(text: str, good: bool) -> None:
    assert is_asset(text) is good
