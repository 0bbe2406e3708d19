"""The tree against its definition, for every pair of sizes up to 130, and against another library."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from comity.domain.ledger import (
    EMPTY_ROOT,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    leaves_root,
    node_hash,
    subtree_consistency_proof,
    tree_root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from comity.errors import BadProof, MalformedNote
from tests.ledger.plain_tree import PlainTree, leaf, tile_source

LIMIT = 130
LEAVES = [leaf(number) for number in range(LIMIT)]
PLAIN = PlainTree(LEAVES)
TILES = tile_source(LEAVES)
ROOTS = [PLAIN.root(0, size) for size in range(LIMIT + 1)]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert CompactRange().root() == leaves_root([]) == tree_root(0, TILES) == EMPTY_ROOT == ROOTS[0]


def test_hashing_many_entries_equals_hashing_each() -> None:
    entries = [b"entry %d" % number for number in range(LIMIT)]
    assert leaf_hashes(entries) == [leaf_hash(entry) for entry in entries] == LEAVES


def test_every_root_up_to_130_is_the_defined_one_however_it_is_reached() -> None:
    one_by_one = CompactRange()
    for size, new in enumerate(LEAVES, 1):
        one_by_one.append(new)
        assert one_by_one.root() == leaves_root(LEAVES[:size]) == tree_root(size, TILES) == ROOTS[size]
        assert one_by_one.size == size


@given(st.sets(st.integers(0, LIMIT)))
def test_a_range_extended_in_any_pieces_is_the_same_range(cuts: set[int]) -> None:
    whole, pieces = CompactRange(), CompactRange()
    whole.extend(LEAVES)
    for start, end in pairwise(sorted({0, LIMIT} | cuts)):
        before = pieces.copy()
        pieces.extend(iter(LEAVES[start:end]))
        assert (before.size, before.root()) == (start, ROOTS[start])
    assert (pieces.size, pieces.hashes, pieces.root()) == (whole.size, whole.hashes, ROOTS[LIMIT])


@given(st.integers(0, LIMIT))
def test_a_range_survives_writing_and_reading(size: int) -> None:
    whole = CompactRange()
    whole.extend(LEAVES[:size])
    again = CompactRange.from_bytes(size, whole.to_bytes())
    again.extend(LEAVES[size:])
    assert again.root() == ROOTS[LIMIT]


@pytest.mark.parametrize(("size", "length"), [(3, 32), (0, 32), (4, 64), (1, 31), (-1, 32)])
def test_a_range_of_wrong_length_is_refused(size: int, length: int) -> None:
    with pytest.raises(MalformedNote) as fault:
        CompactRange.from_bytes(size, bytes(length))
    assert fault.value.code == "range-length"


def test_a_leaf_that_is_no_hash_is_refused_and_leaves_the_range_as_it_was() -> None:
    whole = CompactRange()
    whole.extend(LEAVES[:7])
    with pytest.raises(MalformedNote):
        whole.extend([LEAVES[7], b"short"])
    with pytest.raises(MalformedNote):
        whole.append(b"short")
    assert (whole.size, whole.root()) == (7, ROOTS[7])


def test_every_inclusion_up_to_130_is_proved_as_defined_and_verifies() -> None:
    for size in range(1, LIMIT + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, TILES)
            assert list(proof) == PLAIN.path(index, 0, size)
            verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])


def test_every_consistency_up_to_130_is_proved_as_defined_and_verifies() -> None:
    for n in range(1, LIMIT + 1):
        for m in range(1, n + 1):
            proof = consistency_proof(m, n, TILES)
            assert list(proof) == PLAIN.consistency(m, n)
            verify_consistency(m, n, ROOTS[m], ROOTS[n], proof)


def _subtrees(size: int) -> list[tuple[int, int]]:
    return [
        (start, end)
        for end in range(1, size + 1)
        for start in range(end)
        if start % (1 << (end - start - 1).bit_length()) == 0
    ]


def test_every_subtree_up_to_40_verifies_and_only_with_its_own_root() -> None:
    for size in range(1, 41):
        for start, end in _subtrees(size):
            proof = subtree_consistency_proof(start, end, size, TILES)
            root = PLAIN.root(start, end)
            verify_subtree_consistency(start, end, size, root, ROOTS[size], proof)
            with pytest.raises(BadProof):
                verify_subtree_consistency(start, end, size, leaf(999), ROOTS[size], proof)
            for index in range(start, end):
                verify_subtree_inclusion(index, start, end, LEAVES[index], PLAIN.path(index, start, end), root)


def test_a_proof_for_one_pair_of_sizes_proves_no_other() -> None:
    for n in range(1, 34):
        for m in range(1, n + 1):
            proof = consistency_proof(m, n, TILES)
            for other in range(1, n + 1):
                if other != m:
                    with pytest.raises(BadProof):
                        verify_consistency(other, n, ROOTS[other], ROOTS[n], [*proof, ROOTS[m]])
                    with pytest.raises(BadProof):
                        verify_consistency(other, n, ROOTS[m], ROOTS[n], proof)


def test_a_leaf_proves_its_own_place_only() -> None:
    for size in range(2, 34):
        for index in range(size):
            proof = inclusion_proof(index, size, TILES)
            for other in range(size):
                if other != index:
                    with pytest.raises(BadProof):
                        verify_inclusion(other, size, LEAVES[index], proof, ROOTS[size])


@given(st.data())
def test_a_flipped_bit_anywhere_in_a_proof_is_refused(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, LIMIT))
    m = data.draw(st.integers(1, n - 1))
    parts = [ROOTS[m], ROOTS[n], *consistency_proof(m, n, TILES)]
    which = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, 255))
    parts[which] = (int.from_bytes(parts[which], "big") ^ 1 << bit).to_bytes(32, "big")
    with pytest.raises(BadProof):
        verify_consistency(m, n, parts[0], parts[1], parts[2:])

    index = data.draw(st.integers(0, n - 1))
    parts = [LEAVES[index], ROOTS[n], *inclusion_proof(index, n, TILES)]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = (int.from_bytes(parts[which], "big") ^ 1 << bit).to_bytes(32, "big")
    with pytest.raises(BadProof):
        verify_inclusion(index, n, parts[0], parts[2:], parts[1])


@pytest.mark.parametrize(
    ("why", "code", "arguments"),
    [
        ("an index beyond the tree", "index-outside-tree", (5, 5, LEAVES[0], [], ROOTS[5])),
        ("a negative index", "index-outside-tree", (-1, 5, LEAVES[0], [], ROOTS[5])),
        ("a hash cut short", "hash-length", (0, 2, LEAVES[0], [LEAVES[1][:31]], ROOTS[2])),
        ("a leaf that is no hash", "hash-length", (0, 2, b"", [LEAVES[1]], ROOTS[2])),
        ("one hash too many", "proof-too-long", (0, 2, LEAVES[0], [LEAVES[1]] * 2, ROOTS[2])),
        ("one hash too few", "proof-too-short", (0, 3, LEAVES[0], [LEAVES[1]], ROOTS[2])),
        ("more than 63 hashes", "proof-too-long", (0, 1 << 64, LEAVES[0], [LEAVES[1]] * 64, ROOTS[2])),
        ("another root", "root-differs", (0, 2, LEAVES[0], [LEAVES[1]], ROOTS[3])),
    ],
)
def test_a_bad_inclusion_is_refused_for_its_reason(why: str, code: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(BadProof) as fault:
        verify_inclusion(*arguments)  # type: ignore[arg-type]
    assert fault.value.code == code, why


@pytest.mark.parametrize(("m", "n"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_sizes_that_prove_nothing_are_refused(m: int, n: int) -> None:
    with pytest.raises(BadProof) as fault:
        verify_consistency(m, n, EMPTY_ROOT, ROOTS[5], [])
    assert fault.value.code == "sizes"
    with pytest.raises(ValueError):
        consistency_proof(m, n, TILES)


def test_two_leaves_cannot_pass_as_one_entry() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])


def test_another_library_has_the_same_roots_and_inclusion_proofs_and_its_roots_satisfy_our_consistency_proofs() -> None:
    theirs = InmemoryTree(algorithm="sha256")
    for number in range(LIMIT):
        theirs.append_entry(b"entry %d" % number)
    roots = [theirs.get_root(size) for size in range(1, LIMIT + 1)]
    assert roots == ROOTS[1:]
    for size in range(1, LIMIT + 1):
        for index in range(size):
            # Theirs counts from one and puts the leaf itself first.
            path = theirs.prove_inclusion(index + 1, size).path
            assert path == [LEAVES[index], *inclusion_proof(index, size, TILES)]
            verify_inclusion(index, size, path[0], path[1:], roots[size - 1])
    for n in range(1, LIMIT + 1):
        for m in range(1, n + 1):
            verify_consistency(m, n, roots[m - 1], roots[n - 1], consistency_proof(m, n, TILES))
