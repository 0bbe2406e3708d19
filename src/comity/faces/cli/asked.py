"""What a user hands to a command: a file of TOML or JSON, a value with its kind, a member of a form."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import typer

from comity.domain.indicator import kinds
from comity.errors import Malformed
from comity.faces.cli.session import read_file

FILE_BYTES_MAX = 4 * 1024 * 1024


def from_file(path: str) -> dict[str, Any]:
    """The object in a file; `-` is stdin. JSON when it begins with a brace, else TOML. Any: the API looks at the members."""
    raw = sys.stdin.buffer.read(FILE_BYTES_MAX) if path == "-" else read_file(Path(path), FILE_BYTES_MAX)
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")
        if text.lstrip().startswith("{"):
            return msgspec.json.decode(text, type=dict[str, Any])
        # Times are text in the API; TOML may have read them as such already.
        return {name: _plain(value) for name, value in tomllib.loads(text).items()}
    except (UnicodeDecodeError, msgspec.MsgspecError, tomllib.TOMLDecodeError) as fault:
        raise Malformed("file-shape", file=path, why=str(fault)) from fault


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool) else msgspec.to_builtins(value)


def given_value(text: str) -> dict[str, str]:
    """`KIND=VALUE` where KIND is a kind that there is; else the value alone, to be read as the surest kind."""
    kind, equals, value = text.partition("=")
    if equals and kind in kinds():
        return {"kind": kind, "value": value}
    return {"value": text}


def members(given: Sequence[str] | None, option: str) -> dict[str, str]:
    """`NAME=TEXT` each."""
    found = {}
    for text in given or ():
        name, equals, said = text.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{text!r}: write NAME=TEXT", param_hint=option)
        found[name] = said
    return found


def given_only(body: dict[str, Any]) -> dict[str, Any]:
    """The members that were given at all."""
    return {name: value for name, value in body.items() if value not in (None, [], {}, ())}
