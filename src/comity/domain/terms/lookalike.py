"""Names of nodes that an eye takes for one another. They are ASCII alone (names.py), so a few signs are all there is."""

from __future__ import annotations

from collections.abc import Iterable

_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b"})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def skeleton(name: str) -> str:
    """What is left of a name when signs that look alike are one; hyphens, which an eye skips, are none.

    source   the idea of Unicode UTS 39 section 4, for lower-case ASCII
    """
    for pair, one in _PAIRS:
        name = name.replace(pair, one)
    return name.translate(_ALIKE).replace("-", "")


def taken_for(name: str, others: Iterable[str]) -> str | None:
    """The first of these names that this one could be taken for, without being it."""
    mine = skeleton(name)
    return next((other for other in others if other != name and skeleton(other) == mine), None)
