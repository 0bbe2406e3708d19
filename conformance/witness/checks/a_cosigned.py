"""200: what a witness has to cosign, and what its lines say."""

from __future__ import annotations

import time

from conformance.witness.checks import Settings, Unasked, check
from conformance.witness.note import Log, lines_in
from conformance.witness.talk import Broken, Witness, asking
from conformance.witness.tree import EMPTY_ROOT

DAY_S = 86_400


@check("first", "A first checkpoint is cosigned from nothing, and the time is now")
def first(witness: Witness, log: Log, settings: Settings) -> None:
    time_s = witness.take(log, 0, 5)
    if abs(time_s - time.time()) > DAY_S:
        raise Broken(f"the cosignature says {time_s}, which is more than a day from now")


@check("growth", "Every consistent step is cosigned, at and around powers of two")
def growth(witness: Witness, log: Log, settings: Settings) -> None:
    sizes = [1, 2, 3, 4, 7, 8, 9, 63, 64, 65, 255, 256, 257, 1000]
    for old, size in zip([0, *sizes], sizes, strict=False):
        witness.take(log, old, size)


@check("again", "The same size with the same root is cosigned again, with no earlier time")
def again(witness: Witness, log: Log, settings: Settings) -> None:
    witness.take(log, 0, 6)
    for _ in range(3):
        witness.take(log, 6, 6)
    witness.take(log, 6, 7)


@check("empty", "The empty tree is cosigned, and the log grows from it")
def empty(witness: Witness, log: Log, settings: Settings) -> None:
    text = log.text(0, root=EMPTY_ROOT)
    witness.cosigned(witness.add(asking(0, [], log.sign(text))), text)
    witness.take(log, 0, 3)


@check("strangers", "Lines by unknown keys are ignored")
def strangers(witness: Witness, log: Log, settings: Settings) -> None:
    text = log.text(4)
    note = log.sign(text) + settings.unknown.line(text) + Log(log.origin, "another key").line(text)
    witness.cosigned(witness.add(asking(0, [], note)), text)


@check("time", "Over a log's life no cosignature is older than the one before")
def times(witness: Witness, log: Log, settings: Settings) -> None:
    for size in range(1, 30):
        witness.take(log, size - 1, size)
        if size % 5 == 0:
            witness.take(log, size, size)


@check("monitor", "The last checkpoint is served with the log's line and the witness's")
def monitor(witness: Witness, log: Log, settings: Settings) -> None:
    before = witness.latest(log.origin)
    if before.status == 200:
        raise Broken(f"a checkpoint is served for a log that was never cosigned: {before}")
    witness.take(log, 0, 9)
    served = witness.latest(log.origin)
    if served.status != 200:
        raise Unasked(f"no checkpoint is served at the monitoring prefix, or not yet ({served.status})")
    text = log.text(9)
    if not served.body.startswith(text + b"\n"):
        raise Broken(f"not the checkpoint that was cosigned: {served}")
    below = served.body[len(text) + 1 :]
    if log.line(text) not in below:
        raise Broken("the served checkpoint lacks the log's own line")
    if not any((key.name, key.id) == line[:2] for key in witness.keys for line in lines_in(below)):
        raise Broken("the served checkpoint lacks the witness's line")
