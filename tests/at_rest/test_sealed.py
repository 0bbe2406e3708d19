"""What lies in a database: no personal value in any file of it, no value that could be moved, no opening without the key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select, update

from comity.adapters.at_rest import IN_THE_CLEAR, AtRest, Sealing, key_id
from comity.adapters.catalog import FileCatalog
from comity.adapters.keyring import FileKeyring
from comity.adapters.store import resealing
from comity.adapters.store import tables as t
from comity.adapters.store.database import Database
from comity.adapters.store.sql import SqlStore
from comity.adapters.store.sqlite import SqliteDatabase
from comity.domain.access import CaseFile, Grant
from comity.domain.ledger import Lane
from comity.domain.people import Account, Session, Ticket
from comity.domain.record import seal
from comity.domain.record.kinds import report_1
from comity.domain.record.places import Value
from comity.domain.search import read_query
from comity.domain.terms import Instant, NodeName
from comity.errors import Conflict, Malformed, Misconfigured
from comity.ports import Acted, Copied, Listed, Noticed, World
from comity.ports.people import AccountKept, SessionKept, TicketKept, TryBegun
from tests import postgres
from tests.custody.scanning import found_in
from tests.worlds import channel_to, letter, marking, node_world, sealed_indicator

KR, KH = "police.kr.example", "taskforce.kh.example"
STORES = ["sqlite", pytest.param("postgres", marks=pytest.mark.pg)]
NAMES = {
    "reporter": "Fictional-Reporter-Aroonsri",
    "telephone": "+821099887766",
    "narrative": "zebrafinch lured into the compound",
    "drafted": "Fictional-Officer-Baekje",
    "login": "baekje-login-77",
    "case": "Fictional-Casename-Octopus",
    "number": "CASE-2026-XYZZY-7",
    "grant": "fictional-reason-lighthouse",
    "notice": "Fictional-Notified-Person",
    "copied": "Fictional-Copier-Person",
    "listed": "Fictional-Lister-Person",
    "opened": "Fictional-Opener-Person",
    "browser": "Fictional-Browser-Label",
    "ticket": "fictional-ticket-secret",
    "tried": "account:fictional-tried-login",
}
TOKENS = {name: text.encode() for name, text in NAMES.items()} | {"salt": bytes(range(16))}


@dataclass(frozen=True)
class Filled:
    """A node that knows people.

    files   every file in which something of it may lie
    """

    world: World
    folder: Path
    files: Path
    origin: str


def fill(world: World) -> str:
    """Every place in which a person may stand."""
    origin = channel_to(world, KH, Lane.BULK, "1" * 16).origin
    told = report_1.EXAMPLE
    body = report_1.Body(
        report=told.report,
        channel_in="citizen",
        received=told.received,
        country="KR",
        category=told.category,
        contacts=(Value(kind="phone", value=NAMES["telephone"]),),
        fictional=True,
        narrative=NAMES["narrative"],
        reporter=report_1.Person(name=NAMES["reporter"]),
    )
    made = seal(
        body,
        id=world.mint.record_id(),
        issuer=world.me.name,
        made=world.clock.now(),
        marking=marking(),
        purpose="crime",
        salt=lambda: bytes(range(32)),
    )
    account = Account("a", NAMES["login"], NAMES["drafted"], ("officer",), "ko", "Asia/Seoul", "active", Instant(1), "")
    session = Session(
        b"k" * 32,
        "s",
        "a",
        "browser",
        "password",
        Instant(1),
        Instant(1),
        Instant(9),
        9,
        NAMES["browser"],
        "",
        None,
        "",
        None,
    )
    at = Instant(1)
    world.store.keep(
        [letter(origin, made), *(letter(origin, sealed_indicator(world, n)) for n in range(3))],
        [
            AccountKept(account, 0),
            SessionKept(session),
            TicketKept(Ticket(b"t" * 32, "code", "a", at, Instant(9), NAMES["ticket"].encode()), at),
            TryBegun((NAMES["tried"],), Instant(2), at),
            CaseFile("c", NAMES["number"], NAMES["case"], ("crime",), "a", at, None, None),
            Grant("g", "c", "a", NAMES["grant"], at, Instant(9), None, None, None),
            Noticed("n", at, "match", {"by": NAMES["notice"], "request": "r"}),
            Copied(NodeName(KR), "x", "print", "0" * 64, NAMES["copied"], at),
            Listed("list", "0" * 64, b"public.example\n", NAMES["listed"], at),
            Acted(NodeName(KR), "x", at, f"opened by {NAMES['opened']}"),
        ],
    )
    return origin


def made(kind: str, folder: Path, sealing: Sealing | None = None) -> Filled:
    world = node_world(folder, KR, "KR", None, FileCatalog(), store=kind, sealing=sealing)  # type: ignore[arg-type]
    origin = fill(world)
    files = folder / "store"
    if kind == "postgres":
        postgres.server().ask("postgres", "checkpoint")
        files = Path(postgres.server().socket)
    return Filled(world, folder, files, origin)


@pytest.fixture(params=STORES)
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Filled]:
    here = made(request.param, tmp_path)
    yield here
    here.world.store.close()


def test_the_scan_finds_everything_where_nothing_is_sealed(tmp_path: Path) -> None:
    """The oracle first."""
    here = made("sqlite", tmp_path, IN_THE_CLEAR)
    where = found_in(here.files, TOKENS)
    assert {name for name, files in where.items() if not files} == set()
    here.world.store.close()


def test_no_file_of_the_database_holds_a_personal_value(filled: Filled) -> None:
    where = found_in(filled.files, TOKENS)
    assert {name: files for name, files in where.items() if files} == {}
    assert filled.world.people.account_named(NAMES["login"]) is not None
    (case,) = filled.world.store.cases()
    assert (case.number, case.title) == (NAMES["number"], NAMES["case"])


def asked(world: World, text: str) -> int:
    return world.store.searched(read_query(text), 10).count


def test_what_is_sealed_is_found_as_ever(filled: Filled) -> None:
    for text in ("zebrafinch", '"lured into the"', "+82 10 9988 7766", "99887766", "kind:report"):
        assert asked(filled.world, text) == 1, text
    assert asked(filled.world, '"into lured"') == 0


def engine(world: World) -> SqlStore:
    assert isinstance(world.store, SqlStore)
    return world.store


def test_a_value_that_is_moved_to_another_row_is_noticed(filled: Filled) -> None:
    e, store = t.entry.c, engine(filled.world)
    with store._engine.connect() as connection:
        first, second = connection.execute(select(e.idx, e.body).where(e.ch == 1).order_by(e.idx).limit(2)).all()
        for row, other in ((first, second), (second, first)):
            connection.execute(update(t.entry).where(e.ch == 1, e.idx == row.idx).values(body=other.body))
    with pytest.raises(Malformed, match="sealed-value-altered"):
        store.entries(filled.origin, 0, 2)


def test_a_marking_that_is_changed_beside_its_record_is_noticed(filled: Filled) -> None:
    e, store = t.entry.c, engine(filled.world)
    with store._engine.connect() as connection:
        wider = '{"tlp": "CLEAR", "purpose": null}'
        connection.execute(update(t.entry).where(e.ch == 1, e.idx == 0).values(marking=wider))
    with pytest.raises(Malformed, match="sealed-value-altered"):
        store.entries(filled.origin, 0, 1)


def test_a_name_that_is_moved_to_another_account_is_noticed(filled: Filled) -> None:
    world = filled.world
    other = Account("b", "other", "Other (fictional)", ("officer",), "ko", "Asia/Seoul", "active", Instant(1), "")
    world.store.keep([], [AccountKept(other, 0)])
    a, store = t.account.c, engine(world)
    with store._engine.connect() as connection:
        name = connection.execute(select(a.name).where(a.id == "a")).scalar()
        connection.execute(update(t.account).where(a.id == "b").values(name=name))
    with pytest.raises(Malformed, match="sealed-value-altered"):
        world.people.account("b")


# ---- the key -------------------------------------------------------------------------------------------------------------


def closed(tmp_path: Path) -> tuple[Path, Path]:
    """A node that is closed: its database, and the key of its seal."""
    made("sqlite", tmp_path).world.store.close()
    (key,) = (tmp_path / "keys").glob("at-rest-*.secret")
    return tmp_path / "store" / "node.db", key


def again(folder: Path) -> World:
    return node_world(folder, KR, "KR", None, FileCatalog(), seed=2)  # type: ignore[arg-type]


def test_without_its_key_a_store_is_not_opened_and_nothing_is_written(tmp_path: Path) -> None:
    database, key = closed(tmp_path)
    before, raw = sha256(database.read_bytes()).digest(), key.read_bytes()
    key.unlink()
    with pytest.raises(Misconfigured, match="at-rest-key-missing"):
        again(tmp_path)
    other = bytes(32)
    (key.parent / f"at-rest-{key_id(other)}.secret").write_bytes(other)
    (key.parent / f"at-rest-{key_id(other)}.secret").chmod(0o600)
    with pytest.raises(Misconfigured, match="at-rest-key-missing"):
        again(tmp_path)
    assert sha256(database.read_bytes()).digest() == before
    assert not (key.exists()), "none was made in its place"
    key.write_bytes(raw)
    key.chmod(0o600)
    again(tmp_path).store.close()


def test_another_key_under_its_name_is_refused(tmp_path: Path) -> None:
    database, key = closed(tmp_path)
    before = sha256(database.read_bytes()).digest()
    key.write_bytes(bytes(32))
    with pytest.raises(Misconfigured, match="at-rest-key-damaged"):
        again(tmp_path)
    assert sha256(database.read_bytes()).digest() == before


# ---- another key -----------------------------------------------------------------------------------------------------------


class CrashError(Exception):
    """The process ended here."""


def opened(filled: Filled) -> Database:
    """The database alone, without a store on it."""
    if (filled.folder / "store").exists():
        return SqliteDatabase(filled.folder / "store")
    from comity.adapters.store.postgres import PostgresDatabase

    return PostgresDatabase(postgres.server().of(filled.folder))


def rotate(filled: Filled, step: Callable[[str], None]) -> str:
    """As the command does it, by a process of its own; the key that nothing needs any more."""
    ring, database = FileKeyring(filled.folder / "keys"), opened(filled)
    sealing, old = AtRest(ring), AtRest(ring)
    database.seal_with(sealing)
    try:
        writing = database.writer(1.0)
        begin = lambda: database.begin(writing)  # noqa: E731
        return resealing.rotate(writing, begin, sealing, old, ring.create_at_rest_key, lambda *_: None, step)
    finally:
        database.close()


def test_a_rotation_that_breaks_off_anywhere_goes_on(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "BLOCK", 3)
    world, kind = filled.world, "sqlite" if (filled.folder / "store").exists() else "postgres"
    entries, people = world.store.entries(filled.origin, 0, 9), world.people.accounts()
    world.store.close()
    blocks: list[str] = []

    def crash(block: str) -> None:
        blocks.append(block)
        raise CrashError

    while "done" not in blocks:
        with pytest.raises(CrashError):
            rotate(filled, crash)
        if len(blocks) == 1:
            with pytest.raises(Misconfigured, match="at-rest-rotation-unfinished"):
                node_world(filled.folder, KR, "KR", None, FileCatalog(), store=kind)  # type: ignore[arg-type]
    assert len(blocks) == len(set(blocks)) > len(resealing.STEPS), "each block once"
    ring = FileKeyring(filled.folder / "keys")
    first, second = ring.at_rest_keys()
    world = node_world(filled.folder, KR, "KR", None, FileCatalog(), store=kind, seed=3)  # type: ignore[arg-type]
    store = world.store
    assert isinstance(store, SqlStore)
    with store._engine.connect() as connection:
        now = connection.execute(select(t.at_rest_key.c.id)).scalar_one()
    ring.forget_at_rest_key(first if now == second else second)
    store.close()
    world = node_world(filled.folder, KR, "KR", None, FileCatalog(), store=kind, seed=4)  # type: ignore[arg-type]
    assert world.store.entries(filled.origin, 0, 9) == entries
    assert world.people.accounts() == people
    assert world.people.account_named(NAMES["login"]) == people[0]
    assert [asked(world, text) for text in ("zebrafinch", "+82 10 9988 7766")] == [1, 1]
    assert world.store.rebuild(write=False) == ()
    with pytest.raises(Conflict, match="case-number-taken"):
        world.store.keep([], [CaseFile("d", NAMES["number"], "x", ("crime",), "a", Instant(1), None, None)])
    world.store.close()
