"""The human-rights gate on a page: why nothing is looked up, and how two persons lift it."""

from __future__ import annotations

import re

from tests.console.asked import Asked, visible
from tests.faces.routes.desks import KR

WHY = "FICTIONAL: the consul has spoken with her"
TEXT = {"text_title": "memorandum (fictional)", "text_sha256": "a" * 64}


def test_a_hold_is_lifted_by_two_persons_with_a_reason_each(asked: Asked) -> None:
    kh = asked.desks.kh
    told = {"to": KR, "name": "가상인 둘", "text": TEXT, "form_personal": {"reporter.relation": "spouse"}}
    request = kh.post("/rescue/alerts", told)["request"]
    asked.desks.exchange()
    asked.enter("first (fictional)")
    path = f"/desk/requests/{request}/rights"
    assert path in asked.page(f"/desk/requests/{request}"), "the request's page leads to it"
    assert "Nothing is looked up for this request" in visible(asked.page(path))
    assert asked.post(path, {"reason": "short"}).status_code == 422
    assert asked.post(path, {"reason": WHY}).headers["location"] == f"{path}?did=proposed"
    page = asked.page(path)
    assert "Decide as the second person" not in visible(page)
    assert path.removesuffix("/rights") in asked.page("/desk/today"), "it needs somebody"
    asked.post("/desk/leave")
    asked.enter("second (fictional)")
    deciding = re.search(rf'action="({path}/[0-9a-f-]+)"', asked.page(path))
    assert deciding is not None
    assert asked.post(deciding[1], {"decision": "confirm", "reason": ""}).status_code == 422
    assert asked.post(deciding[1], {"decision": "confirm", "reason": WHY}).status_code == 303
    after = visible(asked.page(path))
    assert "lifted by two persons" in after
    assert "first (fictional)" in after
    assert "second (fictional)" in after
