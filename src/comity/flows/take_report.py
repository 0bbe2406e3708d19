"""Taking a report: kept first, whole; then matched against what is known here."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET

from comity.domain.indicator import Indicator, is_open
from comity.domain.record import Marking
from comity.domain.record.kinds import report_1
from comity.domain.record.places import Value
from comity.domain.terms import Actor, Country, Granted, Reason, Refused, instant_text
from comity.errors import Malformed
from comity.flows.access import filed_under, permit
from comity.flows.filing import desk, letter, sealed
from comity.flows.lookup import Known, look_up, read_value
from comity.ports import Fact, Noticed, Place, World

AT_HOME = Marking(tlp="RED", hcodes=("H0", "H2"))
"""A report stays with the authority that took it."""


@dataclass(frozen=True)
class Submission:
    """What somebody hands in.

    values     (kind or None, text as written); a text that reads as no kind is kept with the narrative
    victims    (name, contact, whereabouts, note)
    """

    channel_in: str
    country: Country
    category: str
    values: tuple[tuple[str | None, str], ...]
    narrative: str | None = None
    reporter: tuple[str | None, str | None] | None = None
    victims: tuple[tuple[str, str | None, str | None, str | None], ...] = ()
    language: str | None = None
    fictional: bool = False


@dataclass(frozen=True)
class Taken:
    """A report that is kept.

    known     for each value: who said what about it, and why nothing is raised where a warning list names it
    raised    values that somebody else knows and no warning list names
    unread    texts that read as no kind, with the reason
    """

    report: str
    place: Place
    known: tuple[Known, ...]
    raised: tuple[Indicator, ...]
    unread: tuple[tuple[str, str], ...]


def take_report(world: World, actor: Actor, said: Submission) -> Granted[Taken] | Refused:
    """Keeps a report on the node's own desk and tells what others know about its values."""
    reasons = permit(world, actor, "take-report")
    if not said.values and not said.narrative:
        reasons += (Reason("report-empty", {"field": "values", "mend": "give a value or tell what happened"}),)
    if said.channel_in not in ("citizen", "officer", "partner", "file"):
        reasons += (Reason("channel-unknown", {"field": "channel_in", "value": said.channel_in}),)
    if reasons:
        return Refused(reasons)
    values, unread = _read(said)
    report = world.mint.record_id()
    body = _body(world, said, report, values, unread)
    record = sealed(world, body, purpose="crime", marking=AT_HOME, lang=said.language)
    known = look_up(world, values)
    raised = tuple(k.value for k in known if k.raises)
    facts: list[Fact] = [*filed_under(world, actor, "report", [report])]
    if raised:
        # How many, not which: a notice outlives the report's erasure.
        about = {"report": report, "count": len(raised), "by": actor.name}
        facts.append(Noticed(f"raised {report}", world.clock.now(), "report-matches", about))
    (place,) = world.store.keep([letter(desk(world), record)], facts)
    return Granted(Taken(report, place, known, raised, unread))


def _read(said: Submission) -> tuple[tuple[Indicator, ...], tuple[tuple[str, str], ...]]:
    found: dict[Indicator, None] = {}
    unread: list[tuple[str, str]] = []
    for kind, text in said.values:
        try:
            found.setdefault(read_value(kind, text))
        except Malformed as fault:
            unread.append((text, fault.code))
    return tuple(found), tuple(unread)


def _body(
    world: World,
    said: Submission,
    report: str,
    values: tuple[Indicator, ...],
    unread: tuple[tuple[str, str], ...],
) -> report_1.Body:
    narrative = "\n".join(
        [*([said.narrative] if said.narrative else []), *(f"[{code}] {text}" for text, code in unread)]
    )
    personal = tuple(Value(v.kind, v.value) for v in values if not is_open(v.kind))
    return report_1.Body(
        report=report,
        channel_in=said.channel_in,  # type: ignore[arg-type]  # checked by the caller against the same four words
        received=instant_text(world.clock.now()),
        country=said.country,
        category=said.category,
        indicators=tuple(Value(v.kind, v.value) for v in values if is_open(v.kind)),
        language=said.language,
        fictional=said.fictional,
        contacts=personal or UNSET,
        narrative=narrative or UNSET,
        reporter=report_1.Person(*said.reporter) if said.reporter else UNSET,
        victims=tuple(report_1.Victim(*victim) for victim in said.victims) or UNSET,
    )
