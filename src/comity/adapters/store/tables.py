"""The tables of one node. Facts stand once; whatever can be recomputed from records is marked *derived*."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint
from sqlalchemy.types import BigInteger

SCHEMA_VERSION = 2

metadata = MetaData()

schema = Table("schema", metadata, Column("version", Integer, primary_key=True))

channel = Table(
    "channel",
    metadata,
    Column("ch", Integer, primary_key=True),
    Column("origin", String, nullable=False, unique=True),
    Column("vkey", String, nullable=False),
    Column("writer", String, nullable=False),
    Column("audience", String, nullable=False),
    Column("lane", String, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("standing", String, nullable=False),
    Column("why", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("peaks", LargeBinary, nullable=False),  # compact range of the first `size` leaves
    Column("note", LargeBinary, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("pending_note", LargeBinary, nullable=False),
    Column("pending_leaves", LargeBinary, nullable=False),  # leaves of [size, pending)
    Column("drained", BigInteger, nullable=False),
    Column("line_size", BigInteger, nullable=False),
    Column("line_time", BigInteger, nullable=False),
    Column("line_name", String, nullable=False),
    Column("line", LargeBinary, nullable=False),
    Column("follows_origin", String),  # the channel that this one continues, and where that one ended
    Column("follows_size", BigInteger),
    Column("follows_root", LargeBinary),
)

entry = Table(
    "entry",
    metadata,
    Column("ch", Integer, primary_key=True),
    Column("idx", BigInteger, primary_key=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("state", Integer, nullable=False),
    Column("salt", LargeBinary),
    Column("envelope", LargeBinary),
    Column("fields", LargeBinary),
    Column("order_origin", String),
    Column("order_index", BigInteger),
    # derived from the envelope once the entry is settled
    Column("settled", Boolean, nullable=False),
    Column("id", String),
    Column("kind", String),
    Column("issuer", String),
    Column("made", BigInteger),
    Column("fault", String),
)
Index("entry_id", entry.c.id)
Index("entry_kind", entry.c.kind, entry.c.made)
_PARTED = entry.c.order_origin.is_not(None)
Index("entry_order", entry.c.ch, entry.c.idx, sqlite_where=_PARTED, postgresql_where=_PARTED)  # what orders took from

known = Table(  # ids that were ever appended to a channel of ours; they outlive erasure
    "known",
    metadata,
    Column("ch", Integer, primary_key=True),
    Column("id", String, primary_key=True),
    Column("idx", BigInteger, nullable=False),
)

tile = Table(  # derived: full tiles, and the root of each
    "tile",
    metadata,
    Column("ch", Integer, primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("n", BigInteger, primary_key=True),
    Column("hashes", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("ch", Integer, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("note", LargeBinary, nullable=False),
)

cosignature = Table(
    "cosignature",
    metadata,
    Column("ch", Integer, primary_key=True),
    Column("name", String, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("time_s", BigInteger, nullable=False),
    Column("line", LargeBinary, nullable=False),
)

trace = Table(  # derived: value -> postings
    "trace",
    metadata,
    Column("name", String, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("ch", Integer, primary_key=True),
    Column("idx", BigInteger, primary_key=True),
)
Index("trace_entry", trace.c.ch, trace.c.idx)

tombstone = Table(
    "tombstone",
    metadata,
    Column("issuer", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("order_origin", String, nullable=False),
    Column("order_index", BigInteger, nullable=False),
)

acted = Table(
    "acted",
    metadata,
    Column("issuer", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("outcome", String, nullable=False),
)

peer = Table(
    "peer", metadata, Column("name", String, primary_key=True), Column("document", LargeBinary, nullable=False)
)

warning = Table(
    "warning",
    metadata,
    Column("name", String, primary_key=True),
    Column("sha256", String, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("by", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("about", LargeBinary, nullable=False),
    UniqueConstraint("key"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("ch", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("why", String, nullable=False),
    Column("note", LargeBinary, nullable=False),
)

copied = Table(  # what has left our control
    "copied",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("issuer", String, nullable=False),
    Column("id", String, nullable=False),
    Column("what", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("copied_record", copied.c.issuer, copied.c.id)

cursor = Table("cursor", metadata, Column("name", String, primary_key=True), Column("at", BigInteger, nullable=False))

log = Table(  # logs that we witness
    "log",
    metadata,
    Column("origin", String, primary_key=True),
    Column("vkey", String, nullable=False),
    Column("writer", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)

witnessed = Table(  # the last checkpoint of each that we cosigned
    "witnessed",
    metadata,
    Column("origin", String, primary_key=True),
    Column("before", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("line_name", String, nullable=False),
    Column("line_size", BigInteger, nullable=False),
    Column("line_time", BigInteger, nullable=False),
    Column("line", LargeBinary, nullable=False),
)
