"""Vectors of channels: keys, leaves, roots, proofs between them, and notes good and bad."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from comity.domain.ledger import (
    VerifierKey,
    commitment,
    consistency_proof,
    cosignature_message,
    inclusion_proof,
    leaf_hash,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    tiles_for,
)
from comity.domain.ledger import tile_path as path_of
from comity.errors import ComityError
from tests.spec.making import (
    BACK,
    KINDS,
    NAMES,
    ORIGIN,
    OTHER_ORIGIN,
    OWN_RECEIPT,
    RECEIPT,
    TIME_S,
    WARNING,
    WITNESS,
    Log,
    base64,
    cosigner_line,
    key,
    note,
    salt,
    seed,
    spelled,
    writer_line,
)

SIZE = 257
SIZES = (*range(11), 256, 257)
INCLUDED = ((0, 1), (0, 2), (1, 3), (2, 3), (4, 5), (6, 10), (0, 256), (255, 256), (0, 257), (256, 257))
EXTENDED = ((1, 2), (2, 3), (3, 7), (4, 8), (6, 10), (10, 10), (255, 257), (256, 257))
DASH = "\u2014 ".encode()


def keys() -> dict[str, Any]:
    return {
        "what": WARNING,
        "keys": [
            {
                "name": name,
                "use": "writer" if name in KINDS else "cosigner",
                "PRIVATE_TEST_KEY": seed(name).hex(),
                "id": key(name).id.hex(),
                "vkey": key(name).text,
            }
            for name in NAMES
        ],
        "refused": [{"name": name, "vkey": text, **_key_fault(text)} for name, text in _bad_keys()],
    }


def _bad_keys() -> Iterator[tuple[str, str]]:
    name, key_id, rest = key(ORIGIN).text.split("+", 2)
    yield "the id of another key", f"{name}+00000000+{rest}"
    yield "the id in capitals", f"{name}+{key_id.upper()}+{rest}"
    yield "no key", f"{name}+{key_id}+"
    yield "two parts", f"{name}+{key_id}"
    yield "an unknown type", f"{name}+{key_id}+{base64(bytes([9]) + key(ORIGIN).public)}"
    yield "a key too short", f"{name}+{key_id}+{base64(bytes([1]) + key(ORIGIN).public[:31])}"
    yield "a name with a space", f"police kr.example+{key_id}+{rest}"
    yield "loose base64", f"{name}+{key_id}+{rest[:-1]}"


def _key_fault(text: str) -> dict[str, Any]:
    try:
        VerifierKey.parse(text)
    except ComityError as fault:
        return {"code": fault.code}
    raise AssertionError(text)


def pairs(size: int) -> list[tuple[bytes, bytes]]:
    """Salts and stand-ins for envelopes: a commitment asks nothing of its message."""
    return [(salt("leaf", at), b"stands for envelope %d" % at) for at in range(size)]


def trees() -> dict[str, Any]:
    whole, given = Log(pairs(SIZE)), pairs(SIZE)
    return {
        "what": "channels.md: entry = HMAC-SHA256(salt, envelope), leaf = SHA-256(0x00 ‖ entry). "
        f"Salt i is SHA-256 of 'comity test salt leaf <i>', envelope i is 'stands for envelope <i>', i below {SIZE}.",
        "leaves": [
            {
                "index": at,
                "salt": given[at][0].hex(),
                "envelope": given[at][1].decode(),
                "entry": commitment(*given[at]).hex(),
                "leaf": leaf_hash(commitment(*given[at])).hex(),
            }
            for at in (*range(10), 255, 256)
        ],
        "roots": {str(size): _root(whole.text(size)).hex() for size in SIZES},
        "inclusion": [
            {"index": at, "size": size, "hashes": [h.hex() for h in inclusion_proof(at, size, Log(pairs(size)).tiles)]}
            for at, size in INCLUDED
        ],
        "consistency": [
            {"from": m, "to": n, "hashes": [each.hex() for each in consistency_proof(m, n, Log(pairs(n)).tiles)]}
            for m, n in EXTENDED
        ],
        "tiles": [_tile(whole, *tile) for tile in tiles_for(SIZE)],
        "paths": [
            {"level": level, "n": n, "width": width, "path": path_of(level, n, width)}
            for level, n, width in ((0, 0, 256), (0, 5, 17), (1, 999, 256), (2, 1000, 1), ("records", 1234067, 9))
        ],
    }


def _tile(whole: Log, level: int, n: int, width: int) -> dict[str, Any]:
    raw = whole.tiles(level, n, width)
    return {"path": path_of(level, n, width), "bytes": len(raw), "sha256": sha256(raw).hexdigest()}


def _root(text: bytes) -> bytes:
    return parse_checkpoint(text).root


def checkpoints() -> dict[str, Any]:
    cases = []
    for name, raw, names in _notes():
        case = {"name": name, **spelled(raw), "keys": [key(one).text for one in names]}
        cases.append({**case, **_judged(raw, names)})
    return {
        "what": "channels.md: each note is opened under `keys`. `good` has the key names whose signatures hold, with the "
        "POSIX seconds of a cosignature, null for a writer. An error is named with its code.",
        "cases": cases,
        "cosigned": [_message(RECEIPT), _message(WITNESS)],
        "writer": [_writers_own(*parts) for parts in _writer_cases()],
    }


def _message(name: str) -> dict[str, Any]:
    text = Log(pairs(7)).text()
    line = cosigner_line(text, name)
    message = cosignature_message(TIME_S, text)
    return {"key": key(name).text, "time_s": TIME_S, "message": message.decode(), "line": line.decode()}


def _judged(raw: bytes, names: tuple[str, ...]) -> dict[str, Any]:
    try:
        opened = open_note(raw, [key(one) for one in names])
        checkpoint = parse_checkpoint(opened.note.text)
    except ComityError as fault:
        return {"code": fault.code}
    told = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
    return {"checkpoint": told, "good": {one.name: time_s for one, time_s in opened.good.items()}}


def _notes() -> Iterator[tuple[str, bytes, tuple[str, ...]]]:
    text, empty = Log(pairs(7)).text(), Log([]).text()
    mine, theirs, seen = writer_line(text), cosigner_line(text), cosigner_line(text, WITNESS, TIME_S + 5)
    all_keys = (ORIGIN, RECEIPT, WITNESS)
    whole = note(text, mine, theirs, seen)
    yield "the writer alone", note(text, mine), (ORIGIN,)
    yield "writer, recipient and witness", whole, all_keys
    yield "unknown signers are passed over", whole, (ORIGIN,)
    yield "the empty tree", note(empty, writer_line(empty)), (ORIGIN,)
    yield "the order of lines means nothing", note(text, seen, theirs, mine), all_keys
    yield (
        "a cosigner twice counts with its earlier time",
        note(text, theirs, cosigner_line(text, RECEIPT, 5)),
        (RECEIPT,),
    )
    yield "nobody known", whole, (OTHER_ORIGIN,)
    yield "a known key's bad signature spoils the good ones", note(text, mine, _flipped(theirs)), all_keys
    yield "that of an unknown key doesn't", note(text, mine, _flipped(theirs)), (ORIGIN,)
    yield "a signature over another text", note(text, writer_line(empty)), (ORIGIN,)
    yield "a cosignature made at another time than it says", note(text, mine, _at(theirs, TIME_S + 1)), all_keys
    yield "a cosignature of eight bytes", note(text, mine, _cut(theirs)), all_keys
    yield "a time beyond 2^63", note(text, mine, _at(theirs, 1 << 63)), all_keys
    yield "no LF at the end", whole[:-1], all_keys
    yield "no blank line", text + mine, all_keys
    blank = text + b"\nmore\n"
    yield "the text goes up to the last blank line", note(blank, writer_line(blank)), (ORIGIN,)
    yield "no signature", text + b"\n", all_keys
    yield "a carriage return", whole.replace(b"\n7\n", b"\r\n7\n"), all_keys
    yield "not UTF-8", whole.replace(b"police", b"p\xffice", 1), all_keys
    yield "a hyphen for the dash", text + b"\n" + mine.replace(DASH, b"- "), all_keys
    yield "two spaces", text + b"\n" + mine.replace(DASH, DASH + b" "), all_keys
    yield "loose base64", text + b"\n" + mine[:-2] + b"\n", all_keys
    yield "four bytes of signature", text + b"\n" + DASH + ORIGIN.encode() + b" AAAAAA==\n", all_keys
    yield "65 signatures", text + b"\n" + mine * 65, all_keys
    yield "64 signatures", text + b"\n" + mine * 64, all_keys
    for name, other in _texts(text):
        yield name, other + b"\n" + writer_line(other), (ORIGIN,)


def _texts(text: bytes) -> Iterator[tuple[str, bytes]]:
    yield "a leading zero in the size", text.replace(b"\n7\n", b"\n07\n")
    yield "a sign before the size", text.replace(b"\n7\n", b"\n+7\n")
    yield "a size of 2^63", text.replace(b"\n7\n", b"\n9223372036854775808\n")
    yield "a root of 31 bytes", ORIGIN.encode() + b"\n7\n" + base64(bytes(31)).encode() + b"\n"
    yield "an extension line", text + b"more\n"
    yield "two lines", b"\n".join(text.split(b"\n")[:2]) + b"\n"
    yield "no origin", text.removeprefix(ORIGIN.encode())


def _flipped(line: bytes) -> bytes:
    name, encoded = line[:-1].rsplit(b" ", 1)
    raw = bytearray(b64decode(encoded))
    raw[-1] ^= 1
    return name + b" " + base64(bytes(raw)).encode() + b"\n"


def _at(line: bytes, time_s: int) -> bytes:
    name, encoded = line[:-1].rsplit(b" ", 1)
    raw = b64decode(encoded)
    return name + b" " + base64(raw[:4] + time_s.to_bytes(8, "big") + raw[12:]).encode() + b"\n"


def _cut(line: bytes) -> bytes:
    name, encoded = line[:-1].rsplit(b" ", 1)
    return name + b" " + base64(b64decode(encoded)[:12]).encode() + b"\n"


def _writer_cases() -> Iterator[tuple[str, bytes]]:
    text = Log(pairs(7)).text()
    yield "its own log", note(text, writer_line(text))
    other = Log(pairs(7), OTHER_ORIGIN).text()
    yield "another log, signed by this writer", note(other, writer_line(other))
    yield "its own log, signed by another", note(text, writer_line(text, BACK))
    yield "its own log, vouched for by a cosigner alone", note(text, cosigner_line(text, OWN_RECEIPT))


def _writers_own(name: str, raw: bytes) -> dict[str, Any]:
    case: dict[str, Any] = {"name": name, **spelled(raw), "key": key(ORIGIN).text}
    try:
        open_checkpoint(raw, key(ORIGIN))
    except ComityError as fault:
        return {**case, "code": fault.code}
    return {**case, "size": 7}
