"""Channels as plain files: read to the same root by code that isn't the node's, growing, forgetting, and never seen half-written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from comity.adapters.courier import DirectoryCourier
from comity.domain.ledger import Standing, parse_policy, tile_path
from comity.domain.record import Entry, Order, State, decode_bundle, encode_bundle
from comity.errors import ComityError, Conflict, NotFound
from comity.flows.certify import policy_text
from comity.flows.check_pages import Checked, check_pages
from comity.flows.custody import custody_of
from comity.flows.drain import Drainer
from comity.flows.erase import propose_erasure
from comity.flows.filing import sealed
from comity.flows.pages import head, heads, page
from comity.flows.proposal import confirm
from comity.flows.receive import Puller, Verdict
from comity.node import static_files
from comity.node.static_files import Written, listing, reader, write_channel, write_listing, writing
from comity.ports import Place, Stopped, World
from tests.custody.circle import AMBER, NAMES, Circle, circle, granted, indicator, officer
from tests.pages import independent
from tests.worlds import letter, sealed_indicator

A, B = NAMES[:2]
BY = "Kim (fictional)"


@dataclass
class House:
    """A writes for B; `folder` is what A's officer writes the channel to. `asked` are the pages that were read for it."""

    nodes: Circle
    folder: Path
    origin: str
    asked: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.nodes[A]

    @property
    def digits(self) -> str:
        return self.origin.rpartition("/")[2]

    def more(self, count: int, start: int = 0) -> None:
        self.world.store.keep(
            [letter(self.origin, sealed_indicator(self.world, n)) for n in range(start, start + count)]
        )

    def page(self, path: str) -> bytes:
        self.asked.append(path)
        return page(self.world, self.origin, path, BY)

    def write(self, *, records: bool = True, told: Callable[[int, int], None] = lambda _, __: None) -> Written:
        self.asked.clear()
        with writing(self.folder):
            return write_channel(
                self.folder, lambda: head(self.world, self.origin), self.page, records=records, told=told
            )

    def read(self, *, records: bool = True) -> independent.Channel:
        vkey = head(self.world, self.origin).vkey
        return independent.channel(lambda path: (self.folder / path).read_bytes(), self.digits, vkey, records=records)

    def check(self, *, policy: bool = True) -> Checked:
        return check_pages(
            reader(self.folder / "ch" / self.digits),
            self.digits,
            parse_policy(policy_text(self.world)) if policy else None,
            records=(self.folder / "ch" / self.digits / "records").is_dir(),
            told=lambda _: None,
        )

    def erase(self, index: int, fields: list[str] | None = None) -> None:
        told = self.world.store.told([Place(self.origin, index)])[Place(self.origin, index)]
        assert told.header is not None
        proposed = granted(propose_erasure(self.world, officer(self.world), [told.header.id], "court-order", fields))
        granted(confirm(self.world, officer(self.world, "Lee (fictional)"), proposed.id))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = circle(tmp_path, (A, B))
    (origin,) = {c.origin for c in made[A].store.channels() if c.writer == A and c.lane.value == "bulk"}
    yield House(made, tmp_path / "www", origin)
    made.close()


def test_what_is_written_leads_other_code_to_the_signed_root_and_grows_by_what_is_new_alone(house: House) -> None:
    house.more(600)
    first = house.write()
    assert (first.before, first.size, first.pages) == (0, 600, 3 + 3 + 1)
    read, position = house.read(), house.world.store.position(house.origin)
    assert (read.size, read.root, len(read.entries)) == (600, position.root, 600)
    assert {entry["state"] for entry in read.entries} == {"PRESENT"}
    full = {p: p.stat().st_ino for p in house.folder.rglob("*") if p.is_file() and ".p" not in p.parent.name}
    house.more(200, 600)
    second = house.write()
    assert (second.before, second.size, second.rewritten) == (600, 800, ())
    assert set(house.asked) == {"tile/0/002", "records/002", "tile/0/003.p/32", "records/003.p/32", "tile/1/000.p/3"}
    assert house.read().root == house.world.store.position(house.origin).root
    untouched = {p: p.stat().st_ino for p in full if p.name != "checkpoint" and p.name != ".writing"}
    assert untouched == {p: full[p] for p in untouched}, "a full page is never written twice"
    assert not list(house.folder.rglob("*.p/88")), "what no checkpoint names any more is gone"
    again = house.write()
    assert (again.before, again.pages, again.removed, house.asked) == (800, 0, 0, [])


