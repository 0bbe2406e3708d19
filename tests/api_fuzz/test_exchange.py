"""The exchange of a node that listens, asked by a peer's machine that has read nothing but its description."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis

from comity.faces.api.exchange import exchange_app
from tests.api_fuzz.asking import Known, as_asked, fuzz, operations
from tests.faces.exchange.conftest import Three, make_three
from tests.faces.exchange.nodes import serving
from tests.house.tracked import ROOT

FILE = "docs/spec/exchange.openapi.json"
TOLD = json.loads((ROOT / FILE).read_bytes())
OPERATIONS = operations(TOLD)
ENDLESS = "/events"
"""Event streams have no end; tests/faces/exchange reads them."""


class Peer:
    """The reader's client, on one connection over mutual TLS."""

    def __init__(self, three: Three) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=three.writer.keyring.certificate())
        context.load_cert_chain(three.reader.keyring.certificate_path, three.reader.keyring.certificate_key_path)
        assert three.writer.server is not None
        self.address, self.name = three.writer.server.address, three.writer.name
        self.client = httpx2.Client(verify=context, timeout=10.0)
        leaf = three.reader.courier.get(three.peer, f"{three.path}/checkpoint", 1 << 20)
        self.note = three.reader.cosign(leaf).decode()
        self.known: Known = {
            "channel": tuple(each.partition("/ch/")[2] for each in (three.origin, three.secret)),
            "rest": ("0/000", "0/001.p/49", "records/000.p/3", "entries/000.p/3", "000.p/3", "000", "63/000.p/1"),
            "index": ("0", "304", "305"),
            "size": ("3", "305", "4"),
            "least": ("4", "305", "306"),
            "skip": ("0", "2", "3"),
            "witnessed": ("1",),
        }

    def ask(self, case: schemathesis.Case) -> Any:
        if isinstance(case.body, str) and len(case.body) % 2:
            case.body = self.note
        told = as_asked(case, self.address, {"Host": self.name})
        return self.client.request(**told, extensions={"sni_hostname": self.name})


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    three = make_three(tmp_path_factory.mktemp("three"))
    with serving(three.writer):
        peer = Peer(three)
        yield peer
        peer.client.close()


def test_the_description_has_every_resource_and_no_other() -> None:
    app = exchange_app(lambda: None, tuple)  # type: ignore[arg-type, return-value]  # nothing is asked of it
    served = {
        (method.lower(), re.sub(r":\w+", "", route.path))
        for route in app.routes
        for method in route.methods
        if method != "OPTIONS"
    }
    assert served == {(method, path) for path, item in TOLD["paths"].items() for method in item}


@pytest.mark.parametrize("label", sorted(each for each in OPERATIONS if not each.endswith(ENDLESS)))
def test_every_answer_of_the_exchange_is_a_promised_one(peer: Peer, label: str) -> None:
    fuzz(OPERATIONS[label], peer.known, peer.ask, few=10)
