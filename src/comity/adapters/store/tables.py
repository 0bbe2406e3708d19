"""The tables of one node. Facts stand once; whatever can be recomputed from records is marked *derived*.

Which columns hold sealed values is told in `sealed`.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint
from sqlalchemy.types import BigInteger

SCHEMA_VERSION = 3

metadata = MetaData()

Word = String().with_variant(String(collation="C"), "postgresql")
"""Text that is found and ordered by its code points, wherever the database was made."""

schema = Table(  # what a program of any version reads first
    "schema", metadata, Column("version", Integer, primary_key=True, autoincrement=False)
)

at_rest_key = Table(  # ids of the keys under which values are sealed; the keys lie elsewhere
    "at_rest_key",
    metadata,
    Column("id", Word, primary_key=True),
    Column("seals", Boolean, nullable=False),  # one does; another is there while everything is sealed anew
    Column("progress", LargeBinary, nullable=False),  # how far that has come
)

channel = Table(
    "channel",
    metadata,
    Column("ch", Integer, primary_key=True, autoincrement=False),
    Column("origin", Word, nullable=False, unique=True),
    Column("vkey", Word, nullable=False),
    Column("writer", Word, nullable=False),
    Column("audience", Word, nullable=False),
    Column("lane", Word, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("standing", Word, nullable=False),
    Column("why", Word, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("peaks", LargeBinary, nullable=False),  # compact range of the first `size` leaves
    Column("note", LargeBinary, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("pending_note", LargeBinary, nullable=False),
    Column("pending_leaves", LargeBinary, nullable=False),  # leaves of [size, pending)
    Column("drained", BigInteger, nullable=False),
    Column("line_size", BigInteger, nullable=False),
    Column("line_time", BigInteger, nullable=False),
    Column("line_name", Word, nullable=False),
    Column("line", LargeBinary, nullable=False),
    Column("follows_origin", Word),  # the channel that this one continues, and where that one ended
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
    Column("order_origin", Word),
    Column("order_index", BigInteger),
    # derived from the envelope once the entry is settled
    Column("settled", Boolean, nullable=False),
    Column("id", Word),
    Column("kind", Word),
    Column("issuer", Word),
    Column("made", BigInteger),
    Column("fault", Word),
    Column("body", LargeBinary),  # sealed: salt, envelope and opened fields
    Column("marking", Word),  # as the envelope has it; the seal of the body covers it
)
Index("entry_id", entry.c.id)
Index("entry_kind", entry.c.kind, entry.c.made)
_PARTED = entry.c.order_origin.is_not(None)
Index("entry_order", entry.c.ch, entry.c.idx, sqlite_where=_PARTED, postgresql_where=_PARTED)  # what orders took from

known = Table(  # ids that were ever appended to a channel of ours; they outlive erasure
    "known",
    metadata,
    Column("ch", Integer, primary_key=True),
    Column("id", Word, primary_key=True),
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
    Column("name", Word, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("time_s", BigInteger, nullable=False),
    Column("line", LargeBinary, nullable=False),
)
Index("cosignature_size", cosignature.c.ch, cosignature.c.size)  # whoever has cosigned one size

trace = Table(  # derived: value -> postings
    "trace",
    metadata,
    Column("name", Word, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("ch", Integer, primary_key=True),
    Column("idx", BigInteger, primary_key=True),
)
Index("trace_entry", trace.c.ch, trace.c.idx)

tombstone = Table(
    "tombstone",
    metadata,
    Column("issuer", Word, primary_key=True),
    Column("id", Word, primary_key=True),
    Column("order_origin", Word, nullable=False),
    Column("order_index", BigInteger, nullable=False),
)

acted = Table(
    "acted",
    metadata,
    Column("issuer", Word, primary_key=True),
    Column("id", Word, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("outcome", Word, nullable=False),
)

peer = Table("peer", metadata, Column("name", Word, primary_key=True), Column("document", LargeBinary, nullable=False))

warning = Table(
    "warning",
    metadata,
    Column("name", Word, primary_key=True),
    Column("sha256", Word, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("by", Word, nullable=False),
    Column("at", BigInteger, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("key", Word, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Word, nullable=False),
    Column("about", LargeBinary, nullable=False),  # what it names by id or place; nothing personal
    Column("told", LargeBinary),  # sealed: all that it says
    UniqueConstraint("key"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("ch", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("why", Word, nullable=False),
    Column("note", LargeBinary, nullable=False),
)

copied = Table(  # what has left our control
    "copied",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("issuer", Word, nullable=False),
    Column("id", Word, nullable=False),
    Column("what", Word, nullable=False),
    Column("sha256", Word, nullable=False),
    Column("by", Word, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("copied_record", copied.c.issuer, copied.c.id)

cursor = Table("cursor", metadata, Column("name", Word, primary_key=True), Column("at", BigInteger, nullable=False))

log = Table(  # logs that we witness
    "log",
    metadata,
    Column("origin", Word, primary_key=True),
    Column("vkey", Word, nullable=False),
    Column("writer", Word, nullable=False),
    Column("at", BigInteger, nullable=False),
)

witnessed = Table(  # the last checkpoint of each that we cosigned
    "witnessed",
    metadata,
    Column("origin", Word, primary_key=True),
    Column("before", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("line_name", Word, nullable=False),
    Column("line_size", BigInteger, nullable=False),
    Column("line_time", BigInteger, nullable=False),
    Column("line", LargeBinary, nullable=False),
)

# ── cases ────────────────────────────────────────────────────────────────────────────────────────────────────────────
case_file = Table(
    "case_file",
    metadata,
    Column("id", Word, primary_key=True),
    Column("number", Word, nullable=False),
    Column("number_key", Word, nullable=False, unique=True),
    Column("title", Word, nullable=False),
    Column("purposes", LargeBinary, nullable=False),
    Column("lead", Word, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("basis", Word),
    Column("basis_until", BigInteger),
    Column("state", Word, nullable=False),
)

case_move = Table(  # how the state of a case came about
    "case_move",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("case_id", Word, nullable=False),
    Column("before", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("by", Word, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Word, nullable=False),
)
Index("case_move_case", case_move.c.case_id)

case_member = Table(
    "case_member",
    metadata,
    Column("case_id", Word, primary_key=True),
    Column("account", Word, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("role", Word, nullable=False),
    Column("until", BigInteger),
)
Index("case_member_account", case_member.c.account)

case_link = Table(  # what lies in a case, or lay in it
    "case_link",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # as postings have it
    Column("case_id", Word, primary_key=True),
    Column("id", Word, nullable=False),
    Column("what", Word, nullable=False),
    Column("by", Word, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger),
)
Index("case_link_case", case_link.c.case_id)
Index("case_link_id", case_link.c.id)

case_grant = Table(  # emergency access
    "case_grant",
    metadata,
    Column("id", Word, primary_key=True),
    Column("case_id", Word, nullable=False),
    Column("account", Word, nullable=False),
    Column("reason", Word, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("verdict", Word),
    Column("judged_by", Word),
    Column("judged_at", BigInteger),
)
Index("case_grant_account", case_grant.c.account)

# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────
account = Table(
    "account",
    metadata,
    Column("id", Word, primary_key=True),
    Column("login", Word, nullable=False),
    Column("login_key", Word, nullable=False, unique=True),
    Column("name", Word, nullable=False),
    Column("name_key", Word, nullable=False, unique=True),
    Column("roles", LargeBinary, nullable=False),
    Column("language", Word, nullable=False),
    Column("zone", Word, nullable=False),
    Column("standing", Word, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("by", Word, nullable=False),
    Column("password", Word, nullable=False),
    Column("version", BigInteger, nullable=False),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("account", Word, nullable=False),
    Column("name", Word, nullable=False),
    Column("public", LargeBinary, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("used", BigInteger),
    Column("backed_up", Boolean, nullable=False),
    Column("transports", LargeBinary, nullable=False),
    Column("removed", BigInteger),
)
Index("passkey_account", passkey.c.account)

person_session = Table(
    "person_session",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # SHA-256 of the token
    Column("id", Word, nullable=False, unique=True),
    Column("account", Word, nullable=False),
    Column("kind", Word, nullable=False),
    Column("how", Word, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("idle_ms", BigInteger, nullable=False),
    Column("label", Word, nullable=False),
    Column("scope", Word, nullable=False),
    Column("case_id", Word),
    Column("purpose", Word, nullable=False),
    Column("basis", Word),
    Column("ended", BigInteger),
    Column("why", Word, nullable=False),
)
Index("person_session_account", person_session.c.account, person_session.c.made)

person_context = Table(  # what was chosen in a session, and why
    "person_context",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("session", Word, nullable=False),
    Column("account", Word, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("case_id", Word),
    Column("purpose", Word, nullable=False),
    Column("basis", Word),
    Column("reason", Word, nullable=False),
)
Index("person_context_session", person_context.c.session)

ticket = Table(  # invitations, resets, codes, known devices, challenges
    "ticket",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # SHA-256 of the secret
    Column("kind", Word, nullable=False),
    Column("account", Word, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("about", LargeBinary, nullable=False),
    Column("used", BigInteger),
)
Index("ticket_account", ticket.c.account, ticket.c.kind)
Index("ticket_until", ticket.c.until)

tries = Table(  # failures that count against a name, a device or an address
    "tries",
    metadata,
    Column("key", Word, primary_key=True),
    Column("failures", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
)
Index("tries_last", tries.c.last)

# ── search: derived from records, and filled anew when its rules change ──────────────────────────────────────────────
search_place = Table(
    "search_place",
    metadata,
    Column("doc", BigInteger, primary_key=True, autoincrement=False),  # in the order of filing
    Column("ch", Integer, nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("issuer", Word, nullable=False),  # of the record itself, or of the one that it carries
    Column("id", Word, nullable=False),
)
Index("search_place_at", search_place.c.ch, search_place.c.idx, unique=True)

search_text = Table(  # what `search_words` is made of; see `comity.domain.search.Page`
    "search_text",
    metadata,
    Column("doc", BigInteger, primary_key=True, autoincrement=False),
    Column("page", LargeBinary, nullable=False),  # sealed
)

search_ended = Table(  # what issuers took back, by orders of ours and of others: found no more
    "search_ended",
    metadata,
    Column("issuer", Word, primary_key=True),
    Column("id", Word, primary_key=True),
)

# ── requests as a list: derived from records, and filled anew when measures or machines change ───────────────────────
request_state = Table(  # no word that anybody wrote: where such words are shown, a row names their place
    "request_state",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # as postings have it
    Column("id", Word, nullable=False),
    Column("measure", Word, nullable=False),
    Column("other", Word, nullable=False),
    Column("side", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("alert", Boolean, nullable=False),
    Column("turn", Word, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column(
        "fresh", BigInteger, nullable=False
    ),  # minus the time of the last step, so that one index has the order of work
    Column("clocks", LargeBinary, nullable=False),
    Column("ch", Integer, nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("last_ch", Integer),
    Column("last_idx", BigInteger),
    Column("ours_ch", Integer),
    Column("ours_idx", BigInteger),
    Column("opened_ch", Integer),
    Column("opened_idx", BigInteger),
    Column("second", BigInteger),
    Column("waiting", Boolean, nullable=False),  # a step speaks of one that isn't here
    Column("reach", Integer, nullable=False),
    Column("core_until", BigInteger),  # until which second markings let the request itself, and all of it, be seen
    Column("whole_until", BigInteger),
)
_s = request_state.c
_ORDER = (_s.rank, _s.due, _s.fresh, _s.id, _s.reach)
Index("request_state_work", *_ORDER)
Index("request_state_with", _s.other, *_ORDER)
Index(
    "request_state_count", _s.rank, _s.turn, _s.side, _s.alert, _s.other, _s.measure, _s.reach, _s.fresh, _s.whole_until
)
Index("request_state_due", _s.due, _s.id, _s.reach)
Index("request_state_reach", _s.reach, _s.id)
Index("request_state_alert", *_ORDER, sqlite_where=_s.alert, postgresql_where=_s.alert)
Index("request_state_second", _s.second, sqlite_where=_s.second.is_not(None), postgresql_where=_s.second.is_not(None))
_ENDS = _s.whole_until.is_not(None)
Index("request_state_until", _s.whole_until, sqlite_where=_ENDS, postgresql_where=_ENDS)
Index("request_state_waiting", _s.key, sqlite_where=_s.waiting, postgresql_where=_s.waiting)

request_reach = Table(  # who sees a request itself, and who all that its row is made of: each set of conditions once
    "request_reach",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("reach", LargeBinary, nullable=False),
)