def test_the_node_of_a_reader_takes_it_from_the_folder_and_holds_the_same(house: House) -> None:
    house.more(600)
    house.write()
    reader = replace(house.nodes[B], courier=DirectoryCourier(house.folder / "ch"))
    (peer,) = reader.store.peers()
    pulled = Puller(reader, peer).pull(house.origin)
    assert (pulled.verdict, pulled.size) == (Verdict.NEWER, 600)
    Drainer(reader, peer.name).drain_all()
    held = head(reader, house.origin)
    assert held.root == head(house.world, house.origin).root
    assert house.origin in heads(reader), "what is held of others can be written out too"
    assert decode_bundle(page(reader, house.origin, "records/002.p/88", BY), 512, 88)[87].state is State.PRESENT


def test_a_body_that_was_erased_is_gone_with_the_next_writing_and_it_says_where(house: House) -> None:
    house.more(300)
    house.world.store.keep([letter(house.origin, sealed_indicator(house.world, 0, value="planted.lure.example.com"))])
    house.more(300, 301)
    planted = house.world.store.entries(house.origin, 300, 301)[0].envelope
    assert planted is not None
    house.write()
    assert len(holding(house.folder, planted)) == 1
    house.erase(300)
    house.erase(3)
    house.more(100, 700)
    done = house.write()
    assert set(done.rewritten) == {"records/000", "records/001"}
    assert holding(house.folder, planted) == []
    read = house.read()
    assert [entry["index"] for entry in read.entries if entry["state"] == "ERASED"] == [3, 300]
    assert house.check().states == {"erased": 2, "present": read.size - 2}
    assert house.write().rewritten == (), "once"


def test_an_erased_record_of_a_partial_page_is_gone_too_and_so_is_the_earlier_page(house: House) -> None:
    house.more(10)
    planted = house.world.store.entries(house.origin, 7, 8)[0].envelope
    assert planted is not None
    house.write()
    house.erase(7)
    house.write()
    assert holding(house.folder, planted) == []
    assert house.check().states["erased"] == 1


def test_values_that_were_erased_alone_are_parted_in_the_files(house: House) -> None:
    origin, world = house.origin, house.world
    body = indicator("victim@lure.example", kind="email")
    world.store.keep([letter(origin, sealed(world, body, purpose="crime", marking=AMBER))])
    house.write()
    (file,) = holding(house.folder, b"victim@lure.example")
    raw = file.read_bytes()
    file.write_bytes(raw.replace(b"victim@lure", b"others@lure"))
    with pytest.raises(ComityError, match="field-not-sealed-so"):
        house.check()
    file.write_bytes(raw)
    house.erase(0, ["/personal_value"])
    house.write()
    assert holding(house.folder, b"victim@lure.example") == []
    assert house.check().states == {"parted": 1, "present": 1}


def test_an_order_that_comes_while_pages_are_read_is_covered_by_what_is_shown(house: House) -> None:
    house.more(600)
    whole: list[str] = []
    house_page = house.page

    def page_and_order(path: str) -> bytes:
        if path == "records/001" and not whole:
            whole.append(path)
            house.erase(260)
        return house_page(path)

    house.page = page_and_order  # type: ignore[method-assign]
    done = house.write()
    assert done.size == 601
    assert house.check().states == {"erased": 1, "present": 600}


def test_a_writing_that_ends_anywhere_shows_the_older_state_whole_or_the_newer_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.more(500)
    house.write()
    older = house.read()
    house.more(300, 500)
    house.erase(20)
    renamed, kept = os.replace, house.folder.with_name("kept")
    shutil.copytree(house.folder, kept)
    seen = set()
    for count in range(40):
        shutil.rmtree(house.folder)
        shutil.copytree(kept, house.folder)
        left = count

        def ends(source: str | Path, target: str | Path) -> None:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            renamed(source, target)

        monkeypatch.setattr(os, "replace", ends)
        try:
            house.write()
        except KeyboardInterrupt:
            read = house.read()
            assert read.root == older.root if read.size == 500 else read.size == 801
            house.check()
            seen.add(read.size)
        else:
            break
        finally:
            monkeypatch.setattr(os, "replace", renamed)
    assert seen == {500, 801}
    assert house.read().size == 801
    assert not list(house.folder.rglob("*.new"))
    assert house.check().states == {"erased": 1, "present": 800}


def test_without_records_only_the_tree_is_there_and_bodies_that_were_go(house: House) -> None:
    house.more(300)
    house.write()
    house.erase(2)
    done = house.write(records=False)
    assert done.removed >= 2
    assert not [path for path in house.folder.rglob("records/*") if path.is_file()]
    assert house.read(records=False).root == house.world.store.position(house.origin).root


def test_every_record_that_leaves_is_listed_once_as_a_copy(house: House) -> None:
    house.more(3)
    told = house.world.store.told([Place(house.origin, 1)])[Place(house.origin, 1)]
    assert told.header is not None
    house.write()
    house.more(2, 3)
    house.write()
    (copy,) = custody_of(house.world, told.header.id).copies
    assert (copy.what, copy.by) == ("pages", BY)


