"""Handing in a cosignature."""

from __future__ import annotations

import msgspec
import pytest

from comity.domain.ledger import Checkpoint, Standing, note_bytes, open_note, parse_note, signature_line
from comity.ports import Reply
from tests.faces.exchange.conftest import Three
from tests.faces.exchange.nodes import Node, ask_raw

PROBLEM = "application/problem+json"


def _hand_in(three: Three, body: bytes, by: Node | None = None) -> Reply:
    return (by or three.reader).courier.post(three.peer, f"{three.path}/cosign", body)


def _checkpoint(three: Three, size: int, root: bytes, *, signed: bool) -> bytes:
    """A checkpoint with the reader's line, and the writer's if it's `signed`."""
    text = Checkpoint(three.origin, size, root).text()
    key, ring = three.writer.keyring.key(three.origin), three.writer.keyring
    line = signature_line(key, lambda message: ring.sign(three.origin, message), text)
    theirs = three.reader.cosign(note_bytes(text, [line]))
    return theirs + line if signed else theirs


@pytest.mark.parametrize("size", [3, 305])
def test_a_good_line_is_merged_into_the_note_of_its_size(fresh: Three, size: int) -> None:
    reply = _hand_in(fresh, fresh.reader.cosign(fresh.writer.store.note(fresh.origin, size), 1_795_000_123))
    keys = [fresh.writer.keyring.key(fresh.origin), fresh.reader.card().receipt_key]
    assert reply.status == 200
    assert open_note(reply.body, keys).good == {keys[0]: None, keys[1]: 1_795_000_123}
    if size == 305:
        assert fresh.reader.courier.get(fresh.peer, f"{fresh.path}/checkpoint", 10_000) == reply.body
    line = fresh.writer.store.cosigned(fresh.origin, f"{fresh.reader.name}/receipt", size - 1)
    assert line is not None
    assert (line.size, line.time_s) == (size, 1_795_000_123)


def test_the_first_line_of_a_size_stays(fresh: Three) -> None:
    note = fresh.writer.store.note(fresh.origin, 305)
    first = _hand_in(fresh, fresh.reader.cosign(note, 1_795_000_000))
    assert _hand_in(fresh, fresh.reader.cosign(note, 1_795_000_000)) == first
    assert _hand_in(fresh, fresh.reader.cosign(note, 1_795_000_999)) == first


def test_lines_of_others_in_the_body_are_passed_over(fresh: Three) -> None:
    note = fresh.writer.store.note(fresh.origin, 305)
    both = fresh.reader.cosign(note) + parse_note(fresh.other.cosign(note)).signatures[0].to_bytes()
    reply = _hand_in(fresh, both)
    assert reply.status == 200
    assert {line.name for line in parse_note(reply.body).signatures} == {fresh.origin, f"{fresh.reader.name}/receipt"}


@pytest.mark.parametrize("size", [0, 1, 304, 306, (1 << 63) - 1])
def test_a_size_never_published_is_answered_with_ours(fresh: Three, size: int) -> None:
    head = f"POST {fresh.path}/cosign HTTP/1.1\r\nContent-Type: text/plain; charset=utf-8".encode()
    answer = ask_raw(fresh.writer, fresh.reader, head, _checkpoint(fresh, size, bytes(32), signed=False))
    assert (answer.status, answer.body) == (409, b"305\n")
    assert answer.headers["content-type"].startswith("text/x.tlog.size")
    assert fresh.writer.store.channel(fresh.origin).standing is Standing.OPEN


def _refused(reply: Reply) -> tuple[int, str]:
    return reply.status, msgspec.json.decode(reply.body)["code"]


def test_a_line_that_is_not_the_callers_word_on_our_checkpoint_is_refused(fresh: Three) -> None:
    note = fresh.writer.store.note(fresh.origin, 305)
    good = fresh.reader.cosign(note)
    assert _refused(_hand_in(fresh, note)) == (403, "no-line-of-yours")
    assert _refused(_hand_in(fresh, fresh.other.cosign(note))) == (403, "no-line-of-yours")
    # One bit of the signature: the fourth last base64 character stands well inside it.
    flipped = good[:-8] + (b"A" if good[-8:-7] != b"A" else b"B") + good[-7:]
    assert _refused(_hand_in(fresh, flipped)) == (403, "bad-signature")
    assert _refused(_hand_in(fresh, _checkpoint(fresh, 305, bytes(32), signed=False))) == (403, "another-root")
    assert fresh.writer.store.lines(fresh.origin, 305) == ()


def test_what_is_no_checkpoint_of_this_channel_is_malformed(fresh: Three) -> None:
    elsewhere = fresh.writer.store.note(fresh.secret, 2)
    for body in (b"", b"\xff", b"hello\n", elsewhere, fresh.reader.cosign(elsewhere)):
        reply = _hand_in(fresh, body)
        assert reply.status == 400
        assert msgspec.json.decode(reply.body)["type"] == "urn:comity:problem:malformed-note"


@pytest.mark.parametrize(("size", "status"), [(400, 409), (305, 403)])
def test_our_own_signature_on_what_we_do_not_know_fences_the_channel(fresh: Three, size: int, status: int) -> None:
    body = _checkpoint(fresh, size, bytes(32), signed=True)
    assert _hand_in(fresh, body).status == status
    assert fresh.writer.store.channel(fresh.origin).standing is Standing.FENCED
    assert fresh.writer.store.evidence(fresh.origin) == (body,)
    assert [notice.kind for notice in fresh.writer.store.notices()] == ["own-signature-unknown"]
    assert fresh.reader.courier.get(fresh.peer, f"{fresh.path}/checkpoint", 10_000)  # reading goes on


def test_a_forged_signature_of_ours_fences_nothing(fresh: Three) -> None:
    text = Checkpoint(fresh.origin, 400, bytes(32)).text()
    forged = parse_note(fresh.writer.store.note(fresh.origin, 305)).signatures[0].to_bytes()
    assert _hand_in(fresh, text + b"\n" + forged).status == 409
    assert fresh.writer.store.channel(fresh.origin).standing is Standing.OPEN


def test_a_body_beyond_the_limit_is_refused_whether_its_length_is_told_or_not(three: Three) -> None:
    head = f"POST {three.path}/cosign HTTP/1.1\r\nContent-Type: text/plain".encode()
    assert _hand_in(three, b"x" * (128 * 1024)).status == 400
    assert _hand_in(three, b"x" * (128 * 1024 + 1)).status == 413
    chunked = b"".join(b"4000\r\n" + b"x" * 0x4000 + b"\r\n" for _ in range(9)) + b"0\r\n\r\n"
    answer = ask_raw(three.writer, three.reader, head, chunked, b"Transfer-Encoding: chunked")
    assert (answer.status, answer.headers["content-type"]) == (413, PROBLEM)


def test_a_body_with_two_ends_is_refused(three: Three) -> None:
    head = f"POST {three.path}/cosign HTTP/1.1\r\nContent-Type: text/plain".encode()
    both = b"Content-Length: 3\r\nTransfer-Encoding: chunked"
    assert ask_raw(three.writer, three.reader, head, b"0\r\n\r\n", both).status == 400


@pytest.mark.parametrize("media", ["application/json", "application/octet-stream", "text/html", ""])
def test_only_text_is_taken(three: Three, media: str) -> None:
    head = f"POST {three.path}/cosign HTTP/1.1\r\nContent-Type: {media}".encode()
    answer = ask_raw(three.writer, three.reader, head, b"x")
    assert (answer.status, answer.headers["content-type"]) == (415, PROBLEM)
