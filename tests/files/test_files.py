"""What every place for files promises: the same bytes back, by their digest, or a plain no."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.errors import Conflict, Malformed, NotFound, Unreachable
from comity.ports import NO_FILES, Files
from tests.files.kept import CHUNK, KINDS, SIZES, digest, files_of, noise, pieces


@pytest.fixture(params=KINDS)
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    return files_of(request.param, tmp_path / "files")


@settings(max_examples=60, deadline=None)
@given(
    raw=st.binary(max_size=300) | st.sampled_from(SIZES).map(noise),
    width=st.integers(1, 100_000),
    start=st.integers(0, 3 * CHUNK),
)
def test_what_is_kept_in_any_pieces_is_read_back_from_any_place(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, width: int, start: int
) -> None:
    for kind in KINDS:
        files = files_of(kind, tmp_path_factory.mktemp(kind))
        assert files.keep(pieces(raw, max(width, len(raw) // 50))) == (digest(raw), len(raw))
        if start > len(raw):
            with pytest.raises(NotFound):
                b"".join(files.read(digest(raw), start))
        else:
            assert b"".join(files.read(digest(raw), start)) == raw[start:]


@pytest.mark.parametrize("size", SIZES)
def test_the_size_is_that_of_the_bytes(files: Files, size: int) -> None:
    raw = noise(size)
    assert files.size(digest(raw)) is None
    files.keep([raw])
    assert (files.size(digest(raw)), files.names()) == (size, (digest(raw),))


def test_the_same_file_twice_is_one(files: Files) -> None:
    for width in (7, 1000):
        files.keep(pieces(noise(5000), width))
    assert files.names() == (digest(noise(5000)),)


def test_names_are_ordered(files: Files) -> None:
    for seed in range(6):
        files.keep([noise(20, seed)])
    assert list(files.names()) == sorted(digest(noise(20, seed)) for seed in range(6))


def test_bytes_of_another_digest_than_announced_are_not_kept(files: Files) -> None:
    with pytest.raises(Malformed, match="file-of-another-digest"):
        files.keep([b"something else"], sha256=digest(b"announced"))
    assert files.names() == ()


def test_a_source_that_breaks_off_leaves_nothing(files: Files) -> None:
    with pytest.raises(Unreachable):
        files.keep(_breaking(noise(3 * CHUNK), at=2 * CHUNK))
    assert files.names() == ()


def test_what_is_forgotten_is_gone_and_may_come_again(files: Files) -> None:
    name, _ = files.keep([b"a list of fictional names"])
    assert files.forget(name)
    assert (files.size(name), files.names(), files.forget(name)) == (None, (), False)
    with pytest.raises(NotFound):
        b"".join(files.read(name))
    files.keep([b"a list of fictional names"])
    assert b"".join(files.read(name)) == b"a list of fictional names"


@pytest.mark.parametrize("name", ["", "../api.token", "A" * 64, "0" * 63, "0" * 64])
def test_a_name_that_no_file_has_finds_none(files: Files, name: str) -> None:
    with pytest.raises(NotFound):
        b"".join(files.read(name))


@pytest.mark.parametrize("size", [1, CHUNK, 3 * CHUNK, 3 * CHUNK + 17])
def test_a_file_that_comes_in_parts_is_whole_at_the_last_byte(files: Files, size: int) -> None:
    raw, here, rounds = noise(size), 0, 0
    while files.size(digest(raw)) is None:
        assert files.begun(digest(raw)) == here
        here = files.extend(digest(raw), size, here, pieces(raw[here : here + CHUNK + 100], 1000))
        rounds += 1
    assert b"".join(files.read(digest(raw))) == raw
    assert (rounds, files.begun(digest(raw))) == (max(1, -(-size // (CHUNK + 100))), 0) or rounds <= size // CHUNK + 1


def test_what_came_before_a_fault_stays_and_the_rest_goes_on_from_there(files: Files) -> None:
    raw = noise(4 * CHUNK + 5)
    with pytest.raises(Unreachable):
        files.extend(digest(raw), len(raw), 0, _breaking(raw, at=2 * CHUNK + 900))
    here = files.begun(digest(raw))
    assert here == 2 * CHUNK
    assert files.size(digest(raw)) is None
    assert files.extend(digest(raw), len(raw), here, pieces(raw[here:], 5000)) == len(raw)
    assert b"".join(files.read(digest(raw))) == raw


def test_parts_that_give_another_digest_or_too_many_bytes_are_thrown_away(files: Files) -> None:
    raw = noise(2 * CHUNK + 5)
    files.extend(digest(raw), len(raw), 0, [noise(2 * CHUNK, seed=2)])
    with pytest.raises(Malformed):
        files.extend(digest(raw), len(raw), 2 * CHUNK, [raw[2 * CHUNK :]])
    assert (files.begun(digest(raw)), files.names()) == (0, ())
    with pytest.raises(Malformed):
        files.extend(digest(raw), len(raw), 0, [raw, b"more"])
    assert (files.begun(digest(raw)), files.names()) == (0, ())


def test_a_part_goes_on_only_where_it_ended(files: Files) -> None:
    raw = noise(3 * CHUNK)
    files.extend(digest(raw), len(raw), 0, [raw[:CHUNK]])
    for start in (0, 2 * CHUNK):
        with pytest.raises(Conflict):
            files.extend(digest(raw), len(raw), start, [raw[start:]])


def test_a_part_can_be_forgotten_too(files: Files) -> None:
    raw = noise(3 * CHUNK)
    files.extend(digest(raw), len(raw), 0, [raw[:CHUNK]])
    assert files.forget(digest(raw))
    assert (files.begun(digest(raw)), files.forget(digest(raw))) == (0, False)


def test_a_node_without_a_place_for_files_has_none() -> None:
    assert (NO_FILES.names(), NO_FILES.size("0" * 64), NO_FILES.begun("0" * 64)) == ((), None, 0)
    assert not NO_FILES.forget("0" * 64)
    with pytest.raises(NotFound):
        NO_FILES.read("0" * 64)


def _breaking(raw: bytes, at: int) -> Iterator[bytes]:
    """The bytes up to `at`, then a lost connection."""
    yield from pieces(raw[:at], 3000)
    raise Unreachable("hung-up")
