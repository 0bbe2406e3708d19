"""The console asked over HTTP as a browser would: cookies kept, forms with their origin, no redirects followed unseen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from litestar.testing import TestClient

from tests.faces.routes.desks import TOKEN, Desks

ORIGIN = "http://127.0.0.1:8711"


@dataclass
class Asked:
    """One browser; `enter` logs in."""

    client: TestClient[Any]
    desks: Desks

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers, follow_redirects=False)

    def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> Any:
        told = {"origin": ORIGIN, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.post(path, data=fields or {}, headers=told, follow_redirects=False)

    def enter(self, name: str = "김담당 (fictional)") -> None:
        answer = self.post("/desk/login", {"name": name, "token": TOKEN})
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/today"), answer.text

    def page(self, path: str, *, lang: str = "en") -> str:
        """The text of a page that has to be there."""
        answer = self.get(path, **{"accept-language": lang})
        assert answer.status_code == 200, (answer.status_code, answer.headers.get("location"), answer.text)
        return str(answer.text)


def visible(html: str) -> str:
    """The words of a page, without its marks."""
    body = re.sub(r"(?s)<(template|dialog)\b.*?</\1>", " ", html.partition("<main")[2])
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()
