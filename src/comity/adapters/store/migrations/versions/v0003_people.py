"""People, the cases in which they work, and what each may see; personal values are sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from comity.adapters.store.resealing import seal_from_version_2

revision = "0003"
down_revision = "0002"

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    _cases()
    _people()
    _search()
    _requests()
    _at_rest()
    op.create_index("cosignature_size", "cosignature", ["ch", "size"])
    op.execute("update schema set version = 3")


def _cases() -> None:
    op.create_table(
        "case_file",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("number", WORD, nullable=False),
        sa.Column("number_key", WORD, nullable=False, unique=True),
        sa.Column("title", WORD, nullable=False),
        sa.Column("purposes", sa.LargeBinary, nullable=False),
        sa.Column("lead", WORD, nullable=False),
        sa.Column("opened", sa.BigInteger, nullable=False),
        sa.Column("basis", WORD),
        sa.Column("basis_until", sa.BigInteger),
        sa.Column("state", WORD, nullable=False),
    )
    op.create_table(
        "case_move",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, WORD, nullable=False) for name in ("case_id", "before", "state", "by")),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reason", WORD, nullable=False),
    )
    op.create_index("case_move_case", "case_move", ["case_id"])
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


def _people() -> None:
    op.create_table(
        "account",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("login", WORD, nullable=False),
        sa.Column("login_key", WORD, nullable=False, unique=True),
        sa.Column("name", WORD, nullable=False),
        sa.Column("name_key", WORD, nullable=False, unique=True),
        sa.Column("roles", sa.LargeBinary, nullable=False),
        sa.Column("language", WORD, nullable=False),
        sa.Column("zone", WORD, nullable=False),
        sa.Column("standing", WORD, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("by", WORD, nullable=False),
        sa.Column("password", WORD, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("account", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger),
        sa.Column("backed_up", sa.Boolean, nullable=False),
        sa.Column("transports", sa.LargeBinary, nullable=False),
        sa.Column("removed", sa.BigInteger),
    )
    op.create_index("passkey_account", "passkey", ["account"])
    op.create_table(
        "person_session",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("id", WORD, nullable=False, unique=True),
        sa.Column("account", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("how", WORD, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.Column("idle_ms", sa.BigInteger, nullable=False),
        sa.Column("label", WORD, nullable=False),
        sa.Column("scope", WORD, nullable=False),
        sa.Column("case_id", WORD),
        sa.Column("purpose", WORD, nullable=False),
        sa.Column("basis", WORD),
        sa.Column("ended", sa.BigInteger),
        sa.Column("why", WORD, nullable=False),
    )
    op.create_index("person_session_account", "person_session", ["account", "made"])
    op.create_table(
        "person_context",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("session", WORD, nullable=False),
        sa.Column("account", WORD, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("case_id", WORD),
        sa.Column("purpose", WORD, nullable=False),
        sa.Column("basis", WORD),
        sa.Column("reason", WORD, nullable=False),
    )
    op.create_index("person_context_session", "person_context", ["session"])
    op.create_table(
        "ticket",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("account", WORD, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("about", sa.LargeBinary, nullable=False),
        sa.Column("used", sa.BigInteger),
    )
    op.create_index("ticket_account", "ticket", ["account", "kind"])
    op.create_index("ticket_until", "ticket", ["until"])
    op.create_table(
        "tries",
        sa.Column("key", WORD, primary_key=True),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.create_index("tries_last", "tries", ["last"])


def _search() -> None:
    op.create_table(
        "search_place",
        sa.Column("doc", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ch", sa.Integer, nullable=False),
        sa.Column("idx", sa.BigInteger, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("issuer", WORD, nullable=False),
        sa.Column("id", WORD, nullable=False),
    )
    op.create_index("search_place_at", "search_place", ["ch", "idx"], unique=True)
    op.create_table(
        "search_text",
        sa.Column("doc", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("page", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "search_ended",
        sa.Column("issuer", WORD, primary_key=True),
        sa.Column("id", WORD, primary_key=True),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("create virtual table search_words using fts5(open, kept, content='', tokenize='ascii')")
        return
    op.execute("create table search_words (doc bigint primary key, open text[] not null, kept text[] not null)")
    op.execute("create index search_words_open on search_words using gin (open)")
    op.execute("create index search_words_kept on search_words using gin (kept)")


def _requests() -> None:
    op.create_table(
        "request_state",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        *(sa.Column(name, WORD, nullable=False) for name in ("id", "measure", "other", "side", "state")),
        sa.Column("alert", sa.Boolean, nullable=False),
        sa.Column("turn", WORD, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("fresh", sa.BigInteger, nullable=False),
        sa.Column("clocks", sa.LargeBinary, nullable=False),
        sa.Column("ch", sa.Integer, nullable=False),
        sa.Column("idx", sa.BigInteger, nullable=False),
        sa.Column("last_ch", sa.Integer),
        sa.Column("last_idx", sa.BigInteger),
        sa.Column("ours_ch", sa.Integer),
        sa.Column("ours_idx", sa.BigInteger),
        sa.Column("opened_ch", sa.Integer),
        sa.Column("opened_idx", sa.BigInteger),
        sa.Column("second", sa.BigInteger),
        sa.Column("waiting", sa.Boolean, nullable=False),
        sa.Column("reach", sa.Integer, nullable=False),
        sa.Column("core_until", sa.BigInteger),
        sa.Column("whole_until", sa.BigInteger),
    )
    order = ["rank", "due", "fresh", "id", "reach"]
    op.create_index("request_state_work", "request_state", order)
    op.create_index("request_state_with", "request_state", ["other", *order])
    alike = ["rank", "turn", "side", "alert", "other", "measure", "reach", "fresh", "whole_until"]
    op.create_index("request_state_count", "request_state", alike)
    op.create_index("request_state_due", "request_state", ["due", "id", "reach"])
    op.create_index("request_state_reach", "request_state", ["reach", "id"])
    for name, columns, where in (
        ("alert", order, "alert"),
        ("second", ["second"], "second is not null"),
        ("until", ["whole_until"], "whole_until is not null"),
        ("waiting", ["key"], "waiting"),
    ):
        partly = sa.text(where)
        op.create_index(f"request_state_{name}", "request_state", columns, sqlite_where=partly, postgresql_where=partly)
    op.create_table(
        "request_reach",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("reach", sa.LargeBinary, nullable=False),
    )


def _at_rest() -> None:
    op.create_table(
        "at_rest_key",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("seals", sa.Boolean, nullable=False),
        sa.Column("progress", sa.LargeBinary, nullable=False),
    )
    op.add_column("entry", sa.Column("body", sa.LargeBinary))
    op.add_column("entry", sa.Column("marking", WORD))
    op.add_column("notice", sa.Column("told", sa.LargeBinary))
    seal_from_version_2(op.get_bind())
    for name in ("salt", "envelope", "fields"):
        op.drop_column("entry", name)
