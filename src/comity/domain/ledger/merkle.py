"""The RFC 6962 tree over SHA-256: hashes, the compact range, and the checks of proofs.

Whoever holds all leaves needs no proof: a `CompactRange` extended by them must land on the signed root. All others are shown a
proof, and `verify_...` says nothing or raises BadProof.

source   RFC 6962 §2.1, RFC 9162 §2.1.3.2 and §2.1.4.2; subtrees: draft-ietf-plants-merkle-tree-certs §4
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from comity.domain.ledger.lines import HASH_BYTES, PROOF_HASHES_MAX
from comity.errors import BadProof, MalformedNote

EMPTY_ROOT = sha256(b"").digest()
"""Root of the tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node over its two children."""
    return sha256(b"\x01" + left + right).digest()


# Both loops below begin from a copy of a hash that has eaten the prefix, because OpenSSL looks its algorithm up anew for
# every fresh one: 10 to 20 % of the whole on CPython 3.11.


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Leaf hashes of many entries at once; faster than one by one."""
    begun = sha256(b"\x00").copy
    hashes: list[bytes] = []
    keep = hashes.append
    for entry in entries:
        state = begun()
        state.update(entry)
        keep(state.digest())
    return hashes


def parents(row: Sequence[bytes]) -> list[bytes]:
    """The row above: one hash per pair; the row's length is even."""
    begun = sha256(b"\x01").copy
    hashes: list[bytes] = []
    keep = hashes.append
    each = iter(row)
    for left, right in zip(each, each, strict=True):
        state = begun()
        state.update(left + right)
        keep(state.digest())
    return hashes


class CompactRange:
    """The least that a reader must remember of a tree: one hash per set bit of its size, largest subtree first.

    Mutable and cheap to copy; work on a copy until the new root has proved true.
    """

    __slots__ = ("hashes", "size")

    def __init__(self) -> None:
        self.size = 0
        self.hashes: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Adds one leaf hash."""
        _check_leaves((leaf,))
        carried, height_size = leaf, self.size
        while height_size & 1:
            carried = node_hash(self.hashes.pop(), carried)
            height_size >>= 1
        self.hashes.append(carried)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Adds leaf hashes in order: about one node hash each, however they are cut into calls."""
        row = list(leaves)
        _check_leaves(row)
        added, height_size = len(row), self.size
        loose: list[bytes] = []
        # Level by level: what the range held at this height joins on the left, what finds no partner stays on the right.
        while row:
            if height_size & 1:
                row.insert(0, self.hashes.pop())
            if len(row) & 1:
                loose.append(row.pop())
            row = parents(row)
            height_size >>= 1
        self.hashes.extend(reversed(loose))
        self.size += added

    def copy(self) -> CompactRange:
        """An independent range with the same content."""
        twin = CompactRange()
        twin.size, twin.hashes = self.size, self.hashes.copy()
        return twin

    def root(self) -> bytes:
        """Root of the tree so far."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in self.hashes[-2::-1]:
            root = node_hash(left, root)
        return root

    def to_bytes(self) -> bytes:
        """The hashes one after another; the size is kept beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, raw: bytes) -> CompactRange:
        """Reads what `to_bytes` wrote; a length that doesn't fit the size raises MalformedNote."""
        if size < 0 or len(raw) != HASH_BYTES * size.bit_count():
            raise MalformedNote("range-length", size=size, bytes=len(raw))
        made = cls()
        made.size, made.hashes = size, split_hashes(raw)
        return made


def _check_leaves(row: Sequence[bytes]) -> None:
    if set(map(len, row)) - {HASH_BYTES}:
        raise MalformedNote("hash-length", expected=HASH_BYTES)


def split_hashes(raw: bytes) -> list[bytes]:
    """Hashes that were written one after another."""
    if len(raw) % HASH_BYTES:
        raise MalformedNote("hash-length", expected=HASH_BYTES)
    return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]


