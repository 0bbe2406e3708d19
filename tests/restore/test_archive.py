"""A sealed archive: opened whole, or not at all."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.errors import Malformed
from comity.node.archive import Head, Opener, Sealer, read_head
from comity.node.stream import CHUNK_BYTES, TAG_BYTES

HEAD = Head("police.kr.example", "2026-11-24T08:00:00.000Z", "2026-11-24", b"s" * 32)
KEY = b"k" * 32
SIZES = st.sampled_from([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7])


def sealed(raw: bytes, step: int = 10_000, head: Head = HEAD, key: bytes = KEY) -> bytes:
    sink = io.BytesIO()
    sealer = Sealer(sink, head, key)
    for at in range(0, len(raw), step):
        sealer.write(raw[at : at + step])
    sealer.close()
    return sink.getvalue()


def opened(archive: bytes, key: bytes = KEY) -> bytes:
    source = io.BytesIO(archive)
    head, line = read_head(source)
    return Opener(source, head, line, key).read()


def body(size: int) -> bytes:
    return bytes(at % 251 for at in range(size))


@settings(max_examples=30, deadline=None)
@given(SIZES, st.integers(1, 200_000))
def test_what_is_sealed_is_what_is_opened(size: int, step: int) -> None:
    assert opened(sealed(body(size), step)) == body(size)


@settings(max_examples=60, deadline=None)
@given(SIZES, st.data())
def test_any_altered_byte_is_noticed(size: int, data: st.DataObject) -> None:
    archive = bytearray(sealed(body(size)))
    at = data.draw(st.integers(0, len(archive) - 1))
    archive[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Malformed):
        opened(bytes(archive))


@settings(max_examples=40, deadline=None)
@given(SIZES, st.data())
def test_any_missing_end_is_noticed(size: int, data: st.DataObject) -> None:
    archive = sealed(body(size))
    with pytest.raises(Malformed):
        opened(archive[: data.draw(st.integers(0, len(archive) - 1))])


def test_an_end_that_is_cut_between_two_chunks_is_noticed() -> None:
    archive = sealed(body(3 * CHUNK_BYTES))
    with pytest.raises(Malformed, match="backup-damaged"):
        opened(archive[: -CHUNK_BYTES - TAG_BYTES])


def test_chunks_that_changed_places_are_noticed() -> None:
    archive = sealed(body(3 * CHUNK_BYTES))
    start, step = archive.index(b"\n", archive.index(b"\n") + 1) + 1, CHUNK_BYTES + TAG_BYTES
    one, two = archive[start : start + step], archive[start + step : start + 2 * step]
    with pytest.raises(Malformed, match="backup-damaged"):
        opened(archive[:start] + two + one + archive[start + 2 * step :])


def test_what_follows_the_end_is_noticed() -> None:
    with pytest.raises(Malformed, match="backup-damaged"):
        opened(sealed(body(100)) + b"more")


def test_another_days_key_opens_nothing() -> None:
    with pytest.raises(Malformed, match="backup-damaged"):
        opened(sealed(body(100)), b"K" * 32)


def test_an_archive_without_a_last_chunk_opens_for_nobody() -> None:
    sink = io.BytesIO()
    sealer = Sealer(sink, HEAD, KEY)
    sealer.write(body(2 * CHUNK_BYTES + 1))
    sealer.abandon()
    with pytest.raises(Malformed, match="backup-damaged"):
        opened(sink.getvalue())


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"comity-backup/2\n{}\n", b"comity-backup/1\n{}\n"])
def test_other_files_are_no_backups(raw: bytes) -> None:
    with pytest.raises(Malformed, match="not-a-backup"):
        opened(raw)
