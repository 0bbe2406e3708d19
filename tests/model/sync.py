"""Puts writers, reader, network and truths of one scope together into a model that can be searched."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import partial

from . import drain, reader, truths, wire, writer, writer_faults
from .reader import Reader
from .scope import Scope
from .search import Goal, Model, Process, Truth
from .values import NOTHING, Cosigned, Deeds, Net, Published
from .writer import Writer

CALLS, READER, NET, COSIGNED, DEEDS, PUBLISHED, LEFT, WRITERS = range(8)


def model(scope: Scope) -> Model:
    """Slots: callers, reader, network, posted cosignatures, deeds, published trees, faults left, then the writers."""
    first = writer.newborn(scope)
    crew = [first] * scope.channels + [first._replace(mode="absent")] * (scope.copies - 1)
    start: tuple[Hashable, ...] = (
        (0,) * len(scope.requests),
        reader.newborn(scope),
        frozenset(),
        frozenset(),
        Deeds(frozenset(), NOTHING, NOTHING),
        (Published(),) * scope.channels,
        scope.budget,
        *crew,
    )
    everyone = tuple(WRITERS + k for k in range(len(crew)))
    processes = [
        process for k, channel in enumerate(scope.writers) for process in _writer(scope, WRITERS + k, k, channel)
    ]
    if scope.copies > 1:
        processes.append(Process((WRITERS, everyone[-1], LEFT), writer_faults.copy))
    processes += [
        Process((READER, NET, LEFT), partial(wire.to_reader, scope)),
        Process((NET,), wire.drop),
        Process((READER,), partial(reader.work, scope)),
        Process((READER, DEEDS), partial(drain.drain, scope)),
        Process((READER, LEFT), partial(reader.suffer, scope)),
    ]
    checks = [
        Truth((PUBLISHED,), truths.one_history_leaves),
        Truth((COSIGNED,), truths.one_history_is_cosigned),
        Truth((READER, COSIGNED), partial(truths.what_is_cosigned_is_stored, scope)),
        Truth((DEEDS,), partial(truths.effects_are_lawful, scope)),
        Truth((READER, DEEDS), truths.what_the_reader_erased_stays_erased),
        *(Truth((slot,), truths.the_writer_is_whole) for slot in everyone),
        Truth((CALLS, READER, *everyone), partial(truths.what_callers_were_told_holds, scope)),
    ]
    reached = partial(truths.all_is_delivered, scope) if scope.progress else None
    return Model(start, tuple(processes), tuple(checks), Goal((CALLS, READER, DEEDS, *everyone), reached))


def _writer(scope: Scope, slot: int, k: int, channel: int) -> Iterator[Process]:
    name = "writer" if len(scope.writers) == 1 else f"writer {k}"
    yield Process((CALLS, slot, LEFT), partial(writer.queue, scope, name, channel))
    yield Process((slot,), partial(writer.work, scope, name))
    yield Process((CALLS, slot, PUBLISHED), partial(writer.publish, scope, name, channel))
    yield Process((CALLS, slot, PUBLISHED), partial(writer.at_once, scope, name, channel))
    yield Process((slot, READER, NET, LEFT), partial(wire.answer, scope, name, channel))
    yield Process((slot, NET, LEFT), partial(wire.to_writer, name, channel))
    yield Process((CALLS, slot), partial(writer.let_go, scope, channel))
    yield Process((slot, LEFT), partial(writer_faults.suffer, scope, name))

    def post(
        written: Writer, mine: Reader, net: Net, cosigned: Cosigned
    ) -> Iterator[tuple[str, tuple[Writer, Reader, Net, Cosigned]]]:
        for text, after in reader.post(scope, channel, written.disk.covered, mine, net, cosigned):
            yield text, (written, *after)

    yield Process((slot, READER, NET, COSIGNED), post)
