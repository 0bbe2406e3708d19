"""Every language says everything: same keys, same placeholders, its own number of plurals, and no message that no page says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import comity.faces.console as console
from comity.errors import Misconfigured
from comity.faces.console.words import LANGUAGES, PLACEHOLDER, Words, book, grouped, preferred, stretched

HOUSE = Path(console.__file__).parent
IN_TEMPLATE = re.compile(r"""["']([a-z][a-z0-9_-]*(?:\.[A-Za-z0-9_-]+)+)["']""")
# Message families that pages put together from a code: `word("state", code)`, `t("nav." ~ key)`.
FAMILY = re.compile(r"""["']([a-z_.-]+)["']\s*~|f["']([a-z_.-]+)\{|word\(\s*["']([a-z_-]+)["']""")
BARE = {"brand", "skip", "close", "leave", "language", "rail", "foot"}
FORMS = {"en": 2, "ko": 1, "vi": 1, "km": 1, "zh": 1}


def beginnings(text: str) -> set[str]:
    """What keys begin with that are put together: the text before `~` or `{`, and the family of a word with its dot."""
    return {start or f"{family}." for joined, filled, family in FAMILY.findall(text) for start in [joined or filled]}


def said_in_pages() -> tuple[set[str], set[str]]:
    """(keys, beginnings of keys) that templates and Python files of the console speak of."""
    keys, families = set(BARE), {"did."}
    for file in HOUSE.rglob("*.html"):
        text = file.read_text()
        keys |= set(IN_TEMPLATE.findall(text))
        families |= beginnings(text)
    for file in HOUSE.rglob("*.py"):
        text = file.read_text()
        families |= beginnings(text)
        for part in ast.walk(ast.parse(text)):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                keys.add(part.value)
    return keys, families


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_has_every_message_and_no_other(lang: str) -> None:
    assert set(book()[lang].texts) ^ set(book()["en"].texts) == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_placeholders_are_those_of_the_english_text(lang: str) -> None:
    def marks(words: Words, key: str) -> set[str]:
        return {mark for form in words.texts[key] for mark in PLACEHOLDER.findall(form)}

    english, here = book()["en"], book()[lang]
    assert {key: marks(here, key) for key in here.texts if marks(here, key) != marks(english, key)} == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_plurals_have_the_languages_own_number_of_forms(lang: str) -> None:
    plural = {key for key, forms in book()["en"].texts.items() if len(forms) > 1}
    forms = {key: len(book()[lang].texts[key]) for key in plural}
    assert forms == dict.fromkeys(plural, FORMS[lang])


def test_no_message_is_missing_and_none_is_unsaid() -> None:
    keys, families = said_in_pages()
    known = set(book()["en"].texts)
    in_templates = {
        key
        for file in HOUSE.rglob("*.html")
        for key in re.findall(r"""\bt\(\s*["']([^"'~]+)["']\s*[,)]""", file.read_text())
    }
    assert in_templates - known == set()
    unsaid = {key for key in known - keys if not any(key.startswith(start) for start in families)}
    assert unsaid == set()


def test_numbers_take_the_plural_and_are_grouped() -> None:
    english = book()["en"]
    assert english.say("span.days", n=1) == "1 day"
    assert english.say("span.days", n=12345) == "12\u202f345 days"
    assert grouped(9999) == "9999"


def test_a_fact_is_escaped() -> None:
    assert "<b>" not in book()["en"].say("login.lead", title="<b>x</b>")


def test_a_key_in_two_files_is_refused(tmp_path: Path) -> None:
    for lang in LANGUAGES:
        (tmp_path / "a").mkdir(exist_ok=True)
        for place in (tmp_path, tmp_path / "a"):
            (place / f"{lang}.po").write_text('msgid "x"\nmsgstr "y"\n')
    with pytest.raises(Misconfigured, match="message-twice"):
        book(tmp_path)


def test_a_language_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="language-missing"):
        book(tmp_path)


@pytest.mark.parametrize(
    ("accept", "lang"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("fr, vi;q=0.4, zh-CN;q=0.6", "zh"),
        ("en;q=0, km", "km"),
        ("fr", "en"),
        ("", "en"),
        ("ko;q=much, vi;q=0.1", "vi"),
    ],
)
def test_the_browsers_first_language_that_we_speak_is_taken(accept: str, lang: str) -> None:
    assert preferred(accept) == lang


def test_the_stretched_language_is_longer_and_keeps_its_placeholders() -> None:
    english, longer = book()["en"], stretched(book()["en"])
    key = "login.lead"
    assert len(longer.texts[key][0]) >= 1.39 * len(english.texts[key][0])
    assert PLACEHOLDER.findall(longer.texts[key][0]) == PLACEHOLDER.findall(english.texts[key][0])
