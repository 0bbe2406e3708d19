"""A far end that lies about a channel: each lie is refused with its reason, nothing of it is held, the other channel goes ahead, and honesty mends all.

The lies come over TLS from whoever holds the writer's own keys, so even its signatures are good where a lie needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from msgspec import structs

from comity.domain.ledger import Standing, leaves_root, parse_policy
from comity.domain.receipt.evidence import judge_evidence
from comity.domain.record import Entry, State, encode_bundle
from comity.flows.certify import policy_text
from comity.flows.evidence import kept_of
from comity.flows.receive import Verdict
from tests.faults.lies import PORTAL, Bench, http
from tests.faults.middle import Asked, Far, Sent, pass_on


# ---- bundles -----------------------------------------------------------------------------------------------------------
def parts(body: bytes) -> list[bytes]:
    """The entries of a bundle, each with its own bytes."""
    found = []
    while body:
        size = 5 + int.from_bytes(body[1:5])
        found.append(body[:size])
        body = body[size:]
    return found


Change = Callable[[Bench, bytes], bytes]


def _entries(change: Callable[[list[bytes]], list[bytes]]) -> Change:
    return lambda bench, body: b"".join(change(parts(body)))


def _bytes(change: Callable[[bytes], bytes]) -> Change:
    return lambda bench, body: change(body)


def _others(bench: Bench, body: bytes) -> bytes:
    """As many entries, of the other channel."""
    (entry,) = bench.two.kr.store.entries(bench.two.urgent.origin, 0, 1)
    return encode_bundle([structs.replace(entry, index=n) for n in range(len(parts(body)))])


def _earlier(bench: Bench, body: bytes) -> bytes:
    return encode_bundle(bench.two.kr.store.entries(bench.origin, 0, len(parts(body))))


BUNDLES: dict[str, tuple[Change, str, str]] = {
    "an entry twice": (_entries(lambda p: [p[0], *p[:-1]]), "root-not-reached", "not-under-leaf"),
    "reordered": (_entries(lambda p: p[::-1]), "root-not-reached", "not-under-leaf"),
    "another salt": (_bytes(lambda b: b[:5] + bytes(32) + b[37:]), "root-not-reached", "not-under-leaf"),
    "entries of other indexes": (_earlier, "root-not-reached", "not-under-leaf"),
    "the other channel's": (_others, "root-not-reached", "not-under-leaf"),
    "one entry fewer": (_entries(lambda p: p[:-1]), "not-given", "not-given"),
    "nothing": (_bytes(lambda b: b""), "not-given", "not-given"),
    "withheld": (
        lambda bench, body: encode_bundle([Entry(n, State.WITHHELD) for n in range(len(parts(body)))]),
        "said-so",
        "said-so",
    ),
    "one entry more": (_entries(lambda p: [*p, p[0]]), "bundle-too-many", "bundle-too-many"),
    "a byte more": (_bytes(lambda b: b + b"\0"), "bundle-too-many", "bundle-too-many"),
    "ends inside an entry": (_bytes(lambda b: b[:-9]), "bundle-truncated", "bundle-truncated"),
    "ends inside a length": (_bytes(lambda b: b[:3]), "bundle-truncated", "bundle-truncated"),
    "a length without end": (_bytes(lambda b: b[:1] + b"\xff" * 4 + b[5:]), "entry-too-large", "entry-too-large"),
    "an inner length without end": (
        _bytes(lambda b: b[:37] + b"\xff" * 4 + b[41:]),
        "entry-truncated",
        "entry-truncated",
    ),
    "an unknown state": (_bytes(lambda b: b"\x09" + b[1:]), "entry-state", "entry-state"),
    "a page of a portal": (_bytes(lambda b: PORTAL), "entry-too-large", "entry-too-large"),
}
"""What is made of the bundle, and why it's refused: in one go with its checkpoint, and once its leaves are pending."""


@pytest.mark.parametrize("pending", [False, True], ids=["in one go", "pending"])
@pytest.mark.parametrize("lie", BUNDLES)
def test_a_bundle_that_lies_is_not_held(bench: Bench, lie: str, pending: bool) -> None:
    change, *reasons = BUNDLES[lie]
    if pending:
        bench.make_pending()
    count = bench.lie("records", lambda answer: http(change(bench, answer.body)))
    for n in range(2):
        code, pulled = bench.refused()
        assert bench.nothing_new
        if pulled is not None:  # some of it is good and kept, and the rest is named
            assert pulled.lacking
            (told,) = bench.told()
            assert told.kind == "withheld"
            (code,) = told.about["why"]
            assert set(told.about["indexes"]) >= set(pulled.lacking)
        assert code == reasons[pending], n
    assert count[0] >= 2
    bench.mended()


