"""Searching a million records in five languages on both stores, beside SQLite's own trigram index over the same texts."""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, insert

from bench.apparatus.machine import Observed
from bench.apparatus.result import Result, say
from bench.apparatus.rounds import in_turns
from comity.adapters.at_rest import Sealing
from comity.adapters.keyring.files import FileKeyring
from comity.adapters.store import tables as t
from comity.adapters.store.inverted import Filed, file_pages, is_fts
from comity.adapters.store.postgres import PostgresStore
from comity.adapters.store.sealed import body_columns, sealed, sealing_of
from comity.adapters.store.searching import COUNTED_MAX
from comity.adapters.store.sql import SqlStore
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.access import Sight
from comity.domain.ledger import ED25519, Channel, Lane
from comity.domain.record import Field, encode_fields, field_commitment, index_of
from comity.domain.record.kinds import message_1
from comity.domain.record.marking import Marking
from comity.domain.record.sealing import seal
from comity.domain.search import Page, fold, page_of, read_query, said_in, snippet
from comity.domain.terms import Instant, NodeName
from comity.ports import Opened, Store
from tests import postgres
from tests.search.corpus import EN, KM, KO, VI, ZH, says

TINY = {"records": 3_000, "rounds": 2}
ISSUER, READER = NodeName("police.kr.example"), NodeName("taskforce.kh.example")
START = Instant(1_795_000_000_000)
BLOCK, SHOWN = 2_000, 20
RARE = ("여권 갈취 신고", "giữ người trái phép", "ដោះលែង\u200bមនុស្ស", "赎金支付", "ransom demanded at the border")
"""One of these stands in every thousandth record."""
NAMES = tuple(
    f"{a}{b}" for a in ("Kim", "Sok", "Tran", "Chen", "Lee") for b in ("fiction", "sample", "nobody", "pretend")
)
HIDDEN_CASE = "0193a000-0000-7000-8000-0000000000bb"
SIGHT = Sight(frozenset(), True, "crime", False, False, False, str(ISSUER), "KR", Instant(START + 10**12))

QUESTIONS = (
    *("해외취업", "모집", "도박", "집", "고수익 해외취업", "월500만원", "여권", "갈취", "투자 사기"),
    *("lừa đảo", "lua dao", "Zalo", "hộ chiếu", "trái phép", "danh bac"),
    *("ភ្នំពេញ", "ឆបោក", "ក", "ដោះលែងមនុស្ស", "ប្រាក់ខែខ្ពស់"),
    *("诈骗", "招募", "骗", "赎金", "护照 扣押", "西港赌场"),
    *("scam", "scam compound", '"release fee"', "ransom", "telegram", "passport", "never-written"),
)


@dataclass
class Written:
    """What was put in: of each record its text and its phrases."""

    phrases: list[tuple[int, ...]] = field(default_factory=list)
    pool: tuple[str, ...] = (*KO, *VI, *KM, *ZH, *EN, *RARE, *NAMES)

    def answer(self, question: str) -> tuple[list[int], int]:
        """The last records that hold it, and how many there are: by the definition, phrase by phrase."""
        parts = [question.strip('"')] if question.startswith('"') else question.split()
        holds = [frozenset(n for n, text in enumerate(self.pool) if says(text, part)) for part in parts]
        found = [n for n, phrases in enumerate(self.phrases) if all(not each.isdisjoint(phrases) for each in holds)]
        return found[::-1][:SHOWN], len(found)


