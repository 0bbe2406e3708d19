"""The personal token of whoever works at this command line: one file for each node, open to nobody else."""

from __future__ import annotations

import os
from pathlib import Path

from comity.config import tokens_folder
from comity.errors import Misconfigured
from comity.node.presence import read_own_token


def token_path(node: str) -> Path:
    """Where the token for this node is."""
    return tokens_folder() / f"{node}.token"


def own_token(node: str) -> str | None:
    """The token; None when nobody has logged in here. Misconfigured when others could read it too."""
    path = token_path(node)
    return read_own_token(path) if path.exists() else None


def keep_token(node: str, token: str) -> Path:
    """Writes it so that nobody else can read it, not even for a moment."""
    path = token_path(node)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(token)
        fresh.replace(path)
    except OSError as fault:
        raise Misconfigured("folder-unusable", folder=str(path.parent), why=fault.strerror or "") from fault
    return path


def forget_token(node: str) -> bool:
    """Says whether there was one."""
    path = token_path(node)
    there = path.exists()
    path.unlink(missing_ok=True)
    return there
