"""The catalogue: worlds in which every rule is kept, and for each rule the world in which breaking it does harm."""

from __future__ import annotations

from .fold import FoldScope, Item
from .rules import FoldRule, Rule
from .scope import Scope, world

R, F = Rule, FoldRule

KEPT: dict[str, Scope] = {
    "both ends crash, messages and calls double": world(
        "a", net_max=3, writer_crash=2, reader_crash=2, double=1, late_call=1
    ),
    "two records, the writer crashes": world("a", "b", net_max=1, writer_crash=1),
    "two records, both ends crash": world("a", "b", coarse=True, reader_crash=2, double=1),
    "a commit fails": world("a", "b", net_max=1, commit_fails=1),
    "an erasure, both ends crash": world("a", "Ea", net_max=1, writer_crash=1, reader_crash=1),
    "an erasure amid a pull, messages double": world("a", "Ea", coarse=True, double=1, reader_crash=1),
    "two records and an erasure, the reader crashes": world("a", "b", "Ea", net_max=1, coarse=True, reader_crash=1),
    "a withdrawal, the reader crashes": world("a", "Wa", net_max=1, reader_crash=1),
    "an erasure's copy in an urgent channel": world("a", "Ea", "Ea@1", net_max=1, coarse=True),
    "two channels, the reader crashes": world("a", "a@1", net_max=1, coarse=True, reader_crash=1),
    "a small gap in memory": world("a", "b", net_max=2, coarse=True, small_gap=True, reader_crash=1, tick=1),
    "an undecodable record": world("u", "a", coarse=True, reader_crash=1),
    "a lying writer": world("a", "b", coarse=True, lie=1, reader_crash=1),
    "an old backup of the writer": world("a", "b", net_max=0, writer_restore=1, writer_crash=1, progress=False),
    "an old backup of the writer, with a reader": world("a", net_max=2, writer_restore=1, writer_crash=1),
    "an old backup of the writer, from the first day": world(
        "a", net_max=1, writer_restore=1, reader_crash=1, late_call=1, double=1, birth=True
    ),
    "an old backup of the writer, with an erasure": world("a", "Ea", net_max=1, writer_restore=1),
    "an old backup of the reader, with an erasure": world("a", "Ea", net_max=1, reader_restore=1),
    "an old backup of the reader, a moving clock": world("a", "b", net_max=1, coarse=True, reader_restore=1, tick=1),
    "an old backup of the reader, the writer crashes": world("a", net_max=2, writer_crash=1, reader_restore=1, tick=1),
    "an old backup of the reader, with a withdrawal": world("a", "Wa", coarse=True, reader_restore=1, reader_crash=1),
    "two copies of the writer, the reader crashes": world("a", net_max=2, copies=2, copy=1, reader_crash=1),
}

