"""The store that the settings name: opened, and its schema brought up to this program's."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import make_url

from comity.adapters.at_rest import AtRest
from comity.adapters.keyring import FileKeyring
from comity.adapters.keyring.durable import destroy_secret, read_secret
from comity.adapters.keyring.locking import Lock
from comity.adapters.store import schema
from comity.adapters.store.database import Database, Scrubbed
from comity.adapters.store.sql import Keys, SqlStore, Tell, silent
from comity.adapters.store.sqlite import SqliteDatabase
from comity.config import Config
from comity.errors import Misconfigured, NotFound
from comity.ports import Catalog, Step, no_step

AT_REST = "at-rest"
"""Folder of a home, and of a backup: keys of the database's seal that came without the node's other keys."""

__all__ = [
    "AT_REST",
    "Scrubbed",
    "Tell",
    "database",
    "lock_keys",
    "open_store",
    "own_keyring",
    "passphrase",
    "place",
    "silent",
    "upgrade_store",
]


def own_keyring(config: Config) -> FileKeyring:
    """The node's keys; those of the database's seal that a restore has left beside them are taken in."""
    keyring, came = FileKeyring(config.keys, passphrase(config)), config.home / AT_REST
    for file in sorted(came.glob("at-rest-*.secret")):
        keyring.take_at_rest_key(file)
        destroy_secret(file)
    if came.is_dir() and not any(came.iterdir()):
        came.rmdir()
    return keyring


def passphrase(config: Config) -> bytes | None:
    """What opens the key folder; None where its files are plain. Misconfigured when the file isn't there, is empty, or is open to others."""
    file = config.passphrase_file
    if file is None:
        return None
    said = read_secret(file).rstrip(b"\r\n")
    if not said:
        raise Misconfigured("passphrase-empty", file=str(file))
    return said


def lock_keys(config: Config) -> list[str]:
    """Locks what in the key folder is plain; names of the files. Misconfigured when no passphrase is set, or it opens what is locked not."""
    said = passphrase(config)
    if said is None:
        raise Misconfigured("passphrase-not-set")
    own_keyring(config)  # opens everything that is locked already: under another passphrase nothing is written
    return Lock(said).lock(config.keys)


def place(config: Config) -> str:
    """Where the store is, for people; without a password."""
    return make_url(config.store_url).render_as_string(hide_password=True) if config.store_url else str(config.store)


def database(config: Config) -> Database:
    """The database that the settings name; psycopg is imported only for PostgreSQL."""
    if not config.store_url:
        return SqliteDatabase(config.store)
    from comity.adapters.store.postgres import PostgresDatabase

    return PostgresDatabase(config.store_url)


def open_store(
    config: Config,
    keyring: Keys,
    salt: Callable[[], bytes],
    *,
    step: Step = no_step,
    inspect: bool = False,
    tell: Tell = silent,
    catalog: Catalog | None = None,
) -> SqlStore:
    """`tell` hears of work that may take minutes, as `SqlStore` says.

    Misconfigured when another process has it or the schema isn't this program's; Fenced when it is behind and not inspected."""
    return SqlStore(
        database(config),
        config.marks,
        config.name,
        keyring,
        salt,
        step=step,
        inspect=inspect,
        tell=tell,
        catalog=catalog,
    )


def upgrade_store(config: Config) -> list[str]:
    """Brings an older schema up to this program's, in one transaction, after a check of the database; tells the steps it took.

    Misconfigured when the node runs, the database is damaged, newer, or not as any version of it was; then nothing has changed.
    """
    if not config.store_url and not (config.store / "node.db").exists():
        raise NotFound("database", file=str(config.store / "node.db"))
    there = database(config)
    there.seal_with(AtRest(own_keyring(config)))
    try:
        connection = there.writer(0.0)
        if damage := there.check(connection):
            raise Misconfigured("store-damaged", where=there.where, found=list(damage))
        done: list[str] = []
        there.begin(connection)
        try:
            schema.upgrade(connection, done.append)
        except BaseException:
            connection.exec_driver_sql("rollback")
            raise
        connection.exec_driver_sql("commit")
        if done:
            there.scrub()  # what was sealed just now still stands open in pages that nothing refers to
        return done
    finally:
        there.close()
