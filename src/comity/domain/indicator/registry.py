"""The kinds, found by reading the folder `kinds/`: one more kind is one more file there.

The folder is an ordinary package, so it may have several homes: a node that brings kinds of its own appends its
folder to `FOLDER.__path__` before it reads the first record, and `kinds()` sees it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType, ModuleType

from comity.domain.indicator.value import Indicator
from comity.errors import Malformed, Misconfigured

# By import_module, since the function kinds() has taken the folder's place as an attribute of the package.
FOLDER: ModuleType = importlib.import_module("comity.domain.indicator.kinds")


def _no_wider(_value: str) -> tuple[Indicator, ...]:
    return ()


@dataclass(frozen=True)
class IndicatorKind:
    """What one file in `kinds/` says about its kind.

    kind        its name in records
    label       English name for people; other languages are the faces' affair
    normalise   raw text to the one normal form; idempotent; raises Malformed with a code that begins with the kind
    recognise   does free text look like this kind, beyond reasonable doubt?
    examples    (raw, normal form) pairs that hold
    refused     (raw, code) pairs that hold
    misp_types  MISP attribute types that carry this kind
    sureness    0-100: where several kinds recognise a text, the higher comes first
    broader     what else a listing would have to name to cover a value of this kind, nearest first
    host_of     for kinds whose values hold a host name: that name, or an IP address (IPv6 in brackets)
    written     other ways in which lists write the same value, itself included
    alone       what of a value is written without the rest of it: a number as it is dialled at home
    personal    whether a value is a person's own and travels sealed; so it is unless the file says `PERSONAL = False`
    commas      whether values hold commas as a matter of course, so that a comma in a list proves no column
    """

    kind: str
    label: str
    normalise: Callable[[str], str]
    recognise: Callable[[str], bool]
    examples: tuple[tuple[str, str], ...]
    refused: tuple[tuple[str, str], ...]
    misp_types: tuple[str, ...]
    sureness: int = 50
    broader: Callable[[str], tuple[Indicator, ...]] = _no_wider
    host_of: Callable[[str], str] | None = None
    written: Callable[[str], tuple[str, ...]] | None = None
    alone: Callable[[str], str] | None = None
    personal: bool = True
    commas: bool = False


def kinds_from(*folders: ModuleType) -> dict[str, IndicatorKind]:
    """The kinds in the given packages, by name; each module in them is one kind.

    A file that lacks a part, or a name given twice, raises Misconfigured.
    """
    found: dict[str, IndicatorKind] = {}
    for folder in folders:
        for file in sorted(pkgutil.iter_modules(folder.__path__), key=lambda file: file.name):
            kind = _read(importlib.import_module(f"{folder.__name__}.{file.name}"))
            if kind.kind in found:
                raise Misconfigured("indicator-kind-twice", kind=kind.kind, file=file.name)
            found[kind.kind] = kind
    return found


def kinds() -> dict[str, IndicatorKind]:
    """All kinds this node knows, by name."""
    return dict(_known(tuple(FOLDER.__path__)))


def indicator(kind: str, raw: str, among: Mapping[str, IndicatorKind] | None = None) -> Indicator:
    """The indicator that the raw text names; Malformed says what is wrong, where, and a form that would do."""
    known = among if among is not None else _known(tuple(FOLDER.__path__))
    if kind not in known:
        raise Malformed("indicator-kind-unknown", kind=kind[:40], known=sorted(known))
    return Indicator(kind, known[kind].normalise(raw))


def guess(raw: str, among: Mapping[str, IndicatorKind] | None = None) -> tuple[Indicator, ...]:
    """Every reading of the text, surest first; empty where no kind recognises it."""
    known = among if among is not None else _known(tuple(FOLDER.__path__))
    likely = sorted(
        (kind for kind in known.values() if kind.recognise(raw)), key=lambda kind: (-kind.sureness, kind.kind)
    )
    return tuple(Indicator(kind.kind, kind.normalise(raw)) for kind in likely)


def broader(ind: Indicator, among: Mapping[str, IndicatorKind] | None = None) -> tuple[Indicator, ...]:
    """The indicators whose listing covers this one as well, nearest first, itself left out."""
    known = among if among is not None else _known(tuple(FOLDER.__path__))
    if ind.kind not in known:
        raise Malformed("indicator-kind-unknown", kind=ind.kind[:40], known=sorted(known))
    return known[ind.kind].broader(ind.value)


def is_open(kind: str) -> bool:
    """Whether values of this kind may stand in the clear; a kind that nobody here knows counts as personal."""
    return kind in open_kinds()


def open_kinds() -> frozenset[str]:
    """Kinds whose values may stand in the clear. Asked for every indicator that is read, so it remembers the folder's homes."""
    global _opened
    homes, known = _opened
    if homes != FOLDER.__path__:
        homes = list(FOLDER.__path__)
        known = _open(tuple(homes))
        _opened = (homes, known)
    return known


_opened: tuple[list[str], frozenset[str]] = ([], frozenset())


@lru_cache(maxsize=8)
def _open(homes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for name, kind in _known(homes).items() if not kind.personal)


@lru_cache(maxsize=8)
def _known(_homes: tuple[str, ...]) -> Mapping[str, IndicatorKind]:
    # Keyed by the folder's homes, so that one appended later is read and the rest of the time nothing is.
    return MappingProxyType(kinds_from(FOLDER))


def _read(module: ModuleType) -> IndicatorKind:
    needed = ("KIND", "LABEL", "normalise", "recognise", "EXAMPLES", "REFUSED", "MISP_TYPES")
    missing = [name for name in needed if not hasattr(module, name)]
    if missing:
        raise Misconfigured("indicator-kind-incomplete", file=module.__name__, missing=missing)
    said = vars(module)
    return IndicatorKind(
        kind=said["KIND"],
        label=said["LABEL"],
        normalise=said["normalise"],
        recognise=said["recognise"],
        examples=tuple(said["EXAMPLES"]),
        refused=tuple(said["REFUSED"]),
        misp_types=tuple(said["MISP_TYPES"]),
        sureness=said.get("SURENESS", 50),
        broader=said.get("broader", _no_wider),
        host_of=said.get("host_of"),
        written=said.get("written"),
        alone=said.get("alone"),
        personal=said.get("PERSONAL", True),
        commas=said.get("COMMAS", False),
    )
