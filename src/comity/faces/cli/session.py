"""What every command has at hand: home, officer, the desk, and one way to say things."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import msgspec
import typer
from rich.console import Console

from comity.config import Config, choose_home, choose_officer, read_config
from comity.errors import Malformed, NotFound
from comity.faces.cli.client import Desk, open_desk
from comity.faces.cli.own_token import own_token

PIPED_WIDTH = 160


@dataclass(frozen=True)
class Session:
    """One run of the command line.

    home      as given with --home
    as_json   machine-readable on stdout
    officer   who acts
    context   headers that name the case, the purpose and the basis of what is done, and why
    """

    home: Path
    as_json: bool
    officer: str | None
    context: Mapping[str, str] = field(default_factory=dict)

    def config(self) -> Config:
        """The settings of the node in this home."""
        return read_config(self.home)

    @contextmanager
    def desk(self, *, inspect: bool = False, as_operator: bool = False) -> Iterator[Desk]:
        """The desk's API: of the node that runs, else in this process; as who is logged in here, if anybody is.

        as_operator   with the node's own token all the same: who comes in is nobody yet
        """
        config = self.config()
        own = None if as_operator else own_token(config.name)
        with open_desk(config, self.officer, inspect=inspect, own=own, context=self.context) as desk:
            yield desk

    def show(self, value: object, human: Callable[[Console], None]) -> None:
        """The result: `value` as JSON with --json, else what `human` prints."""
        if self.as_json:
            sys.stdout.write(json_text(value) + "\n")
        else:
            human(out())

    def progress(self, text: str) -> None:
        """Something to read while waiting; never on stdout."""
        err().print(text, style="dim", highlight=False, markup=False)


def session(context: typer.Context) -> Session:
    """The session of this run."""
    found = context.find_root().obj
    assert isinstance(found, Session)
    return found


def new_session(
    home: str | None, as_json: bool, officer: str | None, context: Mapping[str, str | None] = MappingProxyType({})
) -> Session:
    """From the global options, and the environment behind them."""
    headers = {f"x-comity-{name}": quote(text) for name, text in context.items() if text}
    return Session(choose_home(home), as_json, choose_officer(officer), headers)


def json_text(value: object) -> str:
    """Indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode()


def out() -> Console:
    """Stdout; wide where no terminal tells its width, so that nothing is cut in a pipe."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False)


def err() -> Console:
    """Stderr."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else PIPED_WIDTH, highlight=False)


def read_file(path: Path, bytes_max: int) -> bytes:
    """A file that the user named; NotFound when it can't be read, Malformed when it is too large."""
    try:
        with open(path, "rb") as file:
            raw = file.read(bytes_max + 1)
    except OSError as fault:
        raise NotFound("file-missing", file=str(path), why=fault.strerror or "") from fault
    if len(raw) > bytes_max:
        raise Malformed("file-too-large", file=str(path), bytes_max=bytes_max)
    return raw


def write_file(path: Path, raw: bytes) -> None:
    """A file that the user named."""
    try:
        path.write_bytes(raw)
    except OSError as fault:
        raise NotFound("file-not-written", file=str(path), why=fault.strerror or "") from fault
