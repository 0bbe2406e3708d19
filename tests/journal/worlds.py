"""Worlds of the other tests, with a journal."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from comity.flows.journal import Journalled, keep_noted
from comity.node.journalling import WaitingReads
from comity.ports import Store, World


def with_journal(world: World, hold_s: float = 3600.0) -> tuple[World, WaitingReads]:
    """The same world, as a node opens it; what waits is kept when a test says so, or when enough of it waits."""
    waiting = WaitingReads(lambda noted: keep_noted(world, noted), hold_s=hold_s)
    return replace(world, store=cast(Store, Journalled(world, world.store, waiting))), waiting
