"""A domain: what a takedown at a registrar, a block in the name system or a listing can name."""

from __future__ import annotations

import re

from comity.domain.indicator.hostname import host_name
from comity.domain.indicator.ip_address import looks_numeric
from comity.domain.indicator.public_suffix import known_suffix, parents, registrable
from comity.domain.indicator.refang import refang_dots
from comity.domain.indicator.value import Indicator
from comity.errors import Malformed

KIND = "domain"
LABEL = "Domain"
PERSONAL = False
MISP_TYPES = ("domain", "hostname")
SURENESS = 50
EXAMPLES = [
    ("Bad.Example", "bad.example"),
    ("  bad.example.  ", "bad.example"),
    ("bad[.]example", "bad.example"),
    ("bad(dot)example", "bad.example"),
    ("pay.bad.co.kr", "pay.bad.co.kr"),
    ("한국.example", "xn--3e0b707e.example"),
    ("XN--3E0B707E.example", "xn--3e0b707e.example"),
    ("bad。example", "bad.example"),
    ("faß.example", "xn--fa-hia.example"),
    ("my_shop.bad.example", "my_shop.bad.example"),
    ("someone.github.io", "someone.github.io"),
]
REFUSED = [
    ("", "domain-host-empty"),
    ("example", "domain-single-label"),
    ("co.kr", "domain-public-suffix"),
    ("github.io", "domain-public-suffix"),
    ("*.bad.example", "domain-wildcard"),
    ("https://bad.example/", "domain-is-url"),
    ("bad.example/login", "domain-is-url"),
    ("who@bad.example", "domain-is-email"),
    ("192.0.2.7", "domain-is-address"),
    ("2001:db8::7", "domain-is-address"),
    ("bad..example", "domain-empty-label"),
    ("bad shop.example", "domain-character"),
    ("xn--a.example", "domain-bad-a-label"),
    ("a" * 64 + ".example", "domain-too-long"),
]

_LIKELY = re.compile(r"\*?[^\s/@:,;?#]+\.[^\s/@:,;?#]{2,}")


def normalise(raw: str) -> str:
    """A-labels in lower case without trailing dot.

    A public suffix is refused: a listing of `github.io` would hit everyone who lives there. So is a wildcard:
    a listing of a domain covers what is below it already.
    """
    text = refang_dots(raw.strip())
    if text.startswith("*."):
        raise Malformed("domain-wildcard", mend=text[2:255])
    if "/" in text or "?" in text or "#" in text:
        raise Malformed("domain-is-url", kind="url")
    if "@" in text:
        raise Malformed("domain-is-email", kind="email")
    if text.count(":") > 1 or text.startswith("["):
        raise Malformed("domain-is-address", kind="url")
    name = host_name(text, KIND)
    if looks_numeric(name):
        raise Malformed("domain-is-address", kind="url")
    if "." not in name:
        raise Malformed("domain-single-label")
    if registrable(name) is None:
        raise Malformed("domain-public-suffix", suffix=name)
    return name


def recognise(raw: str) -> bool:
    """A dotted name without path that ends in a suffix of the public list, or in the reserved `.example`."""
    text = refang_dots(raw.strip())
    if _LIKELY.fullmatch(text) is None:
        return False
    try:
        name = normalise(text)
    except Malformed:
        return False
    return name.endswith(".example") or known_suffix(name)


def host_of(value: str) -> str:
    """Itself."""
    return value


def broader(value: str) -> tuple[Indicator, ...]:
    """The domains above, down to the registrable one: a listing of any of them covers this one."""
    return tuple(Indicator(KIND, above) for above in parents(value))
