"""Channels tell whom they follow; copies, cursors and witnessed logs are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("channel", sa.Column("follows_origin", WORD))
    op.add_column("channel", sa.Column("follows_size", sa.BigInteger))
    op.add_column("channel", sa.Column("follows_root", sa.LargeBinary))
    parted = sa.text("order_origin IS NOT NULL")
    op.create_index("entry_order", "entry", ["ch", "idx"], sqlite_where=parted, postgresql_where=parted)
    op.create_table(
        "copied",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("issuer", WORD, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("what", WORD, nullable=False),
        sa.Column("sha256", WORD, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("copied_record", "copied", ["issuer", "id"])
    op.create_table(
        "cursor",
        sa.Column("name", WORD, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "log",
        sa.Column("origin", WORD, primary_key=True),
        sa.Column("vkey", WORD, nullable=False),
        sa.Column("writer", WORD, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "witnessed",
        sa.Column("origin", WORD, primary_key=True),
        sa.Column("before", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("line_name", WORD, nullable=False),
        sa.Column("line_size", sa.BigInteger, nullable=False),
        sa.Column("line_time", sa.BigInteger, nullable=False),
        sa.Column("line", sa.LargeBinary, nullable=False),
    )
    op.execute("update schema set version = 2")
