"""The linter names the field and the mend, and keeps at home what would be refused abroad."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from comity.adapters.catalog import FileCatalog
from comity.domain.law import Attestation, Draft, lint, lint_for_sending, lint_refusal, weigh
from comity.domain.terms import country

CATALOG = FileCatalog()
BOOK = CATALOG.book()
PRESERVE = CATALOG.measures()["preserve"]
KR, KH = country("KR"), country("KH")
DAY = date(2026, 11, 24)
ABROAD = weigh(PRESERVE, KR, KH, DAY, BOOK)

READ = Attestation("officer Han (fictional)", "2026-11-24T09:00:00Z", "a" * 64, "Treaty, fictional copy")
GOOD = Draft(
    measure="preserve",
    route="kr_kh.mla",
    sender=KR,
    receiver=KH,
    nature="via-state",
    law_of=None,
    offence="fraud by recruitment",
    targets=(("url", "https://jobs.example/1"),),
    form={"central_authority": "x", "subject_and_nature": "x", "use_limitation": "x"},
    facts="A fictional advertisement.",
    drafted_by="officer Han (fictional)",
    approved_by="chief Seo (fictional)",
    attestation=READ,
)


def test_a_whole_draft_has_nothing_that_blocks() -> None:
    assert lint(GOOD, PRESERVE, ABROAD, BOOK).blocking == ()
    assert lint_for_sending(GOOD, PRESERVE, ABROAD, BOOK).blocking == ()


@pytest.mark.parametrize(
    ("draft", "code", "field"),
    [
        (replace(GOOD, route=None), "no-route", "route"),
        (replace(GOOD, route="untoc.mla"), "route-blocked", "route"),
        (replace(GOOD, attestation=None), "attest-missing", "attestation"),
        (replace(GOOD, attestation=replace(READ, text_sha256="abc")), "attest-incomplete", "attestation"),
        (replace(GOOD, approved_by=GOOD.drafted_by), "four-eyes", "approved_by"),
        (replace(GOOD, nature="binding-order", law_of="KH"), "binding-abroad", "nature"),
        (replace(GOOD, nature="voluntary"), "nature-not-of-route", "nature"),
        (replace(GOOD, law_of="KR"), "law-named-without-order", "law_of"),
        (replace(GOOD, targets=()), "target-missing", "targets"),
        (replace(GOOD, targets=(("image_hash", "x"),)), "target-kind", "targets/0"),
        (replace(GOOD, targets=(("url", " "),)), "target-empty", "targets/0"),
        (replace(GOOD, targets=(*GOOD.targets, *GOOD.targets)), "target-repeated", "targets/1"),
        (replace(GOOD, form={**GOOD.form, "use_limitation": " "}), "member-missing", "form/use_limitation"),
        (replace(GOOD, deadline="2026-12-24T00:00:00Z"), "deadline-without-reason", "form/deadline_reason"),
        (replace(GOOD, offence=""), "offence-missing", "offence"),
        (replace(GOOD, facts=""), "facts-missing", "facts"),
        (replace(GOOD, facts="", urgency="emergency"), "emergency-facts", "facts"),
    ],
)
def test_each_gap_is_named_with_its_field_and_its_mend(draft: Draft, code: str, field: str) -> None:
    found = [reason for reason in lint(draft, PRESERVE, ABROAD, BOOK).blocking if reason.code == code]
    assert [reason.facts["field"] for reason in found] == [field]
    assert found[0].facts["mend"]


def test_a_blocked_route_names_the_nearest_usable_one_and_why() -> None:
    blocking = lint(replace(GOOD, route="untoc.mla"), PRESERVE, ABROAD, BOOK).blocking
    (found,) = [why for why in blocking if why.facts["field"] == "route"]
    assert (found.facts["nearest"], found.facts["why"]) == ("kr_kh.mla", ["treaty-first"])
    assert found.facts["choices"] == ["kr_kh.mla", "vol.preserve"]


def test_nothing_is_sent_without_an_approver_but_may_be_submitted() -> None:
    alone = replace(GOOD, approved_by=None)
    assert lint(alone, PRESERVE, ABROAD, BOOK).blocking == ()
    assert [why.code for why in lint_for_sending(alone, PRESERVE, ABROAD, BOOK).blocking] == ["approval-missing"]


def test_an_order_at_home_names_its_law() -> None:
    takedown = CATALOG.measures()["takedown"]
    home = weigh(takedown, KR, KR, DAY, BOOK)
    chosen = {"content.kind": "ad", "category": "scam_recruitment", "action_asked": "delete"}
    form = {**dict.fromkeys(takedown.members["F_TAKEDOWN"], "x"), **chosen}
    order = replace(
        GOOD, measure="takedown", route="kr.takedown", receiver=KR, nature="binding-order", law_of="KR", form=form
    )
    assert lint(order, takedown, home, BOOK).blocking == ()
    (unnamed,) = lint(replace(order, law_of=None), takedown, home, BOOK).blocking
    assert (unnamed.code, unnamed.facts["choices"]) == ("law-not-named", ["KR"])


def test_other_required_members_are_asked_for_and_do_not_block() -> None:
    found = lint(replace(GOOD, form={**GOOD.form, "horoscope": "x"}), PRESERVE, ABROAD, BOOK)
    open_ones = {why.facts["member"] for why in found.advisory if why.code == "member-open"}
    assert "max_penalty_years" in open_ones
    assert "purpose" not in open_ones, "the record itself says it"
    assert [why.facts["field"] for why in found.advisory if why.code == "member-unknown"] == ["form/horoscope"]


@pytest.mark.parametrize(
    ("ground", "has_reason", "codes"),
    [
        ("NO_DATA", True, []),
        ("NO_DATA", False, ["reason-missing"]),
        (None, False, ["reason-missing", "ground-missing"]),
        ("BANK_SECRECY", True, ["ground-forbidden"]),
        ("BECAUSE", True, ["ground-unknown"]),
        ("POSTPONED", True, ["ground-is-no-refusal"]),
        ("POLITICAL_OFFENCE", True, ["ground-not-of-this-route"]),
    ],
)
def test_a_refusal_needs_a_ground_of_the_route_and_a_reason(
    ground: str | None, has_reason: bool, codes: list[str]
) -> None:
    route = BOOK.route("vol.preserve")
    assert route is not None
    assert [why.code for why in lint_refusal(ground, has_reason, route, BOOK)] == codes


def test_where_no_text_was_read_any_known_ground_will_do() -> None:
    route = BOOK.route("kr_kh.mla")
    assert route is not None
    assert lint_refusal("POLITICAL_OFFENCE", True, route, BOOK) == ()


@pytest.mark.parametrize(
    ("facts", "held"),
    [
        ("We need any and all data.", True),
        ("ALL  DATA, please", True),
        ("The overall data rate rose.", False),
        ("계정의 모든 자료를 요청합니다", True),
        ("toàn bộ dữ liệu của tài khoản", True),
        ("关于该账户的所有数据", True),
        ("The sign-in of 24 November.", False),
    ],
)
def test_words_without_a_limit_are_found_as_words_of_their_own(facts: str, held: bool) -> None:
    found = {why.code for why in lint(replace(GOOD, facts=facts), PRESERVE, ABROAD, BOOK).blocking}
    assert ("without-limit" in found) is held
