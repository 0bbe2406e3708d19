"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table("schema", sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))
    op.create_table(
        "channel",
        sa.Column("ch", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("origin", WORD, nullable=False, unique=True),
        sa.Column("vkey", WORD, nullable=False),
        sa.Column("writer", WORD, nullable=False),
        sa.Column("audience", WORD, nullable=False),
        sa.Column("lane", WORD, nullable=False),
        sa.Column("opened", sa.BigInteger, nullable=False),
        sa.Column("standing", WORD, nullable=False),
        sa.Column("why", WORD, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("pending", sa.BigInteger, nullable=False),
        sa.Column("pending_note", sa.LargeBinary, nullable=False),
        sa.Column("pending_leaves", sa.LargeBinary, nullable=False),
        sa.Column("drained", sa.BigInteger, nullable=False),
        sa.Column("line_size", sa.BigInteger, nullable=False),
        sa.Column("line_time", sa.BigInteger, nullable=False),
        sa.Column("line_name", WORD, nullable=False),
        sa.Column("line", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "entry",
        sa.Column("ch", sa.Integer, primary_key=True),
        sa.Column("idx", sa.BigInteger, primary_key=True),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("envelope", sa.LargeBinary),
        sa.Column("fields", sa.LargeBinary),
        sa.Column("order_origin", WORD),
        sa.Column("order_index", sa.BigInteger),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("id", WORD),
        sa.Column("kind", WORD),
        sa.Column("issuer", WORD),
        sa.Column("made", sa.BigInteger),
        sa.Column("fault", WORD),
    )
    op.create_index("entry_id", "entry", ["id"])
    op.create_index("entry_kind", "entry", ["kind", "made"])
    op.create_table(
        "known",
        sa.Column("ch", sa.Integer, primary_key=True),
        sa.Column("id", WORD, primary_key=True),
        sa.Column("idx", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tile",
        sa.Column("ch", sa.Integer, primary_key=True),
        sa.Column("level", sa.Integer, primary_key=True),
        sa.Column("n", sa.BigInteger, primary_key=True),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "checkpoint",
        sa.Column("ch", sa.Integer, primary_key=True),
        sa.Column("size", sa.BigInteger, primary_key=True),
        sa.Column("note", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "cosignature",
        sa.Column("ch", sa.Integer, primary_key=True),
        sa.Column("name", WORD, primary_key=True),
        sa.Column("size", sa.BigInteger, primary_key=True),
        sa.Column("time_s", sa.BigInteger, nullable=False),
        sa.Column("line", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "trace",
        sa.Column("name", WORD, primary_key=True),
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("ch", sa.Integer, primary_key=True),
        sa.Column("idx", sa.BigInteger, primary_key=True),
    )
    op.create_index("trace_entry", "trace", ["ch", "idx"])
    op.create_table(
        "tombstone",
        sa.Column("issuer", WORD, primary_key=True),
        sa.Column("id", WORD, primary_key=True),
        sa.Column("order_origin", WORD, nullable=False),
        sa.Column("order_index", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "acted",
        sa.Column("issuer", WORD, primary_key=True),
        sa.Column("id", WORD, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("outcome", WORD, nullable=False),
    )
    op.create_table(
        "peer",
        sa.Column("name", WORD, primary_key=True),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "warning",
        sa.Column("name", WORD, primary_key=True),
        sa.Column("sha256", WORD, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "notice",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", WORD, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("about", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "evidence",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("ch", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("why", WORD, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
    )
    op.execute("insert into schema (version) values (1)")
