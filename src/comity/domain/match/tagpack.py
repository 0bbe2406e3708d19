"""TagPacks: lists of virtual-asset addresses in YAML, with what their makers say about each (GraphSense's format).

What the header says holds for every tag that doesn't say otherwise. Addresses are read as text: YAML would make a number of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from comity.domain.indicator import indicator
from comity.domain.match.listing import Listing
from comity.domain.match.plain import Line
from comity.errors import Malformed

TAGS_MAX = 1_000_000
_INHERITED = ("label", "category", "abuse", "currency", "source", "confidence", "lastmod", "actor")
NO_ROLE = "attributed"


@dataclass(frozen=True)
class TagPack:
    """A pack, read: what it gave, in its order, and what it did not give."""

    title: str
    creator: str
    listings: tuple[Listing, ...]
    refused: tuple[Line, ...]


def looks_like_tag_pack(raw: bytes) -> bool:
    """Whether a file has the two members at its outer level that every pack has."""
    lines = raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return any(x.startswith(b"tags:") for x in lines) and any(x.startswith(b"title:") for x in lines)


def read_tag_pack(raw: bytes) -> TagPack:
    """Every tag as a listing of a wallet, or as a refused line with its number (from 1, in the order of the pack) and reason.

    The makers' word for their confidence is kept in the note: it is no number, and none is made of it.
    Malformed where the whole can't be read: `tag-pack-yaml`, `tag-pack-shape`.
    """
    pack = _loaded(raw)
    title, creator = str(pack.get("title", "")).strip(), str(pack.get("creator", "")).strip()
    listings: dict[tuple[str, str], Listing] = {}
    refused: list[Line] = []
    for number, tag in _tags(pack):
        if tag is None or not isinstance(tag.get("address"), str):
            refused.append(Line(number, "tag-without-address"))
            continue
        try:
            listing = _listing(tag, creator)
        except Malformed as fault:
            refused.append(Line(number, fault.code, fault.facts))
            continue
        key = (listing.value.value, listing.note)
        if key in listings:
            refused.append(Line(number, "duplicate", {"value": listing.value.value}))
        else:
            listings[key] = listing
    return TagPack(title, creator, tuple(listings.values()), tuple(refused))


def _loaded(raw: bytes) -> Mapping[str, Any]:
    """The pack as texts, lists and maps. Any: YAML from outside."""
    import yaml  # here: few commands read a pack, and all would pay for it

    try:
        # BaseLoader makes nothing but texts, lists and maps; aliases can't grow what it gives beyond what `_tags` walks.
        found = yaml.load(raw.decode("utf-8-sig"), Loader=yaml.BaseLoader)  # noqa: S506
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as fault:
        raise Malformed("tag-pack-yaml", why=str(fault)[:200]) from fault
    tags = found.get("tags") if isinstance(found, dict) else None
    if not isinstance(tags, list) or len(tags) > TAGS_MAX:
        raise Malformed("tag-pack-shape", wanted="a map with title, creator and a list of tags", tags_max=TAGS_MAX)
    return dict(found)


def _tags(pack: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, str] | None]]:
    header = {name: pack[name] for name in _INHERITED if isinstance(pack.get(name), str)}
    for number, tag in enumerate(pack["tags"], 1):
        texts = {k: v for k, v in tag.items() if isinstance(v, str)} if isinstance(tag, dict) else None
        yield number, header | texts if texts is not None else None


def _listing(tag: Mapping[str, str], creator: str) -> Listing:
    address, currency = tag["address"].strip(), tag.get("currency", "").strip().lower()
    value = indicator("wallet", f"{currency}:{address}" if currency and ":" not in address else address)
    said = [tag.get("label", ""), tag.get("source", "")]
    said += [f"{name}: {tag[name]}" for name in ("confidence", "actor") if tag.get(name)]
    note = "; ".join(part.strip() for part in [*said, f"tagged by {creator}" if creator else ""] if part.strip())
    role = (tag.get("abuse") or tag.get("category") or NO_ROLE).replace("_", "-")
    return Listing(value, role, note[:1000], tag.get("lastmod") or None)
