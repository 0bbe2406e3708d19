"""A node's desk, asked over loopback HTTP with its token, in the name of an officer: as any tool of an authority would."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec

from comity.config import read_config
from comity.errors import Conflict, Unreachable
from comity.faces.demo.story import Actor
from comity.node.presence import read_token, running

WAIT = httpx2.Timeout(60.0, connect=5.0)


class Declined(Exception):
    """A lawful no, with every reason as the API words it."""

    def __init__(self, reasons: list[dict[str, Any]]) -> None:
        super().__init__([reason["code"] for reason in reasons])
        self.reasons = reasons


class Desk:
    """The desk of one running node."""

    def __init__(self, who: Actor, home: Path) -> None:
        config = read_config(home, {})
        told = running(config)
        if told is None:
            raise Unreachable("desk-unreachable", desk=str(home))
        self.who, self.home, self.address, self.exchange = who, home, told.desk, told.exchange
        headers = {"authorization": f"Bearer {read_token(config)}"}
        self._http = httpx2.Client(base_url=told.desk, headers=headers, trust_env=False, timeout=WAIT)

    def get(self, path: str, **query: str | int) -> Any:
        """Decoded JSON: `Any`, since its shape is the route's."""
        return msgspec.json.decode(self.get_bytes(path, **query))

    def get_bytes(self, path: str, **query: str | int) -> bytes:
        """The answer's body as it came."""
        return self._ask("GET", path, query)

    def find(self, path: str) -> Any:
        """As `get`; None where the node has no such thing (yet)."""
        answer = self._send("GET", path, {}, None, None)
        return None if answer.status_code == 404 else msgspec.json.decode(self._checked("GET", path, answer))

    def post(self, path: str, body: object = None, *, by: str | None = None) -> Any:
        """Decoded JSON; `by` acts, the node's first officer unless told otherwise. `Declined` when the answer is no."""
        content = body if isinstance(body, bytes) else msgspec.json.encode({} if body is None else body)
        return msgspec.json.decode(self._ask("POST", path, {}, content, by or self.who.officer))

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def _ask(
        self, method: str, path: str, query: dict[str, str | int], content: bytes | None = None, by: str | None = None
    ) -> bytes:
        return self._checked(method, path, self._send(method, path, query, content, by))

    def _send(
        self, method: str, path: str, query: dict[str, str | int], content: bytes | None, by: str | None
    ) -> httpx2.Response:
        headers = {"content-type": "application/json"} if content is not None else {}
        if by is not None:
            headers["x-comity-officer"] = quote(by)
        try:
            return self._http.request(method, path, params=query, content=content, headers=headers)
        except httpx2.TransportError as fault:
            raise Unreachable("desk-unreachable", desk=self.address) from fault

    def _checked(self, method: str, path: str, answer: httpx2.Response) -> bytes:
        if answer.status_code < 400:
            return answer.content
        problem: dict[str, Any] = msgspec.json.decode(answer.content)
        if answer.status_code == 422 and problem["type"] == "urn:comity:problem:refused":
            raise Declined([_as_shown(reason) for reason in problem["facts"]["reasons"]])
        told = {"node": self.who.name, "asked": f"{method} {path}", "answer": problem.get("title", "")}
        raise Conflict("demo-step-failed", **told, facts=problem.get("facts") or {}, type=problem["type"])


def _as_shown(reason: dict[str, Any]) -> dict[str, Any]:
    """A reason of a refusal in the shape in which views show reasons: field and mend apart from the other facts."""
    facts = {name: fact for name, fact in reason["facts"].items() if name not in ("field", "mend")}
    field, mend = str(reason["facts"].get("field", "")), str(reason["facts"].get("mend", ""))
    return {"code": reason["code"], "field": field, "mend": mend, "facts": facts}
