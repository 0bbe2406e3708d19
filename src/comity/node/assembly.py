"""A node made from its settings: opened, and made anew."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from comity.adapters.clock import SystemClock, SystemMint
from comity.adapters.courier import Finding, HttpsCourier
from comity.adapters.files import FolderFiles
from comity.adapters.keyring import FileKeyring
from comity.adapters.keyring.durable import write_secret
from comity.adapters.people import Argon2Hasher, WebCeremonies
from comity.config import FILE_NAME, Config, config_text
from comity.domain.ledger import COSIGNATURE, Lane, Peer, Policy, parse_policy
from comity.domain.people import Rules
from comity.errors import ComityError, Conflict, MalformedNote, Misconfigured, NotFound
from comity.flows.filing import desk
from comity.flows.journal import Journalled, journal_channel, keep_noted
from comity.flows.own_roster import RECEIPT, first_receipt_key, numbered
from comity.node.fetching import Fetching
from comity.node.guarding import Guarding
from comity.node.heralding import Heralding
from comity.node.heralds import heralds_of
from comity.node.journalling import WaitingReads
from comity.node.pulling import Pulling
from comity.node.reading import catalog_of
from comity.node.restoring import refuse_unfinished
from comity.node.storing import Scrubbed, Tell, open_store, own_keyring, passphrase, silent
from comity.node.witnessing import Witnessing
from comity.ports import Self, Step, Store, World, no_step


@dataclass(frozen=True)
class Node:
    """What one process has of a node. Faces reach adapters through it alone.

    pulling   one worker for each accepted peer, once started
    fetching  the worker that fetches the files which records name, once started
    heralding the workers that tell outside that something waits, once started
    witnessing  the workers that bring our channels to witnesses, once started
    guarding    what is remembered of those who call: their shares, and what was refused them
    fences    channels on which the store is behind its own signatures, with the reason; empty unless opened to inspect
    scrub     writes anew whatever held erased bytes in the files of the database
    """

    config: Config
    world: World
    pulling: Pulling
    fetching: Fetching
    heralding: Heralding
    witnessing: Witnessing
    guarding: Guarding
    fences: dict[str, str]
    check: Callable[[Peer], list[Finding]]
    scrub: Callable[[], Scrubbed]
    tls: tuple[Path, Path]
    _close: Callable[[], None]

    def close(self) -> None:
        """Ends the workers, then the connections, then the store. Safe to repeat."""
        self.witnessing.stop()
        self.heralding.stop()
        self.fetching.stop()
        self.pulling.stop()
        self._close()

    def itself(self) -> Node:
        """For who asks for the node at every request."""
        return self

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_node(config: Config, *, step: Step = no_step, inspect: bool = False, tell: Tell = silent) -> Node:
    """Opens a node that was made before; nothing listens and nothing is pulled yet.

    tell      hears of work that may take minutes: its name, how much is done, of how much
    inspect   opens a store that is behind its own signatures too, for reading
    Raises Misconfigured when keys, store and settings don't fit together or another process has the store; Fenced when it is behind.
    """
    if not inspect:
        refuse_unfinished(config)
    clock, mint, keyring = SystemClock(), SystemMint(), _own_keys(config)
    tls = (keyring.certificate_path, keyring.certificate_key_path)
    catalog = catalog_of(config)
    courier = HttpsCourier(*tls)
    store = open_store(config, keyring, mint.salt, step=step, inspect=inspect, tell=tell, catalog=catalog)
    if not inspect:
        keyring.settle_certificate()  # after the store too: a node that runs goes on with what it began with
    try:
        # After the store, whose lock says that no other process of this node has the folder.
        files = FolderFiles(config.files_folder, keyring.storage_key(), encrypted=config.files.encrypted)
        heralds = {} if inspect else heralds_of(config)
    except ComityError:
        courier.close()
        store.close()
        raise
    me = Self(config.name, config.country, config.title, config.address)
    world = World(me, store, keyring, courier, catalog, clock, mint, step, files, heralds, quorums=_quorums(config))
    world = replace(world, skew_ms=int(config.pull.skew_max_s * 1000), **_for_people(config))
    base, journal = world, None
    if not inspect:  # who only looks at a store that is behind must sign nothing on it
        journal = WaitingReads(lambda noted: keep_noted(base, noted))
        world = replace(world, store=cast(Store, Journalled(base, store, journal)))
    guarding = Guarding(world, store.peers, config.limits)
    pulling = Pulling(
        world,
        lambda: HttpsCourier(*tls),
        every_s=config.pull.every_s,
        pause_max_s=config.pull.pause_max_s,
        guarding=guarding,
    )
    fetching = Fetching(world, lambda: HttpsCourier(*tls), bytes_max=config.files.bytes_max)
    heralding = Heralding(world, kinds=config.notify.kinds, every_s=config.notify.every_s)
    witnessing = Witnessing(world, lambda: HttpsCourier(*tls), config.witness.ask, pause_max_s=config.pull.pause_max_s)
    closed = False

    def close() -> None:
        nonlocal closed
        if not closed:
            closed = True
            courier.close()
            try:
                if journal is not None:
                    journal.close()
            finally:
                store.close()

    return Node(
        config,
        world,
        pulling,
        fetching,
        heralding,
        witnessing,
        guarding,
        dict(store.fences),
        lambda peer: courier.check(peer, clock.now()),
        store.scrub,
        tls,
        close,
    )


def make_node(config: Config, keys: int = 1) -> None:
    """Makes folder, keys, certificate, token, database, desk and journal of a new node; the settings come last and make it count.

    keys   number in the name of its first receipt key: one that was never used under this node's name
    Conflict when there is a node in this home already. What a crash left is taken up again.
    """
    path = config.home / FILE_NAME
    if path.exists():
        raise Conflict("node-exists", file=str(path))
    try:
        config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        config.marks.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise Misconfigured("folder-unusable", folder=str(config.home), why=fault.strerror or "") from fault
    keyring = FileKeyring(config.keys, passphrase(config))
    keyring.create_certificate(config.name, SystemClock().now())
    keyring.create(numbered(config.name, RECEIPT, keys), COSIGNATURE)
    if not config.token.exists():
        write_secret(config.token, secrets.token_urlsafe(32).encode())
    with open_node(config) as node:
        desk(node.world)
        journal_channel(node.world)
    write_secret(path, config_text(config).encode())


def _own_keys(config: Config) -> FileKeyring:
    if not config.keys.is_dir():
        raise Misconfigured("no-keys", folder=str(config.keys))
    keyring = own_keyring(config)
    try:
        keyring.certificate()
        first_receipt_key(keyring, config.name)
    except NotFound as fault:
        raise Misconfigured("keys-of-another-node", folder=str(config.keys), node=config.name) from fault
    return keyring


def _quorums(config: Config) -> dict[Lane, Policy]:
    """What is demanded of each lane that we read; a policy that can't be read must not be passed over."""
    if config.policy is None:
        return {}
    try:
        policy = parse_policy(config.policy.read_bytes())
    except OSError as fault:
        raise Misconfigured("witness-policy-unreadable", file=str(config.policy), why=fault.strerror or "") from fault
    except MalformedNote as fault:
        raise Misconfigured("witness-policy-unreadable", file=str(config.policy), why=str(fault)) from fault
    return {Lane(lane): policy for lane in config.witness.hold_lanes}


def _for_people(config: Config) -> dict[str, Any]:
    """Members of a world: how people show who they are, and what is demanded of them."""
    told = config.people
    return {
        "hasher": Argon2Hasher(told.argon2_memory_kib, told.argon2_passes, told.argon2_lanes),
        "ceremonies": WebCeremonies(config.title),
        "rules": Rules(
            idle_ms=told.idle_minutes * 60_000,
            browser_ms=told.session_hours * 3_600_000,
            token_ms=told.token_days * 24 * 3_600_000,
            passkey_for=frozenset(told.passkey_for),
        ),
    }
