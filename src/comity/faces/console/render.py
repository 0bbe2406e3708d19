"""A page as HTML: the template, what every page shows around it, and what templates may call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import jinja2
from litestar import Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Redirect
from markupsafe import Markup

from comity.domain.access import CaseFile, Grant
from comity.domain.terms import Actor, NodeName, instant_from
from comity.errors import NotFound
from comity.faces.api.asking import Asking, refused_here
from comity.faces.console.assets import address
from comity.faces.console.rail import Entry, Group, Verb, grouped_rail
from comity.faces.console.spoken import Spoken, digest, zone_of
from comity.faces.console.states import shown_state
from comity.faces.console.who import Choices, NotKnown, Session, actor_of
from comity.faces.console.words import LANGUAGES, TAGS, Words, book
from comity.flows.access import permit, seen_by
from comity.node.assembly import Node
from comity.ports import World

TEMPLATES = Path(__file__).resolve().parent / "templates"
HTML = "text/html"


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """Escapes everything; a name that isn't there is a fault, not a gap."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(
        asset=address, instant=instant_from, languages=LANGUAGES, tags=TAGS, digest=digest, state=shown_state
    )
    return made


@dataclass(frozen=True)
class Desk:
    """One request of one reader: where handlers get the world from, and how they answer.

    node     with its world bound to the reader, so that what they do and open stands in the journal
    session  None on the pages that need nobody (login, errors)
    """

    request: Asking
    node: Node
    session: Session | None
    choices: Choices
    entries: tuple[Entry, ...]
    verbs: tuple[Verb, ...]

    @cached_property
    def world(self) -> World:
        """As this reader sees it: nothing is in it that is hidden from them."""
        return self.node.world if self.session is None else seen_by(self.node.world, self.officer)

    @property
    def officer(self) -> Actor:
        """Who acts."""
        if self.session is None:
            raise NotKnown(self.here)
        return actor_of(self.session, self.node.world.me.name)

    @property
    def here(self) -> str:
        """Path and query of this page."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    @cached_property
    def words(self) -> Words:
        return book()[self.choices.lang]

    @cached_property
    def spoken(self) -> Spoken:
        return Spoken(self.words, self.choices.zone, self.world.clock.now())

    @cached_property
    def countries(self) -> dict[str, str]:
        """Node -> country, of the peers and ourselves."""
        me = self.world.me
        return {str(me.name): str(me.country), **{str(p.name): str(p.country) for p in self.world.store.peers()}}

    @cached_property
    def titles(self) -> dict[str, str]:
        """Node -> what it calls itself."""
        me = self.world.me
        return {str(me.name): me.title, **{str(p.name): p.title for p in self.world.store.peers()}}

    @cached_property
    def clocks(self) -> list[str]:
        """Zones that the bar shows: the reader's, one partner's whose clock differs, and UTC."""
        now, shown = self.spoken.now, [self.spoken.zone]
        offsets = {self.spoken.local(now).utcoffset()}
        for zone in [*sorted({zone_of(country) for country in self.countries.values()}), "UTC"]:
            offset = self.spoken.local(now, zone).utcoffset()
            if offset not in offsets and (len(shown) < 2 or zone == "UTC"):
                offsets.add(offset)
                shown.append(zone)
        return shown

    def t(self, key: str, /, **facts: object) -> Markup:
        return self.words.say(key, **facts)

    def title_of(self, node: str | NodeName) -> str:
        """What a node calls itself; its name where we don't know it."""
        return self.titles.get(str(node)) or str(node)

    def html(self, template: str, **facts: Any) -> str:
        """The text of a page or of a part of one."""
        return environment().get_template(template).render(**self._around(), **facts)

    def show(
        self, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **facts: Any
    ) -> Response[str]:
        """The page as an answer."""
        return Response(self.html(template, **facts), status_code=status, media_type=HTML, headers=headers)

    def go(self, path: str, did: str = "", cookies: tuple[Cookie, ...] = ()) -> Response[Any]:
        """On to another page after an act; `did` names the message that says what was done (`did.<word>`)."""
        if did:
            path, _, fragment = path.partition("#")
            path += f"{'&' if '?' in path else '?'}did={quote(did)}" + (f"#{fragment}" if fragment else "")
        return Redirect(path, status_code=303, cookies=cookies)

    @cached_property
    def case(self) -> CaseFile | None:
        """The case in which this reader works; None on the desk, and where it isn't open to them any more."""
        if self.session is None or self.session.case is None:
            return None
        store, account = self.node.world.store, self.officer.account
        if account and self.session.case not in store.open_to(account, self.spoken.now):
            return None
        return store.case(self.session.case)

    @cached_property
    def glass(self) -> Grant | None:
        """The emergency access by which they are in it; None where they are a member, or work in none."""
        return self.glass_of(self.case.id) if self.case is not None else None

    def glass_of(self, case: str) -> Grant | None:
        """The emergency access by which this reader is in a case; None for its members."""
        whose = self.officer.account or self.officer.name
        open_ = [g for g in self.node.world.store.grants(whose) if g.case == case and g.at <= self.spoken.now < g.until]
        if not open_ or any(m.account == whose and m.until is None for m in self.node.world.store.members(case)):
            return None
        return open_[0]

    def cases_with(self, thing: str) -> tuple[CaseFile, ...]:
        """The cases in which a thing lies, as far as they are open to this reader; the one in which they work first."""
        store, account = self.node.world.store, self.officer.account
        ids = {case for each in store.lies_in([thing]) for case in each}
        if ids and account:
            ids &= store.open_to(account, self.spoken.now)
        found = store.cases(ids) if ids else ()
        return tuple(sorted(found, key=lambda each: each.id != self.officer.case))

    @cached_property
    def _acts(self) -> frozenset[str]:
        roles = self.node.world.catalog.roles()
        return frozenset(act for name in self.officer.acts_as if name in roles for act in roles[name].acts)

    def may(self, act: str) -> bool:
        """Whether a role of the reader's includes the act, for what a page offers; no flow is spared its question by that."""
        return not act or (self.session is not None and (not self.officer.account or act in self._acts))

    def must(self, *acts: str) -> None:
        """NotFound unless the reader may do one of these: for pages that aren't there for anybody else."""
        against = [permit(self.node.world, self.officer, act) for act in acts]
        if all(against):
            refused_here(self.request, against[0])
            raise NotFound("page", path=self.request.url.path)

    @property
    def offered(self) -> list[Verb]:
        """What the palette has for this reader."""
        return [verb for verb in self.verbs if self.may(verb.act)]

    @cached_property
    def rail(self) -> list[Group]:
        return grouped_rail(self.entries, self)

    def _around(self) -> dict[str, Any]:
        """What every template has."""
        did = self.request.query_params.get("did", "")
        spoken = self.spoken
        return {
            "desk": self,
            "t": self.words.say,
            "word": self.words.word,
            "words": self.words,
            "spoken": spoken,
            "at": spoken.at,
            "both": spoken.both,
            "me": self.world.me,
            "session": self.session,
            "choices": self.choices,
            "here": self.here,
            "country_of": lambda node: self.countries.get(str(node), ""),
            "title_of": self.title_of,
            "zone_of": zone_of,
            "did": f"did.{did}" if self.words.has(f"did.{did}") else "",
        }


Seen: TypeAlias = NamedDependency[SkipValidation[Desk]]
"""Type of a handler's parameter `desk`."""
