"""Whether a node runs, and how its desk is reached.

A running node holds `node.json` locked; the lock goes with the process. So nobody is misled by a file that a crash left behind, and
no token is ever sent to whoever has taken the port since.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from comity.adapters.keyring.durable import read_secret
from comity.config import Config
from comity.errors import Misconfigured

_PATIENCE_S = 2.0


class Running(msgspec.Struct, frozen=True):
    """How the node that runs here is reached.

    desk      `http://127.0.0.1:port`
    exchange  where it listens for partners
    """

    pid: int
    desk: str
    exchange: str
    since: str


@contextmanager
def announced(config: Config, told: Running) -> Iterator[None]:
    """The node can be found inside the block; Misconfigured when another process already runs it."""
    handle = os.open(config.presence, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, config)
        os.ftruncate(handle, 0)
        os.write(handle, msgspec.json.encode(told) + b"\n")
        os.fsync(handle)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def running(config: Config) -> Running | None:
    """The node that runs in this home, or None."""
    try:
        handle = os.open(config.presence, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        patience = time.monotonic() + _PATIENCE_S
        while time.monotonic() < patience:
            if _is_free(handle):
                return None
            raw = os.pread(handle, 4096, 0)
            if raw.endswith(b"\n"):
                return msgspec.json.decode(raw, type=Running)
            time.sleep(0.02)  # between the lock and the line in it
    except msgspec.MsgspecError as fault:
        raise Misconfigured("presence-unreadable", file=str(config.presence)) from fault
    finally:
        os.close(handle)
    raise Misconfigured("presence-unreadable", file=str(config.presence))


def read_token(config: Config) -> str:
    """The token that opens the desk's API; Misconfigured when others could read it too."""
    return read_secret(config.token).decode("ascii").strip()


def read_own_token(path: Path) -> str:
    """The personal token of who works at a command line; Misconfigured when others could read it too."""
    return read_secret(path).decode("ascii").strip()


def _lock(handle: int, config: Config) -> None:
    # Somebody who only looks holds it for a moment; somebody who runs the node holds it for good.
    for _ in range(20):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return
    raise Misconfigured("node-runs-already", file=str(config.presence))


def _is_free(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(handle, fcntl.LOCK_UN)
    return True
