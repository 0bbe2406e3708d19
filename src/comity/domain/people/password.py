"""What a password must be: long, not about its person, and none of those that everybody tries first.

There is no list of leaked passwords here: the commonest ones are built from rules, words and rows of keys, as guessing programs
build them. Composition (a digit, a capital, a sign) is asked of nobody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from comity.domain.terms import Reason

LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 256
PART_MIN: Final = 3
"""A part of a name that is shorter stands in too many words."""

_WORDS: Final = frozenset(
    [
        "password",
        "passwort",
        "passphrase",
        "pass",
        "word",
        "secret",
        "geheim",
        "admin",
        "administrator",
        "root",
        "user",
        "test",
        "login",
        "welcome",
        "hello",
        "change",
        "me",
        "changeme",
        "letmein",
        "let",
        "in",
        "open",
        "sesame",
        "iloveyou",
        "love",
        "you",
        "qwerty",
        "azerty",
        "dragon",
        "monkey",
        "master",
        "shadow",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "superman",
        "batman",
        "summer",
        "winter",
        "spring",
        "autumn",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "friday",
        "police",
        "officer",
        "interpol",
        "comity",
        "korea",
        "seoul",
        "cambodia",
        "vietnam",
        "china",
        "hanoi",
        "beijing",
        "default",
        "temp",
        "temporary",
        "guest",
        "abc",
        "the",
        "my",
        "is",
        "new",
        "this",
        "computer",
        "internet",
        "default",
        "trust",
        "security",
        "secure",
        "biverse",
        "bimil",
        "bimilbeonho",
        "matkhau",
        "mima",
        "woaini",
    ]
)
_ROWS: Final = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "qazwsxedcrfvtgbyhnujm",
    "q1w2e3r4t5y6u7i8o9p0",
    "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ",
)
_LEET: Final = str.maketrans("013457@$!€", "oleastasie")
_RUN_MIN: Final = 3
_NAMES: Final = re.compile(r"[^\W_]+")


def as_typed(password: str) -> str:
    """The one form of a password that is hashed: two keyboards may write the same letter in two ways (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def against_password(password: str, names: Iterable[str]) -> tuple[Reason, ...]:
    """Everything that speaks against this password; nothing when it will do.

    names   login and display name of its person, name and title of the node
    """
    text = as_typed(password)
    reasons = []
    if len(text) < LENGTH_MIN:
        facts = {"field": "password", "characters": len(text), "characters_min": LENGTH_MIN}
        reasons.append(Reason("password-short", {**facts, "mend": "three or four words that don't belong together"}))
    if len(text) > LENGTH_MAX:
        reasons.append(Reason("password-long", {"field": "password", "characters_max": LENGTH_MAX}))
        return tuple(reasons)
    if named := _named_in(text, names):
        reasons.append(Reason("password-has-name", {"field": "password", "part": named}))
    if _is_common(text):
        mend = "not a common word, a row of keys or a repetition with digits around it"
        reasons.append(Reason("password-common", {"field": "password", "mend": mend}))
    return tuple(reasons)


def _named_in(text: str, names: Iterable[str]) -> str:
    """The part of a name that stands in the password, also as guessing programs write it; empty when none does."""
    forms = (text.casefold(), text.casefold().translate(_LEET))
    parts = {part for name in names for part in _NAMES.findall(name.casefold()) if len(part) >= PART_MIN}
    return next((part for part in sorted(parts) if any(part in form for form in forms)), "")


def _is_common(text: str) -> bool:
    plain = text.casefold()
    squeezed = "".join(plain.split())
    if len(set(squeezed)) < 5 or _repeats(squeezed):
        return True
    for form in (plain, plain.translate(_LEET)):
        for core in (form, form.strip("0123456789!?.,;:-_#*+@$% ")):
            letters = re.sub(r"[\W\d_]+", "", core)
            if _of_words(letters) or _of_runs(re.sub(r"\W|_", "", core)):
                return True
    return False


def _repeats(text: str) -> bool:
    """Whether it is one piece of up to half its length over and over, with or without a rest."""
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 2 + 1))


def _of_words(letters: str) -> bool:
    """Whether at most three of the common words make it up."""
    reached = {0: 0}
    for at in range(len(letters)):
        if at in reached and reached[at] < 3:
            for word in _WORDS:
                if letters.startswith(word, at):
                    end = at + len(word)
                    reached[end] = min(reached.get(end, 9), reached[at] + 1)
    return not letters or len(letters) in reached


def _of_runs(text: str) -> bool:
    """Whether it is made of pieces of rows of keys, of the alphabet or of numbers in order, forwards or backwards."""
    rows = [row for each in _ROWS for row in (each, each[::-1])]
    at = 0
    while at < len(text):
        size = max((_run(text, at, row) for row in rows), default=0)
        if size < _RUN_MIN:
            return False
        at += size
    return True


def _run(text: str, at: int, row: str) -> int:
    size = 0
    while at + size < len(text) and text[at : at + size + 1] in row:
        size += 1
    return size
