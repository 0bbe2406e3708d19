"""Says what is missing before a request goes out: the avoidable refusals, found at home.

Each finding is a Reason with the `field` it is about and the `mend` that would settle it. What blocks keeps a draft at home; what
advises is for the approver to read. Nothing here declares a request lawful.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from comity.domain.law.asked import asked_a_lot, asked_too_much, is_target_member
from comity.domain.law.checks import CHECKS
from comity.domain.law.draft import Attestation, Draft, finding
from comity.domain.law.measure import Measure
from comity.domain.law.route_needs import advised, emergency_is_one, needed, one_measure_alone
from comity.domain.law.values import LawBook, Route
from comity.domain.law.weigh import RouteView, usable
from comity.domain.terms import Reason

__all__ = ["Attestation", "Draft", "Findings", "lint", "lint_alert", "lint_for_sending", "lint_refusal"]

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Findings:
    """What keeps a draft at home, and what its approver should read."""

    blocking: tuple[Reason, ...] = field(default=())
    advisory: tuple[Reason, ...] = field(default=())


def lint(draft: Draft, measure: Measure, routes: Sequence[RouteView], book: LawBook) -> Findings:
    """Everything that stands against submitting the draft. `routes` is what `weigh` gave for these two today."""
    view = next((view for view in routes if view.row.id == draft.route), None)
    blocking = [*_route(draft, view, routes), *_targets(draft, measure), *_substance(draft), *_binding(draft, routes)]
    blocking += [*asked_too_much(draft, measure, view.row if view else None, book), *one_measure_alone(draft, measure)]
    blocking += [*emergency_is_one(draft, measure), *_named(measure.blocks, draft, measure)]
    advisory = [*_named(measure.advises, draft, measure), *asked_a_lot(draft, measure, book), *_offence(draft, book)]
    if view is not None:
        blocking += [*_attested(draft, view), *_nature(draft, view), *_members(draft, measure, view)]
        blocking += needed(draft, measure, view, book)
        advisory += [*_other_members(draft, measure, view, book), *advised(draft, view, book), *_warnings(view)]
    if draft.approved_by is not None and draft.approved_by == draft.drafted_by:
        blocking.append(finding("four-eyes", "approved_by", "other-approver"))
    return Findings(tuple(blocking), tuple(advisory))


def lint_for_sending(draft: Draft, measure: Measure, routes: Sequence[RouteView], book: LawBook) -> Findings:
    """As `lint`, and somebody has approved."""
    found = lint(draft, measure, routes, book)
    if draft.approved_by:
        return found
    return Findings((*found.blocking, finding("approval-missing", "approved_by", "approve")), found.advisory)


def lint_alert(draft: Draft, measure: Measure, routes: Sequence[RouteView], book: LawBook) -> Findings:
    """As `lint`, for a measure that saves life: what safeguards find is told and never delays.

    It stays at home only where it would reach nobody lawfully or name nothing: no usable route, no attestation for it, an order
    abroad, a target that can't be read, or what the measure itself `blocks` on.
    """
    view = next((view for view in routes if view.row.id == draft.route), None)
    found = lint(draft, measure, routes, book)
    must = [*_route(draft, view, routes), *_binding(draft, routes), *_named(measure.blocks, draft, measure)]
    must += [why for why in _targets(draft, measure) if why.code in ("target-kind", "target-empty")]
    if view is not None:
        must += [*_attested(draft, view), *_nature(draft, view)]
    return Findings(tuple(must), (*(why for why in found.blocking if why not in must), *found.advisory))


def lint_refusal(ground: str | None, has_reason: bool, route: Route, book: LawBook) -> tuple[Reason, ...]:
    """What stands against refusing on this ground: a refusal needs a code that the route knows, and a reason in words.

    A route whose text nobody has read lists no codes; there any known code will do.
    source   UNTOC 18(23), Budapest 27(7); grounds that are never good ones: UNTOC 18(8), 18(22), Budapest 25(4)-(5)
    """
    found = [] if has_reason else [finding("reason-missing", "reason", "fill-in")]
    known = book.refusals.get(ground or "")
    if not ground:
        found.append(finding("ground-missing", "ground", "choose", choices=list(route.refusal)))
    elif ground in book.forbidden_grounds:
        basis = book.forbidden_grounds[ground].basis
        found.append(finding("ground-forbidden", "ground", "choose", ground=ground, basis=basis))
    elif known is None:
        found.append(finding("ground-unknown", "ground", "choose", ground=ground))
    elif not known.is_refusal:
        found.append(finding("ground-is-no-refusal", "ground", "answer-otherwise", ground=ground))
    elif route.refusal and ground not in route.refusal:
        choices = list(route.refusal)
        found.append(finding("ground-not-of-this-route", "ground", "choose", ground=ground, choices=choices))
    return tuple(found)


def _route(draft: Draft, view: RouteView | None, routes: Sequence[RouteView]) -> Iterator[Reason]:
    fits = [view.row.id for view in usable(routes)]
    if view is None:
        yield finding("no-route", "route", "choose", route=draft.route, choices=fits)
    elif view.gate == "blocked":
        why = [reason.code for reason in view.reasons if reason.facts["effect"] == "blocked"]
        yield finding(
            "route-blocked", "route", "choose", route=draft.route, why=why, nearest=view.nearest, choices=fits
        )


def _attested(draft: Draft, view: RouteView) -> Iterator[Reason]:
    if view.gate != "attest":
        return
    said = draft.attestation
    if said is None:
        yield finding("attest-missing", "attestation", "attach-text-read", route=view.row.id, source=view.source)
    elif not (said.by and said.at and said.text_title and _SHA256.fullmatch(said.text_sha256)):
        yield finding("attest-incomplete", "attestation", "attach-text-read", route=view.row.id)


def _named(names: Sequence[str], draft: Draft, measure: Measure) -> list[Reason]:
    """What the conditions say that the measure calls by name."""
    return [reason for name in names for reason in CHECKS[name](draft, measure)]


def _binding(draft: Draft, routes: Sequence[RouteView]) -> Iterator[Reason]:
    """Nobody orders anything in another country: only an authority of the addressee's own, by that country's law."""
    if draft.nature != "binding-order":
        return
    chosen = next((view for view in routes if view.row.id == draft.route), None)
    choices = list(chosen.natures) if chosen is not None else ["via-state", "voluntary"]
    if draft.sender != draft.receiver:
        yield finding("binding-abroad", "nature", "choose", choices=choices, receiver=draft.receiver)
    elif draft.law_of not in (None, draft.receiver):
        yield finding("binding-by-foreign-law", "law_of", "choose", choices=[draft.receiver], law_of=draft.law_of)


def _nature(draft: Draft, view: RouteView) -> Iterator[Reason]:
    if draft.nature == "binding-order" and draft.sender != draft.receiver:
        return
    if draft.nature not in view.natures:
        yield finding("nature-not-of-route", "nature", "choose", nature=draft.nature, choices=list(view.natures))
    elif draft.nature == "binding-order" and draft.law_of != view.law_of:
        yield finding("law-not-named", "law_of", "choose", choices=[view.law_of])
    elif draft.nature != "binding-order" and draft.law_of is not None:
        yield finding("law-named-without-order", "law_of", "leave-out")


def _targets(draft: Draft, measure: Measure) -> Iterator[Reason]:
    if not draft.targets:
        yield finding("target-missing", "targets", "fill-in", choices=list(measure.targets))
    for place, (kind, value) in enumerate(draft.targets):
        at = f"targets/{place}"
        if kind not in measure.targets:
            yield finding("target-kind", at, "choose", kind=kind, choices=list(measure.targets))
        if not value.strip():
            yield finding("target-empty", at, "fill-in", kind=kind)
        if (kind, value) in draft.targets[:place]:
            yield finding("target-repeated", at, "leave-out", kind=kind)


def _offence(draft: Draft, book: LawBook) -> Iterator[Reason]:
    if book.offences and draft.offence.strip() and draft.offence not in book.offences:
        yield finding("offence-unlisted", "offence", "choose", choices=sorted(book.offences))


def _substance(draft: Draft) -> Iterator[Reason]:
    if not draft.offence.strip():
        yield finding("offence-missing", "offence", "fill-in")
    if not draft.facts.strip():
        code = "emergency-facts" if draft.urgency == "emergency" else "facts-missing"
        yield finding(code, "facts", "fill-in")
    if not draft.drafted_by:
        yield finding("author-missing", "drafted_by", "fill-in")
    if draft.deadline and not draft.form.get("deadline_reason", "").strip():
        yield finding("deadline-without-reason", "form/deadline_reason", "fill-in", basis="UNTOC 18(24)")


def _members(draft: Draft, measure: Measure, view: RouteView) -> Iterator[Reason]:
    for form in (*view.form, *measure.forms):
        for member in measure.members.get(form, ()):
            if not draft.form.get(member, "").strip():
                yield finding("member-missing", f"form/{member}", "fill-in", form=form, member=member)


def _other_members(draft: Draft, measure: Measure, view: RouteView, book: LawBook) -> Iterator[Reason]:
    """What the form requires beyond the members that hold a request back, and what no form of the route knows."""
    known, told = {"deadline_reason"}, set[str]()
    for form in (*view.form, *measure.forms):
        held = measure.members.get(form, ())
        for member in book.forms[form].fields:
            known.add(member.name)
            wanted = member.required in (True, "warn") and member.from_record is None
            asked = wanted and member.name not in (*held, *told)
            told.add(member.name)
            if asked and not draft.form.get(member.name, "").strip():
                yield finding("member-open", f"form/{member.name}", "fill-in", form=form, member=member.name)
    strange = sorted(name for name in set(draft.form) - known if not is_target_member(name))
    yield from (finding("member-unknown", f"form/{name}", "leave-out") for name in strange)


def _warnings(view: RouteView) -> Iterator[Reason]:
    for reason in view.reasons:
        if reason.facts["effect"] == "warning":
            yield Reason(reason.code, {**reason.facts, "field": "route", "mend": "check"})
