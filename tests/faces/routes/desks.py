"""Two real nodes whose desks are asked in this process; letters go from one to the other by direct call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from litestar.testing import TestClient

from comity.config import Config
from comity.domain.terms import NodeName
from comity.faces.api.desk import desk_app
from comity.flows.drain import Drainer
from comity.flows.receive import Puller, pull_all
from comity.node.assembly import Node, open_node
from comity.ports import World
from tests.node.homes import admit, fresh_home, invitation
from tests.worlds import DirectCourier

KR, KH = "police.kr.example", "taskforce.kh.example"
TOKEN = "t0ken"
LURE = "https://jobs.lure-harbour.example/apply?id=7"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Side:
    """One node and its desk.

    world  the node's, with a courier that calls the other one directly
    """

    node: Node
    client: TestClient[Any]
    world: World
    officer: str

    def get(self, path: str, **query: Any) -> Any:
        """The decoded answer, which has to be a yes."""
        answer = self.client.get(path, params=query, headers=self._headers(self.officer))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def raw(self, path: str, **query: Any) -> Any:
        return self.client.get(path, params=query, headers=self._headers(self.officer))

    def post(self, path: str, body: object = None, *, by: str | None = None) -> Any:
        """The decoded answer, which has to be a yes."""
        answer = self.ask(path, body, by=by)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def ask(self, path: str, body: object = None, *, by: str | None = None) -> Any:
        return self.client.post(path, json={} if body is None else body, headers=self._headers(by or self.officer))

    def refused(self, path: str, body: object = None, *, by: str | None = None) -> dict[str, Any]:
        """The reasons of a no, by code."""
        answer = self.ask(path, body, by=by)
        assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM), answer.text
        return {each["code"]: each["facts"] for each in answer.json()["facts"]["reasons"]}

    def _headers(self, officer: str) -> dict[str, str]:
        return {"authorization": f"Bearer {TOKEN}", "x-comity-officer": quote(officer)}


@dataclass(frozen=True)
class Desks:
    """Police in Korea and a task force in Cambodia, admitted to each other."""

    kr: Side
    kh: Side

    def exchange(self) -> None:
        """Everything that is written is pulled, verified, cosigned and has its effect; the cosignatures too are home."""
        for _ in range(2):
            for here, there in ((self.kh, self.kr), (self.kr, self.kh)):
                peer = next(p for p in here.world.store.peers() if p.name == there.world.me.name)
                pull_all(Puller(here.world, peer))
                Drainer(here.world, peer.name).drain_all()


def introduced(folder: Path) -> tuple[Config, Config]:
    """Two homes whose officers have compared fingerprints."""
    kr, kh = fresh_home(folder / "kr", KR, "KR"), fresh_home(folder / "kh", KH, "KH")
    for_kh, for_kr = invitation(kr, KH), invitation(kh, KR)
    admit(kh, for_kh)
    admit(kr, for_kr)
    return kr, kh


@contextmanager
def opened_desks(folder: Path) -> Iterator[Desks]:
    with ExitStack() as stack:
        nodes = [stack.enter_context(open_node(config)) for config in introduced(folder)]
        worlds: dict[NodeName, World] = {}
        sides = []
        for node, officer in zip(nodes, ("김 (fictional)", "sok (fictional)"), strict=True):
            client = stack.enter_context(TestClient(desk_app(node.itself, TOKEN), base_url="http://127.0.0.1:8711"))
            world = replace(node.world, courier=DirectCourier(node.world.me.name, worlds))
            worlds[world.me.name] = world
            sides.append(Side(node, client, world, officer))
        yield Desks(*sides)


def ask(**changed: object) -> dict[str, Any]:
    """A request that lacks nothing but the attestation."""
    form = {"central_authority": "MOJ", "subject_and_nature": "fraud", "use_limitation": "this case"}
    return {
        "measure": "preserve",
        "to": KH,
        "route": "kr_kh.mla",
        "nature": "via-state",
        "offence": "fraud",
        "targets": [{"value": LURE}, {"kind": "email", "value": "victim@family.example"}],
        "facts": "FICTIONAL: the page recruits for a compound.",
        "form": form,
        **changed,
    }


def sent(desks: Desks, **changed: object) -> str:
    """The id of a request that has reached the other side."""
    request: str = desks.kr.post("/requests", ask(**changed))["request"]
    text = {"text_title": "Korea-Cambodia MLA treaty", "text_sha256": "a" * 64}
    desks.kr.post(f"/requests/{request}/attest", text)
    desks.kr.post(f"/requests/{request}/submit")
    desks.kr.post(f"/requests/{request}/approve", by="lee (fictional)")
    desks.kr.post(f"/requests/{request}/send")
    desks.exchange()
    return request
