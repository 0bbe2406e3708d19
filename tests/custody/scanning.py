"""Looks for planted bytes in every file of a node's home, however they may be written there."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path


def spellings(token: bytes) -> list[bytes]:
    """The bytes themselves, in hexadecimal, and in base64 at each of the three places they may start at."""
    found = [token, token.hex().encode()]
    for shift in range(3):
        whole = b64encode(bytes(shift) + token + bytes(3))
        first, last = -(-shift * 8 // 6), (shift + len(token)) * 8 // 6
        found.append(whole[first + (1 if shift else 0) : last])
    return found


def found_in(home: Path, tokens: Mapping[str, bytes]) -> dict[str, set[str]]:
    """For each token, the files that hold it in some spelling. Every byte of every file is read."""
    wanted = {name: spellings(token) for name, token in tokens.items()}
    where: dict[str, set[str]] = {name: set() for name in tokens}
    for file in sorted(path for path in home.rglob("*") if path.is_file()):
        try:
            raw = file.read_bytes()
        except FileNotFoundError:  # a running server takes files of its own away
            continue
        for name, several in wanted.items():
            if any(each in raw for each in several):
                where[name].add(str(file.relative_to(home)))
    return where


def rows_with(home: Path, tokens: Mapping[str, bytes]) -> set[str]:
    """Tables in which some cell holds a token: a second look, by SQL."""
    found: set[str] = set()
    for file in home.rglob("node.db"):
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type='table'")]
        for table in tables:
            for row in connection.execute(f'select * from "{table}"'):
                if any(_holds(cell, several) for cell in row for several in map(spellings, tokens.values())):
                    found.add(table)
        connection.close()
    return found


def _holds(cell: object, several: Iterable[bytes]) -> bool:
    raw = cell.encode() if isinstance(cell, str) else cell if isinstance(cell, bytes) else b""
    return any(each in raw for each in several)
