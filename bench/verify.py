"""Verifying records that arrived: one checkpoint over all of them, beside one Ed25519 signature on each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_sign_open

from bench.apparatus.machine import Observed
from bench.apparatus.records import made_records
from bench.apparatus.result import Result, say
from bench.apparatus.rounds import Contest, in_turns
from comity.domain.ledger import (
    ED25519,
    Checkpoint,
    CompactRange,
    VerifierKey,
    commitment,
    leaf_hash,
    leaves_of,
    note_bytes,
    open_checkpoint,
    signature_line,
)
from comity.domain.ledger.merkle import leaf_hashes
from comity.domain.record import index_of, kinds, open_record
from comity.domain.record.whole import decode_whole, kind_named_in

TINY = {"count": 300, "slice_": 100, "sample": 30, "rounds": 2}
ORIGIN = f"police.kr.example/ch/{'b' * 16}"


@dataclass(frozen=True)
class _Slice:
    """What arrived of some records in a row; `signed` is a sample of them as the peer gets them."""

    leaves: list[bytes]
    entries: list[bytes]
    bodies: list[tuple[bytes, bytes]]
    fields: list[bytes]
    signed: list[tuple[bytes, bytes]]
    joined: list[bytes]


@dataclass(frozen=True)
class _Cargo:
    slices: list[_Slice]
    note: bytes
    key: VerifierKey
    peer_key: Ed25519PrivateKey
    bytes_: int


def measure(*, count: int = 100_000, slice_: int = 2_000, sample: int = 20_000, rounds: int = 5) -> Result:
    """count records in slices; the peer checks `sample` of them, evenly spread, and is counted per record."""
    say(f"   making {count:,} records")
    cargo = _cargo(count, slice_, sample)
    seen = Observed()
    verdicts: list[bool] = []
    say(f"   {rounds} rounds in turns; the peer on {sample:,} of the very same envelopes")
    times = in_turns(lambda: _contest(cargo, verdicts), rounds)
    signed = sum(len(each.signed) for each in cargo.slices)
    us = {name: time.best_s * 1e6 / (signed if name.startswith("peer") else count) for name, time in times.items()}
    middle = {
        name: time.median_s * 1e6 / (signed if name.startswith("peer") else count) for name, time in times.items()
    }
    ours = [name for name in us if not name.startswith(("peer", "floor"))]
    for name, each in us.items():
        say(f"   {name:24} {each:8.2f} us a record (median round {middle[name]:.2f})")
    return Result(
        name="verify",
        ratio=us["peer_ed25519"] / us["with_decode"],
        floor=us["with_decode"] / us["floor_sha256"],
        split={
            "tree_us": us["tree"],
            "leaf_us": us["tree_from_entries"] - us["tree"],
            "commitment_us": us["with_commitment"] - us["tree_from_entries"],
            "decode_us": us["with_decode"] - us["with_commitment"],
            "forms_us": us["with_forms"] - us["with_decode"],
            "fields_and_postings_us": us["with_fields"] - us["with_forms"],
        },
        agree=len(verdicts) == rounds * _verdicts_in_a_round(cargo) and all(verdicts) and _refuses_a_change(cargo),
        machine=seen.machine(),
        ratios={name: us["peer_ed25519"] / us[name] for name in ours}
        | {f"{name}_beside_libsodium": us["peer_libsodium"] / us[name] for name in ours}
        | {f"{name}_median": middle["peer_ed25519"] / middle[name] for name in ours},
        sizes={"records": count, "peer_records": signed, "envelope_bytes": cargo.bytes_ // count, "rounds": rounds},
        figures={f"{name}_us": each for name, each in us.items()},
    )


def _cargo(count: int, slice_: int, sample: int) -> _Cargo:
    peer_key, writer = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    key = VerifierKey(ORIGIN, ED25519, writer.public_key().public_bytes_raw())
    slices: list[_Slice] = []
    every, bytes_, tree = max(count // sample, 1), 0, CompactRange()
    for n, made in enumerate(made_records(count)):
        if n % slice_ == 0:
            slices.append(_Slice([], [], [], [], [], []))
        here, entry = slices[-1], commitment(made.salt, made.envelope)
        here.entries.append(entry)
        here.leaves.append(leaf_hash(entry))
        here.bodies.append((made.salt, made.envelope))
        here.fields.append(made.fields)
        if n % every == 0:
            signature = peer_key.sign(made.envelope)
            here.signed.append((signature, made.envelope))
            here.joined.append(signature + made.envelope)
        bytes_ += len(made.envelope)
    for each in slices:
        tree.extend(each.leaves)
    text = Checkpoint(ORIGIN, count, tree.root()).text()
    return _Cargo(slices, note_bytes(text, [signature_line(key, writer.sign, text)]), key, peer_key, bytes_)


def _contest(cargo: _Cargo, verdicts: list[bool]) -> Contest:
    verify = cargo.peer_key.public_key().verify
    raw_key = cargo.peer_key.public_key().public_bytes_raw()
    known, last = kinds(), len(cargo.slices) - 1

    def over_all(grow: Callable[[CompactRange, _Slice], None]) -> list[Callable[[], object]]:
        """Slice by slice; the last one ends with the checkpoint's one signature, and whether the root is reached."""
        tree = CompactRange()

        def one(each: _Slice, end: bool) -> None:
            grow(tree, each)
            if end:
                signed = open_checkpoint(cargo.note, cargo.key)
                verdicts.append((signed.size, signed.root) == (tree.size, tree.root()))

        return [partial(one, each, at == last) for at, each in enumerate(cargo.slices)]

    def with_decode(tree: CompactRange, each: _Slice) -> None:
        tree.extend(leaves_of(each.bodies))
        decoded = [decode_whole(envelope, known[kind_named_in(envelope)].whole) for _, envelope in each.bodies]
        verdicts.append(all(one is not None for one in decoded))

    def with_forms(tree: CompactRange, each: _Slice) -> None:
        tree.extend(leaves_of(each.bodies))
        read = [open_record(envelope, ()) for _, envelope in each.bodies]
        verdicts.append(len(read) == len(each.bodies))  # raises for what isn't as its kind demands

    def with_fields(tree: CompactRange, each: _Slice) -> None:
        tree.extend(leaves_of(each.bodies))
        told = [index_of(envelope, fields) for (_, envelope), fields in zip(each.bodies, each.fields, strict=True)]
        verdicts.append(all(one.fault is None for one in told))

    def ed25519(signed: Sequence[tuple[bytes, bytes]]) -> None:
        for signature, envelope in signed:
            verify(signature, envelope)  # raises when it doesn't hold

    def libsodium(joined: Sequence[bytes]) -> None:
        for one in joined:
            crypto_sign_open(one, raw_key)  # raises when it doesn't hold

    def hashed(bodies: Sequence[tuple[bytes, bytes]]) -> None:
        for _, envelope in bodies:
            sha256(envelope).digest()

    return {
        "peer_ed25519": [partial(ed25519, each.signed) for each in cargo.slices],
        "peer_libsodium": [partial(libsodium, each.joined) for each in cargo.slices],
        "tree": over_all(lambda tree, each: tree.extend(each.leaves)),
        "tree_from_entries": over_all(lambda tree, each: tree.extend(leaf_hashes(each.entries))),
        "with_commitment": over_all(lambda tree, each: tree.extend(leaves_of(each.bodies))),
        "with_decode": over_all(with_decode),
        "with_forms": over_all(with_forms),
        "with_fields": over_all(with_fields),
        "floor_sha256": [partial(hashed, each.bodies) for each in cargo.slices],
    }


def _verdicts_in_a_round(cargo: _Cargo) -> int:
    return 6 + 3 * len(cargo.slices)


def _refuses_a_change(cargo: _Cargo) -> bool:
    """One flipped bit in one envelope: the root is missed, as the signature on that record would be."""
    tree = CompactRange()
    for at, each in enumerate(cargo.slices):
        (salt, envelope), rest = each.bodies[0], each.bodies[1:]
        changed = envelope[:-1] + bytes([envelope[-1] ^ 1]) if at == 0 else envelope
        tree.extend(leaves_of([(salt, changed), *rest]))
    return tree.root() != open_checkpoint(cargo.note, cargo.key).root