def test_a_folder_that_shows_what_the_channel_is_not_is_left_alone(house: House, tmp_path: Path) -> None:
    house.more(20)
    house.write()
    there = house.folder / "ch" / house.digits
    behind = replace(head(house.world, house.origin), size=19)
    with pytest.raises(Conflict, match="static-ahead"):
        write_channel(house.folder, lambda: behind, house.page, records=True, told=lambda _, __: None)
    forked = replace(head(house.world, house.origin), root="00" * 32)
    with pytest.raises(Conflict, match="static-another-tree"):
        write_channel(house.folder, lambda: forked, house.page, records=True, told=lambda _, __: None)
    raw = bytearray((there / "tile/0/000.p/20").read_bytes())
    raw[5] ^= 1
    (there / "tile/0/000.p/20").write_bytes(raw)
    note = (there / "checkpoint").read_bytes()
    with pytest.raises(Conflict, match="static-another-tree"):
        house.write()
    assert (there / "checkpoint").read_bytes() == note


def test_two_that_write_to_one_folder_dont_meet(house: House) -> None:
    house.more(1)
    with writing(house.folder), pytest.raises(Conflict, match="static-in-use"):
        house.write()
    assert house.write().size == 1


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/001", "tile/1/000.p/1", "records/000", "records/001", "checkpoint"]
)
def test_a_bit_that_isnt_what_was_written_is_found(house: House, path: str) -> None:
    house.more(512)
    house.write()
    house.check()
    file = house.folder / "ch" / house.digits / (path if path != "tile/1/000.p/1" else "tile/1/000.p/2")
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    with pytest.raises(ComityError):
        house.check()


@pytest.mark.parametrize("path", ["tile/0/001", "records/001", "tile/1/000.p/2"])
def test_a_page_that_is_missing_is_named(house: House, path: str) -> None:
    house.more(512)
    house.write()
    (house.folder / "ch" / house.digits / path).unlink()
    with pytest.raises(NotFound, match="page-missing"):
        house.check()
    assert house.write().pages == 1, "the next writing brings it back"
    house.check()


def test_an_entry_that_is_said_to_be_erased_needs_its_writers_order(house: House) -> None:
    house.more(5)
    house.write()
    file = house.folder / "ch" / house.digits / tile_path("records", 0, 5)
    entries = decode_bundle(file.read_bytes(), 0, 5)
    hole = Entry(2, State.ERASED, order=Order(house.origin, 3))
    file.write_bytes(encode_bundle([*entries[:2], hole, *entries[3:]]))
    with pytest.raises(ComityError, match="erased-without-order"):
        house.check()
    file.write_bytes(encode_bundle([*entries[:2], Entry(2, State.WITHHELD), *entries[3:]]))
    with pytest.raises(ComityError, match="record-withheld"):
        house.check()


def test_keys_come_from_the_policy_and_cosignatures_are_told(house: House) -> None:
    house.more(5)
    house.nodes.exchange(1)
    house.write()
    assert house.check(policy=False).keys_proven is False
    checked = house.check()
    assert (checked.keys_proven, [name for name, _ in checked.cosigned_by]) == (True, [f"{B}/receipt"])


def test_a_channel_that_a_restore_left_behind_isnt_written_out(house: House) -> None:
    house.more(2)
    house.nodes.exchange(1)
    reader = house.nodes[B]
    reader.store.keep([], [Stopped(house.origin, Standing.BEHIND.value, "test", reader.clock.now())])
    assert house.origin not in heads(reader)
    with pytest.raises(Conflict, match="channel-behind"):
        head(reader, house.origin)
    with pytest.raises(Conflict, match="channel-behind"):
        page(reader, house.origin, "tile/0/000.p/2", BY)


def test_the_listing_keeps_what_was_listed_before(house: House) -> None:
    house.more(2)
    one = head(house.world, house.origin)
    with writing(house.folder):
        write_listing(house.folder, [one])
        write_listing(house.folder, [replace(one, origin=f"{A}/ch/{'0' * 16}")])
        write_listing(house.folder, [replace(one, size=3)])
    assert [(each.origin, each.size) for each in listing(house.folder)] == [
        (f"{A}/ch/{'0' * 16}", 2),
        (house.origin, 3),
    ]


def test_progress_is_told_of_every_page(house: House) -> None:
    house.more(300)
    heard: list[tuple[int, int]] = []
    house.write(told=lambda done, of: heard.append((done, of)))
    assert heard == [(n, 5) for n in range(1, 6)]


def holding(folder: Path, needle: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_the_folder_is_closed_to_others_until_its_owner_opens_it(house: House) -> None:
    with writing(house.folder):
        pass
    assert house.folder.stat().st_mode & 0o077 == 0
    assert static_files.LISTING == "channels"
