"""Which columns are sealed, and how rows come to lie in them and back.

A sealed text stands in base64 where text stood; a sealed value is bound to its table, its column and what names its row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, LargeBinary, Table, insert, select

from comity.adapters.at_rest import Sealing
from comity.adapters.store import tables as t
from comity.domain.people import name_key
from comity.domain.record import Entry
from comity.errors import Conflict, Misconfigured

MEND: Final = "comity keys rotate-at-rest"
SALT_BYTES: Final = 32
VALUE: Final = "value"
"""Postings of this name tell of a value, so their keys are no plain digests of it."""
OPTION: Final = "sealing"


class Columns(NamedTuple):
    """Of one table: what is sealed in it, and the columns that name a row for the seal (they never change)."""

    sealed: tuple[str, ...]
    named: tuple[str, ...]
    digests: Mapping[str, Callable[[Any], str]] = {}


SEALED: Final[dict[Table, Columns]] = {
    t.peer: Columns(("document",), ("name",)),
    t.notice: Columns(("told",), ("key",)),
    t.acted: Columns(("outcome",), ("issuer", "id")),
    t.warning: Columns(("by",), ("name",)),
    t.copied: Columns(("by",), ("issuer", "id", "sha256", "at")),
    t.case_file: Columns(("number", "title", "basis"), ("id",), {"number_key": lambda row: row.number}),
    t.case_move: Columns(("by", "reason"), ("case_id", "at")),
    t.case_grant: Columns(("reason",), ("id",)),
    t.case_link: Columns(("by",), ("case_id", "id")),
    t.account: Columns(
        ("login", "name", "password"),
        ("id",),
        {"login_key": lambda row: row.login, "name_key": lambda row: name_key(row.name)},
    ),
    t.passkey: Columns(("name",), ("id",)),
    t.person_session: Columns(("label", "basis"), ("id",)),
    t.person_context: Columns(("reason", "basis"), ("session", "at")),
    t.ticket: Columns(("about",), ("key",)),
    t.search_text: Columns(("page",), ("doc",)),
}


def sealing_of(connection: Connection) -> Sealing:
    """What seals the values of the database at the other end."""
    sealing: Sealing = connection.get_execution_options()[OPTION]
    return sealing


# ---- rows ----------------------------------------------------------------------------------------------------------------


def place_of(table: Table, column: str, row: Any) -> str:
    """What a sealed value is bound to. Any: a row, or a value with the columns that name it."""
    names = (getattr(row, name) for name in SEALED[table].named)
    return " ".join([table.name, column, *(one.hex() if isinstance(one, bytes) else str(one) for one in names)])


def sealed(sealing: Sealing, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as it lies in the table, digests added; of some columns alone, if those that name it are among them."""
    told, found = SimpleNamespace(**row), dict(row)
    for column, text_of in SEALED[table].digests.items():
        found[column] = sealing.digest(f"{table.name} {column}", text_of(told))
    for column in SEALED[table].sealed:
        value = row.get(column)
        if value is None:
            continue
        place = place_of(table, column, told)
        found[column] = sealing.seal_text(place, value) if isinstance(value, str) else sealing.seal(place, value)
    return found


def digest(sealing: Sealing, table: Table, column: str, text: str) -> str:
    """By which a row with this text is found."""
    return sealing.digest(f"{table.name} {column}", text)


def opened(sealing: Sealing, table: Table, row: Any, before: str = "") -> SimpleNamespace:
    """The row as it was given to `sealed`. Any: a row of the table; of a join, one whose names begin so."""
    mapping = row._mapping
    there = {column.name: mapping[before + column.name] for column in table.c if before + column.name in mapping}
    told = SimpleNamespace(**there)
    for column in SEALED[table].sealed:
        value = there.get(column)
        if value is None:
            continue
        place = place_of(table, column, told)
        open_ = sealing.open if isinstance(table.c[column].type, LargeBinary) else sealing.open_text
        setattr(told, column, open_(place, value))
    return told


# ---- bodies --------------------------------------------------------------------------------------------------------------


class _Marked(msgspec.Struct):
    """The one member of an envelope that queries ask for."""

    marking: msgspec.Raw


_marked = msgspec.json.Decoder(_Marked).decode


def body_columns(
    sealing: Sealing, ch: int, index: int, salt: bytes | None, envelope: bytes | None, fields: bytes | None
) -> dict[str, Any]:
    """Salt, envelope and opened fields of one entry as one sealed value, and the marking beside it."""
    if salt is None or envelope is None:
        return {"body": None, "marking": None}
    if len(salt) != SALT_BYTES:
        raise Conflict("salt-length", bytes=len(salt), wanted=SALT_BYTES)
    try:
        marking = bytes(_marked(envelope).marking).decode()
    except (
        msgspec.MsgspecError,
        UnicodeDecodeError,
        RecursionError,
    ):  # never filed without fault, so nobody asks for its marking
        marking = None
    raw = b"".join((salt, len(envelope).to_bytes(4, "big"), envelope, fields or b""))
    return {"body": sealing.seal(_body_place(ch, index, marking), raw), "marking": marking}


def body_in(
    sealing: Sealing, ch: int, index: int, body: bytes | None, marking: str | None
) -> tuple[bytes | None, bytes | None, bytes]:
    """(salt, envelope, opened fields); None, None and nothing of an entry that was erased. Malformed when the seal doesn't hold."""
    if body is None:
        return None, None, b""
    raw = sealing.open(_body_place(ch, index, marking), body)
    stop = SALT_BYTES + 4 + int.from_bytes(raw[SALT_BYTES : SALT_BYTES + 4], "big")
    return raw[:SALT_BYTES], raw[SALT_BYTES + 4 : stop], raw[stop:]


def envelope_in(sealing: Sealing, ch: int, index: int, body: bytes, marking: str | None) -> bytes:
    """The envelope of an entry that is here."""
    return body_in(sealing, ch, index, body, marking)[1] or b""


def entry_body(entry: Entry, sealing: Sealing, ch: int) -> dict[str, Any]:
    return body_columns(sealing, ch, entry.index, entry.salt, entry.envelope, entry.fields)


def _body_place(ch: int, index: int, marking: str | None) -> str:
    return f"entry {ch} {index} {marking}"


# ---- postings ------------------------------------------------------------------------------------------------------------


def posted(sealing: Sealing, name: str, key: bytes) -> bytes:
    """The key of a posting as it lies in the table."""
    return sealing.key(key) if name == VALUE else key


def unposted(sealing: Sealing, name: str, key: bytes) -> bytes:
    return sealing.unkey(key) if name == VALUE else key


# ---- the key of a database -------------------------------------------------------------------------------------------------


def choose_key(connection: Connection, sealing: Sealing, *, rotating: bool = False) -> None:
    """Takes up the key under which this database is sealed, or gives a new one its first. Inside the caller's transaction.

    Misconfigured when the keyring lacks it, or when everything is just being sealed anew and that isn't finished.
    """
    rows = connection.execute(select(t.at_rest_key).order_by(t.at_rest_key.c.id)).all()
    if not rows:
        connection.execute(insert(t.at_rest_key).values(id=sealing.fresh(), seals=True, progress=b""))
        return
    if len(rows) > 1 and not rotating:
        raise Misconfigured("at-rest-rotation-unfinished", mend=MEND)
    current = next(row.id for row in rows if row.seals)
    sealing.use(current, [row.id for row in rows if not row.seals])
