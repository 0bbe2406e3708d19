"""The check before anything goes out: does a warning list know this value?

A hit never decides. It is a named warning that an officer must answer. Unlike MISP, it does not depend on how the
value was flagged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from re import Pattern

from comity.domain.indicator import Indicator, IndicatorKind, kinds
from comity.domain.indicator.hostname import host_name
from comity.domain.indicator.ip_address import looks_numeric
from comity.domain.indicator.public_suffix import registrable
from comity.domain.match.bounded_pattern import TEXT_MAX, php_pattern
from comity.domain.match.warning import WarningList, network
from comity.errors import Malformed

# MISP's address types: beside addresses themselves they reach URLs whose host is one.
_ADDRESS_TYPES = frozenset({"ip", "ip-src", "ip-dst"})


@dataclass(frozen=True)
class Suppression:
    """One warning.

    list_name  the list's own name
    entry      the entry that hit, as the list writes it
    why        `listed` the value itself · `parent-listed` a domain above it · `registrable-listed` the domain someone
               registered · `mail-domain-listed` what stands after the @ · `address-in-network` · `pattern` ·
               `act-on-path` the host of a URL is known or shared: act on this page or account, never on the host
    """

    list_name: str
    entry: str
    why: str


@dataclass(frozen=True)
class _Applied:
    """A list that speaks about kinds of ours."""

    name: str
    kinds: frozenset[str]


_Entries = dict[str, tuple[tuple[int, str], ...]]


class Suppressors:
    """All warning lists of a node, indexed once; `check` costs a few dictionary look-ups.

    not_applied  names of lists that speak about no kind of ours: kept, and said, never dropped in silence
    """

    def __init__(self, lists: Iterable[WarningList], known: Mapping[str, IndicatorKind] | None = None) -> None:
        self._kinds = dict(known) if known is not None else kinds()
        self._hosted = frozenset(name for name, kind in self._kinds.items() if kind.host_of is not None)
        self._applied: list[_Applied] = []
        self._names: _Entries = {}  # host names compared as they are, and by the registrable domain
        self._trees: _Entries = {}  # host names that stand for everything below them too
        self._values: _Entries = {}  # `kind NUL normal form` of everything else
        self._networks: dict[tuple[int, int], dict[int, tuple[tuple[int, str], ...]]] = {}
        self._patterns: dict[str, tuple[tuple[int, str, Pattern[str]], ...]] = {}  # by kind
        not_applied = []
        for one in lists:
            about = self._about(one)
            if about:
                self._applied.append(_Applied(one.name, about))
                _INDEXERS[one.type](self, len(self._applied) - 1, one)
            else:
                not_applied.append(one.name)
        self.not_applied: tuple[str, ...] = tuple(not_applied)

    def check(self, ind: Indicator) -> tuple[Suppression, ...]:
        """Every list that warns, one warning each, in the order in which the lists were given."""
        if ind.kind not in self._kinds:
            return ()
        first: dict[int, tuple[str, str]] = {}
        for place, entry, why in self._hits(ind):
            if place not in first and ind.kind in self._applied[place].kinds:
                first[place] = entry, why
        return tuple(Suppression(self._applied[place].name, *first[place]) for place in sorted(first))

    def _about(self, one: WarningList) -> frozenset[str]:
        types = {part for attribute in one.matching for part in attribute.rsplit("|", 1)}
        named = frozenset(name for name, kind in self._kinds.items() if types.intersection(kind.misp_types))
        if one.type == "cidr":
            return frozenset({"url", "ip"} & set(self._kinds)) if types & _ADDRESS_TYPES else frozenset()
        return named

    def _hits(self, ind: Indicator) -> Iterator[tuple[int, str, str]]:
        """Nearest first: the value itself, then what is above it."""
        for place, entry in self._values.get(f"{ind.kind}\0{ind.value}", ()):
            yield place, entry, "listed"
        kind = self._kinds[ind.kind]
        if kind.host_of is not None:
            host = kind.host_of(ind.value)
            is_address = host.startswith("[") or looks_numeric(host)
            yield from self._address_hits(host) if is_address else self._host_hits(ind, host)
        if ind.kind == "ip":
            yield from self._network_hits(ip_network(ind.value))
        patterns = self._patterns.get(ind.kind)
        if patterns:
            fits = _anywhere(ind.value) if kind.written is None else _whole(kind.written(ind.value))
            yield from ((place, entry, "pattern") for place, entry, pattern in patterns if fits(pattern))

    def _host_hits(self, ind: Indicator, host: str) -> Iterator[tuple[int, str, str]]:
        overall = _why_overall(ind)
        for place, entry in (*self._names.get(host, ()), *self._trees.get(host, ())):
            yield place, entry, overall or "listed"
        root = registrable(host)
        if root is not None and root != host:
            for place, entry in self._names.get(root, ()):
                yield place, entry, overall or "registrable-listed"
        above = host.partition(".")[2]
        while above:
            for place, entry in self._trees.get(above, ()):
                yield place, entry, overall or "parent-listed"
            above = above.partition(".")[2]

    def _address_hits(self, host: str) -> Iterator[tuple[int, str, str]]:
        address = ip_address(host.strip("[]"))
        number, width = int(address), address.max_prefixlen
        for (version, prefix), held in self._networks.items():
            if version == address.version:
                for place, entry in held.get(number >> (width - prefix), ()):
                    yield place, entry, "address-in-network"

    def _network_hits(self, asked: IPv4Network | IPv6Network) -> Iterator[tuple[int, str, str]]:
        """What a list says about any part of it: whoever acts on a network acts on all that is in it."""
        first, width = int(asked.network_address), asked.max_prefixlen
        for (version, prefix), held in self._networks.items():
            if version != asked.version:
                continue
            if prefix <= asked.prefixlen:
                numbers = [first >> (width - prefix)]
            else:
                numbers = [
                    number
                    for number in held
                    if number >> (prefix - asked.prefixlen) == first >> (width - asked.prefixlen)
                ]
            for number in numbers:
                yield from ((place, entry, "address-in-network") for place, entry in held.get(number, ()))

    def _index_hosts(self, place: int, one: WarningList) -> None:
        hosted = self._applied[place].kinds & self._hosted
        for entry in one.entries:
            if hosted and "/" not in entry:
                tree = one.type != "string" or entry.startswith(".")
                name = _name(entry)
                if name is not None:
                    _add(self._trees if tree else self._names, name, place, entry)
            for kind in self._applied[place].kinds:
                if kind not in hosted or "/" in entry:
                    _add(self._values, f"{kind}\0{self._normal(kind, entry)}", place, entry)

    def _index_networks(self, place: int, one: WarningList) -> None:
        for entry in one.entries:
            version, prefix, number = network(entry)
            held = self._networks.setdefault((version, prefix), {})
            held[number] = (*held.get(number, ()), (place, entry))
        self._networks = dict(sorted(self._networks.items(), reverse=True))  # the narrowest network hits first

    def _index_patterns(self, place: int, one: WarningList) -> None:
        compiled = tuple((place, entry, php_pattern(entry)) for entry in one.entries)
        for kind in self._applied[place].kinds:
            self._patterns[kind] = (*self._patterns.get(kind, ()), *compiled)

    def _normal(self, kind: str, entry: str) -> str:
        try:
            return self._kinds[kind].normalise(entry)
        except Malformed:  # the list may name what our kind refuses; compared as it stands, it can't hit by mistake
            return entry.strip()


def _add(index: _Entries, key: str, place: int, entry: str) -> None:
    index[key] = (*index.get(key, ()), (place, entry))


def _name(entry: str) -> str | None:
    text = entry.strip().lstrip(".").lower()
    if text.isascii():
        return text.removesuffix(".")
    try:
        return host_name(text, "domain")
    except Malformed:
        return None


def _why_overall(ind: Indicator) -> str:
    """The reason that goes before all others for this value; empty where there is none."""
    if ind.kind == "email":
        return "mail-domain-listed"
    names_a_page = ind.kind == "url" and ind.value.partition("://")[2].partition("/")[2] != ""
    return "act-on-path" if names_a_page else ""


def _anywhere(value: str) -> Callable[[Pattern[str]], bool]:
    text = value[:TEXT_MAX]
    return lambda pattern: pattern.search(text) is not None


def _whole(forms: tuple[str, ...]) -> Callable[[Pattern[str]], bool]:
    """MISP searches anywhere in the value; but a telephone number is whole, or it is another number.

    Searching would miss British test numbers in E.164 (the list writes their trunk zero) and find American ones
    inside Korean numbers. So numbers are compared whole, with and without the trunk prefix.
    """
    return lambda pattern: any(pattern.fullmatch(form) is not None for form in forms)


_INDEXERS: Mapping[str, Callable[[Suppressors, int, WarningList], None]] = {
    "string": Suppressors._index_hosts,
    "hostname": Suppressors._index_hosts,
    "substring": Suppressors._index_hosts,
    "cidr": Suppressors._index_networks,
    "regex": Suppressors._index_patterns,
}
