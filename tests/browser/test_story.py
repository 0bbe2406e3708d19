"""The whole sentence in the browser, in three languages: report, match, request, approval, action, receipt, between two nodes over HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from comity.domain.record.kinds import decision_2
from comity.domain.record.signed import check_signed
from comity.domain.terms import Actor, NodeName
from comity.errors import NotFound
from comity.faces.api.asking import granted
from comity.faces.console.words import book
from comity.flows.lookup import look_up, read_value
from comity.flows.people.entering import by_link
from comity.flows.people.whence import Whence
from comity.flows.request import Ask, attest, draft, submit
from comity.flows.request_state import dossier
from tests.browser.world import APPROVER, OFFICER, Served, two_served
from tests.faces.routes.desks import KH, KR, TOKEN
from tests.node.homes import eventually

PASSWORD = "three copper kettles boil"
TABS_MAX = 120
FORM = {"central_authority": "MOJ", "subject_and_nature": "fraud", "use_limitation": "this case"}
SENT_MS = 11_000
"""What leaves waits ten seconds; the page's own clock is moved over them."""

ENROL = """async () => {
  const csrf = document.cookie.match(/comity_csrf[^=]*=([^;]+)/)[1];
  const ask = (path, body) => fetch(path, { method: "POST", body: JSON.stringify(body),
    headers: { "content-type": "application/json", "x-comity-csrf": csrf } });
  const options = await (await ask("/passkeys/options", {})).json();
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey ?? options);
  const made = await navigator.credentials.create({ publicKey });
  return (await ask("/passkeys", { name: "phone (fictional)", answer: made.toJSON() })).status;
}"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served]]:
    with two_served(tmp_path_factory.mktemp("story")) as (kr, kh):
        for secret in kr.invited.values():
            by_link(kr.node.world, secret, PASSWORD, Whence("127.0.0.1"))
        yield kr, kh


@dataclass
class Window:
    """One person's browser at one node; what it complains of fails the test.

    by_keys   nothing is clicked: everything is reached by Tab and pressed by Enter or Space
    """

    served: Served
    context: BrowserContext
    lang: str = "en"
    by_keys: bool = False
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.read_in(self.lang)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", lambda said: self._heard(said.type, said.text))
        self.page.on("pageerror", lambda fault: self.complaints.append(f"fault: {fault}"))
        self.page.clock.install()

    def read_in(self, lang: str, *, by_keys: bool = False) -> None:
        self.lang, self.by_keys = lang, by_keys
        port = self.served.address.rpartition(":")[2]
        self.context.add_cookies([{"name": f"comity-lang-{port}", "value": lang, "url": f"{self.served.address}/desk"}])

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.served.address}{path}")
        assert self.page.locator("html").get_attribute("lang") == book()[self.lang].tag
        return self.page

    def enter(self, login: str = "") -> None:
        """By name and password, or by the node's token where nobody has an account."""
        page = self.open("/desk/login")
        self.write("#f-login" if login else "#f-name", login or "សុខ (fictional)")
        self.write("#f-password" if login else "#f-token", PASSWORD if login else TOKEN)
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/today")

    def reach(self, place: str) -> Locator:
        """The one element there, in focus when the keyboard is all there is."""
        found = self.page.locator(place).first
        found.wait_for()
        if self.by_keys:
            for _ in range(TABS_MAX):
                if found.evaluate("element => element === document.activeElement"):
                    return found
                self.page.keyboard.press("Tab")
            raise AssertionError(f"{place} isn't reached by Tab")
        return found

    def press(self, place: str, key: str = "Enter") -> None:
        found = self.reach(place)
        if self.by_keys:
            self.page.keyboard.press(key)
        else:
            found.click()

    def write(self, place: str, text: str) -> None:
        found = self.reach(place)
        if self.by_keys:
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        else:
            found.fill(text)

    def choose(self, place: str, value: str) -> None:
        found = self.reach(place)
        if not self.by_keys:
            found.select_option(value)
            return
        self.page.keyboard.press("Home")
        for _ in range(TABS_MAX):
            if found.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{place} has no {value}")

    def when(self, place: str) -> None:
        """Noon of the first of March 2027."""
        found = self.reach(place)
        if self.by_keys:
            self.page.keyboard.type("03012027")
            self.page.keyboard.press("ArrowRight")
            self.page.keyboard.type("1200PM")
        else:
            found.fill("2027-03-01T12:00")
        assert found.input_value() == "2027-03-01T12:00"

    def send(self, place: str) -> None:
        """Presses what sends something away, and lets the ten seconds pass."""
        self.press(place)
        expect(self.page.locator(".toast")).to_be_visible()
        with self.page.expect_navigation():
            self.page.clock.run_for(SENT_MS)


