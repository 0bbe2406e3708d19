"""What is told of a freeze: how much is really held, until when; and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from comity.domain.action.done import Done, Held, objection
from comity.domain.terms import Instant, Reason, instant_from, instant_text
from comity.errors import Malformed

HOLDS = frozenset({"confirm_hold", "extend"})


def outcome(asked: Mapping[str, str], held: tuple[Held, ...]) -> str:
    """`held`, `partly_held` or `nothing_held`: what these amounts are, against what was asked."""
    total = sum(each.amount for each in held)
    wanted = _asked_units(asked)
    if total == 0:
        return "nothing_held"
    return "held" if wanted is None or total >= wanted else "partly_held"


def _asked_units(asked: Mapping[str, str]) -> int | None:
    """None where the whole account was asked for, or the form can't be read."""
    text = asked.get("amount_units", "").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _held_stated(done: Done) -> Iterator[Reason]:
    if done.event not in HOLDS:
        return
    if not done.held:
        yield objection("held-missing", "held", "fill-in", asked=done.asked.get("amount_units", ""))
    asset, wanted = done.asked.get("asset", "").strip(), _asked_units(done.asked)
    for place, each in enumerate(done.held):
        if each.amount < 0:
            yield objection("held-below-nought", f"held/{place}", "correct")
        if wanted is not None and each.asset != asset:
            yield objection("held-of-another-asset", f"held/{place}", "correct", asset=each.asset, asked=asset)
    total = sum(each.amount for each in done.held)
    if wanted is not None and total > wanted:
        yield objection("held-more-than-asked", "held", "let-go-of-the-rest", held=str(total), asked=str(wanted))


def _outcome_fits(done: Done) -> Iterator[Reason]:
    """The state that is claimed is the one that the amounts are."""
    if done.event != "confirm_hold" or not done.held:
        return
    found = outcome(done.asked, done.held)
    if done.choice is not None and done.choice != found:
        yield objection("outcome-not-of-the-amounts", "choice", "choose", choice=done.choice, choices=[found])


def _end_held(done: Done) -> Iterator[Reason]:
    """A hold says its end; it isn't longer than asked, and an extension is later than what it extends."""
    if done.event not in HOLDS or (done.held and not any(each.amount for each in done.held)):
        return
    if done.until is None:
        yield objection("hold-until-missing", "hold_until", "say until when it is held")
        return
    if done.until <= done.at:
        yield objection("hold-until-past", "hold_until", "correct", hold_until=instant_text(done.until))
    ends = _moment(done.asked.get("ends_at", ""))
    if done.event == "confirm_hold" and ends is not None and done.until > ends:
        yield objection("held-longer-than-asked", "hold_until", "correct", asked=instant_text(ends))
    if done.event == "extend":
        if done.held_until is None or done.held_until <= done.at:
            yield objection("lapsed-already", "hold_until", "ask-anew")
        elif done.until <= done.held_until:
            yield objection("extended-to-no-later", "hold_until", "correct", held_until=instant_text(done.held_until))


def _lapsed_at_its_end(done: Done) -> Iterator[Reason]:
    if done.event == "lapse" and done.held_until is not None and done.at < done.held_until:
        yield objection("not-lapsed-yet", "event", "release", held_until=instant_text(done.held_until))


def _released_with_reason(done: Done) -> Iterator[Reason]:
    if done.event in ("release", "report_impossible") and not (done.note or "").strip():
        yield objection("reason-missing", "note", "fill-in", event=done.event)


def _moment(text: str) -> Instant | None:
    try:
        return instant_from(text.strip())
    except Malformed:
        return None


FREEZE_ACTS: Mapping[str, Callable[[Done], Iterator[Reason]]] = {
    "held-stated": _held_stated,
    "outcome-fits": _outcome_fits,
    "end-held": _end_held,
    "lapsed-at-its-end": _lapsed_at_its_end,
    "released-with-reason": _released_with_reason,
}
