"""One TOML file becomes one typed value, or an error that names the file and the key."""

from __future__ import annotations

import re
import tomllib
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec

from comity.errors import Misconfigured

T = TypeVar("T")

_PATH = re.compile(r" - at `(\$.*)`$")
_FIELD = re.compile(r"field `([^`]+)`")


def read_toml(file: Traversable, as_type: type[T]) -> T:
    """Reads `file` as `as_type`; Misconfigured names the file, the key and what is wrong with it."""
    try:
        raw = tomllib.loads(file.read_bytes().decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Misconfigured("catalog-file-not-toml", file=str(file), why=str(fault)) from fault
    try:
        return msgspec.convert(raw, as_type)
    except msgspec.ValidationError as fault:
        raise Misconfigured("catalog-key", file=str(file), key=_key(str(fault)), why=str(fault)) from fault


def _key(message: str) -> str:
    """`route[0].article`, from a message that may name the table, the field, or both."""
    place, name = _PATH.search(message), _FIELD.search(message)
    parts = [place[1].removeprefix("$").lstrip(".") if place else "", name[1] if name else ""]
    return ".".join(part for part in parts if part)
