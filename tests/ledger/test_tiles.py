"""Tile paths, which tiles exist, and proofs out of tiles where tiles fill and levels begin."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.ledger import (
    TILE_WIDTH,
    CompactRange,
    compact_range,
    consistency_proof,
    inclusion_proof,
    leaves_root,
    parse_tile_path,
    partial_width,
    tile_path,
    tile_root,
    tiles_for,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from comity.errors import MalformedNote
from tests.ledger.plain_tree import PlainTree, leaf, tile_source

EDGES = (255, 256, 257, 65535, 65536, 65537)
LEAVES = [leaf(number) for number in range(65537)]
PLAIN = PlainTree(LEAVES)
TILES = tile_source(LEAVES)


@pytest.mark.parametrize(
    ("path", "level", "n", "width"),
    [
        ("tile/0/x001/x234/067", 0, 1234067, 256),
        ("tile/1/000.p/17", 1, 0, 17),
        ("tile/0/273.p/112", 0, 273, 112),
        ("tile/63/999", 63, 999, 256),
        ("tile/0/x001/000", 0, 1000, 256),
        ("tile/entries/x001/234", "entries", 1234, 256),
        ("records/002.p/1", "records", 2, 1),
        ("tile/2/x999/x999/x999/x999/x999/x999/999", 2, 10**21 - 1, 256),
    ],
)
def test_paths_are_those_of_the_specification(path: str, level: int | str, n: int, width: int) -> None:
    assert tile_path(level, n, width) == path
    assert parse_tile_path(path) == (level, n, width)


@given(
    st.one_of(st.integers(0, 63), st.sampled_from(["entries", "records"])),
    st.integers(0, 10**21 - 1),
    st.integers(1, 256),
)
def test_every_path_reads_back_as_what_it_names(level: int | str, n: int, width: int) -> None:
    assert parse_tile_path(tile_path(level, n, width)) == (level, n, width)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/x000/001",
        "tile/0/1",
        "tile/0/0001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/00/001",
        "tile/64/001",
        "tile/-1/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/257",
        "tile/0/001.p/999",
        "tile/0/001.p/01",
        "tile/0/001.p/",
        "tile/8/0/005",
        "tile/records/001",
        "records/../001",
        "entries/001",
        "/tile/0/001",
        "tile/0/001\n",
        "tile/0/٠٠١",
        "tile/0/x001/x002/x003/x004/x005/x006/x007/008",
        "",
    ],
)
def test_a_path_that_names_no_tile_is_refused(path: str) -> None:
    with pytest.raises(MalformedNote) as fault:
        parse_tile_path(path)
    assert fault.value.code == "tile-path"


@pytest.mark.parametrize(
    ("level", "n", "width"), [(64, 0, 256), (-1, 0, 256), ("other", 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)]
)
def test_a_tile_that_cannot_exist_has_no_path(level: int | str, n: int, width: int) -> None:
    with pytest.raises(MalformedNote):
        tile_path(level, n, width)


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    tiles = list(tiles_for(70000))
    shape = Counter((level, width) for level, _, width in tiles)
    assert shape == {(0, 256): 273, (0, 112): 1, (1, 256): 1, (1, 17): 1, (2, 1): 1}
    assert [partial_width(level, 70000) for level in range(4)] == [112, 17, 1, 0]
    assert list(tiles_for(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles_for(0)) == []


@given(st.integers(0, 200_000), st.integers(0, 3_000))
def test_growing_publishes_exactly_the_tiles_that_were_not_there(since: int, more: int) -> None:
    before, after = set(tiles_for(since)), list(tiles_for(since + more))
    assert list(tiles_for(since + more, since)) == [tile for tile in after if tile not in before]
    assert len(after) == len(set(after))


def test_the_root_of_a_full_tile_is_the_hash_one_level_up() -> None:
    full = TILES(0, 3, 256)
    assert tile_root(full) == TILES(1, 0, 256)[32 * 3 : 32 * 4] == PLAIN.root(3 * 256, 4 * 256)
    for wrong in (full[:-32], full[:-1], full + full[:32], b""):
        with pytest.raises(MalformedNote):
            tile_root(wrong)


@pytest.mark.parametrize("size", EDGES)
def test_tile_proofs_equal_tree_proofs_where_tiles_fill(size: int) -> None:
    root = PLAIN.root(0, size)
    assert tree_root(size, TILES) == leaves_root(LEAVES[:size]) == root
    for index in sorted({0, 1, 254, 255, 256, size // 2, size - 2, size - 1} & set(range(size))):
        proof = inclusion_proof(index, size, TILES)
        assert list(proof) == PLAIN.path(index, 0, size)
        verify_inclusion(index, size, LEAVES[index], proof, root)
    for m in sorted({1, 2, 3, *EDGES, size // 3, size - 1, size} & set(range(size + 1))):
        proof = consistency_proof(m, size, TILES)
        assert list(proof) == PLAIN.consistency(m, size)
        verify_consistency(m, size, PLAIN.root(0, m), root, proof)


@pytest.mark.parametrize("size", EDGES)
def test_a_writer_goes_on_from_tiles_alone(size: int) -> None:
    from_tiles, from_leaves = compact_range(size, TILES), CompactRange()
    from_leaves.extend(LEAVES[:size])
    assert (from_tiles.size, from_tiles.hashes) == (from_leaves.size, from_leaves.hashes)


@given(st.integers(1, 65537), st.data())
def test_any_sampled_proof_from_tiles_is_the_defined_one(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    m = data.draw(st.integers(1, size))
    assert list(inclusion_proof(index, size, TILES)) == PLAIN.path(index, 0, size)
    assert list(consistency_proof(m, size, TILES)) == PLAIN.consistency(m, size)


def test_a_proof_reads_few_tiles_and_none_twice() -> None:
    asked: list[tuple[int, int, int]] = []

    def counting(level: int, n: int, width: int) -> bytes:
        asked.append((level, n, width))
        return TILES(level, n, width)

    inclusion_proof(40000, 65537, counting)
    assert len(asked) == len(set(asked)) <= 4
    asked.clear()
    consistency_proof(40001, 65537, counting)
    assert len(asked) == len(set(asked)) <= 5
    assert {(level, n, width) for level, n, width in asked} <= set(tiles_for(65537))


def test_a_tile_of_wrong_length_is_refused() -> None:
    with pytest.raises(MalformedNote) as fault:
        inclusion_proof(3, 300, lambda level, n, width: TILES(level, n, width)[:-1])
    assert fault.value.code == "tile-length"


def test_an_index_outside_the_tree_has_no_proof() -> None:
    for index in (-1, 5):
        with pytest.raises(ValueError):
            inclusion_proof(index, 5, TILES)


def test_the_width_is_that_of_the_specification() -> None:
    assert TILE_WIDTH == 256
