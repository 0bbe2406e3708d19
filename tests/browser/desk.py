"""A desk with fictional work on it in several languages, behind a real listener; and a browser's eyes on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Page

from comity.faces.api.desk import desk_app
from comity.faces.api.tls import Server
from comity.faces.console.app import above
from tests.browser.work import laid_out
from tests.faces.routes.desks import TOKEN, Desks, opened_desks

AXE = Path(__file__).with_name("axe") / "axe.min.js"
OFFICER = "김담당 (fictional)"
Theme = Literal["light", "dark"]
WIDTHS = {1440: 900, 768: 1024, 360: 740}
"""Width -> height of the windows in which pages are looked at."""


@dataclass(frozen=True)
class ServedDesk:
    """The Korean node's console.

    named  what the work on the desk is called -> its id (requests, for now)
    """

    address: str
    desks: Desks
    named: dict[str, str]


@contextmanager
def served_desk(folder: Path) -> Iterator[ServedDesk]:
    with opened_desks(folder) as desks:
        named = laid_out(desks)
        node = desks.kr.node
        with Server(above(desk_app(node.itself, TOKEN), node.itself, TOKEN), "127.0.0.1", 0) as server:
            yield ServedDesk(server.address, desks, named)


@dataclass
class Looked:
    """Pages in one browser window.

    complaints  what the browser said on its console, failed, or asked of others than us
    """

    browser: Browser
    desk: ServedDesk
    complaints: list[str] = field(default_factory=list)
    _context: BrowserContext | None = None
    _page: Page | None = None

    def window(
        self, width: int = 1440, *, theme: Theme = "light", lang: str = "en", scripts: bool = True, inside: bool = True
    ) -> Page:
        """A fresh window; `inside` shows the token first."""
        self.close()
        self._context = self.browser.new_context(
            viewport={"width": width, "height": WIDTHS.get(width, 900)},
            color_scheme=theme,
            locale=lang,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        self._context.set_default_timeout(10_000)
        page = self._page = self._context.new_page()
        page.on(
            "console",
            lambda said: self._complain(f"console: {said.text}") if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda fault: self._complain(f"fault: {fault}"))
        page.on("request", lambda asked: self._origin(asked.url))
        if inside:
            self.enter(page)
        return page

    def again(self, width: int, *, theme: Theme, lang: str) -> Page:
        """The same window in another size, theme and language, which costs less than a fresh one."""
        if self._page is None:
            self.window()
        assert self._page is not None
        assert self._context is not None
        self._page.set_viewport_size({"width": width, "height": WIDTHS.get(width, 900)})
        self._page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        port = self.desk.address.rpartition(":")[2]
        self._context.add_cookies([{"name": f"comity-lang-{port}", "value": lang, "url": f"{self.desk.address}/desk"}])
        return self._page

    def enter(self, page: Page, name: str = OFFICER) -> None:
        page.goto(f"{self.desk.address}/desk/login")
        page.locator("#f-name").fill(name)
        page.locator("#f-token").fill(TOKEN)
        page.locator("form[action='/desk/login'] button[type=submit]").click()
        page.wait_for_url("**/desk/today")

    def open(self, page: Page, path: str) -> Page:
        page.goto(f"{self.desk.address}{path}")
        return page

    def forgive(self, expected: bool) -> None:
        """Forgets the browser's own lines about a status that the test has asked for."""
        if expected:
            self.complaints[:] = [said for said in self.complaints if "status of" not in said]

    def close(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = self._page = None

    def _complain(self, said: str) -> None:
        self.complaints.append(said)

    def _origin(self, url: str) -> None:
        if not url.startswith((self.desk.address, "data:", "blob:")):
            self._complain(f"asked another origin: {url}")


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong on the page, as one line each."""
    # Evaluated by the driver, outside the page's own policy; a script element would be refused, as it should be.
    page.evaluate(AXE.read_text())
    found: Any = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def overflowing(page: Page) -> list[str]:
    """Elements that stick out of the window sideways, unless they are inside something that scrolls or is hidden."""
    found: list[str] = page.evaluate(
        """() => {
      const wide = document.documentElement.clientWidth;
      const inScroll = (e) => { for (let p = e.parentElement; p; p = p.parentElement) {
        const o = getComputedStyle(p).overflowX; if (o !== 'visible' && p !== document.body && p !== document.documentElement) return true; }
        return false; };
      return [...document.body.querySelectorAll('*')].filter((e) => {
        const r = e.getBoundingClientRect();
        return r.width > 0 && r.height > 1 && (r.right > wide + 1 || r.left < -1) && !e.closest('.vh,.skip,dialog:not([open]),svg') && !inScroll(e);
      }).map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)} of ${wide}: ${e.textContent.trim().slice(0, 40)}`).slice(0, 8);
    }"""
    )
    return found


def clipped(page: Page) -> list[str]:
    """Words with a tone whose text doesn't fit into them, in height or width."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.state,.tag,.btn,.clock,h1,h2,h3,label,summary')].filter((e) =>
        e.offsetParent && !e.closest('.vh,.of') && getComputedStyle(e).webkitLineClamp === 'none' &&
        (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== 'visible'))
        .map((e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 50)}`).slice(0, 8)"""
    )
    return found
