"""The catalogue: worlds in which every rule is kept, and for each rule the world in which breaking it does harm."""

from __future__ import annotations

from .custody import CustodyScope
from .fold import FoldScope, Item
from .recovery_values import RecoveryScope, recovery
from .rules import CustodyRule, FoldRule, RecoveryRule, Rule, WitnessRule
from .scope import Scope, world
from .witness import WitnessScope

R, F, G, W, C = Rule, FoldRule, RecoveryRule, WitnessRule, CustodyRule

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


RECOVERIES: dict[str, RecoveryScope] = {
    "the writer restored": recovery("a", writer_restore=1),
    "the writer restored, with two records": recovery("a", "b", writer_restore=1),
    "the writer restored, with an erasure": recovery("a", "Ea", writer_restore=1),
    "the writer restored, its high-water file lost": recovery("a", "Ea", writer_restore=1, marks_lost=True),
    "the writer restored twice": recovery("a", writer_restore=2),
    "the writer restored, and nobody waits for the reader": recovery("a", "Ea", writer_restore=1, cut=1),
    "the reader restored": recovery("a", reader_restore=1),
    "the reader restored, with an erasure": recovery("a", "Ea", reader_restore=1),
    "the reader restored, with a withdrawal": recovery("a", "Wa", reader_restore=1),
    "both restored": recovery("a", writer_restore=1, reader_restore=1, both_lost=True),
}

# explored by `python -m tests.model` and `make soak`, not by pytest: each takes longer than the others together
LARGE: dict[str, RecoveryScope] = {
    "the reader restored, with a withdrawal, answers late": recovery("a", "Wa", reader_restore=1, late_answer=1),
    "the reader restored, with an erasure, answers late": recovery("a", "Ea", reader_restore=1, late_answer=1),
    "the reader restored, its clock set back": recovery("a", "b", reader_restore=1, set_back=1),
}

BROKEN_RECOVERIES: list[tuple[RecoveryRule, str, RecoveryScope]] = [
    (G.retires, "FORK", RECOVERIES["the writer restored"]),
    (G.ledger_replayed, "ERASE", RECOVERIES["the writer restored, with an erasure"]),
    (G.regains, "CHAIN", RECOVERIES["the writer restored twice"]),
    (G.tail_verified, "FORGED", recovery("a", writer_restore=1, forge=1)),
    (G.tail_obeyed, "ERASE", RECOVERIES["the writer restored, its high-water file lost"]),
    (G.dark_without_marks, "ERASE", RECOVERIES["the writer restored, its high-water file lost"]),
    (G.successors_regained, "CHAIN", RECOVERIES["the writer restored twice"]),
    (G.ids_across_chain, "DOUBLE", RECOVERIES["the writer restored"]),
    (G.orphans, "STUCK", recovery("a", writer_restore=1, cut=1)),
    (G.lost_orders_again, "STUCK", RECOVERIES["the writer restored, with an erasure"]),
    (G.catch_up, "TWICE", RECOVERIES["the reader restored, with an erasure"]),
    (G.catch_up_fresh, "ERASE", LARGE["the reader restored, with an erasure, answers late"]),
    (G.orders_first, "ERASE", RECOVERIES["the reader restored, with an erasure"]),
    (G.acks_regained, "TWICE", RECOVERIES["the reader restored"]),
    (G.time_from_marks, "TIME", LARGE["the reader restored, its clock set back"]),
    (G.key_retired, "HELD", RECOVERIES["both restored"]),
    (G.successor_free, "STUCK", RECOVERIES["the writer restored, with an erasure"]),
    (G.order_names_origin, "STUCK", RECOVERIES["the writer restored, with an erasure"]),
    (G.pending_let_go, "STUCK", RECOVERIES["the writer restored"]),
]

WITNESSES: dict[str, WitnessScope] = {
    "two copies of a writer": WitnessScope(),
    "the witness crashes and is restored": WitnessScope(crashes=1, restores=1),
    "the witness crashes twice and is restored twice": WitnessScope(crashes=2, restores=2),
}

BROKEN_WITNESSES: list[tuple[WitnessRule, str, WitnessScope]] = [
    (W.compares, "WITNESS", WitnessScope()),
    (W.in_the_transaction, "WITNESS", WitnessScope()),
    (W.records_first, "WITNESS", WitnessScope(crashes=1)),
    (W.retires, "WITNESS", WitnessScope(restores=1)),
    (W.readers_demand, "SPLIT", WitnessScope()),
]

CUSTODIES: dict[str, CustodyScope] = {
    "a relay": CustodyScope(),
    "the relay crashes": CustodyScope(crashes=1),
    "the relay crashes twice and is restored twice": CustodyScope(crashes=2, restores=2),
}

BROKEN_CUSTODIES: list[tuple[CustodyRule, str, CustodyScope]] = [
    (C.passed_on, "STUCK", CustodyScope()),
    (C.with_obedience, "STUCK", CustodyScope(crashes=1)),
    (C.list_with_transfer, "FALSE", CustodyScope(crashes=1)),
    (C.done_after_all, "FALSE", CustodyScope()),
    (C.buried_first, "FALSE", CustodyScope()),
    (C.relay_regains, "FALSE", CustodyScope(restores=1)),
]
