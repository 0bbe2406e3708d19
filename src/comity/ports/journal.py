"""What the journal is told of, before it is a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.domain.record.kinds import journal_1
from comity.domain.terms import Actor


@dataclass(frozen=True)
class Noted:
    """One entry, with whose it is (None: the machine's, or a stranger's), and the reason that they gave."""

    actor: Actor | None
    entry: journal_1.Entry
    why: str = ""


class Waiting(Protocol):
    """Where reads wait, so that many become one record."""

    def add(self, noted: Noted, *, at_once: bool) -> None:
        """Takes an entry. With `at_once` it is durable when this answers, and so is everything that the same actor had waiting.

        Busy when too much waits that couldn't be kept; then nobody may be shown anything.
        """

    def flush(self) -> None:
        """Everything that waits is durable when this answers."""
