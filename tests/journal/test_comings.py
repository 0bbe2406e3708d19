"""Who comes and goes, who is let in where they don't belong, what is attacked, and whose keys change: it all stands in the journal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from comity.domain.terms import Instant
from comity.flows.attacks import DAY_MS, Met, attacked
from comity.flows.misuse import report
from tests.access.people import CASE_A, opened_case, opened_door, person
from tests.faces.routes.desks import KH
from tests.journal.reading import kept, size
from tests.people.house import opened_house


def test_logins_failed_ones_and_ends(tmp_path: Path) -> None:
    with opened_house(tmp_path) as house:
        admin = house.first()
        who = house.world.people.accounts()[0].id
        start = size(house.world)
        browser = house.browser()
        for login in ("ahn", "nobody"):
            assert browser.ask("POST", "/session", {"login": login, "password": "wrong wrong wrong"}).status_code == 401
        browser.log_in("ahn")
        assert browser.ask("DELETE", "/session").status_code in (200, 204)
        admin.post("/people", {"login": "kim", "name": "Kim (fictional)", "roles": ["officer"]})
        told = [(e.actor, e.entry.act, e.entry.outcome, e.entry.what) for e in kept(house.world, start)]
        assert told[0][:3] == (None, "come-in", "refused")
        assert told[1][:3] == (None, "come-in", "refused")
        assert (who, "come-in", "granted", ("come-in",)) in told
        assert [each for each in told if each[0] == who and "session-end" in each[3]]
        assert [each for each in told if each[1] == "manage-people" and "account" in each[3]]
        first, second = [e.entry.queries for e in kept(house.world, start)][:2]
        assert first != second, "two names, two commitments"
        (channel,) = [c for c in house.world.store.channels() if c.lane.value == "journal"]
        raw = b"".join(e.envelope or b"" for e in house.world.store.entries(channel.origin, 0, size(house.world)))
        assert b"nobody" not in raw


def test_what_is_refused_at_the_gate_stands_in_it(tmp_path: Path) -> None:
    with opened_door(tmp_path) as (door, _):
        world = door.world
        start = size(world)
        kim = person(world, "kim", "officer")
        assert door.get(kim, "/journal").status_code == 422
        (told,) = kept(world, start)
        assert (told.actor, told.entry.act, told.entry.outcome) == ("kim", "audit", "refused")
        assert told.entry.reasons == ("role-lacks-act",)

        opened_case(world, CASE_A, "A-1", "lee")
        body = {"number": "A-1", "reason": "FICTIONAL: a life is in danger at the compound"}
        start = size(world)
        assert door.post(kim, "/emergency-accesses", body).status_code in (200, 201)
        loud = [each for each in kept(world, start) if "break-glass" in each.entry.what]
        assert [(e.actor, e.entry.act, e.why, CASE_A in e.entry.about) for e in loud] == [
            ("kim", "break-glass", body["reason"], True)
        ]

        start = size(world)
        peer = next(each for each in world.store.peers() if each.name == KH)
        attacked(world, [Met(KH, "malformed", 3, Instant(5 * DAY_MS))])
        attacked(world, [Met(KH, "malformed", 9, Instant(5 * DAY_MS + 5))])
        attacked(world, [Met("", "old-tls", 1, Instant(6 * DAY_MS))])
        told_attacks = [(e.entry.what, e.entry.about) for e in kept(world, start) if e.entry.act == "attack"]
        assert told_attacks == [(("malformed",), (KH,)), (("old-tls",), ("nobody",))], "once a day for each kind"

        admin = person(world, "ann", "administrator")
        start = size(world)
        done(door.post(admin, f"/peers/{KH}/suspend", {"reason": "FICTIONAL: tested"}))
        changed = [each for each in kept(world, start) if "peer" in each.entry.what]
        assert [(e.actor, e.entry.act) for e in changed] == [("ann", "manage-peers")]
        assert peer.name in changed[0].entry.about


def test_what_deserves_a_question(tmp_path: Path) -> None:
    with opened_house(tmp_path) as house:
        admin = house.first()
        kim = house.add(admin, "kim", "officer", name="Kim Harbour (fictional)")
        lee = house.add(admin, "lee", "auditor", name="Lee (fictional)")
        account = next(each.id for each in house.world.people.accounts() if each.login == "kim")
        kim.post("/lookup", {"value": "Kim Harbour", "kind": "person_name"})
        for _ in range(10):
            kim.post("/lookup", {"value": "https://lure-harbour.example/"})
        for _ in range(5):
            assert kim.ask("GET", "/journal").status_code == 422
        kept(house.world)
        looks = {(each["code"], each["actor"]): each["count"] for each in lee.get("/journal/report")}
        assert looks["own-name", account] == 1
        assert looks["asked-without-case", account] == 11
        assert looks["refused-often", account] == 5
        assert not [each for each in looks if each[0] in ("night-peak", "many-at-once")]


def test_nights_and_floods_stand_out(tmp_path: Path) -> None:
    from comity.domain.record.kinds import journal_1
    from comity.flows.journal import keep_noted, own
    from comity.ports.journal import Noted

    with opened_door(tmp_path) as (door, _):
        world = own(door.world)
        kim = person(world, "kim", "officer", case=CASE_A)

        def reads(hour: int, rows: int) -> Noted:
            return Noted(kim, journal_1.Entry(at=f"2026-11-25T{hour:02}:30:00.000Z", act="view", rows=rows))

        keep_noted(world, [reads(12, 299), reads(23, 29)])
        auditor = person(world, "lee", "auditor")
        assert codes(report(world, auditor)) == set()
        keep_noted(world, [reads(12, 1)])
        assert codes(report(world, auditor)) == {"many-at-once"}
        keep_noted(world, [reads(23, 1)])
        assert codes(report(world, auditor)) == {"many-at-once", "night-peak"}
        assert codes(report(world, auditor, 12 * 3_600_000)) == {"many-at-once", "night-peak"}, "there noon is midnight"


def done(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def codes(found: Any) -> set[str]:
    return {each.code for each in found.value}


def test_a_world_without_a_journal_is_as_it_was(tmp_path: Path) -> None:
    from comity.flows.journal import acting, finished, tally_of
    from tests.journal.test_reads import bare

    world = bare(tmp_path)
    assert acting(world, person(world, "kim", "officer")) is world
    assert tally_of(world) is None
    finished(replace(world))
    world.store.close()
