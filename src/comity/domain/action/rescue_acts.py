"""What is told of a person who was looked for: never where an adult is, and never that they were found, without their consent.

What may be said without any is "not found", and it is said in the same words of somebody who wasn't found, who doesn't want it told,
or who is under protection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from comity.domain.action.done import Done, objection
from comity.domain.terms import Reason

CONSENTS = ("person", "child-path")
"""The person's own word; for a minor the path that the child's protection prescribes. A family's word is none."""

SAYS_FOUND = frozenset({"rescued"})
"""States that tell by themselves that the person was found."""

AFTER_FOUND = frozenset({"screen", "return", "care"})


def _whereabouts_with_consent(done: Done) -> Iterator[Reason]:
    if done.consent is not None and done.consent not in CONSENTS:
        yield objection("consent-unknown", "consent", "choose", consent=done.consent, choices=list(CONSENTS))
        return
    if done.consent is not None:
        return
    if done.whereabouts is not None:
        yield objection("whereabouts-without-consent", "whereabouts", "leave-out", choices=list(CONSENTS))
    if done.event == "report" and done.choice in SAYS_FOUND:
        yield objection("found-without-consent", "choice", "answer-not-found", choices=["not_found"])
    if done.event in AFTER_FOUND:
        yield objection("found-without-consent", "event", "answer-not-found", choices=["not_found"])
    if done.event == "report" and done.choice == "not_found" and (done.note or "").strip():
        # A word more or less beside "not found" would tell the two apart.
        yield objection("not-found-says-nothing-more", "note", "leave-out")


RESCUE_ACTS: Mapping[str, Callable[[Done], Iterator[Reason]]] = {
    "whereabouts-with-consent": _whereabouts_with_consent,
}
