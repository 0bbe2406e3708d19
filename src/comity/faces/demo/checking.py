"""Checking receipt files from outside: `comity verify` as a process of its own, and a copy in which one bit is flipped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from comity.domain.ledger import parse_proof
from comity.errors import Conflict

VERIFY_S = 120.0


@dataclass(frozen=True)
class Checked:
    """What `comity verify` said of a file; `told` is its JSON."""

    exit_code: int
    told: dict[str, Any]


# The command's own entry, once for each file, in one process: most of the time of a short command is its start.
EACH = """
import io, json, sys
from contextlib import redirect_stdout
from comity.faces.cli.app import run
for arguments in json.load(sys.stdin):
    with redirect_stdout(io.StringIO()) as said:
        code = run(arguments)
    print(json.dumps([code, said.getvalue()]), flush=True)
"""


def verify(proof: Path, policy: Path) -> Checked:
    """Runs `comity verify` on one file, with nothing of a node at hand."""
    ended = _run([*verify_command(), *arguments_for(proof, policy, None)], b"")
    return _checked(ended.returncode, ended.stdout or ended.stderr)


def verify_each(files: Sequence[tuple[Path, Path | None]], policy: Path) -> list[Checked]:
    """Runs `comity verify` on each (receipt, opened values), one after the other in one process without a node."""
    asked = [arguments_for(proof, policy, fields) for proof, fields in files]
    ended = _run([sys.executable, "-c", EACH], msgspec.json.encode(asked))
    told = [msgspec.json.decode(line, type=tuple[int, str]) for line in ended.stdout.splitlines()]
    if len(told) < len(files):
        raise Conflict("demo-verify-broke-off", done=len(told), of=len(files), why=_last_line(ended.stderr))
    return [_checked(code, said.encode()) for code, said in told]


def arguments_for(proof: Path, policy: Path, fields: Path | None) -> list[str]:
    """What follows `comity` on the command line."""
    beside = ["--fields", str(fields)] if fields is not None else []
    return ["--json", "verify", str(proof), "--policy", str(policy), *beside]


def _run(command: list[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603  our own command
        command, env=without_settings(), input=given, capture_output=True, timeout=VERIFY_S, check=False
    )


def _checked(exit_code: int, said: bytes) -> Checked:
    try:
        return Checked(exit_code, msgspec.json.decode(said, type=dict[str, Any]))
    except msgspec.MsgspecError:
        return Checked(exit_code, {"what": _last_line(said)})


def _last_line(said: bytes) -> str:
    return said.decode(errors="replace").strip().rpartition("\n")[2][:300]


def verify_command() -> list[str]:
    """The installed command; where there is none, the same through the interpreter."""
    installed = Path(sys.executable).with_name("comity")
    if os.access(installed, os.X_OK):
        return [str(installed)]
    return [sys.executable, "-c", "from comity.faces.cli.app import main; main()"]


def without_settings() -> dict[str, str]:
    """The environment without anything that speaks of a node of the user's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COMITY_")}


def flip(proof: Path, folder: Path) -> Path:
    """A copy in which one bit in the middle of the record is changed, and everything else is as it was."""
    whole = parse_proof(proof.read_bytes())
    changed = bytearray(whole.extra or b"")
    changed[len(changed) // 2] ^= 1
    folder.mkdir(exist_ok=True)
    copy = folder / proof.name
    copy.write_bytes(replace(whole, extra=bytes(changed)).to_bytes())
    return copy