@dataclass
class People:
    """Everybody in the story, each in a browser of their own."""

    officer: Window
    approver: Window
    partner: Window


@pytest.fixture(scope="module")
def everybody(chromium: Browser, world: tuple[Served, Served]) -> Iterator[People]:
    kr, kh = world
    contexts = [chromium.new_context(locale="en-US", reduced_motion="reduce") for _ in range(3)]
    windows = [Window(served, context) for served, context in zip((kr, kr, kh), contexts, strict=True)]
    for window, login in zip(windows, (OFFICER.login, APPROVER.login, ""), strict=True):
        window.enter(login)
    yield People(*windows)
    for context in contexts:
        context.close()


@pytest.fixture
def people(request: pytest.FixtureRequest, everybody: People) -> Iterator[People]:
    """All of them read in the language that the test names; in English nobody has a pointer."""
    windows = (everybody.officer, everybody.approver, everybody.partner)
    for window in windows:
        window.read_in(request.param, by_keys=request.param == "en")
    yield everybody
    assert [said for window in windows for said in window.complaints] == []


def shared(world: tuple[Served, Served], value: str) -> None:
    """The other country knows the domain and has told ours, over the wire."""
    kr, kh = world
    body = {"values": [value], "kind": "domain", "role": "scam-site", "source": "fictional list", "audience": KR}
    headers = {"authorization": f"Bearer {TOKEN}", "x-comity-officer": "sok"}
    answer = httpx2.post(f"{kh.address}/imports", json={**body, "source_sha256": "b" * 64}, headers=headers)
    assert answer.status_code == 200, answer.text
    eventually(lambda: look_up(kr.node.world, [read_value(None, value)])[0].statements)


def in_state(served: Served, request: str, state: str) -> None:
    """Once that side has come so far."""

    def there() -> bool:
        with suppress(NotFound):
            return dossier(served.node.world, request).view.state == state
        return False

    eventually(there)


@pytest.mark.parametrize("people", ["en", "ko", "km"], indirect=True)
def test_a_report_becomes_a_receipt(people: People, world: tuple[Served, Served], tmp_path: Path) -> None:
    value = f"lure-{people.officer.lang}.example"
    shared(world, value)
    reported(people.officer, value)
    request = drafted(people.officer, tmp_path)
    approved(people.approver, request)
    people.officer.open(f"/desk/requests/{request}/draft")
    people.officer.send("form:has(input[value=send]) button[type=submit]")
    in_state(world[1], request, "sent")
    answered(people.partner, request)
    in_state(world[0], request, "preserved")
    proven(people.officer, request)


def reported(window: Window, value: str) -> None:
    """What the other country knows stands beside the words while they are typed, and on the report."""
    page = window.open("/desk/reports/new")
    window.write("#f-narrative", f"가상: https://{value}/apply 광고를 보고 출국 (FICTIONAL)")
    page.clock.run_for(1000)
    page.locator("#found", has_text="taskforce.kh.example").wait_for()
    window.press("button[data-next]")
    page.wait_for_url("**/desk/reports/*did=*")
    assert "taskforce.kh.example" in page.locator("section[aria-labelledby=known]").inner_text()


