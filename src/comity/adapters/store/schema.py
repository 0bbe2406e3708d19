"""Whether a database has the schema of this program; how one is made, and how an older one is brought up to it.

Alembic is imported only where steps are carried out: a start that finds everything in order needn't wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select

from comity.adapters.store import inverted
from comity.adapters.store import tables as t
from comity.errors import Misconfigured

MEND = "comity node upgrade"
FIRST, HEAD = "0001", "0003"
"""Revisions: of version 1, and of the schema in `tables`."""

stamp = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def version_of(connection: Connection) -> int | None:
    """The schema's version; None when there is none yet."""
    if not inspect(connection).has_table(t.schema.name):
        return None
    version: int | None = connection.execute(select(t.schema.c.version)).scalar()
    return version


def prepare(connection: Connection) -> None:
    """Makes the tables of a fresh database; Misconfigured when there are some, and of another version."""
    version = version_of(connection)
    if version is None:
        t.metadata.create_all(connection)
        inverted.make(connection)
        connection.execute(insert(t.schema).values(version=t.SCHEMA_VERSION))
        _stamp(connection, HEAD)
    elif version < t.SCHEMA_VERSION:
        raise Misconfigured("schema-older", found=version, known=t.SCHEMA_VERSION, mend=MEND)
    elif version > t.SCHEMA_VERSION:
        raise Misconfigured("schema-newer", found=version, known=t.SCHEMA_VERSION)


def upgrade(connection: Connection, tell: Callable[[str], None]) -> None:
    """Carries out every step that is lacking, inside the caller's transaction, and checks what came out.

    tell   hears of each step, by its revision and title
    Misconfigured when there is no schema, a newer one, or one that differs from what it should be.
    """
    version = version_of(connection)
    if version is None:
        raise Misconfigured("schema-missing", known=t.SCHEMA_VERSION)
    if version > t.SCHEMA_VERSION:
        raise Misconfigured("schema-newer", found=version, known=t.SCHEMA_VERSION)
    if not inspect(connection).has_table(stamp.name):
        _stamp(connection, FIRST)  # the first version had no steps, and so no mark of where it stands
    titles = _steps(connection)
    if found := differences(connection):
        raise Misconfigured("schema-differs", found=found[:10], known=t.SCHEMA_VERSION)
    for title in reversed(titles):
        tell(title)


def differences(connection: Connection) -> list[str]:
    """What the database has otherwise than this program's tables."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_told})
    return [repr(difference) for difference in compare_metadata(context, t.metadata)]


def _is_told(name: str | None, kind: str, _: object) -> bool:
    """Whether `tables` is to tell of it: not of the inverted index, which is another on each database."""
    return kind != "table" or name is None or name.partition("_words")[0] != "search" or "_words" not in name


def _stamp(connection: Connection, revision: str) -> None:
    stamp.create(connection, checkfirst=True)
    connection.execute(insert(stamp).values(version_num=revision))


def _steps(connection: Connection, to: str = "head") -> list[str]:
    """Carries out what is lacking; the titles of the steps, last one first."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    at = connection.execute(select(stamp.c.version_num)).scalar()
    steps = ScriptDirectory.from_config(config).iterate_revisions(to, at)
    titles = [f"{step.revision} {step.doc}" for step in steps if step.revision != at]
    command.upgrade(config, to)
    return titles
