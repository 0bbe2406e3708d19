"""Host names in the one form the name system knows: A-labels, lower case, no trailing dot.

Mapping follows UTS #46 as browsers use it (non-transitional, no STD3 rules): what resolves for a victim must have a
normal form here, so emoji, underscores and edge hyphens pass although no registry may sell them.
"""

from __future__ import annotations

import re

import idna

from comity.errors import Malformed

TEXT_MAX = 1024  # before mapping, which may shorten; the punycode of longer labels takes quadratic time
_PLAIN = re.compile(r"(?!.*(?:^|\.)xn--)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_FORBIDDEN = re.compile(r"[\x00-\x2c\x2e/\x3a-\x5e`\x7b-\x7f]")  # all of ASCII but a-z, 0-9, hyphen, underscore
_JOINERS = "\u200c\u200d"


def host_name(text: str, kind: str) -> str:
    """The host name in normal form.

    text  A-labels, U-labels or a mixture, any case, one trailing dot allowed
    kind  whose fault codes to raise: `<kind>-host-empty`, `-empty-label`, `-too-long`, `-character`, `-bad-a-label`
    """
    if len(text) > TEXT_MAX:
        raise Malformed(f"{kind}-too-long", characters=len(text), characters_max=TEXT_MAX)
    name = text.lower() if text.isascii() else _mapped(text, kind)
    name = name[:-1] if name.endswith(".") else name
    if not name:
        raise Malformed(f"{kind}-host-empty")
    if not (name.isascii() and _PLAIN.fullmatch(name)):
        name = ".".join(_a_label(label, number, kind) for number, label in enumerate(name.split("."), 1))
    if len(name) > 253:
        raise Malformed(f"{kind}-too-long", octets=len(name), octets_max=253)
    return name


def _mapped(text: str, kind: str) -> str:
    try:
        return idna.uts46_remap(text, std3_rules=False, transitional=False)
    except idna.IDNAError as fault:
        raise Malformed(f"{kind}-character", rule="UTS 46 mapping") from fault


def _a_label(label: str, number: int, kind: str) -> str:
    if not label:
        raise Malformed(f"{kind}-empty-label", label=number)
    wrong = _FORBIDDEN.search(label)
    if wrong is not None:
        raise Malformed(f"{kind}-character", label=number, character=f"U+{ord(wrong[0]):04X}", at=wrong.start())
    if label.isascii():
        if label.startswith("xn--") and not _round_trips(label):
            raise Malformed(f"{kind}-bad-a-label", label=number)
        encoded = label
    else:
        if any(not _joins(label, at) for at, character in enumerate(label) if character in _JOINERS):
            raise Malformed(f"{kind}-character", label=number, rule="joiner out of place")
        encoded = "xn--" + label.encode("punycode").decode("ascii")
    if len(encoded) > 63:
        raise Malformed(f"{kind}-too-long", label=number, octets=len(encoded), octets_max=63)
    return encoded


def _joins(label: str, at: int) -> bool:
    try:
        return idna.valid_contextj(label, at)
    except ValueError:  # a neighbour without a joining type
        return False


def _round_trips(label: str) -> bool:
    # A browser resolves an A-label only if its U-label is what the mapping would have made of it.
    try:
        unicode_form = label[4:].encode("ascii").decode("punycode")
        mapped = idna.uts46_remap(unicode_form, std3_rules=False, transitional=False)
    except (UnicodeError, idna.IDNAError):
        return False
    if mapped != unicode_form or mapped.isascii():
        return False
    return "xn--" + mapped.encode("punycode").decode("ascii") == label
