"""The journal: who did and read what, in which case, for which purpose, on which basis; and whether it holds."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from markupsafe import Markup

from comity.domain.access import ACTS, Grant
from comity.domain.terms import instant_text
from comity.faces.api.asking import granted
from comity.faces.api.routes.journal import journal_line, place_of
from comity.faces.console.forms import Form
from comity.faces.console.rail import Entry
from comity.faces.console.render import Desk, Seen
from comity.flows import misuse, oversight, subject_access
from comity.flows.access import whole
from comity.flows.journal import journals
from comity.flows.journal_read import Kept, Matched, Wanted, matching
from comity.flows.prove_journal import Proven, prove
from comity.flows.rights import WORD
from comity.flows.two_persons import Proposed, proposals, topic_of
from comity.ports import Place, World

SHOWN = 50
LINKS = 4
ASKED_OF = 2000
"""Records that the questions to ask are drawn from."""
TAKEN = 5000
"""Entries in one file, from at most TAKEN_OF records."""
TAKEN_OF = 20_000
BY_ITSELF = (
    "account",
    "attack",
    "break-glass",
    "case",
    "channel",
    "channel-standing",
    "come-in",
    "machine",
    "own-keys",
    "peer",
    "received",
    "session-end",
)
"""Acts that no role names: what people do at the door, and what the machine does."""
LOUD = frozenset({"break-glass"})
"""Codes of what was kept that no list may show like anything else."""
VIEWS = ("entries", "questions", "two", "emergency", "check")


@dataclass(frozen=True)
class Thing:
    """Something that an entry names.

    path  where it is shown: the thing itself where the reader sees it, else what led to it
    """

    text: str
    path: str


@dataclass(frozen=True)
class Shown:
    """One entry as a line. `more`: things that aren't linked here."""

    kept: Kept
    things: tuple[Thing, ...]
    more: int
    case: str
    loud: bool


@dataclass(frozen=True)
class TwoPersons:
    """An act for which two persons were asked. `what`: message `two.<what>`."""

    what: str
    said: Proposed


@get("/desk/journal", sync_to_thread=True, opt={"asks": "audit"})
def journal(desk: Seen) -> Response[Any]:
    """The newest entries that fit what is asked for, or one of the other views."""
    desk.must("audit")
    view = desk.request.query_params.get("view", "entries")
    return _shown(desk, view if view in VIEWS else "entries")


@post("/desk/journal/check", sync_to_thread=True, opt={"asks": "audit"})
def check(desk: Seen) -> Response[Any]:
    """Every hash and signature of the journal, now."""
    desk.must("audit")
    return _shown(desk, "check", proven=granted(prove(desk.node.world, desk.officer)))


@get("/desk/journal/file", sync_to_thread=True, opt={"asks": "audit"})
def file(desk: Seen) -> Response[Any]:
    """What fits, newest first, as lines of JSON. The last line says where it goes on, if it does."""
    desk.must("audit")
    form = _asked(desk)
    everything = whole(desk.node.world)
    wanted = _wanted(desk, form, everything)
    if not form.good:
        return _shown(desk, "entries", status=422, form=form)
    found = matching(everything, wanted, TAKEN, _before(desk), scan=TAKEN_OF)
    lines = [msgspec.json.encode(journal_line(each)) for each in found.entries]
    if found.before is not None:
        lines.append(msgspec.json.encode({"continues": _said(found.before)}))
    name = f"journal-{desk.node.world.me.name}-{instant_text(desk.spoken.now)[:10]}.jsonl"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(b"\n".join([*lines, b""]), media_type="application/jsonl", headers=headers)


def _shown(
    desk: Desk, view: str, status: int = 200, form: Form | None = None, proven: Iterable[Proven] | None = None
) -> Response[Any]:
    everything = whole(desk.node.world)
    found, asked = Matched((), None, 0), form or _asked(desk)
    if view == "entries":
        wanted = _wanted(desk, asked, everything)
        if asked.good:
            found = matching(everything, wanted, SHOWN, _before(desk))
    watched = list(oversight.watches(desk.node.world))
    return desk.show(
        "journal.html",
        status=status if asked.good else 422,
        view=view,
        views=VIEWS,
        form=asked,
        found=found,
        lines=_lines(desk, everything, found.entries),
        older=_older(asked, found.before),
        taken=_query({**_kept(asked), "before": desk.request.query_params.get("before", "")}),
        filtered=any(_kept(asked).values()),
        acts=_acts(desk),
        looks=granted(misuse.report(desk.node.world, desk.officer, _offset_ms(desk), ASKED_OF))
        if view == "questions"
        else (),
        asked_of=ASKED_OF,
        two=_two(desk.node.world) if view == "two" else [],
        grants=everything.store.grants()[:SHOWN] if view == "emergency" else (),
        unjudged=[each for each in everything.store.grants() if each.verdict is None],
        names=_names(everything) if view in ("emergency", "questions") else {},
        numbers=_numbers(everything, [each.case for each in everything.store.grants()]) if view == "emergency" else {},
        me_judging=_judging(desk),
        watched=watched,
        proven=proven,
    )


def _asked(desk: Desk) -> Form:
    """The filters of the address, as a form."""
    return Form({name: (value,) for name, value in desk.request.query_params.items()})


def _kept(form: Form) -> dict[str, str]:
    return {
        name: form.text(name)
        for name in ("who", "act", "case", "purpose", "basis", "outcome", "since", "until")
        if form.text(name)
    }


