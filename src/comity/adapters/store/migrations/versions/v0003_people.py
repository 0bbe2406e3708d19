"""People, the cases in which they work, and what each may see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    _cases()
    op.create_index("cosignature_size", "cosignature", ["ch", "size"])
    op.execute("update schema set version = 3")


def _cases() -> None:
    op.create_table(
        "case_file",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("number", WORD, nullable=False, unique=True),
        sa.Column("title", WORD, nullable=False),
        sa.Column("purposes", sa.LargeBinary, nullable=False),
        sa.Column("lead", WORD, nullable=False),
        sa.Column("opened", sa.BigInteger, nullable=False),
        sa.Column("basis", WORD),
        sa.Column("basis_until", sa.BigInteger),
    )
    op.create_table(
        "case_member",
        sa.Column("case_id", WORD, primary_key=True),
        sa.Column("account", WORD, primary_key=True),
        sa.Column("since", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("until", sa.BigInteger),
    )
    op.create_index("case_member_account", "case_member", ["account"])
    op.create_table(
        "case_link",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("case_id", WORD, primary_key=True),
        sa.Column("id", WORD, nullable=False),
        sa.Column("what", WORD, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
    )
    op.create_index("case_link_case", "case_link", ["case_id"])
    op.create_index("case_link_id", "case_link", ["id"])
    op.create_table(
        "case_grant",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("case_id", WORD, nullable=False),
        sa.Column("account", WORD, nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("verdict", WORD),
        sa.Column("judged_by", WORD),
        sa.Column("judged_at", sa.BigInteger),
    )
    op.create_index("case_grant_account", "case_grant", ["account"])
