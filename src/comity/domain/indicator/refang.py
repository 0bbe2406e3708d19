"""Takes the safety catch off defanged addresses: `hxxps://bad[.]example` is what analysts mail each other."""

from __future__ import annotations

import re

_DOT = re.compile(r"\s?(?:\[\s?(?:\.|dot)\s?\]|\(\s?(?:\.|dot)\s?\)|\{\s?(?:\.|dot)\s?\}|\[\.|\.\])\s?", re.IGNORECASE)
_AT = re.compile(r"\s?[\[({]\s?(?:@|at)\s?[\])}]\s?", re.IGNORECASE)
_SLASHES = re.compile(r"\[:?//\]|\[:\]//|:\[//\]")
_SCHEME = re.compile(r"h(?:xx|tt|\*\*|__)p(s?)(?=:|\[)", re.IGNORECASE)


def refang_dots(text: str) -> str:
    """`bad[.]example`, `bad(dot)example`, `bad[.example` to `bad.example`."""
    return _DOT.sub(".", text) if "[" in text or "(" in text or "{" in text or ".]" in text else text


def refang_mail(text: str) -> str:
    """As refang_dots, and `who[at]bad.example` to `who@bad.example`."""
    return refang_dots(_AT.sub("@", text))


def refang_scheme(text: str) -> str:
    """`hxxps://`, `h**p://`, `https[:]//`, `https[://]` at the start to `https://`; the rest stays."""
    scheme = _SCHEME.match(text)
    if scheme is None:
        return text
    rest = _SLASHES.sub("://", text[scheme.end() : scheme.end() + 6], count=1) + text[scheme.end() + 6 :]
    return f"http{scheme[1]}{rest}"
