"""What a record does when it has arrived, one file for each way: read from this folder, never listed elsewhere.

A module exports `KINDS` (names of record kinds without their version) and `arrive(batch, place, told, entry)`, which adds facts and
letters to the batch and keeps nothing itself. A kind that no file names is filed and matched, and does nothing more. A module may
export `finish(batch)` too, for what is said once about a whole batch.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache

from comity.domain.record import Entry, Told
from comity.errors import Conflict
from comity.flows.arriving.batch import AckState, Batch
from comity.ports import Place

__all__ = ["AckState", "Arrive", "Batch", "arrivals", "finishers"]

Arrive = Callable[[Batch, Place, Told, Entry], None]


@cache
def arrivals() -> Mapping[str, Arrive]:
    """By kind, what its arrival does. Two files that claim one kind are a fault of the house."""
    found: dict[str, Arrive] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for kind in getattr(module, "KINDS", ()):
            if kind in found:
                raise Conflict("kind-arrives-twice", kind=kind, module=module_info.name)
            found[kind] = module.arrive
    return found


@cache
def finishers() -> tuple[Callable[[Batch], None], ...]:
    """What is done once every entry of a batch has been taken."""
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return tuple(module.finish for module in modules if hasattr(module, "finish"))