# ---- tiles -------------------------------------------------------------------------------------------------------------
def _new(change: Callable[[bytes], bytes]) -> Change:
    """Changes only what comes after the hashes that are held."""
    return lambda bench, body: body[: bench.base * 32] + change(body[bench.base * 32 :])


def _level_above(bench: Bench, body: bytes) -> bytes:
    hashes = [body[at : at + 32] for at in range(0, len(body), 32)]
    above = [sha256(b"\x01" + a + b).digest() for a, b in zip(hashes[::2], hashes[1::2], strict=False)]
    return (b"".join(above) * len(hashes))[: len(body)]


def _others_leaf(bench: Bench, body: bytes) -> bytes:
    (leaf,) = bench.two.kr.store.leaves(bench.two.urgent.origin, 0, 1)
    return leaf * (len(body) // 32)


TILES: dict[str, tuple[Change, str]] = {
    "a hash twice": (_new(lambda b: b[32:64] + b[32:]), "root-not-reached"),
    "reordered": (_new(lambda b: b[32:64] + b[:32] + b[64:]), "root-not-reached"),
    "of another level": (_level_above, "root-not-reached"),
    "the other channel's": (_others_leaf, "root-not-reached"),
    "a hash fewer": (_bytes(lambda b: b[:-32]), "tile-length"),
    "half a hash fewer": (_bytes(lambda b: b[:-16]), "tile-length"),
    "half a hash more": (_bytes(lambda b: b + bytes(16)), "tile-length"),
    "nothing": (_bytes(lambda b: b""), "tile-length"),
    "longer than any": (_bytes(lambda b: b + bytes(256 * 32)), "body-too-large"),
}


@pytest.mark.parametrize("lie", TILES)
def test_a_tile_that_lies_is_not_followed(bench: Bench, lie: str) -> None:
    bench.one_by_one()
    change, reason = TILES[lie]
    count = bench.lie("tile", lambda answer: http(change(bench, answer.body)))
    for _ in range(2):
        assert bench.refused() == (reason, None)
        assert bench.nothing_new
        assert bench.notices() == (["root-not-reached"] if reason == "root-not-reached" else [])
    assert count[0] >= 2
    bench.mended()


def test_what_a_tile_has_beyond_what_was_asked_for_is_not_kept(bench: Bench) -> None:
    bench.one_by_one()
    bench.lie("tile", lambda answer: http((answer.body + bytes(256 * 32))[: 256 * 32]))
    assert bench.refused()[0] == ""
    bench.two.equal()
    bench.middle.plan = pass_on
    bench.two.write()
    assert bench.refused()[0] == ""
    bench.two.equal()
    assert bench.notices() == []


# ---- checkpoints -------------------------------------------------------------------------------------------------------
def _root(bench: Bench, size: int) -> bytes:
    return leaves_root(bench.two.kr.store.leaves(bench.origin, 0, size))


def _signed(more: int, of: int) -> Change:
    return lambda bench, note: bench.note(bench.written + more, _root(bench, bench.written + of))


def _size(text: bytes) -> Change:
    return lambda bench, note: bench.note(
        0, b"", text=note.partition(b"\n\n")[0].replace(b"\n%d\n" % bench.written, b"\n" + text + b"\n") + b"\n"
    )


def _text(change: Callable[[bytes], bytes]) -> Change:
    return lambda bench, note: bench.note(0, b"", text=change(note.partition(b"\n\n")[0] + b"\n"))


NOTES: dict[str, tuple[Change, str]] = {
    "right root, larger size": (_signed(1, 0), "not-at-peer"),
    "right size, older root": (_signed(0, -1), "root-not-reached"),
    "another channel's": (
        lambda bench, note: bench.two.kr.store.position(bench.two.urgent.origin).note,
        "no-known-signature",
    ),
    "a signature that fails": (_bytes(lambda b: b[:-10] + b"A" * 8 + b[-2:]), "signature-fails"),
    "no signature": (_bytes(lambda b: b.partition(b"\n\n")[0] + b"\n\n"), "signature-count"),
    "ends inside a line": (_bytes(lambda b: b[:-1]), "note-final-newline"),
    "carriage returns": (_bytes(lambda b: b.replace(b"\n", b"\r\n")), "note-control-character"),
    "a line more": (_text(lambda text: text + b"and more\n"), "checkpoint-lines"),
    "size with a zero before it": (_size(b"06"), "checkpoint-size"),
    "size below nothing": (_size(b"-6"), "checkpoint-size"),
    "size beyond all numbers": (
        _size(b"9999999999999999999999"),
        "checkpoint-size",
    ),
    "a short root": (_text(lambda text: text[:-5] + b"=\n"), "checkpoint-root"),
    "nothing": (_bytes(lambda b: b""), "note-final-newline"),
    "too long": (_bytes(lambda b: b + b"x" * (128 * 1024)), "body-too-large"),
    "a page of a portal": (_bytes(lambda b: PORTAL), "note-final-newline"),
}


@pytest.mark.parametrize("lie", NOTES)
def test_a_checkpoint_that_lies_is_not_followed(bench: Bench, lie: str) -> None:
    change, reason = NOTES[lie]
    count = bench.lie("checkpoint", lambda answer: http(change(bench, answer.body)))
    for _ in range(2):
        assert bench.refused() == (reason, None)
        assert bench.nothing_new
    assert count[0] >= 2
    assert bench.two.kh.store.channel(bench.origin).standing is Standing.OPEN
    bench.mended()


def test_an_older_checkpoint_changes_nothing(bench: Bench) -> None:
    old = bench.two.kr.store.note(bench.origin, bench.base)
    assert bench.refused()[0] == ""
    bench.lie("checkpoint", lambda answer: http(old))
    code, pulled = bench.refused()
    assert (code, pulled and pulled.verdict, pulled and pulled.more) == ("", Verdict.STALE, False)
    assert bench.held() == (bench.written, bench.written)
    bench.mended()


def test_a_size_that_is_far_beyond_everything_is_not_followed_tile_by_tile(bench: Bench) -> None:
    tiles: list[str] = []

    def plan(asked: Asked, far: Far) -> Sent | None:
        if asked.resource == "checkpoint":
            return Sent([http(bench.note(10**12, bytes(32)))])
        if asked.resource == "tile":
            tiles.append(asked.path)
            return Sent([http(bytes(256 * 32))] if len(tiles) < 1000 else [], "rst" if len(tiles) == 1000 else None)
        return None

    bench.middle.plan = plan
    assert bench.refused() == ("too-far-ahead", None)
    assert tiles == []
    bench.mended()


# ---- two histories -------------------------------------------------------------------------------------------------------
def _judged(bench: Bench) -> tuple[bool, str]:
    """What somebody says who has nothing but the evidence and the reader's policy."""
    (found,) = kept_of(bench.two.kh, bench.origin)
    judgement = judge_evidence(found.raw, parse_policy(policy_text(bench.two.kh)))
    return judgement.proven, judgement.accused


def _stopped_for_good(bench: Bench) -> None:
    held = bench.held()
    assert bench.two.kh.store.channel(bench.origin).standing is Standing.STOPPED
    assert "fork" in bench.notices()
    bench.middle.plan = pass_on
    asked = len(bench.middle.asked)
    bench.two.write()
    code, pulled = bench.refused()
    assert (code, pulled and pulled.verdict) == ("", Verdict.FORK)
    assert bench.held() == held
    assert len(bench.middle.asked) == asked, "nothing more is asked for"
    assert _judged(bench) == (True, bench.origin)


@pytest.mark.parametrize("where", ["held", "pending"])
def test_two_signed_roots_of_one_size_stop_that_channel_for_good(bench: Bench, where: str) -> None:
    size = bench.base if where == "held" else bench.written
    if where == "pending":
        bench.make_pending()
    other = bench.note(size, sha256(b"another history").digest())
    bench.lie("checkpoint", lambda answer: http(other))
    code, pulled = bench.refused()
    assert (code, pulled and pulled.verdict) == ("", Verdict.FORK)
    assert bench.nothing_new
    _stopped_for_good(bench)


def test_a_larger_tree_with_another_history_stops_that_channel_for_good(bench: Bench) -> None:
    leaves = [sha256(bytes([n])).digest() for n in range(bench.written + 1)]
    note = bench.note(len(leaves), leaves_root(leaves))
    bench.one_by_one()

    def plan(asked: Asked, far: Far) -> Sent | None:
        if asked.resource == "checkpoint":
            return Sent([http(note)])
        return Sent([http(b"".join(leaves))]) if asked.resource == "tile" else None

    bench.middle.plan = plan
    code, pulled = bench.refused()
    assert (code, pulled and pulled.verdict) == ("", Verdict.FORK)
    assert bench.nothing_new
    _stopped_for_good(bench)
