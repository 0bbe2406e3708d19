"""Every reason that the sentence's rules can give has words on the command line, and the words name only facts that come with it."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from comity.domain.match.suppress import Suppression
from comity.faces.api.views import ReasonView
from comity.faces.cli.known_text import WHY
from comity.faces.cli.sentence_words import WORDS, because
from tests.house.tracked import ROOT

HOUSE = ROOT / "src" / "comity"
RULES = (
    "flows/take_report.py",
    "flows/request.py",
    "flows/answer.py",
    "flows/files.py",
    "flows/message.py",
    "flows/rescue.py",
    "flows/attest_route.py",
    "flows/replacing.py",
    "domain/law/lint.py",
    "domain/law/asked.py",
    "domain/law/route_needs.py",
    "domain/law/freeze_checks.py",
    "domain/law/rescue_checks.py",
    "domain/action/freeze_acts.py",
    "domain/action/rescue_acts.py",
    "domain/law/grounds.py",
    "domain/law/predicates.py",
    "domain/request/fold.py",
)
GIVEN = re.compile(r"(?:Reason\(|finding\(|objection\(|_because\(\s*\"[a-z]+\",)\s*\"([a-z-]+)\"")
# What only a program that skips the API's own types can hear.
UNHEARD = {"channel-unknown"}


@pytest.mark.parametrize("file", RULES)
def test_every_reason_has_words(file: str) -> None:
    codes = set(GIVEN.findall((HOUSE / file).read_text()))
    assert codes, "the rules are written as this test reads them"
    assert codes - UNHEARD - set(WORDS) == set()


def test_a_reason_is_told_with_its_facts_in_their_places() -> None:
    reason = ReasonView(
        "member-missing", "form/use_limitation", "fill-in", {"form": "F_MLA", "member": "use_limitation"}
    )
    told = {"code": reason.code, "field": reason.field, "mend": reason.mend, "facts": reason.facts}
    assert because(told) == ("The form F_MLA lacks use_limitation.", "Give --form use_limitation=TEXT")


def test_a_reason_without_words_is_told_by_its_code_its_facts_and_its_mend() -> None:
    told = {"code": "brand-new", "field": "f", "mend": "do this", "facts": {"a": 1}}
    assert because(told) == ("brand new (a: 1)", "do this")


@pytest.mark.parametrize("code", sorted(WORDS))
def test_words_are_whole_sentences(code: str) -> None:
    what, mend = WORDS[code]
    assert what.rstrip("}").endswith((".", ":", "text", "entry", "why")), what
    assert all(name for text in (what, mend) for _, name, _, _ in Formatter().parse(text) if name is not None)


def test_every_way_in_which_a_warning_list_hits_has_words() -> None:
    listed = re.findall(r"`([a-z-]+)`", (Suppression.__doc__ or "").partition("why")[2])
    assert set(listed) == set(WHY)
