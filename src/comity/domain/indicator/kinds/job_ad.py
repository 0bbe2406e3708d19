"""A job advertisement on a platform, written `platform:identifier`, as the platform itself numbers it."""

from __future__ import annotations

import re
import unicodedata

from comity.domain.indicator.kinds import domain
from comity.errors import Malformed

KIND = "job_ad"
LABEL = "Job advertisement"
PERSONAL = False
MISP_TYPES: tuple[str, ...] = ()
EXAMPLES = [
    ("jobs.example:4411", "jobs.example:4411"),
    ("Jobs.Example : No-4411", "jobs.example:No-4411"),
    ("www.jobs.example:AbC_9", "jobs.example:AbC_9"),
    ("일자리.example:77", "xn--oy2bp6wzb.example:77"),
    ("harbourwork:AD/2026/7", "harbourwork:AD/2026/7"),
]
REFUSED = [
    ("", "job_ad-needs-platform"),
    ("4411", "job_ad-needs-platform"),
    (":4411", "job_ad-needs-platform"),
    ("https://jobs.example/ad/4411", "job_ad-is-url"),
    ("jobs.example:", "job_ad-identifier"),
    ("jobs.example:two words", "job_ad-identifier"),
    ("jobs.example:" + "9" * 201, "job_ad-identifier"),
    ("jobs example:4411", "job_ad-platform"),
]

IDENTIFIER_CHARACTERS_MAX = 200
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{1,39}")
_IDENTIFIER = re.compile(rf"[!-~]{{1,{IDENTIFIER_CHARACTERS_MAX}}}")


def normalise(raw: str) -> str:
    """The platform's host name without `www.`, or its name in one word, lower case; the identifier as the platform writes it."""
    text = unicodedata.normalize("NFKC", raw).strip()
    if "://" in text:
        raise Malformed("job_ad-is-url", kind="url")
    platform, _, identifier = (part.strip() for part in text.partition(":"))
    if not platform or ":" not in text:
        raise Malformed("job_ad-needs-platform", form="jobs.example:4411")
    if _IDENTIFIER.fullmatch(identifier) is None:
        raise Malformed("job_ad-identifier", characters_max=IDENTIFIER_CHARACTERS_MAX)
    return f"{_platform(platform)}:{identifier}"


def recognise(raw: str) -> bool:
    """Never by itself: any word and number might be one."""
    return False


def _platform(text: str) -> str:
    if _WORD.fullmatch(text.lower()):
        return text.lower()
    try:
        return domain.normalise(text.lower().removeprefix("www."))
    except Malformed as fault:
        raise Malformed("job_ad-platform", why=fault.code, form="jobs.example:4411") from fault
