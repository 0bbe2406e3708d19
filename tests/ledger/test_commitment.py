"""The commitment is HMAC-SHA256 as RFC 2104 defines it, and nothing but a salt of 32 bytes makes one."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.ledger import commitment, leaf_of, leaves_of
from comity.errors import MalformedRecord

SALTS = st.binary(min_size=32, max_size=32)


def _by_definition(salt: bytes, envelope: bytes) -> bytes:
    key = salt + bytes(32)
    inner = sha256(bytes(each ^ 0x36 for each in key) + envelope).digest()
    return sha256(bytes(each ^ 0x5C for each in key) + inner).digest()


@given(SALTS, st.binary(max_size=300))
def test_a_commitment_is_the_defined_hmac_and_a_leaf_its_hash(salt: bytes, envelope: bytes) -> None:
    entry = _by_definition(salt, envelope)
    assert commitment(salt, envelope) == entry
    assert leaf_of(salt, envelope) == sha256(b"\x00" + entry).digest()


@given(st.lists(st.tuples(SALTS, st.binary(max_size=50))))
def test_many_leaves_at_once_are_the_same_leaves(records: list[tuple[bytes, bytes]]) -> None:
    assert leaves_of(records) == [leaf_of(salt, envelope) for salt, envelope in records]


@given(SALTS, SALTS, st.binary(max_size=50))
def test_the_same_envelope_under_another_salt_is_another_leaf(one: bytes, other: bytes, envelope: bytes) -> None:
    assert (leaf_of(one, envelope) == leaf_of(other, envelope)) == (one == other)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_salt_of_any_other_length_is_refused(length: int) -> None:
    for make in (commitment, leaf_of, lambda salt, envelope: leaves_of([(salt, envelope)])):
        with pytest.raises(MalformedRecord) as fault:
            make(bytes(length), b"{}")
        assert fault.value.code == "salt-length"