def leaves_root(leaves: Iterable[bytes]) -> bytes:
    """Root of the tree with these leaf hashes; order matters, none gives EMPTY_ROOT."""
    whole = CompactRange()
    whole.extend(leaves)
    return whole.root()


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """The leaf stands at `index` of the tree with this size and root, or BadProof."""
    if not 0 <= index < size:
        raise BadProof("index-outside-tree", index=index, size=size)
    _check_lengths((leaf, *proof))
    at, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise BadProof("proof-too-long", hashes=len(proof))
        if at & 1 or at == last:
            computed = node_hash(sibling, computed)
            while at and not at & 1:
                at >>= 1
                last >>= 1
        else:
            computed = node_hash(computed, sibling)
        at >>= 1
        last >>= 1
    if last:
        raise BadProof("proof-too-short", hashes=len(proof))
    if computed != root:
        raise BadProof("root-differs")


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """The tree of size1 is a prefix of the tree of size2, or BadProof.

    Size1 = 0 is refused: that nothing is a prefix of everything proves nothing. Who lets a first checkpoint pass
    (a witness does) decides so itself.
    """
    if not 0 < size1 <= size2:
        raise BadProof("sizes", size1=size1, size2=size2)
    verify_subtree_consistency(0, size1, size2, root1, root2, proof)


def verify_subtree_inclusion(
    index: int, start: int, end: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """The leaf number `index` of the whole tree stands in its subtree [start, end) with this root, or BadProof."""
    _check_subtree(start, end)
    verify_inclusion(index - start, end - start, leaf, proof, root)


def verify_subtree_consistency(
    start: int, end: int, size: int, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """[start, end) with this root is a subtree of the tree with this size and root, or BadProof.

    An empty subtree has the root of nothing and an empty proof, and says nothing about the tree.
    """
    _check_subtree(start, end)
    if end > size:
        raise BadProof("sizes", end=end, size=size)
    if start == end:
        if proof or subtree_root != EMPTY_ROOT:
            raise BadProof("empty-subtree")
        return
    if start == 0 and end == size:
        if proof:
            raise BadProof("proof-too-long", hashes=len(proof))
        if subtree_root != root:
            raise BadProof("root-differs")
        return
    _check_lengths((subtree_root, *proof))
    first, inner, last = start, end - 1, size - 1
    # Climb as long as the subtree ends where its parent ends: up to there the subtree root is known whole.
    while first != inner and (inner == last or inner & 1):
        first, inner, last = first >> 1, inner >> 1, last >> 1
    path = list(proof)
    if first != inner:
        if not path:
            raise BadProof("proof-too-short", hashes=0)
        small = large = path.pop(0)
    else:
        small = large = subtree_root
    for sibling in path:
        if last == 0:
            raise BadProof("proof-too-long", hashes=len(proof))
        if inner & 1 or inner == last:
            if first < inner:
                small = node_hash(sibling, small)
            large = node_hash(sibling, large)
            while inner and not inner & 1:
                first, inner, last = first >> 1, inner >> 1, last >> 1
        else:
            large = node_hash(large, sibling)
        first, inner, last = first >> 1, inner >> 1, last >> 1
    if last:
        raise BadProof("proof-too-short", hashes=len(proof))
    if small != subtree_root or large != root:
        raise BadProof("root-differs")


def _check_subtree(start: int, end: int) -> None:
    if not 0 <= start <= end or (start != end and start % (1 << (end - start - 1).bit_length())):
        raise BadProof("not-a-subtree", start=start, end=end)


def _check_lengths(hashes: Sequence[bytes]) -> None:
    # A shorter or longer "hash" would let two different trees be one preimage.
    if len(hashes) - 1 > PROOF_HASHES_MAX:
        raise BadProof("proof-too-long", hashes=len(hashes) - 1)
    if any(len(each) != HASH_BYTES for each in hashes):
        raise BadProof("hash-length", expected=HASH_BYTES)
