"""400: bodies that aren't a request. A note that can't be read may also be refused as one that nobody trusted has signed."""

from __future__ import annotations

from conformance.witness.checks import Settings, check
from conformance.witness.note import Log
from conformance.witness.talk import Broken, Witness, asking, refused


@check("request-grammar", "400: a body that breaks the grammar around the checkpoint")
def request_grammar(witness: Witness, log: Log, settings: Settings) -> None:
    witness.take(log, 0, 3)
    good = log.body(3, 8)
    rows = {
        "nothing": b"",
        "only a newline": b"\n",
        "no old line": good.partition(b"\n")[2],
        "another word": good.replace(b"old 3", b"new 3", 1),
        "no number": good.replace(b"old 3", b"old", 1),
        "an empty number": good.replace(b"old 3", b"old ", 1),
        "a leading zero": good.replace(b"old 3", b"old 03", 1),
        "a sign": good.replace(b"old 3", b"old +3", 1),
        "a negative number": good.replace(b"old 3", b"old -3", 1),
        "a hexadecimal number": good.replace(b"old 3", b"old 0x3", 1),
        "a fraction": good.replace(b"old 3", b"old 3.0", 1),
        "two spaces": good.replace(b"old 3", b"old  3", 1),
        "a space at the end": good.replace(b"old 3", b"old 3 ", 1),
        "a carriage return": good.replace(b"old 3\n", b"old 3\r\n", 1),
        "a number beyond all sizes": good.replace(b"old 3", b"old 99999999999999999999999", 1),
        "no blank line": good.replace(b"\n\n", b"\n", 1),
        "no checkpoint": good.partition(b"\n\n")[0] + b"\n\n",
        "a proof line that isn't base64": b"old 3\n!!!!\n\n" + log.note(8),
        "a hash of 31 bytes": asking(3, [bytes(31)], log.note(8)),
        "a hash of 33 bytes": asking(3, [bytes(33)], log.note(8)),
        "64 proof lines": asking(3, [bytes(32)] * 64, log.note(8)),
        "bytes that are no text": bytes(range(256)),
    }
    _refuse_all(witness, rows, 400)
    witness.take(log, 3, 8)


@check("checkpoint-grammar", "400 or 403: a checkpoint or note that can't be read")
def checkpoint_grammar(witness: Witness, log: Log, settings: Settings) -> None:
    witness.take(log, 0, 3)
    text, note, proof = log.text(8), log.note(8), log.history.proof(3, 8)
    root = text.splitlines()[2]
    rows = {
        "no signature line": text,
        "no signature line after the blank one": text + b"\n",
        "no newline at the end": note[:-1],
        "a hyphen for the dash": note.replace("\u2014".encode(), b"-"),
        "a signature that isn't base64": text + f"\n\u2014 {log.origin} !!!!\n".encode(),
        "no root": log.sign(text.replace(root + b"\n", b"")),
        "a root of 31 bytes": log.sign(log.text(8, root=bytes(31))),
        "a size with a leading zero": log.sign(text.replace(b"\n8\n", b"\n08\n")),
        "a negative size": log.sign(text.replace(b"\n8\n", b"\n-8\n")),
        "a size in words": log.sign(text.replace(b"\n8\n", b"\neight\n")),
        "an empty origin line": log.sign(text.partition(b"\n")[2]),
        "a control character": log.sign(text.replace(b"\n8\n", b"\n8\x00\n")),
    }
    _refuse_all(witness, {what: asking(3, proof, note) for what, note in rows.items()}, 400, 403, 404)
    witness.take(log, 3, 8)


@check("method", "Nothing but POST submits")
def method(witness: Witness, log: Log, settings: Settings) -> None:
    for verb in ("GET", "PUT"):
        answer = witness.send(verb, f"{witness.url}/add-checkpoint", None if verb == "GET" else log.body(0, 3))
        if answer.status < 400:
            raise Broken(f"{verb} on add-checkpoint is answered {answer}")
    witness.take(log, 0, 3)


def _refuse_all(witness: Witness, rows: dict[str, bytes], *statuses: int) -> None:
    faults = []
    for what, body in rows.items():
        try:
            refused(witness.add(body), *statuses)
        except Broken as fault:
            faults.append(f"{what}: {fault}")
    if faults:
        raise Broken("; ".join(faults))
