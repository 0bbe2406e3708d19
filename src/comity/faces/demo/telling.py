"""How the demo is told: one line for each step with its clock, on a terminal, in a pipe, or as lines of JSON."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import msgspec
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

WIDTH = 100


@dataclass(frozen=True)
class Words:
    """What the command line says for codes of the API.

    reason  for a reason as views show it
    why     for the way in which a warning list names a value
    """

    reason: Callable[[dict[str, Any]], str]
    why: Callable[[str], str]


@dataclass
class Step:
    """A step while it is taken.

    notes    what came of it, a line each; cells where lines belong below each other
    look     where to look: a command or a path
    held_ms  until the far node had cosigned that it holds what was sent
    ms       of the step itself; measured to the end of the block unless `clocked` is called
    """

    notes: list[str | tuple[str, ...]] = field(default_factory=list)
    look: list[str] = field(default_factory=list)
    held_ms: int | None = None
    ms: int | None = None
    _began: float = field(default_factory=time.monotonic)

    def note(self, said: str | tuple[str, ...]) -> None:
        self.notes.append(said)

    def passed_ms(self) -> int:
        """Milliseconds since the step began."""
        return round((time.monotonic() - self._began) * 1000)

    def clocked(self) -> None:
        """The step is done; what follows in the block is waiting for others, or looking."""
        self.ms = self.passed_ms()

    def held(self) -> None:
        """The far node has cosigned."""
        self.held_ms = self.passed_ms()


class Teller:
    """Writes to stdout as the steps end."""

    def __init__(self, *, as_json: bool, words: Words) -> None:
        self.words = words
        self._as_json = as_json
        self._act, self._count = "", 0
        on_terminal = sys.stdout.isatty()
        self._console = Console(width=min(Console().width, WIDTH) if on_terminal else WIDTH, highlight=False)

    def opening(self, lines: list[str]) -> None:
        """What is said before the first act."""
        if not self._as_json:
            for line in lines:
                self._print(Text(line), soft_wrap=True)
            self._print(self._row("", "", "", "took", "held there", "dim"))

    def act(self, name: str, about: str) -> None:
        """A new act begins."""
        self._act = name
        if not self._as_json:
            self._print("")
            self._print(Text.assemble((name.upper(), "bold"), ("  " + about, "dim")))

    @contextmanager
    def step(self, who: str, what: str) -> Iterator[Step]:
        """One step; it is told when it has been taken, and not at all when it breaks off."""
        made = Step()
        yield made
        if made.ms is None:
            made.clocked()
        self.told(who, what, made)

    def told(self, who: str, what: str, step: Step) -> None:
        """A step that has been taken."""
        self._count += 1
        if self._as_json:
            notes = [note if isinstance(note, str) else "  ".join(note) for note in step.notes]
            line = {"step": self._count, "act": self._act, "who": who, "what": what, "ms": step.ms}
            self._write(line | {"held_ms": step.held_ms, "notes": notes, "look": step.look})
            return
        self._print(self._row(str(self._count), who, what, _clock(step.ms), _clock(step.held_ms)))
        self._notes(step.notes)
        for place in step.look:
            # To be copied, so never broken.
            self._print(Text(f"     look: {place}", "dim"), soft_wrap=True)

    def line(self, word: str, what: str, notes: Sequence[str]) -> None:
        """Something that a step has brought, without a clock of its own."""
        if self._as_json:
            self._write({"step": self._count, "act": self._act, "who": word, "what": what, "notes": list(notes)})
            return
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(width=2)
        row.add_column(width=19)
        row.add_column(ratio=1)
        row.add_row("", Text(word, "yellow" if word.isupper() else "dim"), Text(what))
        self._print(row)
        self._notes(notes)

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Something moves while this lasts, on a terminal."""
        if self._as_json or not self._console.is_terminal:
            yield
            return
        with self._console.status(text):
            yield

    def closing(self, told: dict[str, Any], lines: list[str]) -> None:
        """What is said at the end."""
        if self._as_json:
            self._write(told)
            return
        self._print("")
        for line in lines:
            # Commands are to be copied: they are not broken.
            self._print(Text(line), soft_wrap=True)

    def _row(self, number: str, who: str, what: str, took: str, held: str, style: str = "") -> Table:
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(width=2, justify="right")
        row.add_column(width=19)
        row.add_column(ratio=1)
        row.add_column(width=9, justify="right", no_wrap=True)
        row.add_column(width=10, justify="right", no_wrap=True)
        row.add_row(Text(number, "dim"), Text(who, "cyan"), Text(what), Text(took, style), Text(held, style or "green"))
        return row

    def _notes(self, notes: Sequence[str | tuple[str, ...]]) -> None:
        """Below the step, indented; cells of notes that follow each other stand in columns."""
        cells = [(note,) if isinstance(note, str) else note for note in notes]
        for wide, rows in groupby(cells, len):
            table = Table.grid(padding=(0, 1), expand=True)
            table.add_column(width=22)
            for _ in range(wide - 1):
                table.add_column(no_wrap=True)
            table.add_column(ratio=1)
            for row in rows:
                table.add_row("", *map(Text, row))
            self._print(table)

    def _print(self, what: RenderableType, *, soft_wrap: bool = False) -> None:
        if self._console.is_terminal:
            self._console.print(what, soft_wrap=soft_wrap)
            return
        with self._console.capture() as said:
            self._console.print(what, soft_wrap=soft_wrap)
        # A table fills its width with blanks, which are of no use in a file.
        self._console.file.write("".join(f"{line.rstrip()}\n" for line in said.get().splitlines()))
        self._console.file.flush()

    def _write(self, line: dict[str, Any]) -> None:
        sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
        sys.stdout.flush()


def _clock(passed_ms: int | None) -> str:
    return f"{passed_ms:,} ms" if passed_ms is not None else ""
