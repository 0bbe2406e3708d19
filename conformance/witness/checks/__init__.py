"""One file for each part of the protocol, read from this folder. A file exports checks made by `@check`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from conformance.witness.note import Log
from conformance.witness.talk import Witness


class Unasked(Exception):
    """The check could not be made, or the witness doesn't offer what it is about; the text says so."""


@dataclass(frozen=True)
class Settings:
    """What the operator gave.

    rounds      of every race
    restart     ends the witness and starts it again; None when no way was given
    unknown     a log that nobody registered
    """

    rounds: int
    restart: Callable[[], None] | None
    unknown: Log


Check = Callable[[Witness, Log, Settings], None]


@dataclass(frozen=True)
class Named:
    """A check with its promise; `name` is part of the origin of the log that it uses."""

    name: str
    promise: str
    run: Check


def check(name: str, promise: str) -> Callable[[Check], Named]:
    """Makes a check of a function; Broken says that the promise isn't kept."""
    return lambda function: Named(name, promise, function)


def checks() -> list[Named]:
    """Every check, in the order of files and of lines."""
    found: list[Named] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        found += [each for each in vars(loaded).values() if isinstance(each, Named)]
    return found