def measure(*, records: int = 1_000_000, rounds: int = 10) -> Result:
    """records  messages of two to four phrases each; they are put into the tables by SQL, what filing costs is told apart

    Both sides give the last 20 and count up to 300. An answer of ours that differs from the definition is a disagreement.
    """
    seen = Observed()
    written = Written()
    figures: dict[str, float] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="comity-bench-")))
        stores: dict[str, SqlStore] = {}
        for name, make in (("sqlite", _sqlite), ("postgres", _postgres)):
            if name == "postgres" and postgres.MISSING:
                say(f"   no PostgreSQL here: {', '.join(postgres.MISSING)} not installed")
                continue
            stores[name] = store = make(folder / name)
            stack.callback(store.close)
            written.phrases.clear()
            started = time.perf_counter()
            _fill(store, records, written)
            figures[f"{name}_filing_us"] = (time.perf_counter() - started) * 1e6 / records
            say(f"   {records:,} records into {name}: {figures[f'{name}_filing_us']:.0f} us each")
        peer = _Peer(folder / "trigram.db", records)
        stack.callback(peer.connection.close)
        figures["trigram_filing_us"] = peer.filing_us
        truth = {question: written.answer(question) for question in QUESTIONS}
        agree = all(_agrees(store, truth) for store in stores.values())
        sides: dict[str, Callable[[str], object]] = {}
        for name, store in stores.items():
            sides[name] = partial(_ours, store)
            sides[f"{name}_seen"] = partial(_ours, store.seen(SIGHT))
        sides["trigram"] = peer.ask
        times = in_turns(lambda: {side: [partial(ask, q) for q in QUESTIONS] for side, ask in sides.items()}, rounds)
        silent = sum(bool(truth[q][1]) and not peer.ask(q)[1] for q in QUESTIONS)
        figures["sqlite_bytes"] = float((folder / "sqlite" / "store" / "node.db").stat().st_size)
        figures["trigram_bytes"] = float((folder / "trigram.db").stat().st_size)
    for side, each in times.items():
        every = sorted(ms * 1e3 for run in each.runs for ms in run)
        figures[f"{side}_p50_ms"], figures[f"{side}_p95_ms"] = _at(every, 0.5), _at(every, 0.95)
        best = [min(slices) for slices in zip(*each.runs, strict=True)]
        worst = best.index(max(best))
        figures[f"{side}_worst_ms"] = best[worst] * 1e3
        shown = f"p50 {figures[f'{side}_p50_ms']:7.2f} ms, p95 {figures[f'{side}_p95_ms']:7.2f} ms"
        say(f"   {side:14} {shown}, worst question {QUESTIONS[worst]} {figures[f'{side}_worst_ms']:.2f} ms at best")
    figures["trigram_silent_zeros"] = float(silent)
    say(f"   trigram finds nothing for {silent} of {len(QUESTIONS)} questions that {len(stores)} stores answer")
    ours, other = figures["sqlite_p95_ms"], figures["trigram_p95_ms"]
    return Result(
        name="search",
        ratio=other / ours,
        floor=ours / max(figures["sqlite_p50_ms"], 1e-6),
        split={f"{side}_p95_ms": figures[f"{side}_p95_ms"] for side in times},
        agree=agree,
        machine=seen.machine(),
        ratios={f"{side}_p95": other / figures[f"{side}_p95_ms"] for side in times if side != "trigram"},
        sizes={"records": records, "questions": len(QUESTIONS), "rounds": rounds, "silent_zeros": silent},
        figures=figures,
    )


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _ours(store: Store, question: str) -> tuple[list[int], int]:
    """All that a page of results takes: the question read, the records found and counted, and their snippets."""
    asked = read_query(question)
    hits = store.searched(asked, SHOWN)
    for hit in hits.found:
        snippet(said_in(hit.entry.envelope or b"", hit.entry.fields), asked)
    return [hit.place.index for hit in hits.found], hits.count


def _agrees(store: SqlStore, truth: dict[str, tuple[list[int], int]]) -> bool:
    wrong = {}
    for question, (last, count) in truth.items():
        found, counted = _ours(store, question)
        if (found, counted) != (last, min(count, COUNTED_MAX)):
            wrong[question] = (found[:3], last[:3], counted, count)
    for question, told in wrong.items():
        say(f"   {question}: {told}")
    return not wrong


# ---- what is put in ----------------------------------------------------------------------------------------------------


