"""A number of an autonomous system: whose network an address belongs to."""

from __future__ import annotations

import re

from comity.errors import Malformed

KIND = "asn"
LABEL = "Autonomous system number"
PERSONAL = False
MISP_TYPES = ("AS",)
SURENESS = 40
EXAMPLES = [
    ("AS64500", "AS64500"),
    ("as 064500", "AS64500"),
    ("64500", "AS64500"),
    ("ASN64500", "AS64500"),
    ("AS4200000000", "AS4200000000"),
    ("AS1.10", "AS65546"),
]
REFUSED = [
    ("", "asn-shape"),
    ("AS", "asn-shape"),
    ("AS64500x", "asn-shape"),
    ("AS0", "asn-reserved"),
    ("AS23456", "asn-reserved"),
    ("AS4294967296", "asn-too-large"),
    ("AS1.65536", "asn-too-large"),
]

NUMBER_MAX = (1 << 32) - 2
_RESERVED = {0, 23456, 65535}  # RFC 7607, RFC 6793, RFC 7300
_SHAPE = re.compile(r"(?:ASN?)?\s*([0-9]{1,12})(?:\.([0-9]{1,5}))?", re.IGNORECASE | re.ASCII)


def normalise(raw: str) -> str:
    """`AS` and the number in decimal, no zeros in front. Dotted numbers (RFC 5396) are written out."""
    found = _SHAPE.fullmatch(raw.strip())
    if found is None:
        raise Malformed("asn-shape", form="AS64500")
    high, low = int(found[1]), found[2]
    if low is not None and max(high, int(low)) > 0xFFFF:
        raise Malformed("asn-too-large", number_max=NUMBER_MAX)
    number = high if low is None else (high << 16) + int(low)
    if number > NUMBER_MAX:
        raise Malformed("asn-too-large", number_max=NUMBER_MAX)
    if number in _RESERVED:
        raise Malformed("asn-reserved", number=number)
    return f"AS{number}"


def recognise(raw: str) -> bool:
    """Capital letters, then digits: a bare number may be anything."""
    if re.fullmatch(r"AS[0-9]{1,10}", raw.strip(), re.ASCII) is None:
        return False
    try:
        normalise(raw)
    except Malformed:
        return False
    return True
