"""The store that the settings name: opened, and its schema brought up to this program's."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import make_url

from comity.adapters.store import schema
from comity.adapters.store.database import Database, Scrubbed
from comity.adapters.store.sql import SqlStore, Tell, silent
from comity.adapters.store.sqlite import SqliteDatabase
from comity.config import Config
from comity.errors import Misconfigured, NotFound
from comity.ports import Catalog, Keyring, Step, no_step

__all__ = ["Scrubbed", "Tell", "database", "open_store", "place", "silent", "upgrade_store"]


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
    keyring: Keyring,
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
        return done
    finally:
        there.close()
