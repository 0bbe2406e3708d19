"""Warning lists in MISP's form: values that look like a scam's and are not, or that must not be acted on as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import msgspec

from comity.domain.match.bounded_pattern import php_pattern
from comity.errors import Malformed

TYPES = ("string", "hostname", "substring", "cidr", "regex")


@dataclass(frozen=True)
class WarningList:
    """One list, as published.

    type      how entries are compared: one of TYPES
    matching  MISP attribute types the list speaks about
    sha256    hexadecimal, of the file's bytes: which edition warned
    """

    name: str
    description: str
    version: int
    type: str
    matching: tuple[str, ...]
    entries: tuple[str, ...]
    sha256: str


class _File(msgspec.Struct):
    name: str
    description: str
    version: int
    type: str
    list: tuple[str, ...]
    matching_attributes: tuple[str, ...] = ()


def parse_warning_list(raw: bytes) -> WarningList:
    """The list in a MISP `list.json`.

    One entry that can't be compared refuses the whole list, by its number: a list that silently lost an entry would
    let through what it was meant to stop. Malformed: `warning-list-json`, `-type`, `-entry-empty`, `-network`,
    and the codes of `php_pattern`.
    """
    try:
        said = msgspec.json.decode(raw, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Malformed("warning-list-json", why=str(fault)[:200]) from fault
    if said.type not in TYPES:
        raise Malformed("warning-list-type", type=said.type[:20], known=list(TYPES))
    for number, entry in enumerate(said.list, 1):
        if not entry.strip(". \t\r\n"):
            raise Malformed("warning-list-entry-empty", list=said.name, entry=number)
        if said.type == "cidr":
            network(entry)
        elif said.type == "regex":
            php_pattern(entry)
    return WarningList(
        said.name,
        said.description,
        said.version,
        said.type,
        said.matching_attributes,
        said.list,
        sha256(raw).hexdigest(),
    )


def written_warning_list(hosts: Sequence[str], *, name: str, source_sha256: str) -> bytes:
    """Hosts that many people share, in MISP's form: each is named itself, and what stands below it is not.

    The host must not be acted on as a whole, a page or a name below it may be. Malformed `warning-list-empty`.
    """
    if not hosts:
        raise Malformed("warning-list-empty", list=name)
    said = _File(
        name=name,
        description=f"Shared hosts, from a list with SHA-256 {source_sha256}",
        version=1,
        type="string",
        list=tuple(hosts),
        matching_attributes=("domain", "hostname", "url", "uri"),
    )
    return msgspec.json.encode(said)


def network(entry: str) -> tuple[int, int, int]:
    """IP version, prefix length and network number of `192.0.2.0/24`; without a mask it is the single address."""
    text, slash, mask = entry.partition("/")
    try:
        address = IPv6Address(text) if ":" in text else IPv4Address(text)
    except AddressValueError as fault:
        raise Malformed("warning-list-network", entry=entry[:60]) from fault
    width = address.max_prefixlen
    if slash and not (mask.isascii() and mask.isdigit() and int(mask[:4]) <= width):
        raise Malformed("warning-list-network", entry=entry[:60])
    prefix = int(mask) if slash else width
    return address.version, prefix, int(address) >> (width - prefix)
