"""403, 404, 400, 409, 422: what a witness must not cosign; and that a refusal changes nothing."""

from __future__ import annotations

from conformance.witness.checks import Settings, check
from conformance.witness.note import Log
from conformance.witness.talk import Broken, Witness, asking, conflict, refused, stands_at


@check("unknown-origin", "404: a log that the witness was not told of")
def unknown_origin(witness: Witness, log: Log, settings: Settings) -> None:
    refused(witness.add(settings.unknown.body(0, 3)), 404)
    if witness.latest(settings.unknown.origin).status == 200:
        raise Broken("a checkpoint of an unknown log is served")


@check("no-signature", "403: no line by a key that is trusted for the origin")
def no_signature(witness: Witness, log: Log, settings: Settings) -> None:
    text = log.text(3)
    refused(witness.add(asking(0, [], text + b"\n" + settings.unknown.line(text))), 403)
    refused(witness.add(asking(0, [], text + b"\n" + Log(log.origin, "another key").line(text))), 403)
    witness.take(log, 0, 3)


@check("bad-signature", "403: a line by the trusted key that fails, alone or beside a good one")
def bad_signature(witness: Witness, log: Log, settings: Settings) -> None:
    text = log.text(3)
    refused(witness.add(asking(0, [], text + b"\n" + log.bad_line(text))), 403)
    refused(witness.add(asking(0, [], log.sign(text) + log.bad_line(text))), 403)
    refused(witness.add(asking(0, [], text + b"\n" + log.bad_line(text) + log.line(text))), 403)
    refused(witness.add(asking(0, [], log.text(4) + b"\n" + log.line(text))), 403)
    witness.take(log, 0, 3)


@check("old-above-size", "400: an old size above the checkpoint's")
def old_above_size(witness: Witness, log: Log, settings: Settings) -> None:
    refused(witness.add(asking(4, [], log.note(3))), 400)
    witness.take(log, 0, 8)
    refused(witness.add(asking(8, [], log.note(5))), 400)
    stands_at(witness, log, 8)


@check("old-not-recorded", "409: an old size other than the recorded one, with the recorded one in the answer")
def old_not_recorded(witness: Witness, log: Log, settings: Settings) -> None:
    conflict(witness.add(log.body(3, 8)), 0)
    witness.take(log, 0, 5)
    for old in (0, 1, 4, 6, 8):
        conflict(witness.add(log.body(old, 8)), 5)
    witness.take(log, 5, 8)


@check("replay", "409: what was cosigned once is not where the log stands any more")
def replay(witness: Witness, log: Log, settings: Settings) -> None:
    witness.take(log, 0, 4)
    witness.take(log, 4, 9)
    conflict(witness.add(log.body(0, 4)), 9)
    conflict(witness.add(log.body(4, 9)), 9)
    refused(witness.add(asking(9, [], log.note(4))), 400)
    witness.take(log, 9, 10)


@check("bad-proof", "422: a consistency proof that doesn't lead from the recorded root to the new one")
def bad_proof(witness: Witness, log: Log, settings: Settings) -> None:
    witness.take(log, 0, 5)
    good, note = log.history.proof(5, 13), log.note(13)
    flipped = [bytes([good[0][0] ^ 1]) + good[0][1:], *good[1:]]
    for proof in ([], good[:-1], [*good, good[-1]], flipped, good[::-1], log.history.proof(6, 13), [bytes(32)] * 63):
        refused(witness.add(asking(5, proof, note)), 422)
    witness.take(log, 5, 13)


@check("proof-from-nothing", "422: a proof where the old size is zero")
def proof_from_nothing(witness: Witness, log: Log, settings: Settings) -> None:
    refused(witness.add(asking(0, [bytes(32)], log.note(3))), 422)
    witness.take(log, 0, 3)


@check("proof-of-sameness", "422: a proof where both sizes are equal")
def proof_of_sameness(witness: Witness, log: Log, settings: Settings) -> None:
    witness.take(log, 0, 3)
    refused(witness.add(asking(3, [bytes(32)], log.note(3))), 422)
    witness.take(log, 3, 3)


@check("empty-root", "422: an empty tree with a root other than that of nothing")
def empty_root(witness: Witness, log: Log, settings: Settings) -> None:
    refused(witness.add(asking(0, [], log.note(0, root=bytes(32)))), 422)
    witness.take(log, 0, 3)


@check("fork-same-size", "422: the recorded size with another root (409 in the text of v1.0.0)")
def fork_same_size(witness: Witness, log: Log, settings: Settings) -> None:
    witness.take(log, 0, 8)
    for fork_at in (0, 3, 7):
        refused(witness.add(log.body(8, 8, (fork_at,))), 422, 409)
    witness.take(log, 8, 8)
    witness.take(log, 8, 9)


@check("fork-grown", "422: a longer history that parts below the recorded size")
def fork_grown(witness: Witness, log: Log, settings: Settings) -> None:
    witness.take(log, 0, 8)
    for fork_at in (0, 3, 7):
        for size in (9, 16, 21):
            refused(witness.add(log.body(8, size, (fork_at,))), 422)
    witness.take(log, 8, 9)


@check("fork-from-nothing", "409: another history that pretends to begin")
def fork_from_nothing(witness: Witness, log: Log, settings: Settings) -> None:
    witness.take(log, 0, 8)
    conflict(witness.add(log.body(0, 20, (2,))), 8)
    stands_at(witness, log, 8)
