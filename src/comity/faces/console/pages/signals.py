"""Signals: what this node knows as indicators, its own and others', and sharing and taking back its own."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.indicator import Indicator, kinds
from comity.domain.terms import NodeName
from comity.errors import Malformed
from comity.faces.api.asking import granted
from comity.faces.api.views import known_view
from comity.faces.console.forms import Form, Sent
from comity.faces.console.pages.reports import LINES_MAX, NARRATIVE_MAX
from comity.faces.console.rail import Entry, Verb
from comity.faces.console.render import Desk, Seen
from comity.faces.console.signals import NAMERS_MAX, NEWEST, STATES, Asked, Signal, channels_of, signal_named, signals
from comity.faces.console.work import request_at
from comity.flows.access import permit
from comity.flows.import_list import import_values
from comity.flows.lookup import look_up, read_value
from comity.flows.withdraw import withdraw

WHOSE = ("", "ours", "theirs", "relayed")
TLPS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
ROLES = ("scam-site", "recruiter", "wallet", "mule-account", "phone-line", "lure-ad", "other")
REASONS = ("wrong-value", "no-longer-holds", "shared-by-mistake", "duplicate", "not-a-scam")
"""Why a signal is taken back; the holders are told the code."""


@get("/desk/signals", sync_to_thread=True)
def listed(desk: Seen) -> Response[Any]:
    """The newest signals. Every filter is an address."""
    query = desk.request.query_params
    kind, tlp, state = query.get("kind", ""), query.get("tlp", ""), query.get("state", "")
    start = query.get("from", "0")
    asked = Asked(
        whose=query.get("whose", "") if query.get("whose", "") in WHOSE else "",
        kind=kind if kind in kinds() else "",
        tlp=tlp if tlp in TLPS else "",
        channel=query.get("channel", ""),
        state=state if state in STATES else "",
        start=min(int(start), NEWEST) if start.isascii() and start.isdigit() and len(start) < 9 else 0,
    )
    found = signals(desk.world, asked)

    def path(**changed: object) -> str:
        """This list with other filters."""
        said = {"kind": asked.kind, "tlp": asked.tlp, "channel": asked.channel, "state": asked.state}
        wanted = {"whose": asked.whose, **said, **changed}
        return "/desk/signals?" + urlencode({k: v for k, v in wanted.items() if v})

    words = desk.words
    return desk.show(
        "signals.html",
        asked=asked,
        found=found,
        path=path,
        whose=WHOSE,
        kinds=[(each, words.word("indicator", each)) for each in sorted(kinds())],
        tlps=[(each, f"TLP:{each}") for each in TLPS],
        states=[(each, words.word("signal_state", each)) for each in STATES],
        channels=[(origin, _channel(desk, other, ours)) for origin, other, ours in channels_of(desk.world)],
        filtered=any((asked.kind, asked.tlp, asked.channel, asked.state)),
        newest=NEWEST,
        most=NAMERS_MAX,
        may_share=not permit(desk.world, desk.officer, "share"),
        shown=shown_state,
    )


@get("/desk/signals/new", sync_to_thread=True, opt={"act": "share"})
def blank(desk: Seen) -> Response[Any]:
    """The form with which values are stated."""
    return _form(desk, Form())


@post("/desk/signals/new", sync_to_thread=True, opt={"act": "share"})
def share(desk: Seen, form: Sent) -> Response[Any]:
    """One record for each value, shared with a partner or kept on the desk."""
    text = form.must("values", most=NARRATIVE_MAX)
    kind = form.one_of("kind", ("", *kinds())) or None
    role = form.one_of("role", ROLES)
    source = form.must("source", most=120)
    audience = form.one_of("audience", ("", *_partners(desk)))
    confidence = _percent(form)
    values = _values(form, text, kind)
    if not form.good:
        return _form(desk, form, status=422)
    kept = import_values(
        desk.world,
        desk.officer,
        values,
        role=role,
        source=source,
        source_sha256=hashlib.sha256(text.encode()).hexdigest(),
        audience=NodeName(audience) if audience else None,
        confidence=confidence,
    )
    return desk.go("/desk/signals?whose=ours", did="shared" if kept.new else "shared_before")


@get("/desk/signals/{record:str}", sync_to_thread=True)
def one(desk: Seen, record: FromPath[str]) -> Response[Any]:
    """One signal: where it came from, what became of it, who else says so."""
    return _one(desk, record, Form())


@post("/desk/signals/{record:str}/share", sync_to_thread=True, opt={"act": "share"})
def share_one(desk: Seen, record: FromPath[str], form: Sent) -> Response[Any]:
    """The same statement for another partner, in a record of its own."""
    found, _ = signal_named(desk.world, record)
    audience = form.one_of("audience", _partners(desk))
    if not form.good or found.value is None or found.issuer != desk.world.me.name:
        return _one(desk, record, form, status=422)
    kept = import_values(
        desk.world,
        desk.officer,
        [found.value],
        role=found.role,
        source=found.source,
        source_sha256=found.source_sha256 or hashlib.sha256(found.source.encode()).hexdigest(),
        audience=NodeName(audience),
        confidence=found.confidence,
    )
    return desk.go(f"/desk/signals/{record}", did="shared" if kept.new else "shared_before")


@post("/desk/signals/{record:str}/withdraw", sync_to_thread=True, opt={"asks": "withdraw"})
def take_back(desk: Seen, record: FromPath[str], form: Sent) -> Response[Any]:
    """Every holder stops using it; who has complied is followed under custody."""
    reason = form.one_of("reason", REASONS)
    if not form.good:
        return _one(desk, record, form, status=422)
    granted(withdraw(desk.world, desk.officer, [record], reason))
    return desk.go(f"/desk/signals/{record}", did="withdrawn")


def _one(desk: Desk, record: str, form: Form, status: int = 200) -> Response[Any]:
    world = desk.world
    found, places = signal_named(world, record)
    may_look = not permit(world, desk.officer, "look-up")
    known = look_up(world, [found.value]) if found.value is not None and may_look else ()
    view = known_view(known[0]) if known else None
    channels = {origin: (other, ours) for origin, other, ours in channels_of(world)}
    # A statement is somebody's; what led there is a request where the record belongs to one.
    sayings = [
        (each, request_at(world, each.origin, each.index), each.kind.startswith("indicator/"))
        for each in (view.statements[:NAMERS_MAX] if view is not None else ())
        if each.record != record
    ]
    return desk.show(
        "signal.html",
        status=status,
        form=form,
        found=found,
        places=[(place, *channels.get(place.origin, ("", True))) for place in places],
        known=view,
        sayings=sayings,
        may_look=may_look,
        mine=found.issuer == world.me.name,
        standing=found.state in ("current", "expired"),
        partners=[(name, desk.title_of(name)) for name in _partners(desk)],
        reasons=[(code, desk.words.word("withdraw", code)) for code in REASONS],
        may_share=permit(world, desk.officer, "share"),
        shown=shown_state,
        most=NAMERS_MAX,
        may_withdraw=permit(world, desk.officer, "withdraw"),
    )


def _form(desk: Desk, form: Form, status: int = 200) -> Response[Any]:
    words = desk.words
    return desk.show(
        "signal_new.html",
        status=status,
        form=form,
        kinds=[("", words.say("signal.surest")), *((each, words.word("indicator", each)) for each in sorted(kinds()))],
        roles=[(each, words.word("role", each)) for each in ROLES],
        audiences=[("", words.say("signal.desk_alone")), *((name, desk.title_of(name)) for name in _partners(desk))],
    )


def _partners(desk: Desk) -> list[str]:
    return [str(peer.name) for peer in desk.world.store.peers() if peer.admission.value == "accepted"]


def _channel(desk: Desk, other: str, ours: bool) -> str:
    if not other:
        return str(desk.t("signal.on_desk"))
    return str(desk.t("signal.to" if ours else "signal.from", other=desk.title_of(other)))


def _percent(form: Form) -> int | None:
    said = form.text("confidence")
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and int(said[:4]) <= 100):
        form.fault("confidence", "signal.percent")
        return None
    return int(said)


def _values(form: Form, text: str, kind: str | None) -> list[Indicator]:
    """One a line, each once; a line that reads as nothing is a fault of the field, and nothing is kept."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > LINES_MAX:
        form.fault("values", "signal.lines", most=LINES_MAX)
    found: dict[Indicator, None] = {}
    for line in lines[:LINES_MAX]:
        try:
            found.setdefault(read_value(kind, line))
        except Malformed:
            form.fault("values", "signal.unread", value=line[:80])
    return list(found)


def shown_state(signal: Signal) -> tuple[str, str]:
    """(tone, icon) of a signal's state."""
    return {
        "current": ("go", "tick"),
        "amended": ("move", "swap"),
        "withdrawn": ("rest", "undo"),
        "cleared": ("terms", "scale"),
        "erased": ("rest", "delete"),
        "expired": ("wait", "clock"),
    }.get(signal.state, ("rest", "info"))


pages = [listed, blank, share, one, share_one, take_back]
rail = [Entry("signals", "/desk/signals", "know", "signal", 2, go="i", act="view")]
verbs = [Verb("verb.signal", "/desk/signals/new", "signal")]
