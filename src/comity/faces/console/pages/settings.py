"""Settings: what a reader chose for this browser, the purpose under which they read, and who the node is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Response, get, post

import comity
from comity.domain.record.custody import CRIME_PURPOSES
from comity.faces.api.asking import granted
from comity.faces.console.forms import Form, Sent
from comity.faces.console.rail import Entry
from comity.faces.console.render import Seen
from comity.faces.console.spoken import zone_of, zones_known
from comity.faces.console.who import choice_cookie, session_id
from comity.faces.console.words import LANGUAGES
from comity.flows.people.sessions import choose as choose_context

THEMES = ("", "light", "dark")
PURPOSES = tuple(sorted(CRIME_PURPOSES))


@get("/desk/settings", sync_to_thread=True, opt={"own": True})
def settings(desk: Seen) -> Response[Any]:
    """The page."""
    return _shown(desk, Form())


@post("/desk/settings", sync_to_thread=True, opt={"own": True})
def choose(desk: Seen, form: Sent) -> Response[Any]:
    """Keeps language, zone, theme and single-letter keys in this browser."""
    lang = form.one_of("lang", LANGUAGES)
    zone = form.one_of("zone", zones_known())
    theme = form.one_of("theme", THEMES)
    if not form.good:
        return _shown(desk, form, status=422)
    request = desk.request
    # A slash would have to be quoted in a cookie.
    kept = {
        "lang": lang,
        "zone": zone.replace("/", "~"),
        "theme": theme or "auto",
        "keys": "on" if form.ticked("keys") else "off",
    }
    return desk.go(
        "/desk/settings", did="settings", cookies=tuple(choice_cookie(request, k, v) for k, v in kept.items())
    )


@post("/desk/purpose", sync_to_thread=True, opt={"own": True})
def purpose(desk: Seen, form: Sent) -> Response[Any]:
    """From now on this reader reads for another purpose; they say why."""
    wanted = form.one_of("purpose", PURPOSES)
    form.must("why", most=400)
    if not form.good:
        return _shown(desk, form, status=422)
    assert desk.session is not None
    person, why = desk.session.person, form.text("why")
    if person is not None:
        granted(choose_context(desk.node.world, person, person.session.case, wanted, person.session.basis, why))
    else:
        desk.request.app.state.sessions.change(session_id(desk.request), replace(desk.session, purpose=wanted))
    return desk.go("/desk/settings#purpose", did="purpose")


def _shown(desk: Seen, form: Form, status: int = 200) -> Response[Any]:
    partners = {zone_of(country) for country in desk.countries.values()}
    near = sorted({desk.choices.zone, "UTC", *partners})
    others = [zone for zone in zones_known() if zone not in near]
    return desk.show(
        "settings.html",
        status=status,
        form=form,
        near=[(zone, desk.spoken.city(zone)) for zone in near],
        others=[(zone, zone.replace("_", " ")) for zone in others],
        themes=[(theme, desk.words.word("theme", theme or "auto")) for theme in THEMES],
        purposes=[(each, desk.words.word("purpose", each)) for each in PURPOSES],
        version=comity.__version__,
    )


pages = [settings, choose, purpose]
rail = [Entry("settings", "/desk/settings", "node", "gear", 9, go="s")]