def _texts(records: int, written: Written | None = None) -> Iterator[str]:
    """Fictional messages, the same ones at each call."""
    chance = random.Random(5)
    pool, languages = Written().pool, (KO, VI, KM, ZH, EN)
    places = {text: n for n, text in enumerate(pool)}
    for n in range(records):
        said = chance.sample(languages[n % 5], 2)
        if n % 3 == 0:
            said.append(chance.choice(EN))
        if n % 1000 == 17:
            said.append(RARE[n // 1000 % len(RARE)])
        if written is not None:
            written.phrases.append(tuple(places[each] for each in said))
        yield ". ".join(said) + f". {chance.randrange(10**6)}"


def _fill(store: SqlStore, records: int, written: Written) -> None:
    """Entries and their pages, as filing makes them; the channel itself stays empty."""
    made = _maker()
    with store._engine.connect() as connection:
        if not is_fts(connection):
            for name in ("open", "kept"):
                connection.exec_driver_sql(f"drop index search_words_{name}")
        block: list[tuple[int, str]] = []
        last = 0
        for n, text in enumerate(_texts(records, written)):
            block.append((n, text))
            if len(block) == BLOCK or n == records - 1:
                last = _put(connection, [made(*each) for each in block], last)
                block.clear()
        if not is_fts(connection):
            for name in ("open", "kept"):
                connection.exec_driver_sql(f"create index search_words_{name} on search_words using gin ({name})")
            connection.exec_driver_sql("analyze")


def _put(connection: Connection, rows: list[tuple[dict[str, object], Page]], last: int) -> int:
    connection.exec_driver_sql("begin")
    sealing = sealing_of(connection)
    connection.execute(insert(t.entry), [sealed_entry(sealing, row) for row, _ in rows])
    links = [
        {"key": bytes.fromhex(str(row["id"]).replace("-", "")), "case_id": HIDDEN_CASE, "id": row["id"]}
        | {"what": "record", "by": "nobody", "at": 0, "until": None}
        for n, (row, _) in enumerate(rows)
        if n % 50 == 0
    ]
    connection.execute(insert(t.case_link), [sealed(sealing, t.case_link, link) for link in links])
    pages: list[Filed] = [(1, int(str(row["idx"])), page) for row, page in rows]
    last = file_pages(connection, pages, last)
    connection.exec_driver_sql("commit")
    return last


def sealed_entry(sealing: Sealing, row: dict[str, Any]) -> dict[str, Any]:
    """The row as it lies in the table."""
    row = dict(row)
    parts = [row.pop(name) for name in ("salt", "envelope", "fields")]
    return row | body_columns(sealing, row["ch"], row["idx"], *parts)


def _maker() -> Callable[[int, str], tuple[dict[str, object], Page]]:
    """Writes one message after another into the bytes that the codec made of the first."""
    body = message_1.Body(request=f"0193a5d1-0000-7000-8000-{0:012x}", by="F", at="2026-11-25T07:30:00Z", text="FIRST")
    one = seal(
        body,
        id=f"0193a5d1-1111-7000-8000-{0:012x}",
        issuer=ISSUER,
        made=START,
        marking=Marking(tlp="AMBER", purpose=("crime",)),
        purpose="crime",
        salt=lambda: bytes(32),
    )
    field_ = one.fields[0]
    first, told = _base64(field_commitment(field_)), index_of(one.envelope, encode_fields(one.fields))

    def made(n: int, text: str) -> tuple[dict[str, object], Page]:
        mine: Field = _with_text(field_, text)
        record = f"0193a5d1-1111-7000-8000-{n:012x}"
        envelope = one.envelope.replace(one.id.encode(), record.encode()).replace(
            first, _base64(field_commitment(mine))
        )
        fields = encode_fields([mine])
        page = page_of(envelope, fields, told.traces)
        assert page is not None
        row: dict[str, object] = {"ch": 1, "idx": n, "leaf": bytes(32), "state": 1, "salt": bytes(32)}
        row |= {"envelope": envelope, "fields": fields, "order_origin": None, "order_index": None, "settled": True}
        row |= {"id": record, "kind": message_1.KIND, "issuer": ISSUER, "made": START, "fault": None}
        return row, replace(page, made=START)

    return made


def _with_text(one: Field, text: str) -> Field:
    """The same field with another text in it."""
    return Field(one.pointer, one.salt, msgspec.json.encode(text))


def _base64(raw: bytes) -> bytes:
    return b64encode(raw)


def _channel(keyring: FileKeyring) -> Channel:
    return Channel(keyring.create(f"{ISSUER}/ch/{'b' * 16}", ED25519), ISSUER, READER, Lane.BULK, Instant(0))


def _sqlite(folder: Path) -> SqlStore:
    keyring = FileKeyring(folder / "keys")
    store = SqliteStore(folder / "store", folder / "marks", ISSUER, keyring, lambda: os.urandom(32))
    store.keep([], [Opened(_channel(keyring))])
    return store


def _postgres(folder: Path) -> SqlStore:
    keyring = FileKeyring(folder / "keys")
    (folder / "marks").mkdir(parents=True, exist_ok=True)
    url = postgres.server().of(folder)
    store = PostgresStore(url, folder / "marks", ISSUER, keyring, lambda: os.urandom(32))
    store.keep([], [Opened(_channel(keyring))])
    return store


class _Peer:
    """FTS5 with the tokenizer `trigram`, over the folded texts; every word of a question as a phrase."""

    def __init__(self, path: Path, records: int) -> None:
        self.connection = sqlite3.connect(path)
        self.connection.execute("create virtual table d using fts5(t, content='', tokenize='trigram')")
        texts = [fold(text) for text in _texts(records)]
        started = time.perf_counter()
        with self.connection:
            self.connection.executemany("insert into d (rowid, t) values (?, ?)", enumerate(texts))
        self.filing_us = (time.perf_counter() - started) * 1e6 / records

    def ask(self, question: str) -> tuple[list[int], int]:
        """The same work: the last 20, counted as far as ours; there is no text to show."""
        parts = [question.strip('"')] if question.startswith('"') else question.split()
        asked = " AND ".join(f'"{fold(part)}"' for part in parts)
        query = "select rowid from d where d match ? order by rowid desc limit ?"
        found = [row[0] for row in self.connection.execute(query, (asked, COUNTED_MAX))]
        return found[:SHOWN], len(found)
