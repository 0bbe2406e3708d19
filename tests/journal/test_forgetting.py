"""Names in the journal can be erased by two persons; what was done stays, and every proof of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from comity.domain.terms import Instant
from comity.flows import oversight
from comity.flows.journal import journals
from comity.flows.pages import Head
from comity.node.overseeing import examine
from comity.node.static_files import write_channel, write_listing
from tests.access.people import opened_door, person
from tests.faces.routes.desks import ask
from tests.journal.reading import kept, size


def done(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_an_erased_name_leaves_the_skeleton(tmp_path: Path) -> None:
    with opened_door(tmp_path) as (door, _):
        world = door.world
        kim, park = person(world, "kim", "officer"), person(world, "park", "approver")
        start = size(world)
        done(door.post(kim, "/requests", ask()))
        target = next(each for each in kept(world, start) if each.entry.act == "draft")
        assert target.name == "kim (fictional)"
        body = {"record": target.record, "ground": "retention"}
        assert door.post(person(world, "lee", "auditor"), "/journal/forget", body).status_code == 422
        proposal = done(door.post(kim, "/journal/forget", body))["proposal"]
        done(door.post(park, f"/custody/proposals/{proposal}/confirm"))
        after = next(each for each in kept(world, start) if each.record == target.record)
        assert after.name is None
        assert (after.actor, after.roles, after.entry) == (target.actor, target.roles, target.entry)

        (channel,) = journals(world)
        own = oversight.own(world)
        raw = b"".join(e.envelope or b"" for e in own.store.entries(channel.origin, 0, size(world)))
        assert target.record.encode() in raw
        reader = oversight.Overseer("court", channel.key, "order", Instant(0), "", "")

        def told() -> Head:
            return oversight.head(own, channel.origin)

        folder = tmp_path / "pages"
        folder.mkdir()
        write_channel(
            folder,
            told,
            lambda path: oversight.page(own, channel.origin, path, reader),
            records=True,
            told=lambda _d, _o: None,
        )
        write_listing(folder, [told()])
        assert examine(None, folder, channel.key).pages.size == size(world)