# rule -> (the truth that goes, the world); several worlds where the rule guards more than one thing
BROKEN: list[tuple[Rule, str, Scope]] = [
    (R.publish_after_commit, "FORK", world("a", net_max=1, writer_crash=1)),
    (R.highwater_before_publish, "FORK", world("a", net_max=1, writer_restore=1)),
    (R.marks_caught_up, "FORK", world("a", net_max=1, writer_crash=1, writer_restore=1)),
    (R.one_group_at_a_time, "LOST", world("a", "Ea", net_max=0, writer_crash=1, writer_restore=1, progress=False)),
    (R.memory_after_commit, "DOUBLE", world("a", net_max=1, commit_fails=1)),
    (R.ids_in_transaction, "DOUBLE", world("a", net_max=1, late_call=1)),
    (R.ids_survive_erase, "DOUBLE", world("a", "Ea", net_max=0, late_call=1, progress=False)),
    (R.caller_keeps, "LOST", world("a", net_max=1, writer_restore=1)),
    (R.erase_with_order, "LOST", world("a", "Ea", net_max=0, progress=False)),
    (R.erase_ledger, "ERASE", world("a", "Ea", net_max=0, writer_restore=1, progress=False)),
    (R.ledger_before_answer, "ERASE", world("a", "Ea", net_max=0, writer_restore=1, progress=False)),
    (R.fence, "FORK", world("a", net_max=1, writer_restore=1)),
    (R.absence_fences, "FORK", world("a", net_max=1, writer_restore=1, outside_lost=True)),
    (R.absence_fences, "HELD", world("a", net_max=1, reader_restore=1, outside_lost=True)),
    (R.mark_before_channel, "STUCK", world("a", net_max=1, writer_crash=1, birth=True)),
    (R.check_extends, "HELD", world("a", "b", net_max=1, copies=2, copy=1, coarse=True)),
    (R.check_extends, "SPLIT", world("a", "Wa", net_max=1, copies=2, copy=1, coarse=True)),
    (R.erase_covered, "HELD", world("a", net_max=1, lie=1)),
    (R.state0_reask, "STUCK", world("a", net_max=1, lie=1)),
    (R.extend_pending, "STUCK", world("a", "Ea", net_max=1, coarse=True)),
    (R.late_bundle_ignored, "ERASE", world("a", "Ea", coarse=True, double=1)),
    (R.withheld_not_held, "HELD", world("a", net_max=1, withheld="a", progress=False)),
    (R.quarantine, "STUCK", world("u", net_max=1)),
    (R.inbox_with_hold, "STUCK", world("a", net_max=1, reader_crash=1)),
    (R.hold_before_cosign, "HELD", world("a", net_max=1, small_gap=True)),
    (R.line_stored, "TIME", world("a", net_max=1, tick=1)),
    (R.line_time_monotonic, "TIME", world("a", "b", net_max=1, coarse=True, set_back=1)),
    (R.line_mark_before_post, "HELD", world("a", net_max=1, reader_restore=1)),
    (R.reader_fence, "HELD", world("a", net_max=1, reader_restore=1)),
    (R.drain_after_line, "ERASE", world("a", "Ea", net_max=1, coarse=True, reader_restore=1)),
    (R.drain_after_line, "EFFECT", world("a", "Wa", net_max=1, coarse=True, reader_restore=1)),
    (R.effect_key, "TWICE", world("a", net_max=1, reader_crash=1)),
    (R.key_is_id, "TWICE", world("a", "a@1", net_max=1, coarse=True)),
    (R.lookahead, "EFFECT", world("a", "Wa", net_max=1, coarse=True)),
    (R.tombstone, "ERASE", world("a", "Ea@1", net_max=1, coarse=True)),
]


def _fold(*channels: tuple[Item, ...]) -> FoldScope:
    return FoldScope(channels)


_NEW = Item("new", "a")
URGENT = _fold((_NEW, Item("new", "b"), Item("erase", "a")), (Item("erase", "a"),))
TWICE_SENT = _fold((_NEW, Item("erase", "a")), (_NEW,))
CONTINUED = _fold((_NEW, Item("amend", "a", 1)), (Item("amend", "a", 2),))
UNREAD_AMEND = _fold((_NEW, Item("amend", "a", 1, readable=False), Item("amend", "a", 2)), (Item("new", "b"),))
UNREAD_WITHDRAWAL = _fold((_NEW, Item("withdraw", "a", readable=False)), (Item("new", "a"), Item("new", "b")))

FOLDS: dict[str, FoldScope] = {
    "an urgent erasure overtakes bulk": URGENT,
    "the same envelope in two channels": TWICE_SENT,
    "amendments across a continued channel": CONTINUED,
    "an undecodable amendment": UNREAD_AMEND,
    "an undecodable withdrawal": UNREAD_WITHDRAWAL,
}

BROKEN_FOLDS: list[tuple[FoldRule, str, FoldScope]] = [
    (F.tombstone, "ERASE", URGENT),
    (F.same_id_once, "TWICE", TWICE_SENT),
    (F.chain_order, "FOLD", CONTINUED),
    (F.refold, "FOLD", UNREAD_AMEND),
    (F.about_suspends, "EFFECT", UNREAD_WITHDRAWAL),
    (F.resume, "LOST", UNREAD_AMEND),
]
