"""An overseer on a machine of its own: enrolled by two persons, it checks the journal, confirms it, and finds what isn't in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.domain.ledger import Channel, Lane, VerifierKey
from comity.domain.terms import Granted, Instant, Refused
from comity.errors import BadProof, NotFound
from comity.faces.api.routes.oversight import JournalHead
from comity.flows import oversight
from comity.flows.certify import certify
from comity.flows.follow import NEVER_ENTERED, compare, follow
from comity.flows.journal import acting, journals
from comity.flows.pages import Head
from comity.node.overseeing import cosign, examine, make_key
from comity.node.static_files import write_channel, write_listing
from comity.ports import Opened, World
from tests.access.people import CASE_A, Door, opened_case, opened_door, person
from tests.faces.routes.desks import Desks, ask, sent
from tests.journal.reading import kept, size

KEY_NAME = "court.kr.example/oversight"


@dataclass
class Court:
    """A court's own folder, and the node that it oversees."""

    desk: Path
    key: VerifierKey
    door: Door
    desks: Desks
    folder: Path
    log: VerifierKey

    @property
    def world(self) -> World:
        return self.door.world

    def export(self, folder: Path | None = None) -> Path:
        """What the node's administrator writes for the court, over the API."""
        actor = person(self.world, "ann", "administrator")
        base = f"/oversight/pages/court/{self.log.name.replace('/ch/', '/')}"
        target = folder or self.folder

        def told() -> Head:
            answer = self.door.get(actor, base)
            assert answer.status_code == 200, answer.text
            head = msgspec.convert(answer.json(), JournalHead)
            return Head(**{**msgspec.structs.asdict(head), "parted": tuple(head.parted)})

        def page(path: str) -> bytes:
            answer = self.door.get(actor, f"{base}/{path}")
            assert answer.status_code == 200, answer.text
            return bytes(answer.content)

        target.mkdir(exist_ok=True)
        write_channel(target, told, page, records=True, told=lambda _done, _of: None)
        write_listing(target, [told()])
        return target


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court")
    with opened_door(folder) as (door, desks):
        opened_case(door.world, CASE_A, "A-1", "kim", "park")
        key = make_key(folder / "desk", KEY_NAME)
        (channel,) = journals(door.world)
        made = Court(folder / "desk", key, door, desks, folder / "pages", channel.key)
        proposal = done(door.post(person(door.world, "ann", "administrator"), "/oversight", new(key)))["proposal"]
        done(door.post(person(door.world, "park", "approver"), f"/oversight/proposals/{proposal}", {"confirmed": True}))
        yield made


def new(key: VerifierKey, name: str = "court", order: str | None = None) -> dict[str, Any]:
    return {"name": name, "vkey": key.text, "order": order}


