"""What people do and open on the console's pages stands in the journal like what they ask of the API."""

from __future__ import annotations

from pathlib import Path

from litestar.testing import TestClient

from comity.faces.api.desk import desk_app
from comity.faces.console.app import above
from tests.console.asked import Asked
from tests.faces.routes.desks import TOKEN, opened_desks, sent
from tests.journal.reading import kept, size

KIM = "Kim (fictional)"


def test_pages_are_journalled(tmp_path: Path) -> None:
    with opened_desks(tmp_path) as desks:
        node = desks.kr.node
        app = above(desk_app(node.itself, TOKEN), node.itself, TOKEN)
        with TestClient(app, base_url="http://127.0.0.1:8711") as client:
            asked = Asked(client, desks)
            asked.enter(KIM)
            request = sent(desks)
            start = size(node.world)
            asked.page(f"/desk/requests/{request}")
            told = [each for each in kept(node.world, start) if each.name == KIM]
            assert [each.entry.act for each in told] == ["view"]
            assert told[0].entry.rows > 0
            start = size(node.world)
            asked.post(f"/desk/requests/{request}/messages", {"text": "FICTIONAL: which account is meant?"})
            acts = [
                (each.name, each.entry.act, each.entry.what) for each in kept(node.world, start) if each.entry.records
            ]
            assert acts == [(KIM, "message", ("message/1",))]
