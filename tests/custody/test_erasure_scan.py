"""Erasure, shown by reading every byte: what was planted is found everywhere before, and nowhere after."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest

from comity.adapters.at_rest import IN_THE_CLEAR
from comity.adapters.files import FolderFiles
from comity.adapters.store.sqlite import SqliteStore
from comity.domain.indicator import indicator as read_indicator
from comity.domain.ledger import Lane
from comity.domain.record import State
from comity.domain.record.custody import Course
from comity.domain.record.kinds import evidence_1
from comity.errors import Fenced
from comity.flows.custody import custody_of, overdue
from comity.flows.disposition import disposition_of
from comity.flows.erase import propose_erasure
from comity.flows.export import export_receipt
from comity.flows.lookup import look_up
from comity.flows.proposal import confirm
from comity.flows.transfer import permit, transfer
from comity.ports import Place, World

from .circle import NAMES, Circle, circle, granted, indicator, officer, put
from .scanning import found_in, rows_with, spellings

A, B, C, D = NAMES


@dataclass
class Planted:
    """What was planted: a record with a token in the clear and one sealed, its salts, the keys that the index makes of it, a file."""

    record: str
    evidence: str
    value: str
    tokens: dict[str, bytes]
    file: str


@dataclass
class Chain:
    """A gave a record to B and to D; B passed it on to C."""

    circle: Circle
    folder: Path
    planted: Planted

    def home(self, name: str) -> Path:
        return self.folder / str(NAMES.index(name))


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    made = circle(tmp_path, NAMES, sealing=IN_THE_CLEAR)
    for number, name in enumerate(NAMES):  # in the clear, or encryption alone would hide what stays
        files = FolderFiles(tmp_path / str(number) / "files", bytes(32), encrypted=False)
        made.worlds[made[name].me.name] = replace(made[name], files=files)
    yield Chain(made, tmp_path, plant(made))
    made.close()


def token(chance: random.Random) -> str:
    return chance.randbytes(16).hex()


def plant(made: Circle, seed: int = 7) -> Planted:
    chance = random.Random(seed)
    note, personal, held = token(chance), token(chance), chance.randbytes(4096)
    value = f"{personal}@lure.example"
    body = indicator(value, kind="email", note=f"FICTIONAL {note}")
    digest, size = made[A].files.keep([held])
    record, places = put(made[A], body, [B, D])
    items = (
        evidence_1.Item(
            sha256=digest,
            bytes=size,
            media_type="text/plain",
            collected_at="2026-11-20T00:00:00Z",
            collected_by="fictional clerk",
            method="export",
        ),
    )
    evidence, _ = put(
        made[A], evidence_1.Body(request=record, items=items, by="fictional clerk"), [B], lane=Lane.URGENT
    )
    made.exchange()
    made[B].files.keep([held], sha256=digest)
    granted(permit(made[A], officer(made[A]), record, made[B].me.name, made[C].me.name, ["TLP"]))
    made.exchange()
    granted(transfer(made[B], officer(made[B]), record, made[C].me.name, why="FICTIONAL"))
    made.exchange()
    entry = made[A].store.entries(places[0].origin, places[0].index, places[0].index + 1)[0]
    assert entry.salt is not None
    tokens = {
        "in the clear": note.encode(),
        "personal": personal.encode(),
        "salt": entry.salt[:16],
        "index key": read_indicator("email", value).key,
        "file": held[1000:1016],
    }
    return Planted(record, evidence, value, tokens, digest)


def erase_all(made: Circle, planted: Planted) -> str:
    proposed = granted(propose_erasure(made[A], officer(made[A]), [planted.record, planted.evidence], "court-order"))
    return granted(confirm(made[A], officer(made[A], "Lee (fictional)"), proposed.id)).act


def test_a_spelling_is_found_wherever_it_starts() -> None:
    """The oracle first: base64 of anything that holds the token holds one of its spellings."""
    from base64 import b64encode

    chance = random.Random(1)
    for before in range(7):
        run = chance.randbytes(16)
        whole = b64encode(chance.randbytes(before) + run + chance.randbytes(9))
        assert any(each in whole for each in spellings(run)[2:])
        assert not any(each in whole for each in spellings(chance.randbytes(16)))


def test_before_the_order_a_scan_finds_all_of_it_with_every_holder(chain: Chain) -> None:
    tokens = chain.planted.tokens
    for name in (A, B, D):
        where = found_in(chain.home(name), tokens)
        expected = set(tokens) - ({"file"} if name == D else set()) - ({"salt"} if name == D else set())
        assert {token for token, files in where.items() if files} >= expected, name
        assert rows_with(chain.home(name), {"index key": tokens["index key"]}) >= {"trace"}, name
        assert rows_with(chain.home(name), {"personal": tokens["personal"]}) >= {"entry", "search_text"}, name
    where = found_in(chain.home(C), tokens)
    assert {token for token, files in where.items() if files} == set(tokens) - {"file"}, (
        "the relay's receipt has the salt"
    )
    assert any("files" in file for file in found_in(chain.home(B), tokens)["file"])


def test_after_order_and_answers_no_byte_of_it_is_left_down_the_chain_and_who_is_silent_is_named(chain: Chain) -> None:
    made, planted = chain.circle, chain.planted
    export_receipt(made[A], next(_places(made[A], planted.record)), "Kim (fictional)")
    made.offline.add(D)
    erase_all(made, planted)
    made.exchange()
    for name in (A, B, C):
        assert found_in(chain.home(name), planted.tokens) == {token: set() for token in planted.tokens}, name
        assert look_up(made[name], [read_indicator("email", planted.value)])[0].statements == ()
        assert disposition_of(made[name], A, planted.record).course is Course.ERASED, name
        assert made[name].store.rebuild(write=False) == (), name
    assert found_in(chain.home(D), planted.tokens)["personal"], "whoever hasn't heard of it still has it"
    shown = custody_of(made[A], planted.record)
    (order,) = shown.orders
    assert (order.tally.holders, order.tally.complied, order.tally.overdue) == (3, 2, 0)
    made.hours(73)
    assert overdue(made[A], set()) == 1
    assert overdue(made[A], set()) == 1
    (order,) = custody_of(made[A], planted.record).orders
    assert (order.tally.holders, order.tally.complied, order.tally.named_overdue) == (3, 2, (D,))
    late = [notice for notice in made[A].store.notices() if notice.kind == "holder-overdue"]
    assert [notice.about["node"] for notice in late] == [D], "once"
    (copy,) = shown.copies
    assert (copy.what, copy.by) == ("receipt", "Kim (fictional)")
    assert made[A].files.size(planted.file) is None
    assert made[B].files.size(planted.file) is None
    made.offline.clear()
    made.exchange()
    assert found_in(chain.home(D), planted.tokens) == {token: set() for token in planted.tokens}
    (order,) = custody_of(made[A], planted.record).orders
    assert (order.tally.holders, order.tally.complied, order.tally.overdue) == (3, 3, 0)


def test_every_proof_outlives_the_erasure(chain: Chain) -> None:
    made, planted = chain.circle, chain.planted
    place = next(_places(made[A], planted.record))
    before = export_receipt(made[A], place, "Kim (fictional)").proof
    root = made[A].store.position(place.origin)
    erase_all(made, planted)
    made.exchange()
    entry = made[B].store.entries(place.origin, place.index, place.index + 1)[0]
    assert (entry.state, entry.salt, entry.envelope) == (State.ERASED, None, None)
    assert made[A].store.position(place.origin).size > root.size
    assert sha256(before).hexdigest() in {copy.sha256 for copy in made[A].store.copies(made[A].me.name, planted.record)}


@pytest.mark.parametrize("name", [A, B, C])
def test_an_old_backup_doesnt_bring_it_back(chain: Chain, name: str) -> None:
    made, planted, home = chain.circle, chain.planted, chain.home(name)
    backup = chain.folder / "backup"
    store = home / "store"
    made[name].store.close()
    shutil.copytree(store, backup)
    reopened(made, chain, name)
    erase_all(made, planted)
    made.exchange()
    assert found_in(home, planted.tokens)["personal"] == set()
    made[name].store.close()
    shutil.rmtree(store)
    shutil.copytree(backup, store)
    assert found_in(home, planted.tokens)["personal"], "the backup has it"
    with pytest.raises(
        Fenced
    ):  # it is behind what it signed, and says so; what it was ordered to forget goes before that
        open_again(made[name], home)
    assert found_in(home, planted.tokens)["personal"] == set(), name
    made.worlds[made[name].me.name] = replace(made[name], store=_Closed())  # type: ignore[arg-type]


class _Closed:
    def close(self) -> None:
        """Was never opened."""


def open_again(world: World, home: Path) -> SqliteStore:
    place = home / "store", home / "marks"
    return SqliteStore(*place, world.me.name, world.keyring, world.mint.salt, sealing=IN_THE_CLEAR)  # type: ignore[arg-type]


def reopened(made: Circle, chain: Chain, name: str) -> None:
    made.worlds[made[name].me.name] = replace(made[name], store=open_again(made[name], chain.home(name)))


def _places(world: World, record: str) -> Iterator[Place]:
    yield from world.store.find(record)
