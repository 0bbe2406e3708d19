"""Brings .venv to what a lock file says, and the project itself into it; does nothing when that is already so.

    python3 .ci/setup.py runtime     what a node needs: requirements.lock and the build backend
    python3 .ci/setup.py dev         that and the tools of the house: requirements-dev.lock

Every package is checked against the hash in its lock. uv installs if it can be had, else pip; both read their own settings
(mirror, proxy, certificates) from where they always do. Standard library only: it runs before anything is installed.
"""

# It speaks to people, and to interpreters that are too old for the rest.
# ruff: noqa: T201, UP036

import hashlib
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV_HOME = VENV / ".uv"  # apart from the packages, so that a sync leaves it alone
UV = UV_HOME / "bin" / "uv"
PIP_INSTALL = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
PROJECT = ("--no-deps", "--no-build-isolation", "--editable", ".")
LOCKS = {
    "runtime": ("requirements.lock", "requirements-build.lock"),
    "dev": ("requirements-dev.lock",),
}


def key_of(want: str) -> str:
    """What the installed set depends on: the locks, and pyproject.toml for the project's own entry points."""
    told = hashlib.sha256()
    for name in (*LOCKS[want], "pyproject.toml"):
        told.update((ROOT / name).read_bytes() + b"\0")
    return told.hexdigest()


def stamp_of(want: str) -> Path:
    return VENV / f".stamp-{want}"  # inside .venv, so that it goes when the environment goes


def is_ready(want: str) -> bool:
    """True if .venv holds it already; the development set contains the runtime set."""
    return PYTHON.exists() and any(
        stamp_of(held).is_file() and stamp_of(held).read_text() == key_of(held) for held in {want, "dev"}
    )


def run(*command: object) -> bool:
    return subprocess.run([str(word) for word in command], cwd=ROOT, check=False).returncode == 0  # noqa: S603


def have_pip() -> bool:
    return any(VENV.glob("lib/python*/site-packages/pip")) or run(PYTHON, "-m", "ensurepip")


def have_uv() -> bool:
    lock = ("--require-hashes", "-r", "requirements-uv.lock")
    return UV.exists() or (have_pip() and run(*PIP_INSTALL, "--target", UV_HOME, *lock))


def with_uv(want: str) -> bool:
    """`sync` takes away what the lock no longer names; the runtime set is laid over what is there."""
    if not have_uv():
        return False
    uv_pip = (UV, "pip")
    to_venv = ("--quiet", "--python", PYTHON)
    how = "sync" if want == "dev" else "install"
    locks = LOCKS[want] if want == "dev" else [word for name in LOCKS[want] for word in ("-r", name)]
    return run(*uv_pip, how, *to_venv, "--require-hashes", *locks) and run(*uv_pip, "install", *to_venv, *PROJECT)


def with_pip(want: str) -> bool:
    locks = [word for name in LOCKS[want] for word in ("-r", name)]
    return have_pip() and run(*PIP_INSTALL, "--require-hashes", *locks) and run(*PIP_INSTALL, *PROJECT)


def main(want: str) -> int:
    if sys.version_info < (3, 11):
        print(
            "setup: Comity needs Python 3.11 or newer; name one, e.g. `make setup PYTHON=python3.12`", file=sys.stderr
        )
        return 1
    if is_ready(want):
        return 0
    began = time.monotonic()
    print(f"setup: preparing .venv ({want}) ...", flush=True)
    if not PYTHON.exists() and not run(sys.executable, "-m", "venv", VENV):
        print("setup: no virtual environment; on Debian and Ubuntu install python3-venv", file=sys.stderr)
        return 1
    tool = "uv"
    if not with_uv(want):
        tool = "pip"
        print("setup: uv can't be had or can't reach its index; going on with pip, which is slower", flush=True)
        if not with_pip(want):
            print("setup: the packages could not be installed; the lines above say why", file=sys.stderr)
            return 1
    stamp_of(want).write_text(key_of(want))
    print(f"setup: ready by {tool} in {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    if sys.argv[1:] not in (["runtime"], ["dev"]):
        sys.exit("usage: setup.py runtime|dev")
    sys.exit(main(sys.argv[1]))
