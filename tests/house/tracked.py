"""The files of this repository: what git tracks, and what it would track next."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def tracked() -> tuple[Path, ...]:
    """Every tracked or newly added file that is there, ignored ones left out."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = sorted({ROOT / name for name in listing.stdout.split("\0") if name})
    return tuple(file for file in files if file.is_file())


def texts() -> dict[str, str]:
    """Path below the root -> text, of every file that is UTF-8."""
    found = {}
    for file in tracked():
        raw = file.read_bytes()
        try:
            found[file.relative_to(ROOT).as_posix()] = raw.decode()
        except UnicodeDecodeError:
            continue
    return found
