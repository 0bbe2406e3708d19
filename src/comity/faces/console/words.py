"""What the console says, in each language: every `<lang>.po` below `comity/locale/` is read, nothing is compiled.

A message's id is a short key (`today.title`), its text is in the language of the file, English in `en.po`. Placeholders are named
in braces (`{name}`); a plural takes its form by the number `n`. A file may lie in a folder of its own beside others
(`locale/rescue/en.po`): the folders are added up, and a key that stands in two of them is refused.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from comity.errors import Misconfigured

FOLDER = Path(__file__).resolve().parents[2] / "locale"
FIRST = "en"
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
THIN = "\u202f"
"""Groups the digits of a number; it doesn't break."""

LANGUAGES = {"en": "English", "ko": "한국어", "vi": "Tiếng Việt", "km": "ខ្មែរ", "zh": "中文"}
"""Code -> the language's name for itself, in the order in which they are offered."""
TAGS = {"zh": "zh-Hans"}
"""What `lang` says where the code alone would leave the letters' shape open."""


@dataclass(frozen=True)
class Words:
    """One language.

    texts  key -> the forms of its text: one, or as many as the language has plurals
    """

    lang: str
    texts: Mapping[str, tuple[str, ...]]
    form_of: Any = field(repr=False)

    @property
    def tag(self) -> str:
        """For `lang` attributes."""
        return TAGS.get(self.lang, self.lang)

    @property
    def locale(self) -> Locale:
        """Babel's tables for this language."""
        return _locale(self.lang)

    def has(self, key: str) -> bool:
        return key in self.texts

    def say(self, key: str, /, **facts: object) -> Markup:
        """The message with its facts in their places, escaped; whole numbers are grouped. KeyError when there is none.

        Where a fact is markup already (a time with its zone), it stays.
        """
        forms = self.texts[key]
        number = facts.get("n")
        form = self.form_of(number) if len(forms) > 1 and isinstance(number, int) else 0
        told = {name: grouped(fact) if type(fact) is int else fact for name, fact in facts.items()}
        return escape(forms[form]).format_map(_Escaped(told))

    def word(self, family: str, code: str) -> Markup:
        """The word for a code of the catalog; the code itself, spelt out, where an overlay brought one that has no word here."""
        key = f"{family}.{code}"
        return self.say(key) if key in self.texts else escape(code.replace("_", " ").replace("-", " "))


class _Escaped(dict[str, Any]):
    """Facts by name; a name without a fact stays as it is, so that a page isn't lost over one."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def grouped(number: int) -> str:
    """`18 204`, with thin spaces, from five digits on."""
    return f"{number:,}".replace(",", THIN) if abs(number) >= 10_000 else str(number)


@lru_cache(maxsize=16)
def _locale(lang: str) -> Locale:
    return Locale.parse("zh_Hans" if lang == "zh" else "en_GB" if lang == "en" else lang)


@lru_cache(maxsize=4)
def book(folder: Path = FOLDER) -> Mapping[str, Words]:
    """Every language, read once."""
    return {lang: _words(folder, lang) for lang in LANGUAGES}


def _words(folder: Path, lang: str) -> Words:
    texts: dict[str, tuple[str, ...]] = {}
    form_of: Any = None
    for file in sorted(folder.rglob(f"{lang}.po")):
        with file.open("rb") as opened:
            catalog = read_po(opened, locale="en" if lang == "en" else lang)
        form_of = form_of or gettext.c2py(catalog.plural_expr)
        for message in catalog:
            if not message.id:
                continue
            key = message.id[0] if isinstance(message.id, list | tuple) else message.id
            if key in texts:
                raise Misconfigured("message-twice", key=key, file=str(file))
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            if not all(forms):
                continue  # not translated: the English text is not put in its place without saying so
            texts[key] = tuple(str(form) for form in forms)
    if form_of is None:
        raise Misconfigured("language-missing", lang=lang, folder=str(folder))
    return Words(lang, texts, form_of)


def stretched(words: Words, by: float = 0.4) -> Words:
    """A language that nobody speaks, for tests of layout: every text longer by that share, its placeholders kept."""
    longer = {key: tuple(_longer(text, by) for text in forms) for key, forms in words.texts.items()}
    return Words(words.lang, longer, words.form_of)


def _longer(text: str, by: float) -> str:
    return text + " " + ("\u0144\u00f6\u00ebx " * len(text))[: max(2, int(len(text) * by))].strip()


def preferred(accept: str) -> str:
    """The first of our languages in an Accept-Language header, by its weights; English without one."""
    wanted: list[tuple[float, int, str]] = []
    for number, part in enumerate(accept.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        lang = tag.split("-")[0].lower()
        try:
            q = float(weight) if weight else 1.0
        except ValueError:
            continue
        if lang in LANGUAGES and q > 0:
            wanted.append((-q, number, lang))
    return min(wanted)[2] if wanted else FIRST
