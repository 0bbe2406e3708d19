"""IP addresses as hosts of URLs, with the spellings that browsers read and people don't.

`http://3232235777/`, `http://0x7f.1/` and `http://192.168.257/` all reach a machine; source: WHATWG URL, IPv4 parser.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from comity.errors import Malformed

_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SHAPES = ((re.compile(r"0x([0-9a-f]*)"), 16), (re.compile(r"0([0-7]+)"), 8), (re.compile(r"(0|[1-9][0-9]*)"), 10))


def looks_numeric(host: str) -> bool:
    """Is the last label a number? Then browsers take the whole host for an IPv4 address, well-formed or not."""
    return _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None


def ipv4_text(host: str, kind: str) -> str:
    """Dotted quad of a host that looks numeric; Malformed `<kind>-ipv4` where it is no address."""
    parts = host.removesuffix(".").split(".")
    numbers = [_number(part) for part in parts]
    whole = [number for number in numbers if number is not None]
    if len(parts) > 4 or len(whole) < len(parts):
        raise Malformed(f"{kind}-ipv4", host=host[:60])
    last_max = 256 ** (5 - len(whole))
    if any(number > 255 for number in whole[:-1]) or whole[-1] >= last_max:
        raise Malformed(f"{kind}-ipv4", host=host[:60])
    address = whole[-1] + sum(number << (8 * (3 - place)) for place, number in enumerate(whole[:-1]))
    return str(IPv4Address(address))


def ipv6_text(host: str, kind: str) -> str:
    """RFC 5952 form without brackets; zone identifiers are refused, they mean nothing elsewhere."""
    try:
        address = IPv6Address(host)
    except AddressValueError as fault:
        raise Malformed(f"{kind}-ipv6", host=host[:60]) from fault
    if address.scope_id is not None:
        raise Malformed(f"{kind}-ipv6", host=host[:60])
    return address.compressed


def _number(part: str) -> int | None:
    for shape, base in _SHAPES:
        found = shape.fullmatch(part)
        if found is not None and len(part) <= 20:
            return int(found[1] or "0", base)
    return None
