"""Statements that run for every record: values of Core like all others, but compiled once and then only filled in.

Building a statement and looking its compiled form up costs more than most statements here take in SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, CursorResult, Table, and_, bindparam, exists, insert, select
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select

Row = Mapping[str, Any]
COPIED_FROM = 32
"""Rows from which PostgreSQL's COPY beats one INSERT for each, measured."""
COPIED_AS = {
    "BIGINT": "int8",
    "INTEGER": "int4",
    "SERIAL": "int4",
    "BYTEA": "bytea",
    "BOOLEAN": "bool",
    "TEXT[]": "text[]",
}


class Prepared:
    """One statement whose parameters are named by the columns it sets and by its `bindparam`s.

    columns   what an update or insert sets; all of the table unless told
    """

    def __init__(self, statement: UpdateBase | Select[Any], columns: Sequence[str] | None = None) -> None:
        self._statement, self._columns = statement, columns
        self._spoken: dict[str, tuple[str, Callable[[Row], Any]]] = {}

    def run(self, connection: Connection, row: Row) -> CursorResult[*tuple[Any, ...]]:
        """Runs it once."""
        text, fill = self._in(connection)
        return connection.exec_driver_sql(text, fill(row))

    def run_all(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Runs it for each row."""
        if rows:
            text, fill = self._in(connection)
            connection.exec_driver_sql(text, [fill(row) for row in rows])

    def _in(self, connection: Connection) -> tuple[str, Callable[[Row], Any]]:
        """Text for the driver, and what turns a row into its parameters."""
        dialect = connection.dialect
        found = self._spoken.get(dialect.name)
        if found is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            names: Sequence[str] | None = compiled.positiontup
            found = self._spoken[dialect.name] = (str(compiled), _tuples(names) if names is not None else dict)
        return found


class Inserting(Prepared):
    """Inserts rows that give every column; many at once go by COPY where the database has it."""

    def __init__(self, table: Table) -> None:
        super().__init__(insert(table))
        self._table = table
        self._names = tuple(column.name for column in table.c)

    def run_all(self, connection: Connection, rows: Sequence[Row]) -> None:
        if len(rows) < COPIED_FROM or connection.dialect.name != "postgresql":
            super().run_all(connection, rows)
            return
        kinds = [column.type.compile(connection.dialect) for column in self._table.c]
        columns = ", ".join(map(connection.dialect.identifier_preparer.quote, self._names))
        driver: Any = connection.connection.driver_connection  # psycopg.Connection; SQLAlchemy types it as Any
        with (
            driver.cursor() as cursor,
            cursor.copy(f"copy {self._table.name} ({columns}) from stdin (format binary)") as out,
        ):
            out.set_types([COPIED_AS.get(kind, "text") for kind in kinds])
            for row in rows:
                out.write_row([row[name] for name in self._names])


def _tuples(names: Sequence[str]) -> Callable[[Row], tuple[Any, ...]]:
    if len(names) == 1:
        return lambda row: (row[names[0]],)
    several: Callable[[Row], tuple[Any, ...]] = itemgetter(*names)
    return several


def unless_there(table: Table, *keys: str, without: Sequence[str] = ()) -> Prepared:
    """Inserts a row unless one with the same keys stands already: the first one stays.

    without   columns that the database fills in itself
    """
    columns = [column for column in table.c if column.name not in without]
    there = exists().where(and_(*(table.c[key] == bindparam(key, type_=table.c[key].type) for key in keys)))
    values = select(*(bindparam(column.name, type_=column.type) for column in columns)).where(~there)
    return Prepared(insert(table).from_select([column.name for column in columns], values))
