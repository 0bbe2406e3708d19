"""An e-mail address."""

from __future__ import annotations

import re
import unicodedata

from comity.domain.indicator.hostname import host_name
from comity.domain.indicator.ip_address import looks_numeric
from comity.domain.indicator.public_suffix import known_suffix
from comity.domain.indicator.refang import refang_mail
from comity.errors import Malformed

KIND = "email"
LABEL = "E-mail address"
MISP_TYPES = ("email", "email-src", "email-dst", "target-email", "whois-registrant-email", "dns-soa-email")
SURENESS = 80
EXAMPLES = [
    ("Recruiter.Kim@Bad.Example", "recruiter.kim@bad.example"),
    (" mailto:hr+jobs@bad.example?subject=Job ", "hr+jobs@bad.example"),
    ("hr[at]bad[.]example", "hr@bad.example"),
    ("<hr@bad.example>", "hr@bad.example"),
    ("채용@한국.example", "채용@xn--3e0b707e.example"),
]
REFUSED = [
    ("", "email-needs-at"),
    ("bad.example", "email-needs-at"),
    ("a@b@bad.example", "email-local-part"),
    ("@bad.example", "email-local-part"),
    (".hr@bad.example", "email-local-part"),
    ('"two words"@bad.example', "email-local-part"),
    ("x" * 65 + "@bad.example", "email-too-long"),
    ("hr@", "email-host-empty"),
    ("hr@localhost", "email-single-label"),
    ("hr@bad..example", "email-empty-label"),
    ("hr@bad!.example", "email-character"),
    ("hr@xn--a.example", "email-bad-a-label"),
    ("hr@[192.0.2.7]", "email-is-address"),
    ("hr@192.0.2.7", "email-is-address"),
]

# RFC 5322 dot-atom, with letters of all scripts as RFC 6531 allows; quoted local parts are dead in practice.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\ud7ff\uf900-\U0010ffff-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_SPACE = re.compile(r"\s")
LOCAL_OCTETS_MAX = 64  # RFC 5321, 4.5.3.1.1


def normalise(raw: str) -> str:
    """All lower case, domain in A-labels.

    The local part too: by RFC 5321 its case could matter, at no provider of size does it, and a scammer's capital
    letter must not hide a match. Dots and plus tags stay; which providers ignore them is not ours to say.
    """
    text = refang_mail(raw.strip()).removeprefix("<").removesuffix(">")
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    local, at, host = text.rpartition("@")
    if not at:
        raise Malformed("email-needs-at")
    local = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).lower())
    if _LOCAL.fullmatch(local) is None or _SPACE.search(local):
        raise Malformed("email-local-part")
    if len(local.encode()) > LOCAL_OCTETS_MAX:
        raise Malformed("email-too-long", octets=len(local.encode()), octets_max=LOCAL_OCTETS_MAX)
    if host.startswith("["):
        raise Malformed("email-is-address")
    name = host_name(host, KIND)
    if looks_numeric(name):
        raise Malformed("email-is-address")
    if "." not in name:
        raise Malformed("email-single-label")
    return f"{local}@{name}"


def recognise(raw: str) -> bool:
    """One word with an @ whose domain ends in a suffix of the public list, or in the reserved `.example`."""
    text = raw.strip()
    if "/" in text or " " in refang_mail(text):
        return False
    try:
        host = normalise(text).rpartition("@")[2]
    except Malformed:
        return False
    return host.endswith(".example") or known_suffix(host)


def host_of(value: str) -> str:
    """What stands after the @."""
    return value.rpartition("@")[2]
