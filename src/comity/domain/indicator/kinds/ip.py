"""An address or a network of the internet protocol, version 4 or 6."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from comity.domain.indicator.refang import refang_dots
from comity.domain.indicator.value import Indicator
from comity.errors import Malformed

KIND = "ip"
LABEL = "IP address or network"
# Sealed: as often as a server it is the line of a household. Nothing is lost by it, since sealed values are matched alike.
PERSONAL = True
MISP_TYPES = ("ip-src", "ip-dst")
SURENESS = 65
EXAMPLES = [
    ("192.0.2.7", "192.0.2.7"),
    ("192[.]0[.]2[.]7", "192.0.2.7"),
    ("192.0.2.7/32", "192.0.2.7"),
    ("192.0.2.0/24", "192.0.2.0/24"),
    ("192.0.2.9/24", "192.0.2.0/24"),
    ("2001:DB8:0:0::7", "2001:db8::7"),
    ("[2001:db8::7]", "2001:db8::7"),
    ("2001:db8::/32", "2001:db8::/32"),
    ("2001:db8::7/128", "2001:db8::7"),
    ("::ffff:192.0.2.7", "192.0.2.7"),
]
REFUSED = [
    ("", "ip-shape"),
    ("192.0.2", "ip-shape"),
    ("192.0.2.256", "ip-shape"),
    ("192.0.2.07", "ip-shape"),
    ("192.0.2.7:443", "ip-shape"),
    ("192.0.2.7/33", "ip-shape"),
    ("192.0.2.7/255.255.255.0", "ip-shape"),
    ("fe80::1%eth0", "ip-zone"),
    ("10.0.0.7", "ip-not-public"),
    ("192.168.0.0/16", "ip-not-public"),
    ("127.0.0.1", "ip-not-public"),
    ("fe80::1", "ip-not-public"),
    ("0.0.0.0/8", "ip-not-public"),
    ("8.0.0.0/7", "ip-too-wide"),
    ("2000::/3", "ip-too-wide"),
]

WIDEST = {4: 8, 6: 16}
"""Least length of a network's prefix: what is wider names a part of the world."""

_PREFIX = re.compile(r"[0-9]{1,3}")
_LIKELY = re.compile(r"\[?[0-9A-Fa-f:.]+\]?(?:/[0-9]{1,3})?")
# Set aside for documentation (RFC 5737, RFC 3849): nobody's, and of no private network either.
_SAMPLES = tuple(
    ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)
_Network = IPv4Network | IPv6Network


def normalise(raw: str) -> str:
    """RFC 5952 or dotted quad; a network as its first address and the length of its prefix; one address bare.

    Addresses that mean another machine at every place (private, loopback, link-local) are refused: no provider can tell whose
    they were.
    """
    text = refang_dots(raw.strip())
    address, slash, prefix = text.partition("/")
    if "%" in address:
        raise Malformed("ip-zone")
    if slash and not _PREFIX.fullmatch(prefix):
        raise Malformed("ip-shape")
    network = _network(_address(address.removeprefix("[").removesuffix("]")), prefix)
    if network.prefixlen < WIDEST[network.version]:
        raise Malformed("ip-too-wide", prefix=network.prefixlen, prefix_min=WIDEST[network.version])
    if _means_nobody(network):
        raise Malformed("ip-not-public")
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


def recognise(raw: str) -> bool:
    """A dotted quad, or at least two colons, and nothing else beside a prefix."""
    text = refang_dots(raw.strip())
    if _LIKELY.fullmatch(text) is None or (text.count(":") < 2 and text.count(".") != 3):
        return False
    try:
        normalise(text)
    except Malformed:
        return False
    return True


def broader(value: str) -> tuple[Indicator, ...]:
    """Every network that the address or network lies in, narrowest first."""
    network = ip_network(value)
    lengths = range(network.prefixlen - 1, WIDEST[network.version] - 1, -1)
    wider = (network.supernet(new_prefix=length) for length in lengths)
    return tuple(Indicator(KIND, str(each)) for each in wider if not _means_nobody(each))


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        found = ip_address(text)
    except ValueError as fault:
        raise Malformed("ip-shape") from fault
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _network(address: IPv4Address | IPv6Address, prefix: str) -> _Network:
    try:
        return ip_network((address, int(prefix) if prefix else address.max_prefixlen), strict=False)
    except ValueError as fault:
        raise Malformed("ip-shape") from fault


def _means_nobody(network: _Network) -> bool:
    if any(network.version == sample.version and network.subnet_of(sample) for sample in _SAMPLES):  # type: ignore[arg-type]
        return False
    return network.is_private or network.is_loopback or network.is_link_local or network.is_multicast
