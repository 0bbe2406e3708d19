"""What the chosen route asks for beyond the form: members by article, the gravity of the offence, who may sign, who must be addressed."""

from __future__ import annotations

from collections.abc import Iterator

from comity.domain.law.asked import wanted
from comity.domain.law.draft import Draft, finding
from comity.domain.law.freeze_checks import said
from comity.domain.law.measure import Measure
from comity.domain.law.member_types import choices_of, unfit
from comity.domain.law.values import LawBook
from comity.domain.law.weigh import RouteView
from comity.domain.terms import Reason


def members_by_article(draft: Draft, measure: Measure, view: RouteView) -> Iterator[Reason]:
    """Each member that the route's text asks for is there, and says what it has to."""
    for need in view.row.needs:
        if need.measures and measure.id not in need.measures:
            continue
        text, at = said(draft, need.member), f"form/{need.member}"
        if not text:
            yield finding("need-missing", at, "fill-in", member=need.member, article=need.article, route=view.row.id)
        elif need.values and text not in need.values:
            yield finding(
                "need-otherwise", at, "choose", member=need.member, article=need.article, choices=list(need.values)
            )


def members_fit(draft: Draft, measure: Measure, view: RouteView, book: LawBook) -> Iterator[Reason]:
    """What a member says fits the type that its form gives it."""
    told = set[str]()
    for form in (*view.form, *measure.forms):
        for member in book.forms[form].fields:
            text = said(draft, member.name)
            why = unfit(member.name, member.type, text) if text and member.name not in told else None
            told.add(member.name)
            if why is not None:
                yield finding(
                    "member-unfit",
                    f"form/{member.name}",
                    "correct",
                    form=form,
                    member=member.name,
                    value=text[:60],
                    why=why,
                    type=member.type[:60],
                    choices=list(choices_of(member.type)),
                )


def offence_grave_enough(draft: Draft, measure: Measure, view: RouteView) -> Iterator[Reason]:
    """The least maximum penalty that the route asks for; where it asks so for some data alone, only when those are asked for."""
    least = view.row.penalty_years_min
    if least is None:
        return
    if view.row.penalty_for:
        asked = {category for each in wanted(draft, measure) for category in each.categories}
        if not asked & set(view.row.penalty_for):
            return
    text = said(draft, "max_penalty_years") or said(draft, "max_penalty_requesting_years")
    if not text:
        yield finding("penalty-missing", "form/max_penalty_years", "fill-in", years_min=least, route=view.row.id)
    elif not unfit("", "decimal", text) and float(text) < least:
        yield finding("penalty-too-low", "form/max_penalty_years", "choose-route", years=text, years_min=least)


def signer_has_power(draft: Draft, measure: Measure, view: RouteView) -> Iterator[Reason]:
    """Some data may be asked for by a judge alone. Who signs or validates is said in the form."""
    if not view.row.issuers:
        return
    signers = {said(draft, name) for name in view.row.signers} - {""}
    for category in dict.fromkeys(c for each in wanted(draft, measure) for c in each.categories):
        may = view.row.issuers.get(category, ())
        if may and not signers & set(may):
            where = f"form/{view.row.signers[-1]}" if view.row.signers else "route"
            yield finding(
                "signer-without-power", where, "choose", category=category, choices=list(may), signers=sorted(signers)
            )


def conduct_punished(draft: Draft, view: RouteView, book: LawBook) -> Iterator[Reason]:
    """Dual criminality is a test of conduct. What is known of the receiver's law is shown; where it must be met, a statement is due."""
    rule = view.row.dual_criminality
    if not rule.startswith(("required", "optional")):
        return
    offence = book.offences.get(draft.offence)
    fits = [fit.article for fit in offence.fits if fit.state == draft.receiver] if offence else []
    if not said(draft, "dual_criminality_statement"):
        yield finding(
            "conduct-undescribed",
            "form/dual_criminality_statement",
            "fill-in",
            rule=rule,
            receiver=draft.receiver,
            fits=fits,
        )


def one_measure_alone(draft: Draft, measure: Measure) -> Iterator[Reason]:
    """To preserve and to produce are two requests; the second names the first."""
    asked = {word.strip() for word in said(draft, "assistance_sought[]").split(",")} - {""}
    others = sorted(asked - set(measure.capabilities) - {measure.id})
    if others:
        yield finding("measures-mixed", "form/assistance_sought[]", "split", others=others, measure=measure.id)


def through_central_authority(draft: Draft, view: RouteView) -> Iterator[Reason]:
    """A state may have declared that even urgent requests reach it through its central authority alone."""
    for state, mark in view.marks:
        if state == draft.receiver and mark.effect == "central-authority" and said(draft, "urgent_channel_reason"):
            yield finding("central-authority-only", "form/urgent_channel_reason", "leave-out", text=mark.text)


def language_accepted(draft: Draft, view: RouteView, book: LawBook) -> Iterator[Reason]:
    """What the receiver's authority reads, where it is known; else that nobody has looked."""
    if draft.sender == draft.receiver or view.instrument.kind == "practice":
        return
    known = [each for each in book.authorities.get(draft.receiver, ()) if each.languages]
    spoken = {language for each in known for language in each.languages}
    if spoken and draft.language not in spoken and said(draft, "translation_attached") != "true":
        yield finding(
            "translation-missing",
            "form/translation_attached",
            "translate",
            receiver=draft.receiver,
            choices=sorted(spoken),
        )


def languages_unknown(draft: Draft, view: RouteView, book: LawBook) -> Iterator[Reason]:
    """Nobody has written down what the receiver's authority reads."""
    abroad = draft.sender != draft.receiver and view.instrument.kind != "practice"
    if abroad and not any(each.languages for each in book.authorities.get(draft.receiver, ())):
        yield finding("languages-unknown", "form/translation_attached", "check", receiver=draft.receiver)


def emergency_is_one(draft: Draft, measure: Measure) -> Iterator[Reason]:
    """Life or safety of a person is at stake, and what is. Money alone never is an emergency; it may be urgent."""
    if draft.urgency == "emergency" and measure.leaves != "alert" and not said(draft, "risk_kind"):
        yield finding("emergency-without-risk", "form/risk_kind", "fill-in", instead="urgent")


def needed(draft: Draft, measure: Measure, view: RouteView, book: LawBook) -> list[Reason]:
    """All that the route asks for and the draft doesn't give."""
    return [
        *members_by_article(draft, measure, view),
        *members_fit(draft, measure, view, book),
        *offence_grave_enough(draft, measure, view),
        *signer_has_power(draft, measure, view),
        *through_central_authority(draft, view),
        *language_accepted(draft, view, book),
    ]


def advised(draft: Draft, view: RouteView, book: LawBook) -> list[Reason]:
    """What the approver should read."""
    return [*conduct_punished(draft, view, book), *languages_unknown(draft, view, book)]
