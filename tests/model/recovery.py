"""The third model: what follows a restore. Writer and reader, coarse in what the first model shows step by step.

W1 to W4 are one step, and so are question and answer, except where an answer comes late. A channel that came back behind its
signatures is retired; its tail is taken back from the reader; a successor continues it. A restored reader is dark until it has caught up.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial

from . import recovery_reader as reading
from . import recovery_truths as truths
from . import recovery_writer as writing
from .recovery_values import Deeds, Log, Reader, RecoveryScope, Writer
from .search import Goal, Model, Process, Truth

CALLS, WRITER, READER, NET, COSIGNED, DEEDS, PUBLISHED, LEFT = range(8)


def model(scope: RecoveryScope) -> Model:
    """Slots: callers, writer, reader, answers under way, cosignatures that left, deeds, published logs, faults left."""
    start: tuple[Hashable, ...] = (
        (0,) * len(scope.requests),
        Writer(),
        Reader(),
        frozenset(),
        frozenset(),
        Deeds(),
        frozenset([Log(0)]),
        scope.budget,
    )
    processes = (
        Process((CALLS, WRITER, PUBLISHED), partial(writing.write, scope)),
        Process((CALLS, WRITER), partial(writing.let_go, scope)),
        Process((WRITER, NET, LEFT), partial(writing.suffer, scope)),
        Process((WRITER,), partial(writing.start, scope)),
        Process((WRITER, READER, LEFT), partial(writing.regain, scope)),
        Process((WRITER, LEFT, PUBLISHED), partial(writing.go_on, scope)),
        Process((WRITER, READER), partial(writing.take_more, scope)),
        Process((CALLS, WRITER, PUBLISHED), partial(writing.reissue, scope)),
        Process((WRITER, READER, NET), partial(reading.ask, scope)),
        Process((NET,), reading.drop),
        Process((READER, NET, LEFT), partial(reading.hear, scope)),
        Process((WRITER, READER), partial(reading.fetch, scope)),
        Process((READER, DEEDS, COSIGNED), partial(reading.work, scope)),
        Process((WRITER, READER), reading.merge),
        Process((WRITER, READER), partial(reading.regain, scope)),
        Process((READER, LEFT), partial(reading.suffer, scope)),
    )
    checks = (
        Truth((PUBLISHED,), truths.one_history_leaves),
        Truth((WRITER, PUBLISHED), truths.what_is_signed_was_signed),
        Truth((READER,), truths.one_chain_is_taken_up),
        Truth((READER, COSIGNED), truths.what_is_cosigned_is_stored),
        Truth((COSIGNED,), truths.lines_go_forward),
        Truth((WRITER, DEEDS), truths.effects_are_lawful),
        Truth((CALLS, WRITER, READER, DEEDS), partial(truths.what_was_erased_stays_erased, scope)),
        Truth((CALLS, WRITER, READER), partial(truths.nothing_is_lost, scope)),
    )
    reached = partial(truths.all_is_delivered, scope) if scope.progress else None
    return Model(start, processes, checks, Goal((CALLS, WRITER, READER, DEEDS), reached))
