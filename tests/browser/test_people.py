"""People and one's own account in a browser: looked at in every language, and a passkey made by a device under the page's own policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Page

from comity.domain.terms import Actor, Granted
from comity.faces.api.desk import desk_app
from comity.faces.api.tls import Server
from comity.faces.console.app import above
from comity.flows.people.accounts import NewPerson, add
from comity.node.assembly import open_node
from tests.browser.desk import WIDTHS, Looked, ServedDesk, Theme, clipped, overflowing, violations
from tests.browser.pages import READ
from tests.faces.routes.desks import TOKEN, Desks
from tests.node.homes import fresh_home
from tests.people.house import CountedHasher

PASSWORD = "three copper kettles boil"
PEOPLE = (
    ("ahn", "안관리 (fictional)", ("administrator", "approver")),
    ("sophal", "សុផល ជាមន្ត្រីដែលមានឈ្មោះវែង (fictional)", ("officer", "duty-officer", "victim-officer")),
)
LOOKS: tuple[tuple[str, int, Theme], ...] = (
    ("en", 1440, "light"),
    ("km", 360, "dark"),
    ("ko", 360, "dark"),
    ("vi", 768, "light"),
    ("zh", 1440, "dark"),
)


@dataclass
class Within(Looked):
    """By the name that passkeys need, as the administrator."""

    def enter(self, page: Page, name: str = "ahn") -> None:
        page.goto(f"{self.desk.address}/desk/login")
        page.locator("#f-login").fill(name)
        page.locator("#f-password").fill(PASSWORD)
        page.locator("form[action='/desk/login'] button[type=submit]").click()
        page.wait_for_url("**/desk/today")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    with open_node(fresh_home(tmp_path_factory.mktemp("people") / "kr", "police.kr.example", "KR")) as opened:
        node = replace(opened, world=replace(opened.world, hasher=CountedHasher()))
        app = above(desk_app(lambda: node, TOKEN), lambda: node, TOKEN)
        made = {}
        for login, name, roles in PEOPLE:
            actor = Actor("api.token", node.world.me.name, "administrator")
            done = add(node.world, actor, NewPerson(login, name, roles, "en", "Asia/Seoul"))
            assert isinstance(done, Granted)
            made[login] = done.value.secret
        with Server(app, "127.0.0.1", 0) as server:
            address = server.address.replace("127.0.0.1", "localhost")
            yield ServedDesk(address, Desks(None, None), made)  # type: ignore[arg-type]  # no other desk is asked


@pytest.fixture(scope="module")
def first(chromium: Browser, served: ServedDesk) -> None:
    """The administrator comes in for the first time, by the link that was handed over."""
    look = Within(chromium, served)
    page = look.window(inside=False)
    look.open(page, f"/desk/enter#{served.named['ahn']}")
    assert page.locator("#f-secret").input_value() == served.named["ahn"]
    page.locator("#f-password").fill(PASSWORD)
    page.locator("#f-again").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/settings?did=welcome")
    look.close()


@pytest.fixture
def within(chromium: Browser, served: ServedDesk, first: None) -> Iterator[Within]:
    look = Within(chromium, served)
    yield look
    look.close()
    assert look.complaints == []


@pytest.mark.parametrize("path", ["/desk/people", "/desk/people/sophal", "/desk/people/ahn", "/desk/account"])
def test_a_page_is_whole_in_every_language(within: Within, path: str) -> None:
    found: dict[str, list[str]] = {}
    for number, (lang, width, theme) in enumerate(LOOKS):
        page = within.open(within.again(width, theme=theme, lang=lang), path)
        if number < READ and (wrong := violations(page)):
            found[f"{lang} {width} {theme}"] = wrong
        for other in WIDTHS:
            within.again(other, theme=theme, lang=lang)
            if wrong := [*overflowing(page), *clipped(page)]:
                found[f"{lang} {other}"] = wrong
    assert found == {}


def test_a_passkey_is_made_by_the_device_and_opens_the_door(within: Within) -> None:
    page = within.window()
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**device, "isUserVerified": True, "automaticPresenceSimulation": True}
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    within.open(page, "/desk/account")
    page.locator("#f-device").fill("열쇠 (fictional)")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/account?did=passkey_added#passkeys")
    assert "열쇠 (fictional)" in page.locator("#passkeys").inner_text()
    page.locator(".menu summary").click()
    page.locator("form[action='/desk/leave'] button").click()
    page.wait_for_url("**/desk/login?did=left")
    page.locator("#passkey button").click()
    page.wait_for_url("**/desk/today")


def test_a_link_is_made_and_codes_are_shown_by_keyboard_alone(within: Within) -> None:
    page = within.open(within.window(360, theme="dark", lang="km"), "/desk/people/sophal")
    page.locator("form[action$='/invite'] button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#link")
    assert [*violations(page), *overflowing(page), *clipped(page)] == []
    within.open(page, "/desk/account")
    page.locator("form[action$='/codes'] button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("li.secret")
    assert page.locator("li.secret").count() == 10
    assert [*violations(page), *overflowing(page), *clipped(page)] == []
