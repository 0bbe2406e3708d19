"""A draft in a file, looked over without a node: what would be refused abroad is found before anybody keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from comity.domain.indicator import guess, indicator
from comity.domain.law import Attestation, Draft, Findings, lint, lint_alert, weigh
from comity.domain.terms import Instant, Reason, country
from comity.errors import Malformed, NotFound
from comity.faces.api.views import reason_views
from comity.faces.cli.sentence_words import because
from comity.faces.cli.showing import say
from comity.faces.console.words import LANGUAGES, book
from comity.ports import Catalog

MEMBERS = {
    "measure",
    "from",
    "to",
    "route",
    "nature",
    "law_of",
    "offence",
    "targets",
    "facts",
    "form",
    "form_personal",
    "urgency",
    "deadline",
    "language",
    "drafted_by",
    "attestation",
}
"""What the file may say; as `comity request draft` takes it, with the two countries."""


def looked_over(catalog: Catalog, told: dict[str, Any]) -> Findings:
    """What stands against a draft. `told` is what the file says, the countries under `from` and `to`. Any: read from a file.

    raises  Malformed for members that nobody knows or that are of another type, NotFound for a measure that isn't there
    """
    strange = sorted(set(told) - MEMBERS)
    if strange:
        raise Malformed("draft-members", members=strange, known=sorted(MEMBERS))
    for name in ("measure", "from", "to"):
        if not isinstance(told.get(name), str):
            raise Malformed("draft-member-missing", member=name)
    measure = catalog.measures().get(told["measure"])
    if measure is None:
        raise NotFound("measure", measure=told["measure"], known=sorted(catalog.measures()))
    unread: list[Reason] = []
    said = told.get("attestation")
    draft = Draft(
        measure=measure.id,
        route=told.get("route"),
        sender=country(told["from"]),
        receiver=country(told["to"]),
        nature=str(told.get("nature", "via-state")),
        law_of=told.get("law_of"),
        offence=str(told.get("offence", "")),
        targets=list(_targets(told.get("targets", ()), unread)),
        form={**_texts(told, "form"), **_texts(told, "form_personal")},
        facts=str(told.get("facts", "")),
        drafted_by=str(told.get("drafted_by", "whoever drafts")),
        urgency=str(told.get("urgency", "routine")),
        deadline=told.get("deadline"),
        attestation=Attestation(**said) if isinstance(said, dict) else None,
        language=str(told.get("language", "en")),
        at=Instant(int(datetime.now(UTC).timestamp() * 1000)),
    )
    routes = weigh(measure, draft.sender, draft.receiver, datetime.now(UTC).date(), catalog.book())
    found = (lint_alert if measure.leaves == "alert" else lint)(draft, measure, routes, catalog.book())
    return Findings((*unread, *found.blocking), found.advisory)


def _texts(told: dict[str, Any], name: str) -> dict[str, str]:
    given = told.get(name, {})
    if not isinstance(given, dict):
        raise Malformed("draft-member-type", member=name, wanted="a table of texts")
    return {key: _text(value) for key, value in given.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _targets(given: Any, unread: list[Reason]) -> Iterator[tuple[str, str]]:
    """Values as people write them, or tables with `kind` and `value`; what can't be read is a finding."""
    if not isinstance(given, list | tuple):
        raise Malformed("draft-member-type", member="targets", wanted="a list")
    for place, each in enumerate(given):
        kind, raw = (each.get("kind"), str(each.get("value", ""))) if isinstance(each, dict) else (None, str(each))
        try:
            fitting: Sequence[Any] = [indicator(kind, raw)] if kind is not None else guess(raw)
        except Malformed as fault:
            unread.append(Reason(fault.code, {"field": f"targets/{place}", "mend": "correct", **fault.facts}))
            continue
        if not fitting:
            unread.append(
                Reason("value-of-no-kind", {"field": f"targets/{place}", "mend": "name-the-kind", "text": raw[:60]})
            )
            continue
        yield fitting[0].kind, fitting[0].value


def as_json(found: Findings) -> dict[str, Any]:
    """Any: JSON."""
    return {"blocking": reason_views(found.blocking), "advisory": reason_views(found.advisory)}


def print_findings(console: Console, found: Findings, lang: str) -> None:
    """Each with its field; in the officer's own language where one is named, what to do as well in English."""
    for title, style, reasons in (("BLOCKS", "red", found.blocking), ("note", "yellow", found.advisory)):
        for reason in reasons:
            (view,) = reason_views([reason])
            what, mend = because({"code": view.code, "field": view.field, "mend": view.mend, "facts": view.facts})
            if lang != "en":
                what, mend = str(book()[lang].word("reason", reason.code)), ""
            say(console, f"{title:7} {view.field or '-'}: {what}{' ' + mend if mend else ''}", style)
    if not found.blocking:
        say(console, "Nothing holds it back. A named officer decides, and somebody else approves.")


def language(text: str) -> str:
    """One of the languages that there are words in; Malformed names them."""
    if text not in LANGUAGES:
        raise Malformed("language-unknown", lang=text[:20], known=sorted(LANGUAGES))
    return text
