"""The rules of channel sync, each with the sentence that it stands for. Every one can be broken by name."""

from __future__ import annotations

from enum import Enum


class Rule(Enum):
    """A rule of the protocol between a writer and a reader."""

    # the writer
    publish_after_commit = "W4: nothing leaves before COMMIT"
    highwater_before_publish = "W3b: size and root are fsynced outside the backup set before anything leaves"
    marks_caught_up = "at start the high-water file is brought up to the database before anything leaves"
    one_group_at_a_time = "the sequencer ends W4 of one group before W2 of the next"
    memory_after_commit = "the tree in memory advances only after COMMIT"
    ids_in_transaction = "the id is looked up inside the transaction that appends"
    ids_survive_erase = "the row of the id stays when the body goes"
    caller_keeps = "a caller repeats until a recipient's cosignature covers the record, not only until W4"
    erase_with_order = "a body goes in the transaction that commits its order, never before"
    erase_ledger = "orders also stand outside the backup set and are replayed before anything is readable"
    ledger_before_answer = "the order is fsynced outside the backup set before the caller is told"
    fence = (
        "a restored writer never signs on that origin again, and nothing of it is readable until an operator mends it"
    )
    absence_fences = "a channel without its high-water line counts as restored"
    mark_before_channel = "the line of size 0 is written before the row of the channel"
    # the reader
    check_extends = (
        "R1-R2: a newer note must extend what is held and pending; same size and other root stops the channel"
    )
    erase_covered = "'erased' counts only if the named order lies below the pending size and erases that index"
    state0_reask = "an 'erased' that can't be checked yet is not stored but asked for again"
    extend_pending = "the pending note may be overtaken by a newer one that extends it"
    late_bundle_ignored = "a record is accepted only for an index that the current pending lacks"
    withheld_not_held = "a record whose body is withheld is never held"
    quarantine = "an undecodable record is kept, counted and cosigned, never a stop"
    inbox_with_hold = "R5-R6: holding and the inbox rows are one transaction"
    hold_before_cosign = "R7 after R6"
    line_stored = "R7: the stored line is sent again, never a fresh time for the same size"
    line_time_monotonic = "R7: time = max(now, last)"
    line_mark_before_post = "R7: size and time are fsynced outside the backup set before the line leaves"
    reader_fence = "a reader that finds itself behind its own lines does not run"
    drain_after_line = "R8 takes a record only after the high-water line of the cosignature that covers it"
    effect_key = "R8: outside effects carry an idempotency key"
    key_is_id = "R8: that key is (issuer, envelope id), not (origin, index)"
    lookahead = "R8: before acting, look whether a held record withdraws or erases this one"
    tombstone = "R8: an order that comes before its record leaves a tombstone under the envelope id"


class FoldRule(Enum):
    """A rule for folding the records of several channels into one state."""

    tombstone = "an erasure or withdrawal that comes first leaves a tombstone under the envelope id"
    same_id_once = "the same envelope by two channels acts once"
    chain_order = "fold order is the order of the chain, then the index; not the arrival"
    refold = "a record released from quarantine is folded at its own place"
    about_suspends = "a quarantined record suspends what its `about` names"
    resume = "what was suspended acts once the quarantined record turns out to be harmless"


class RecoveryRule(Enum):
    """A rule for going on after a backup was restored, at the writer or at the reader."""

    # the writer
    retires = "a channel that came back behind its signatures ends: nothing is signed on it again"
    ledger_replayed = "what the high-water file says is gone goes again before anything is readable"
    regains = "before a successor opens, the reader is asked for the tail, and the cut lies where its tail ends"
    tail_verified = "a tail counts only under our own signature on its root"
    tail_obeyed = "orders in the tail are carried out with it: no body that they erase becomes readable"
    dark_without_marks = "without the high-water file nothing of a channel is readable before its tail was regained"
    successors_regained = "successors that the reader knows are taken back before a new one opens"
    ids_across_chain = "the id is looked up in the channels that the open one continues, up to their cuts"
    orphans = "what a reader holds above a cut is taken back too, and issued again under the same envelope id"
    lost_orders_again = (
        "an erasure that the high-water file tells of, and whose order nobody holds any more, is ordered again"
    )
    # the reader
    catch_up = "a restored reader shows, does and cosigns nothing before it has caught up"
    catch_up_fresh = "it has caught up only with an answer to a question asked after the restore"
    orders_first = "orders up to there are carried out before anything is shown or done again"
    acks_regained = "our own acknowledgements are taken back before anything acts again"
    time_from_marks = "no line is dated before one that the high-water file tells of, also one that was lost"
    key_retired = "who can't fetch again what it had cosigned retires its receipt key"
    successor_free = "a successor may be held before the channel that it continues"
    order_names_origin = "an erased entry names the channel of its order too: it may stand in the successor"
    pending_let_go = "what was pending above a cut is let go"


class WitnessRule(Enum):
    """A rule for cosigning roots of a log whose records the witness doesn't see."""

    compares = "a witness cosigns only what extends the root that it has recorded"
    in_the_transaction = "that comparison is made once more in the transaction that records"
    records_first = "root and line are on disk before the line leaves"
    retires = "a witness that came back from a backup replaces its key, and lends no line under the old one"
    readers_demand = "a reader holds nothing that the witness has not cosigned"


class CustodyRule(Enum):
    """A rule for orders that must reach whoever a record was passed on to."""

    passed_on = "whoever passed a record on passes its erasure on"
    with_obedience = "to obey and to pass on is one transaction"
    list_with_transfer = "the record goes out in the transaction that writes down to whom"
    done_after_all = "an erasure is answered as done only when every holder further on has answered"
    buried_first = "a record whose erasure was obeyed is not passed on, also when that was begun before"
    relay_regains = "a restored relay takes its own tail back, and with it whom it passed what, before it obeys"