def _wanted(desk: Desk, form: Form, everything: World) -> Wanted:
    asked = _kept(form)
    case = asked.get("case", "")
    if case:
        case = next((each.id for each in everything.store.cases() if each.number == case), case)
    times = {}
    for name in ("since", "until"):
        times[name] = ""
        if name in asked:
            try:
                times[name] = instant_text(desk.spoken.instant(asked[name]))
            except (ValueError, OverflowError):
                form.fault(name, "journal.no_time")
    asked = {name: text for name, text in asked.items() if name not in ("case", "since", "until")}
    return Wanted(**asked, case=case, **times)


def _lines(desk: Desk, everything: World, entries: Iterable[Kept]) -> list[Shown]:
    """The entries with what they name; two questions to the store for all of them."""
    entries = list(entries)
    first = {each: _ids(each)[:LINKS] for each in entries}
    keys = {bytes.fromhex(thing.replace("-", "")): thing for some in first.values() for thing in some}
    requests, reports = _there(desk, everything, "request", keys), _there(desk, everything, "report", keys)
    numbers = _numbers(everything, [*keys.values(), *(each.entry.case for each in entries if each.entry.case)])
    shown = []
    for each in entries:
        things = tuple(_thing(desk, thing, requests, reports, numbers) for thing in first[each])
        case = numbers.get(each.entry.case or "", each.entry.case or "")
        loud = bool(LOUD & set(each.entry.what)) or each.entry.act == "attack"
        shown.append(Shown(each, things, max(0, len(_ids(each)) - LINKS), case, loud))
    return shown


def _there(desk: Desk, everything: World, name: str, keys: dict[bytes, str]) -> set[str]:
    """Those that are requests or reports which the reader sees; what two persons decide on stands in the journal, and is none."""
    if not desk.may("view"):
        return set()
    own = {channel.origin for channel in journals(everything)}
    traced = desk.world.store.traced(name, list(keys))
    return {keys[key] for key, places in traced.items() if any(place.origin not in own for place in places)}


def _thing(desk: Desk, thing: str, requests: set[str], reports: set[str], numbers: dict[str, str]) -> Thing:
    if thing in numbers:
        return Thing(f"{desk.t('journal.case')} {numbers[thing]}", f"/desk/oversight/acts/{thing}")
    if thing in requests:
        return Thing(f"{desk.t('journal.request')} {thing[-6:]}", f"/desk/requests/{thing}")
    if thing in reports:
        return Thing(f"{desk.t('journal.report')} {thing[-6:]}", f"/desk/reports/{thing}")
    return Thing(f"…{thing[-8:]}", f"/desk/oversight/acts/{thing}")


def _ids(kept: Kept) -> list[str]:
    """UUIDs that the entry names, things before records."""
    ids = []
    for thing in dict.fromkeys((*kept.entry.about, *kept.entry.records)):
        with suppress(ValueError):
            if len(thing) == 36 and len(bytes.fromhex(thing.replace("-", ""))) == 16:
                ids.append(thing)
    return ids


def _numbers(everything: World, cases: Iterable[str]) -> dict[str, str]:
    wanted = set(cases)
    return {each.id: each.number for each in everything.store.cases(wanted)} if wanted else {}


def _names(everything: World) -> dict[str, str]:
    return {each.id: each.name for each in everything.store.accounts()}


def _judging(desk: Desk) -> str:
    """Account or name of a reader who may judge emergency access; empty for anybody else."""
    return (desk.officer.account or desk.officer.name) if desk.may("review-access") else ""


def _acts(desk: Desk) -> list[tuple[str, Markup]]:
    found = [(str(act), desk.words.word("jact", str(act))) for act in (*ACTS, *BY_ITSELF)]
    return [("", desk.t("journal.any")), *sorted(found, key=lambda each: str(each[1]).casefold())]


def _two(world: World) -> list[TwoPersons]:
    found = [
        *(TwoPersons("watch", each) for each in oversight.proposed(world)),
        *(TwoPersons("access", each) for each in subject_access.asked(world)),
        *(TwoPersons("rights", each) for each in _lifts(world)),
    ]
    return sorted(found, key=lambda each: each.said.at, reverse=True)[:SHOWN]


def _lifts(world: World) -> list[Proposed]:
    """What the newest notices say was proposed about human-rights holds."""
    named = [str(each.about.get("request")) for each in world.store.notices(200) if each.kind == "rights-lift"]
    return [each for one in list(dict.fromkeys(named))[:20] for each in proposals(world, topic_of(WORD, one))]


def _offset_ms(desk: Desk) -> int:
    """Of the reader's own zone: whose nights are meant."""
    offset = desk.spoken.local(desk.spoken.now).utcoffset()
    return int(offset.total_seconds() * 1000) if offset is not None else 0


def _before(desk: Desk) -> Place | None:
    return place_of(desk.request.query_params.get("before") or None)


def _older(form: Form, before: Place | None) -> str:
    return _query({**_kept(form), "before": _said(before)}) if before is not None else ""


def _query(told: dict[str, str]) -> str:
    return urlencode({name: value for name, value in told.items() if value})


def _said(place: Place) -> str:
    return f"{place.origin} {place.index}"


pages = [journal, check, file]
rail = [
    Entry("journal", "/desk/journal", "trust", "list", 5, go="j", act="audit", count=lambda desk: len(unjudged(desk)))
]


def unjudged(desk: Desk) -> list[Grant]:
    """Emergency accesses that nobody has judged, for whoever may."""
    if not desk.officer.account or not desk.may("review-access"):
        return []
    return [each for each in desk.node.world.store.grants() if each.verdict is None]
