"""However a schema came about, at once or step by step, it is the same one, on every database."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

from comity.adapters.at_rest import IN_THE_CLEAR
from comity.adapters.store import migrations, schema
from comity.adapters.store import tables as t
from tests import postgres
from tests.upgrade.earlier import VERSION_1

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.pg)]


@contextmanager
def connected(kind: str, folder: Path, name: str) -> Iterator[Connection]:
    """A connection to a database that has nothing in it."""
    url = f"sqlite:///{folder / name}"
    if kind == "postgres":
        there = postgres.server()
        url = there.url(there.fresh()).replace("postgresql:", "postgresql+psycopg:", 1)
    engine = create_engine(url, isolation_level="AUTOCOMMIT", execution_options={"sealing": IN_THE_CLEAR})
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def shape(connection: Connection) -> dict[str, object]:
    """Tables, columns, keys and indexes, as the database itself tells them."""
    seen = inspect(connection)
    return {
        name: (
            [(c["name"], repr(c["type"]), c["nullable"], c["default"] is None) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name)["constrained_columns"],
            sorted(tuple(u["column_names"]) for u in seen.get_unique_constraints(name)),
            sorted((i["name"], tuple(i["column_names"]), where(i)) for i in seen.get_indexes(name)),
        )
        for name in sorted(seen.get_table_names())
    }


def where(index: Any) -> str:
    """The condition of a partial index; Any: what the inspector gives differs between databases."""
    options = index.get("dialect_options", {})
    return " ".join(str(value).lower() for key, value in options.items() if key.endswith("_where"))


def by_steps(connection: Connection) -> None:
    schema.stamp.create(connection)
    schema._steps(connection)


@pytest.mark.parametrize("kind", DATABASES)
def test_a_fresh_schema_and_one_that_grew_are_the_same(kind: str, tmp_path: Path) -> None:
    shapes = []
    for name, make in (("fresh", schema.prepare), ("grown", by_steps)):
        with connected(kind, tmp_path, name) as connection:
            make(connection)
            assert schema.differences(connection) == []
            assert schema.version_of(connection) == t.SCHEMA_VERSION
            assert connection.exec_driver_sql("select version_num from alembic_version").scalars().all() == [
                schema.HEAD
            ]
            shapes.append(shape(connection))
    assert shapes[0] == shapes[1]
    told = {name for name in shapes[0] if not name.startswith("search_words")}  # another on each database
    assert told == {*t.metadata.tables, "alembic_version"}


@pytest.mark.parametrize("kind", DATABASES)
def test_a_planted_difference_is_found(kind: str, tmp_path: Path) -> None:
    with connected(kind, tmp_path, "x") as connection:
        schema.prepare(connection)
        connection.exec_driver_sql("drop index entry_order")
        connection.exec_driver_sql("alter table acted add column planted integer")
        found = "\n".join(schema.differences(connection))
    assert "entry_order" in found
    assert "planted" in found


def test_the_first_step_makes_what_version_1_made(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old")) as old:
        old.executescript(VERSION_1)
    with connected("sqlite", tmp_path, "new") as new:
        schema.stamp.create(new)
        schema._steps(new, "0001")
        new.exec_driver_sql("drop table alembic_version")
        grown = shape(new)
    with connected("sqlite", tmp_path, "old") as connection:
        assert shape(connection) == grown


def test_every_step_has_its_place_and_its_title() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    steps = list(ScriptDirectory.from_config(config).walk_revisions())
    assert [step.revision for step in steps] == [f"{n:04d}" for n in range(len(steps), 0, -1)]
    assert (steps[0].revision, steps[-1].revision) == (schema.HEAD, schema.FIRST)
    assert all(re.fullmatch(r"[A-Z].*\.", step.doc) for step in steps)
    assert int(schema.HEAD) == t.SCHEMA_VERSION
