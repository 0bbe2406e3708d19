"""A person's name in one exact form. Other scripts, other orders and misspellings are the affair of a name search, not of this.

An equal name is no identity: many people share one, and a person decides.
"""

from __future__ import annotations

import re
import unicodedata

from comity.errors import Malformed

KIND = "person_name"
LABEL = "Person's name"
MISP_TYPES = ("full-name",)
SURENESS = 0
COMMAS = True
EXAMPLES = [
    ("  Hong   Gil-dong ", "hong gil-dong"),
    ("HONG Gil‐dong", "hong gil-dong"),
    ("홍길동", "홍길동"),
    ("ＨＯＮＧ　ＧＩＬＤＯＮＧ", "hong gildong"),
    ("Nguyễn Văn Ví Dụ", "nguyễn văn ví dụ"),
    ("Doe, Jane", "doe, jane"),
    ("O’Example, Ann", "o'example, ann"),
    ("ឧទាហរណ៍ សុខ", "ឧទាហរណ៍ សុខ"),
    ("Weiß", "weiss"),
]
REFUSED = [
    ("", "person_name-empty"),
    (" - ", "person_name-empty"),
    ("J", "person_name-too-short"),
    ("x" * 201, "person_name-too-long"),
    ("jane@family.example", "person_name-character"),
    ("Jane Doe 1990", "person_name-character"),
    ("https://jane.example", "person_name-character"),
    ("Jane\u0000Doe", "person_name-character"),
]

CHARACTERS_MAX = 200
_DASHES = re.compile(r"[\u2010-\u2015\u2212\u00ad\uff0d]")
_QUOTES = re.compile("[\u2018\u2019\u02bc\u0060\u00b4\uff07]")
_UNSEEN = re.compile(r"[\u200b\u2060\ufeff]")  # not the joiners: Khmer and others are written with them
_PLAIN = frozenset(" .,'-·()\u200c\u200d")
_ALLOWED = frozenset({"Ll", "Lm", "Lo", "Lt", "Lu", "Mn", "Mc"})


def normalise(raw: str) -> str:
    """NFKC, case folded, one space between words; the order of the words stays as it was given."""
    text, before = _folded(raw), None
    for _ in range(4):  # folding may compose anew, and composing may fold anew: at most twice, as Unicode stands
        if text == before:
            break
        text, before = _folded(text), text
    if len(text) > CHARACTERS_MAX:
        raise Malformed("person_name-too-long", characters=len(text), characters_max=CHARACTERS_MAX)
    wrong = next((c for c in text if c not in _PLAIN and unicodedata.category(c) not in _ALLOWED), None)
    if wrong is not None:
        raise Malformed("person_name-character", character=f"U+{ord(wrong):04X}")
    letters = [c for c in text if unicodedata.category(c)[0] == "L"]
    if not letters:
        raise Malformed("person_name-empty")
    if len(letters) < 2 and letters[0].isascii():
        raise Malformed("person_name-too-short")
    return text


def recognise(raw: str) -> bool:
    """Never: any two words might be a name."""
    return False


def _folded(text: str) -> str:
    text = _QUOTES.sub("'", _DASHES.sub("-", _UNSEEN.sub("", text)))
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFKC", text)
    return " ".join(_QUOTES.sub("'", _DASHES.sub("-", text)).split())
