"""A payment card, as a digest and nothing else: card numbers themselves are never held here.

A plain digest of a number can be searched back by trying every number, so a keyed one is to be preferred; the two sides have to
share the key by other means, and name it.
"""

from __future__ import annotations

import re
import unicodedata

from comity.errors import Malformed

KIND = "card"
LABEL = "Payment card (digest)"
MISP_TYPES = ("cc-number",)  # so that a number from there is refused by its right name
SURENESS = 90
EXAMPLES = [
    ("hmac-sha256:kr-desk-2026:" + "AB" * 32, "hmac-sha256:kr-desk-2026:" + "ab" * 32),
    ("HMAC-SHA256:KR-desk-2026: " + "ab" * 32, "hmac-sha256:kr-desk-2026:" + "ab" * 32),
    ("card-sha256:" + "AB" * 32, "card-sha256:" + "ab" * 32),
]
REFUSED = [
    ("", "card-needs-digest"),
    ("sha256:" + "ab" * 32, "card-needs-digest"),
    ("ab" * 32, "card-needs-digest"),
    ("4000 0000 0000 0002", "card-is-number"),
    ("4000-0000-0000-0002", "card-is-number"),
    ("４０００００００００００００００2", "card-is-number"),
    ("400000******0002", "card-is-number"),
    ("hmac-sha256:kr-desk-2026:4000000000000002", "card-is-number"),
    ("hmac-sha256::" + "ab" * 32, "card-key-not-named"),
    ("hmac-sha256:kr-desk-2026:" + "ab" * 31, "card-digest"),
    ("card-sha256:" + "ab" * 20, "card-digest"),
]

_FORM = "hmac-sha256:<name of the key>:<64 hexadecimal digits>"
_NUMBER = re.compile(r"(?<![0-9A-Fa-f])[0-9]{4,6}[0-9*xX•]{2,9}[0-9]{4}(?![0-9A-Fa-f])")
_BETWEEN = re.compile(r"[\s.\-\u2010-\u2015]+")
_KEYED = re.compile(r"hmac-sha-?256:([a-z0-9._-]{0,60}):\s*(.*)", re.IGNORECASE | re.DOTALL | re.ASCII)
_PLAIN = re.compile(r"card-sha256:\s*(.*)", re.IGNORECASE | re.DOTALL)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.IGNORECASE | re.ASCII)


def normalise(raw: str) -> str:
    """`hmac-sha256:key:digest`, or `card-sha256:digest` of the bare digits of the number.

    What looks like a card number, masked or whole, is refused, and the fault repeats none of it.
    """
    text = unicodedata.normalize("NFKC", raw).strip()
    if _NUMBER.search(_BETWEEN.sub("", text)):
        raise Malformed("card-is-number", mend="give a keyed digest of it", form=_FORM)
    keyed, plain = _KEYED.fullmatch(text), _PLAIN.fullmatch(text)
    if keyed is None and plain is None:
        raise Malformed("card-needs-digest", form=_FORM)
    digest = (keyed[2] if keyed else plain[1] if plain else "").strip()
    if keyed is not None and not keyed[1]:
        raise Malformed("card-key-not-named", form=_FORM)
    if _DIGEST.fullmatch(digest) is None:
        raise Malformed("card-digest", form=_FORM)
    return f"hmac-sha256:{keyed[1].lower()}:{digest.lower()}" if keyed else f"card-sha256:{digest.lower()}"


def recognise(raw: str) -> bool:
    """Whatever normalises: it says itself what it is."""
    try:
        normalise(raw)
    except Malformed:
        return False
    return True