def done(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def codes(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {each["code"] for each in answer.json()["facts"]["reasons"]}


def test_one_person_enrols_nobody(court: Court) -> None:
    door, world = court.door, court.world
    both = replace(person(world, "ann", "administrator", "approver"))
    proposal = done(door.post(both, "/oversight", new(court.key, "alone")))["proposal"]
    assert "second-person" in codes(door.post(both, f"/oversight/proposals/{proposal}", {"confirmed": True}))
    assert "role-lacks-act" in codes(door.post(person(world, "kim", "officer"), "/oversight", new(court.key, "alone")))
    assert [each.name for each in oversight.overseers(world)] == ["court"]
    log = new(journals(world)[0].key, "ourselves")
    assert codes(door.post(both, "/oversight", log)) >= {"not-a-cosigners-key", "overseer-is-ourselves"}


def test_it_reads_the_skeleton_and_confirms_it_daily(court: Court) -> None:
    door, world = court.door, court.world
    kim = person(world, "kim", "officer", case=CASE_A)
    done(door.post(kim, "/requests", ask()))
    folder = court.export()
    raw = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert b"kim (fictional)" not in raw
    assert b'"actor":"kim"' in raw
    assert examine(court.desk, folder, court.log).fresh == examine(None, folder, court.log).pages.size
    checked, note = cosign(court.desk, folder, court.log, 1_795_600_000)
    assert checked.pages.size == checked.fresh > 0
    taken = done(door.post(person(world, "ann", "administrator"), "/oversight/lines", {"note": note.decode()}))
    assert (taken["confirmed"], taken["confirmed_at"][:4]) == (checked.pages.size, "2026")
    court.export()
    assert examine(court.desk, folder, court.log).fresh > 0


def test_a_missing_day_is_told(court: Court) -> None:
    world = oversight.own(court.world)
    (watch,) = oversight.watches(world)
    assert watch.behind > 0

    class Later:
        def __init__(self, at: int) -> None:
            self.at = at

        def now(self) -> Instant:
            return Instant(self.at)

    confirmed = watch.at or watch.overseer.since
    late = oversight.DAY_MS + oversight.GRACE_MS
    assert oversight.silent(replace(world, clock=Later(confirmed + late))) == []
    assert oversight.silent(replace(world, clock=Later(confirmed + late + 1))) == ["court"]


def test_an_order_opens_names(court: Court, tmp_path: Path) -> None:
    door, world = court.door, court.world
    key = make_key(tmp_path / "other", "dpa.kr.example/oversight")
    admin, approver = person(world, "ann", "administrator"), person(world, "park", "approver")
    proposal = done(door.post(admin, "/oversight", new(key, "dpa", "order 12/2026 (fictional)")))["proposal"]
    done(door.post(approver, f"/oversight/proposals/{proposal}", {"confirmed": True}))
    reader = oversight.overseer_named(world, "dpa")
    n = size(world)
    raw = oversight.page(
        oversight.own(world), court.log.name, f"records/000.p/{n}" if n < 256 else "records/000", reader
    )
    assert b"kim (fictional)" in raw
    ended = done(door.post(admin, "/oversight/end/dpa"))["proposal"]
    done(door.post(approver, f"/oversight/proposals/{ended}", {"confirmed": True}))
    with pytest.raises(NotFound):
        oversight.overseer_named(world, "dpa")


def test_a_journal_that_went_back_or_was_written_anew_is_found(court: Court, tmp_path: Path) -> None:
    folder = court.export()
    before = tmp_path / "before"
    shutil.copytree(folder, before)
    done(court.door.post(person(court.world, "kim", "officer"), "/requests", ask()))
    cosign(court.desk, court.export(), court.log, 1_795_600_001)
    with pytest.raises(BadProof, match="journal-went-back"):
        examine(court.desk, before, court.log)
    with pytest.raises(BadProof, match="journal-forked"):
        examine(court.desk, forged(court, tmp_path / "forged"), court.log)
    memory = sorted(court.desk.glob("seen-*.json"))[0]
    kept_memory = memory.read_bytes()
    with pytest.raises(BadProof):
        cosign(court.desk, tmp_path / "forged", court.log, 1_795_600_002)
    assert memory.read_bytes() == kept_memory, "nothing is remembered that was not signed"


def forged(court: Court, folder: Path) -> Path:
    """A journal by the same key, longer than the one that was seen, in which one record is another one."""
    from comity.adapters.store.memory import MemoryStore

    world = oversight.own(court.world)
    origin = court.log.name
    store: Any = MemoryStore(world.me.name, world.keyring, world.mint.salt)
    other = replace(world, store=store)
    channel = world.store.channel(origin)
    store.keep([], [Opened(Channel(channel.key, channel.writer, channel.audience, Lane.JOURNAL, channel.opened))])
    from comity.flows.filing import letter
    from tests.worlds import sealed_indicator

    store.keep([letter(origin, sealed_indicator(other, n)) for n in range(world.store.position(origin).size + 5)])

    def told() -> Head:
        return oversight.head(other, origin)

    reader = oversight.Overseer("court", court.key, None, Instant(0), "", "")
    folder.mkdir()
    write_channel(
        folder, told, lambda path: oversight.page(other, origin, path, reader), records=True, told=lambda _d, _o: None
    )
    return folder


def test_a_partners_receipt_shows_an_act_that_the_journal_lacks(court: Court) -> None:
    request = sent(court.desks)
    world = court.world
    found = follow(acting(world, person(world, "lee", "auditor")), person(world, "lee", "auditor"), request)
    assert isinstance(found, Granted)
    assert found.value.lacking == ()
    record = next(each.entry.records[0] for each in found.value.acts if each.entry.act == "send")
    (place,) = world.store.find(record)
    proof = certify(oversight.own(world), place).proof
    folder = court.export()
    assert examine(court.desk, folder, court.log, [("theirs", proof)]).missing == ()

    # The same act by a node whose software leaves the journal out.
    bare = oversight.own(world)
    from comity.flows.filing import channel_to, letter
    from tests.worlds import sealed_indicator

    origin = channel_to(bare, court.desks.kh.world.me.name, Lane.URGENT)
    (hidden,) = bare.store.keep([letter(origin, sealed_indicator(bare, 77))])
    court.desks.exchange()
    done(court.door.post(person(world, "kim", "officer"), "/requests", ask()))
    receipt = certify(bare, hidden).proof
    (missing,) = examine(court.desk, court.export(), court.log, [("theirs", receipt), ("known", proof)]).missing
    assert (missing.receipt, missing.code, missing.kind) == ("theirs", "act-without-entry", "indicator/1")

    auditor = person(world, "lee", "auditor")
    compared = compare(acting(world, auditor), auditor)
    assert isinstance(compared, Granted)
    lacks = {(each.code, each.origin, each.index) for each in compared.value.lacking}
    assert lacks == {("sent-without-entry", hidden.origin, hidden.index)}
    assert compared.value.limit == NEVER_ENTERED


def test_any_act_is_followed_to_its_basis(court: Court) -> None:
    request = sent(court.desks)
    world, auditor = court.world, person(court.world, "lee", "auditor")
    told = done(court.door.get(auditor, f"/oversight/acts/{request}"))
    assert told["route"] == "kr_kh.mla"
    assert told["documents"][0]["sha256"] == "a" * 64
    assert {"approve", "send", "draft", "attest", "submit"} <= {each["entry"]["act"] for each in told["acts"]}
    assert {each["by"] for each in told["approvals"]}
    assert told["lacking"] == []
    by_record = next(each["entry"]["records"][0] for each in told["acts"] if each["entry"]["act"] == "send")
    assert done(court.door.get(auditor, f"/oversight/acts/{by_record}"))["route"] == "kr_kh.mla"
    assert court.door.get(auditor, "/oversight/acts/0193a5d1-0000-7000-8000-00000000dead").status_code == 404
    last = kept(world)[-2:]
    assert all(each.entry.act == "audit" for each in last), "that somebody followed it stands there too"
    refused = follow(acting(world, person(world, "kim", "officer")), person(world, "kim", "officer"), request)
    assert isinstance(refused, Refused)
