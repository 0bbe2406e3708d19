"""Who gets in, and what the others can learn: nothing."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from comity.domain.ledger import Admission
from comity.errors import Misconfigured, NotFound, Unreachable
from comity.faces.api.tls import admit
from comity.flows import carry
from tests.faces.exchange.conftest import Three
from tests.faces.exchange.nodes import Answer, ask_raw, make_node

MUCH = 1 << 20
RESOURCES = ["checkpoint", "tile/0/000", "tile/entries/000.p/2", "records/000.p/2", "proof/0", "events"]


def _still(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    return answer.status, {name: value for name, value in answer.headers.items() if name != "date"}, answer.body


@pytest.mark.parametrize("resource", RESOURCES)
def test_an_unknown_and_a_forbidden_channel_answer_alike_to_the_byte(three: Three, resource: str) -> None:
    forbidden = ask_raw(
        three.writer, three.reader, f"GET {three.secret[len(three.writer.name) :]}/{resource} HTTP/1.1".encode()
    )
    unknown = ask_raw(three.writer, three.reader, f"GET /ch/0123456789abcdef/{resource} HTTP/1.1".encode())
    assert forbidden.status == 404
    assert _still(forbidden) == _still(unknown)
    assert three.secret.encode() not in forbidden.body


def test_handing_in_a_cosignature_tells_no_more_than_reading(three: Three) -> None:
    note = three.writer.store.note(three.secret, 2)
    answers = [
        ask_raw(three.writer, three.reader, f"POST {path}/cosign HTTP/1.1\r\nContent-Type: text/plain".encode(), note)
        for path in (three.secret.removeprefix(three.writer.name), "/ch/0123456789abcdef")
    ]
    assert answers[0].status == 404
    assert _still(answers[0]) == _still(answers[1])


def test_the_desk_is_read_by_nobody(three: Three) -> None:
    (desk,) = [channel for channel in three.writer.store.channels() if channel.audience == three.writer.name]
    for caller in (three.writer.card(), three.reader.card()):
        with pytest.raises(NotFound):
            carry.checkpoint(three.writer.world, caller, desk.origin)


def test_a_stranger_does_not_get_through_the_handshake(three: Three, tmp_path: Path) -> None:
    stranger = make_node(tmp_path, "stranger.example")
    with pytest.raises(Unreachable) as told:
        stranger.courier.get(three.peer, "/channels", MUCH)
    assert told.value.code in ("refused-our-certificate", "hung-up")


def test_without_a_certificate_nothing_is_answered(three: Three) -> None:
    assert three.writer.server is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=three.writer.keyring.certificate())
    heard = b""
    # Under TLS 1.3 the client's handshake succeeds; then it's hung up on, by an alert or without.
    with (
        socket.create_connection(("127.0.0.1", three.writer.server.port), 5) as plain,
        context.wrap_socket(plain, server_hostname=three.writer.name) as line,
        suppress(ssl.SSLError, ConnectionError),
    ):
        line.sendall(b"GET /.well-known/comity HTTP/1.1\r\nHost: x\r\n\r\n")
        heard = line.recv(65536)
    assert heard == b""


def test_another_certificate_of_the_same_name_does_not_get_through(three: Three, tmp_path: Path) -> None:
    impostor = make_node(tmp_path, three.reader.name)
    with pytest.raises(Unreachable) as told:
        impostor.courier.get(three.peer, "/channels", MUCH)
    assert told.value.code in ("refused-our-certificate", "hung-up")


def test_a_peer_is_admitted_while_the_server_runs(fresh: Three, tmp_path: Path) -> None:
    late = make_node(tmp_path / "late", "bank.vn.example")
    with pytest.raises(Unreachable):
        late.courier.get(fresh.peer, "/channels", MUCH)
    fresh.writer.accept(late)
    assert late.courier.get(fresh.peer, "/channels", MUCH) == b"[]"
    fresh.writer.accept(late)  # once more does no harm
    assert late.courier.get(fresh.peer, "/channels", MUCH) == b"[]"


def test_a_renewed_certificate_replaces_the_old_one(fresh: Three, tmp_path: Path) -> None:
    renewed = make_node(tmp_path / "renewed", fresh.reader.name)
    fresh.writer.accept(renewed)
    assert renewed.courier.get(fresh.peer, "/channels", MUCH)
    with pytest.raises(Unreachable) as told:
        fresh.reader.courier.get(fresh.peer, "/channels", MUCH)
    assert told.value.facts["status"] == 403


@pytest.mark.parametrize("certificate", [b"", b"junk"])
def test_what_is_no_certificate_is_not_admitted(three: Three, certificate: bytes) -> None:
    with pytest.raises(Misconfigured):
        admit(three.writer.context, certificate)


def test_a_suspended_peer_loses_everything_at_the_next_request_on_an_open_connection(fresh: Three) -> None:
    for path in ("/channels", f"{fresh.path}/checkpoint"):
        assert fresh.reader.courier.get(fresh.peer, path, MUCH)
    fresh.writer.accept(fresh.reader, Admission.SUSPENDED)
    for path in ("/channels", "/.well-known/comity", "/ch/0123456789abcdef/checkpoint", f"{fresh.path}/checkpoint"):
        with pytest.raises(Unreachable) as told:
            fresh.reader.courier.get(fresh.peer, path, MUCH)
        assert told.value.facts["status"] == 403
    assert fresh.reader.courier.post(fresh.peer, f"{fresh.path}/cosign", b"x").status == 403
    fresh.writer.accept(fresh.reader)
    assert fresh.reader.courier.get(fresh.peer, "/channels", MUCH)


def test_an_expelled_peer_reads_no_further_than_it_had_confirmed_and_nothing_else_of_us(fresh: Three) -> None:
    fresh.writer.accept(fresh.reader, Admission.EXPELLED)
    assert b'"size":0' in fresh.reader.courier.get(fresh.peer, "/channels", MUCH)
    for path in ("checkpoint", "tile/0/000.p/1", "records/000.p/1"):
        with pytest.raises(NotFound):
            fresh.reader.courier.get(fresh.peer, f"{fresh.path}/{path}", MUCH)
    for path in ("/.well-known/comity", "/events", f"{fresh.path}/proof/0", f"{fresh.path}/events"):
        with pytest.raises(Unreachable) as told:
            fresh.reader.courier.get(fresh.peer, path, MUCH)
        assert told.value.facts["status"] == 403


def test_flows_give_a_suspended_peer_nothing_even_without_the_face(fresh: Three) -> None:
    fresh.writer.accept(fresh.reader, Admission.SUSPENDED)
    (caller,) = [peer for peer in fresh.writer.store.peers() if peer.name == fresh.reader.name]
    world = fresh.writer.world
    for ask in (
        lambda: carry.well_known(world, caller),
        lambda: carry.channels_for(world, caller),
        lambda: carry.size(world, caller, fresh.origin),
        lambda: carry.checkpoint(world, caller, fresh.origin),
        lambda: carry.tile(world, caller, fresh.origin, 0, 0, 1),
        lambda: carry.entries_tile(world, caller, fresh.origin, 0, 1),
        lambda: carry.records(world, caller, fresh.origin, 0, 1),
        lambda: carry.proof(world, caller, fresh.origin, 0),
        lambda: carry.take_cosignature(world, caller, fresh.origin, b""),
    ):
        with pytest.raises(NotFound) as told:
            ask()
        assert (told.value.code, told.value.facts) == ("no-such-channel", {})


@pytest.mark.parametrize(
    "target",
    [
        "{p}/../{q}/checkpoint",
        "{p}/tile/../checkpoint",
        "{p}/./checkpoint",
        "{p}/%2e%2e/checkpoint",
        "{p}/%63heckpoint",
        "{p}/tile/0%2f000",
        "{p}%2fcheckpoint",
        "/{p}/checkpoint",
        "{p}//checkpoint",
        "{p}/checkpoint/",
        "{p}/checkpoint%00",
        "{p}/checkpoint;x",
        "{p}/tile/0/0",
        "{p}/tile/0/0000",
        "{p}/tile/0/x000/000",
        "{p}/tile/0/000.p/0",
        "{p}/tile/0/000.p/256",
        "{p}/tile/0/000.p/01",
        "{p}/tile/00/000",
        "{p}/tile/64/000",
        "{p}/tile/-1/000",
        "{p}/tile/8/0/000",
        "{p}/tile/entries/000.p/1/2",
        "{p}/tile/records/000",
        "{p}/records/0/000",
        "{p}/records/" + "x999/" * 40 + "999",
        "{p}/proof/" + "9" * 400,
        "{P}/checkpoint",
        "/ch/" + "a" * 2000 + "/checkpoint",
        "/ch//checkpoint",
        "/ch",
        "/",
        "/schema",
        "/schema/openapi.json",
        "/.well-known/other",
    ],
)
def test_a_path_that_is_not_spelled_as_the_format_says_is_not_there(three: Three, target: str) -> None:
    path = target.format(p=three.path, P=three.path.upper(), q=three.secret[-16:])
    answer = ask_raw(three.writer, three.reader, f"GET {path} HTTP/1.1".encode())
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD"])
def test_reading_resources_take_no_other_method(three: Three, method: str) -> None:
    head = f"{method} {three.path}/checkpoint HTTP/1.1\r\nContent-Type: text/plain".encode()
    assert ask_raw(three.writer, three.reader, head).status == 405


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /channels HTTP/1.1\r\nX-Long: " + b"a" * 40_000, 431),
        (b"GET /channels HTTP/1.1" + b"".join(b"\r\nX-%d: a" % n for n in range(9000)), 431),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1", 431),
        (b"GET /\xff HTTP/1.1", 400),
        (b"nonsense", 400),
    ],
)
def test_a_head_that_is_nonsense_or_too_large_is_refused(three: Three, head: bytes, status: int) -> None:
    assert ask_raw(three.writer, three.reader, head).status == status