def drafted(window: Window, folder: Path) -> str:
    """With the help of what is found beside each field; the text of the treaty is read by its digest."""
    page = window.page
    window.press("a[data-next]")
    page.wait_for_url("**/desk/requests/new?report=*")
    window.choose("#f-measure", "preserve")
    page.locator("#way-vol\\.preserve").wait_for()
    window.press("#way-kr_kh\\.mla", "Space")
    page.locator("#f-m\\:central_authority").wait_for()
    page.clock.run_for(1000)
    page.locator("#findings a[href='#f-offence']").wait_for()
    window.write("#f-offence", "fraud")
    window.write("#f-facts", "FICTIONAL: the page recruits for a compound.")
    for member, text in FORM.items():
        window.write(f"#f-m\\:{member}", text)
    page.clock.run_for(1000)
    expect(page.locator("#findings a[href='#f-offence']")).to_have_count(0)
    expect(page.locator("[data-found='f-m:central_authority']")).to_be_hidden()
    window.press("button[data-next]")
    page.wait_for_url("**/draft*")
    window.write("#f-text_title", "FICTIONAL treaty")
    if window.by_keys:  # a dialog of the system's own is out of reach
        window.write("#f-text_sha256", sha256(b"FICTIONAL treaty").hexdigest())
    else:
        (folder / "treaty.txt").write_text("FICTIONAL treaty")
        page.locator("#f-text_file").set_input_files(str(folder / "treaty.txt"))
    page.keyboard.press("Enter")
    page.wait_for_url("**did=attested")
    window.press("button[data-next]")
    page.wait_for_url(lambda url: "attested" not in url)
    return page.url.split("/")[5].partition("?")[0]


def approved(window: Window, request: str) -> None:
    """The approver finds it in what needs them today."""
    page = window.open("/desk/today")
    window.press(f"a[href='/desk/requests/{request}']")
    page.wait_for_url(f"**/{request}")
    window.press("form:has(input[value=approve]) button[type=submit]:not([data-sign])")
    page.wait_for_url("**did=done")


def answered(window: Window, request: str) -> None:
    """Found in what needs this side today, opened, accepted, acted on."""
    page = window.open("/desk/today")
    window.press(f"a[href='/desk/requests/{request}']")
    page.wait_for_url(f"**/{request}")
    window.send("form.act:has(input[value=accept]) button[type=submit]")
    form = "form.act:has(input[name=event][value=preserve])"
    window.press(f"{form} summary")
    window.choose(f"{form} select[name=taken]", "snapshot-kept")
    window.when(f"{form} input[name=hold_until]")
    window.write(f"{form} textarea[name=note]", "FICTIONAL: one page.")
    window.send(f"{form} button[type=submit]")


def proven(window: Window, request: str) -> None:
    """What was done is beside what was asked, and the receipt of it is verified by the browser itself."""
    page = window.open(f"/desk/requests/{request}")
    assert "FICTIONAL: one page." in page.locator(".sides").inner_text()
    window.press(".receipt a[href^='/desk/check']")
    page.locator("[data-results] .state.go").wait_for()
    assert KR in page.locator("[data-results]").inner_text()


def waiting(kr: Served) -> str:
    """A request of the officer's that waits for its approver."""
    world = kr.node.world
    account = world.people.account_named(OFFICER.login)
    assert account is not None
    by = Actor(account.name, world.me.name, "officer", frozenset(account.roles), account.id)
    request = granted(
        draft(
            world,
            by,
            Ask(
                measure="preserve",
                to=NodeName(KH),
                route="kr_kh.mla",
                nature="via-state",
                offence="fraud",
                targets=(("domain", "lure-signed.example"),),
                facts="FICTIONAL",
                form=FORM,
            ),
        )
    ).request
    granted(attest(world, by, request, "FICTIONAL treaty", "a" * 64))
    granted(submit(world, by, request))
    return request


def test_a_passkey_lets_in_and_signs_an_approval(chromium: Browser, world: tuple[Served, Served]) -> None:
    kr, _ = world
    request = waiting(kr)
    context = chromium.new_context(locale="en-US", reduced_motion="reduce")
    window = Window(kr, context, "ko")
    device = context.new_cdp_session(window.page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    window.enter(APPROVER.login)
    assert window.page.evaluate(ENROL) == 201
    window.page.locator("form[action='/desk/leave'] button").first.evaluate("button => button.form.requestSubmit()")
    window.page.wait_for_url("**/desk/login*")
    window.page.locator("#passkey button").click()
    window.page.wait_for_url("**/desk/today")
    window.open(f"/desk/requests/{request}/draft")
    window.page.locator("button[data-sign=approve]").click()
    window.page.wait_for_url("**did=done")
    context.close()
    assert window.complaints == []
    (decided,) = [r.body for _, r in dossier(kr.node.world, request).records if isinstance(r.body, decision_2.Body)]
    shown = check_signed(KR, decided, decided.signed)
    assert (decided.role, shown.by) == ("approver", APPROVER.name)
