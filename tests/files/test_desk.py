"""Files at the desk: taken in as they come, listed with who names them, read in parts, taken away only when nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faces.routes.desks import PROBLEM, TOKEN, Desks, Side, opened_desks, sent
from tests.files.kept import CHUNK, digest, noise

UNTIL = "2027-01-22T00:00:00Z"


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with opened_desks(tmp_path_factory.mktemp("desks")) as made:
        yield made


def put(side: Side, raw: bytes, *, kind: str = "application/octet-stream", **query: str) -> Any:
    headers = {"authorization": f"Bearer {TOKEN}", "x-comity-officer": "sok", "content-type": kind}
    return side.client.post("/files", content=raw, headers=headers, params=query)


def preserved(desks: Desks, raw: bytes) -> str:
    """A request that was answered with this file."""
    request = sent(desks)
    desks.kh.post(f"/requests/{request}/steps", {"event": "accept"})
    item = {"sha256": digest(raw), "bytes": len(raw), "media_type": "text/csv", "method": "export"}
    body = {"event": "preserve", "taken": "logs-held", "hold_until": UNTIL, "items": [item]}
    desks.kh.post(f"/requests/{request}/actions", body)
    desks.exchange()
    return request


@pytest.mark.parametrize("size", [0, 1, CHUNK, 5 * CHUNK + 1])
def test_what_is_put_is_told_by_its_digest_and_had_in_parts(desks: Desks, size: int) -> None:
    raw = noise(size, seed=size)
    answer = put(desks.kh, raw)
    assert (answer.status_code, answer.json()) == (201, {"sha256": digest(raw), "bytes": size})
    path = f"/files/{digest(raw)}/bytes"
    assert desks.kh.raw(path).content == raw
    assert desks.kh.raw(path, start=size // 2).content == raw[size // 2 :]
    part = desks.kh.raw(path, start=size // 3, bytes=7)
    assert (part.content, part.headers["content-length"]) == (raw[size // 3 :][:7], str(len(raw[size // 3 :][:7])))
    assert part.headers["cache-control"] == "no-store"


def test_a_file_with_another_digest_than_said_is_not_kept(desks: Desks) -> None:
    answer = put(desks.kh, b"these bytes", sha256=digest(b"those bytes"))
    assert (answer.status_code, answer.json()["code"]) == (400, "file-of-another-digest")
    assert desks.kh.raw(f"/files/{digest(b'these bytes')}").status_code == 404


def test_a_file_goes_in_as_bytes_with_the_token_and_an_officer(desks: Desks) -> None:
    assert put(desks.kh, b"{}", kind="application/json").status_code == 415
    nobody = desks.kh.client.post("/files", content=b"x", headers={"content-type": "application/octet-stream"})
    assert (nobody.status_code, nobody.headers["content-type"]) == (401, PROBLEM)


def test_both_desks_say_of_each_file_how_far_it_has_come(desks: Desks) -> None:
    raw = noise(3 * CHUNK, seed=77)
    request = preserved(desks, raw)
    states = [
        [(e["state"], e["held"]) for e in side.get(f"/requests/{request}")["evidence"]] for side in (desks.kh, desks.kr)
    ]
    assert states == [[("named", 0)], [("named", 0)]]
    put(desks.kh, raw)
    desks.kr.world.files.extend(digest(raw), len(raw), 0, [raw[:CHUNK]])
    states = [
        [(e["state"], e["held"]) for e in side.get(f"/requests/{request}")["evidence"]] for side in (desks.kh, desks.kr)
    ]
    assert states == [[("here", len(raw))], [("fetching", CHUNK)]]
    view = desks.kr.get(f"/files/{digest(raw)}")
    assert (view["state"], view["held"], view["bytes"], len(view["named"])) == ("fetching", CHUNK, len(raw), 1)


def test_receipts_name_the_files_of_their_record(desks: Desks) -> None:
    raw = noise(50, seed=78)
    request = preserved(desks, raw)
    desks.exchange()
    for side in (desks.kr, desks.kh):
        found = side.get(f"/requests/{request}/receipts")["receipts"]
        named = [each["files"] for each in found if each["files"]]
        assert named == [[{"sha256": digest(raw), "bytes": 50}]]


def test_only_a_file_that_nobody_names_is_taken_away_by_hand(desks: Desks) -> None:
    raw = noise(50, seed=79)
    put(desks.kh, raw)
    preserved(desks, raw)
    assert desks.kh.refused(f"/files/{digest(raw)}/forget").keys() == {"file-is-named"}
    lines = {line["sha256"]: line for line in desks.kh.get("/files")}
    assert lines[digest(raw)] == {"sha256": digest(raw), "bytes": 50, "named": 1, "damaged": False}
    put(desks.kh, b"nobody names this")
    path = f"/files/{digest(b'nobody names this')}/forget"
    assert desks.kh.post(path)["forgotten"]
    assert not desks.kh.post(path)["forgotten"]


def test_a_file_over_the_limit_is_refused_and_nothing_of_it_stays(desks: Desks) -> None:
    from dataclasses import replace

    import msgspec
    from litestar.testing import TestClient

    from comity.faces.api.desk import desk_app

    node = desks.kh.node
    small = replace(node, config=replace(node.config, files=msgspec.structs.replace(node.config.files, bytes_max=99)))
    with TestClient(desk_app(lambda: small, TOKEN), base_url="http://127.0.0.1:8711") as client:
        side = replace(desks.kh, client=client)
        assert put(side, noise(99, seed=80)).status_code == 201
        answer = put(side, noise(100, seed=81))
    assert (answer.status_code, answer.json()["code"]) == (400, "file-too-large")
    assert digest(noise(100, seed=81)) not in desks.kh.world.files.names()
