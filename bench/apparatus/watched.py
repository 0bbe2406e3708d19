"""Ports that note how long they were at work, for a split of the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from time import perf_counter
from typing import Any


class Watched:
    """Passes every call on to `inner`, and adds its seconds under the name that `named` gives the method."""

    def __init__(self, inner: object, spent_s: Counter[str], named: Callable[[str], str]) -> None:
        self._inner, self._spent_s, self._named = inner, spent_s, named

    def __getattr__(self, name: str) -> Any:  # Any: stands for whatever port it wraps
        found = getattr(self._inner, name)
        if not callable(found):
            return found
        label = self._named(name)

        def watched(*arguments: Any, **named: Any) -> Any:
            start_s = perf_counter()
            try:
                return found(*arguments, **named)
            finally:
                self._spent_s[label] += perf_counter() - start_s  # type: ignore[assignment]

        self.__dict__[name] = watched
        return watched
