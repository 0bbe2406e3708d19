"""What a reader is given over real connections, and that it proves itself."""

from __future__ import annotations

import msgspec
import pytest

from comity.domain.ledger import (
    commitment,
    leaf_hash,
    leaf_of,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_proof,
    tile_path,
    verify_inclusion,
)
from comity.domain.record import decode_bundle
from comity.errors import NotFound
from comity.ports import Erased, Erasure, Place
from tests.faces.exchange.conftest import Three
from tests.faces.exchange.nodes import ask_raw

MUCH = 1 << 20


def test_the_checkpoint_is_signed_by_the_channel_for_the_latest_size(three: Three) -> None:
    note = three.reader.courier.get(three.peer, f"{three.path}/checkpoint", MUCH)
    assert open_checkpoint(note, three.writer.keyring.key(three.origin)).size == 305


@pytest.mark.parametrize(("n", "width"), [(0, 256), (0, 255), (0, 1), (1, 49), (1, 7)])
def test_a_tile_of_level_0_is_the_leaves(three: Three, n: int, width: int) -> None:
    raw = three.reader.courier.get(three.peer, f"{three.path}/{tile_path(0, n, width)}", MUCH)
    assert raw == b"".join(three.writer.store.leaves(three.origin, n * 256, n * 256 + width))


@pytest.mark.parametrize(("n", "width"), [(0, 256), (1, 49), (1, 3)])
def test_records_and_entries_hash_to_the_leaves(three: Three, n: int, width: int) -> None:
    leaves = three.writer.store.leaves(three.origin, n * 256, n * 256 + width)
    raw = three.reader.courier.get(three.peer, f"{three.path}/{tile_path('records', n, width)}", MUCH)
    found = decode_bundle(raw, n * 256, width)
    assert [leaf_of(entry.salt or b"", entry.envelope or b"") for entry in found] == leaves
    raw = three.reader.courier.get(three.peer, f"{three.path}/{tile_path('entries', n, width)}", MUCH)
    assert len(raw) == 34 * width
    assert [leaf_hash(raw[at + 2 : at + 34]) for at in range(0, len(raw), 34)] == leaves


@pytest.mark.parametrize(("skip", "width"), [(0, 1), (255, 256), (100, 103), (41, 42)])
def test_a_bundle_is_narrowed_from_both_ends(three: Three, skip: int, width: int) -> None:
    raw = three.reader.courier.get(three.peer, f"{three.path}/{tile_path('records', 0, width)}?skip={skip}", MUCH)
    assert decode_bundle(raw, skip, width - skip) == three.writer.store.entries(three.origin, skip, width)


@pytest.mark.parametrize(("index", "size"), [(0, 3), (2, 3), (0, 305), (304, 305), (256, None)])
def test_a_proof_leads_from_the_record_to_a_signed_root(three: Three, index: int, size: int | None) -> None:
    query = "" if size is None else f"?size={size}"
    found = parse_proof(three.reader.courier.get(three.peer, f"{three.path}/proof/{index}{query}", MUCH))
    signed = open_checkpoint(found.note, three.writer.keyring.key(three.origin))
    assert found.extra is not None
    leaf = leaf_hash(commitment(found.extra[:32], found.extra[32:]))
    assert signed.size == (size or 305)
    assert found.index == index
    verify_inclusion(index, signed.size, leaf, found.hashes, signed.root)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001.p/50",
        "tile/0/001",
        "tile/0/002.p/1",
        "tile/1/000.p/2",
        "tile/63/000.p/1",
        "tile/entries/001.p/50",
        "records/001.p/50",
        "records/x999/x999/x999/x999/x999/x999/999",
        "records/000.p/3?skip=3",
        "records/000.p/3?skip=4",
        "records/000.p/3?skip=-1",
        "records/000.p/3?skip=01",
        "proof/305",
        "proof/0?size=4",
        "proof/0?size=306",
        "proof/0?size=999999999999999999",
        "proof/0?size=9999999999999999999999",
        "proof/-1",
        "proof/00",
    ],
)
def test_what_is_not_signed_is_not_there(three: Three, path: str) -> None:
    with pytest.raises(NotFound):
        three.reader.courier.get(three.peer, f"{three.path}/{path}", MUCH)


