"""What is wrong with a node, and where: first its files, which may keep it from opening, then what it holds."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from comity.config import Config
from comity.domain.ledger import Admission, Standing, successor
from comity.domain.terms import Instant, instant_text, seconds
from comity.errors import ComityError
from comity.flows.oversight import told, watches
from comity.node import sealing
from comity.node.assembly import Node
from comity.node.storing import place

EXPIRY_DAYS = 30
SKEW_S = 5
MIB = 1 << 20
SPACE_BYTES_MIN = 512 * MIB
"""Left on each disk, at least; more where the database is larger than that: a backup or a scrub writes all of it once more."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    step   keys, token, marks, store, disk, clock, certificate, channel or peer
    where  file, channel or peer
    code   stable, kebab-case; wording and mending live in the faces
    """

    step: str
    where: str
    good: bool
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


def examine_files(config: Config) -> list[Finding]:
    """Folders and files, before anything is opened: opening the store would make a missing high-water file anew."""
    secret = [config.keys, *sorted(config.keys.glob("*")), config.token] if config.keys.is_dir() else [config.token]
    found = [_closed(path, "token" if path == config.token else "keys") for path in secret]
    if not config.keys.is_dir():
        found.append(Finding("keys", str(config.keys), False, "no-keys"))
    database, marks = config.store / "node.db", config.marks / "high-water"
    if (config.store_url or database.exists()) and not marks.exists():
        found.append(Finding("marks", str(marks), False, "marks-missing", {"folder": str(config.marks)}))
    else:
        found.append(Finding("marks", str(marks), True, "marks-there"))
    if config.marks.is_relative_to(config.home):
        found.append(Finding("marks", str(config.marks), False, "marks-inside-home", {"home": str(config.home)}))
    for folder in config.overlays:
        if not folder.is_dir():
            found.append(Finding("catalog", str(folder), False, "catalog-overlay-missing", {"folder": str(folder)}))
    if config.keys.is_dir() and marks.exists():
        found += [
            Finding("keys", seen.where, seen.good, seen.code, seen.facts) for seen in sealing.keys_on_disk(config)
        ]
    found += [Finding("disk", seen.where, seen.good, seen.code, seen.facts) for seen in sealing.disks(config)]
    return [*found, *_disks(config)]


def examine(node: Node) -> list[Finding]:
    """What an opened node can tell: fences, time, certificates, channels, and the way to each accepted peer."""
    return [*_store(node), *_clock(node), *_certificates(node), *_channels(node), *_oversight(node), *_peers(node)]


def _closed(path: Path, step: str) -> Finding:
    try:
        mode = stat.S_IMODE(path.lstat().st_mode)
    except OSError as fault:
        return Finding(step, str(path), False, "file-unreadable", {"why": fault.strerror or ""})
    facts = {"mode": f"{mode:04o}", "wanted": "0700" if path.is_dir() else "0600"}
    return Finding(step, str(path), not mode & 0o077, "file-open-to-others" if mode & 0o077 else "file-closed", facts)


def _disks(config: Config) -> Iterator[Finding]:
    """Room on every disk that the node writes to; each disk once."""
    database = config.store / "node.db"
    largest = database.stat().st_size if database.exists() else 0
    seen: set[int] = set()
    for folder in (config.store, config.files_folder, config.marks, config.home):
        if not folder.is_dir() or folder.stat().st_dev in seen:
            continue
        seen.add(folder.stat().st_dev)
        wanted = max(SPACE_BYTES_MIN, largest if folder in (config.store, config.home) else 0)
        free = shutil.disk_usage(folder).free
        code = "disk-space-low" if free < wanted else "disk-space-there"
        facts = {"free_mib": free // MIB, "wanted_mib": wanted // MIB}
        yield Finding("disk", str(folder), free >= wanted, code, facts)


def _store(node: Node) -> Iterator[Finding]:
    for origin, reason in node.fences.items():
        yield Finding("store", origin, False, "store-behind-its-signatures", {"reason": reason})
    if not node.fences:
        yield Finding("store", place(node.config), True, "store-level-with-its-signatures")


def _clock(node: Node) -> Iterator[Finding]:
    now_s, last_s = seconds(node.world.clock.now()), node.world.store.last_time_s()
    facts = {"now": instant_text(Instant(now_s * 1000)), "last": instant_text(Instant(last_s * 1000))}
    behind = now_s + SKEW_S < last_s
    code = "clock-behind-own-cosignature" if behind else "clock-not-behind"
    yield Finding("clock", "this machine", not behind, code, {**facts, "behind_s": max(last_s - now_s, 0)})


def _certificates(node: Node) -> Iterator[Finding]:
    ours = (str(node.tls[0]), node.world.keyring.certificate())
    theirs = [(p.name, p.certificate) for p in node.world.store.peers() if p.admission is Admission.ACCEPTED]
    now = datetime.fromtimestamp(seconds(node.world.clock.now()), UTC)
    for where, raw in [ours, *theirs]:
        try:
            until = x509.load_der_x509_certificate(raw).not_valid_after_utc
        except ValueError:
            yield Finding("certificate", where, False, "certificate-unreadable")
            continue
        days = (until - now).days
        code = (
            "certificate-expired"
            if days < 0
            else "certificate-ends-soon"
            if days < EXPIRY_DAYS
            else "certificate-valid"
        )
        yield Finding("certificate", where, days >= EXPIRY_DAYS, code, {"days": days, "until": until.isoformat()})


def _channels(node: Node) -> Iterator[Finding]:
    channels = node.world.store.channels()
    for channel in channels:
        ended = channel.standing is Standing.RETIRED
        good = channel.standing is Standing.OPEN or (ended and successor(channel.origin, channels) is not None)
        code = "channel-open" if good else f"channel-{channel.standing.value}"
        yield Finding("channel", channel.origin, good, code, {"writer": channel.writer, "why": channel.why})


def _oversight(node: Node) -> Iterator[Finding]:
    """Whose daily cosignature on the journal is missing."""
    for each in watches(node.world):
        code = "overseer-silent" if each.silent else "overseer-confirms"
        yield Finding("oversight", each.overseer.name, not each.silent, code, told(each))


def _peers(node: Node) -> Iterator[Finding]:
    for peer in node.world.store.peers():
        if peer.admission is not Admission.ACCEPTED:
            continue
        try:
            bad = [each for each in node.check(peer) if not each.good]
        except ComityError as fault:
            yield Finding("peer", peer.name, False, fault.code, dict(fault.facts))
            continue
        for each in bad:
            yield Finding("peer", peer.name, False, each.code, {"step": each.step, **each.facts})
        if not bad:
            yield Finding("peer", peer.name, True, "peer-reached", {"address": peer.address})
