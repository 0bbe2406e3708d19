"""What was cosigned is remembered by a witness that starts again."""

from __future__ import annotations

from conformance.witness.checks import Settings, Unasked, check
from conformance.witness.note import Log
from conformance.witness.talk import Witness, refused, stands_at


@check("restart", "After a restart the recorded size, its root and the time still hold")
def restart(witness: Witness, log: Log, settings: Settings) -> None:
    if settings.restart is None:
        raise Unasked("no --restart-cmd was given, so the witness was not restarted")
    witness.take(log, 0, 5)
    witness.take(log, 5, 9)
    settings.restart()
    stands_at(witness, log, 9)
    refused(witness.add(log.body(9, 9, (4,))), 422, 409)
    refused(witness.add(log.body(9, 12, (4,))), 422)
    witness.take(log, 9, 9)
    witness.take(log, 9, 12)