def test_a_reader_sees_its_own_channels_and_no_others(three: Three) -> None:
    seen = msgspec.json.decode(three.reader.courier.get(three.peer, "/channels", MUCH))
    key = three.writer.keyring.key(three.origin)
    assert seen == [{"origin": three.origin, "vkey": key.text, "lane": "urgent", "size": 305}]


def test_the_description_names_the_node_and_no_channel(three: Three) -> None:
    raw = three.reader.courier.get(three.peer, "/.well-known/comity", MUCH)
    told = msgspec.json.decode(raw)
    assert told["node"] == three.writer.name
    assert told["keys"] == [three.peer.receipt_key.text]
    assert told["formats"] == {"exchange": 1, "envelope": 1, "custody": 1}
    assert b"/ch/" not in raw


@pytest.mark.parametrize(
    ("path", "media", "keep"),
    [
        ("checkpoint", "text/plain; charset=utf-8", "private, max-age=1"),
        ("tile/0/000", "application/octet-stream", "private, max-age=31536000, immutable"),
        ("tile/0/001.p/3", "application/octet-stream", "private, max-age=31536000, immutable"),
        ("tile/entries/000", "application/octet-stream", "no-store"),
        ("records/000", "application/octet-stream", "no-store"),
        ("proof/1", "text/plain; charset=utf-8", "no-store"),
    ],
)
def test_each_resource_says_what_it_is_and_how_long_it_may_be_kept(
    three: Three, path: str, media: str, keep: str
) -> None:
    answer = ask_raw(three.writer, three.reader, f"GET {three.path}/{path} HTTP/1.1".encode())
    assert (answer.status, answer.headers["content-type"], answer.headers["cache-control"]) == (200, media, keep)
    assert len(answer.body) == int(answer.headers["content-length"])


def test_a_channel_without_a_signature_has_no_checkpoint(fresh: Three) -> None:
    empty = fresh.writer.open_channel(fresh.reader.name)
    with pytest.raises(NotFound):
        fresh.reader.courier.get(fresh.peer, f"{empty.removeprefix(fresh.writer.name)}/checkpoint", MUCH)


def test_an_erased_record_stays_in_its_bundle_as_an_order_and_leaves_no_proof_or_commitment(fresh: Three) -> None:
    fresh.writer.store.keep((), (Erased(Erasure(Place(fresh.origin, 1)), Place(fresh.origin, 2)),))
    raw = fresh.reader.courier.get(fresh.peer, f"{fresh.path}/records/000.p/3", MUCH)
    assert decode_bundle(raw, 0, 3) == fresh.writer.store.entries(fresh.origin, 0, 3)
    for path in ("proof/1", "tile/entries/000.p/3"):
        with pytest.raises(NotFound):
            fresh.reader.courier.get(fresh.peer, f"{fresh.path}/{path}", MUCH)
    assert fresh.reader.courier.get(fresh.peer, f"{fresh.path}/proof/0?size=3", MUCH)
    assert fresh.reader.courier.get(fresh.peer, f"{fresh.path}/tile/0/000.p/3", MUCH)


def test_an_old_size_is_still_proven_after_more_was_appended(fresh: Three) -> None:
    before = parse_proof(fresh.reader.courier.get(fresh.peer, f"{fresh.path}/proof/7?size=305", MUCH))
    fresh.writer.append(fresh.origin, 1)
    assert parse_proof(fresh.reader.courier.get(fresh.peer, f"{fresh.path}/proof/7?size=305", MUCH)) == before
    note = fresh.reader.courier.get(fresh.peer, f"{fresh.path}/checkpoint", MUCH)
    assert parse_checkpoint(parse_note(note).text).size == 306
