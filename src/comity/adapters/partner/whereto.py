"""Where a connection may lead that an address in the settings asks for: not into the operator's own network by accident."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from comity.errors import Misconfigured

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


def is_public(address: Address) -> bool:
    """Whether it lies in the public internet, by itself and by every IPv4 address that is wrapped in it."""
    return all(one.is_global and not one.is_multicast and not _is_site_local(one) for one in _unwrapped(address))


def refuse_public(host: str, addresses: Iterable[Address]) -> None:
    """Plain http goes to this machine alone."""
    if not all(address.is_loopback for address in addresses):
        raise Misconfigured("webhook-not-https", host=host)


def _is_site_local(address: Address) -> bool:
    return isinstance(address, ipaddress.IPv6Address) and address.is_site_local


def _unwrapped(address: Address) -> Iterator[Address]:
    yield address
    if isinstance(address, ipaddress.IPv4Address):
        return
    wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _LOCAL_NAT64:
        wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    yield from (one for one in wrapped if one is not None)
