"""The workers that tell outside: every notice at least once, gathered, pressing ones at once, and never a word of what they hold."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.adapters.partner.smtp import SmtpHerald
from comity.adapters.partner.webhook import WebhookHerald
from comity.config import read_config
from comity.domain.ledger import Lane
from comity.errors import Unreachable
from comity.faces.api.serve import serving
from comity.flows.herald import Waiting, cursor_of, told, waiting
from comity.node.assembly import open_node
from comity.node.heralding import CALLED, Heralding, trial_word, word_of
from comity.node.presence import read_token
from comity.ports import Herald, Noticed, Word, World
from tests.faces.cli_sentence.conftest import Officer
from tests.faces.routes.desks import Desks, opened_desks, sent
from tests.heralds.far_ends import Mails, Posts, http_server, mail_server
from tests.node.homes import fresh_home
from tests.worlds import DirectCourier, channel_to, node_world

PATIENCE_S = 20.0
KINDS = ("request-arrived", "message-arrived", "order")


@dataclass
class Heard:
    """A herald in memory; it may be told to fail so many times, before or after it has heard."""

    words: list[Word] = field(default_factory=list)
    fail: int = 0
    fail_after: int = 0
    gate: threading.Event | None = None

    def tell(self, word: Word) -> None:
        if self.gate is not None:
            self.gate.wait(PATIENCE_S)
        if self.fail:
            self.fail -= 1
            raise Unreachable("nobody-there")
        self.words.append(word)
        if self.fail_after:
            self.fail_after -= 1
            raise Unreachable("answer-lost")


@pytest.fixture(params=["sqlite", "memory"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    name = "police.kr.example"
    return node_world(tmp_path, name, "KR", DirectCourier(name, {}), None, store=request.param)  # type: ignore[arg-type]


def notice(world: World, count: int, kind: str = "order", start: int = 0, **about: Any) -> None:
    now = world.clock.now()
    world.store.keep([], [Noticed(f"{kind} {start + n}", now, kind, about) for n in range(count)])


def running(world: World, *, every_s: float = 3600.0, **heralds: Herald) -> Heralding:
    made = Heralding(replace(world, heralds=heralds), kinds=KINDS, every_s=every_s, look_s=0.02)
    made.start()
    return made


def until(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def passed(world: World, herald: str) -> int:
    return world.store.cursor(cursor_of(herald))


def test_what_waits_is_counted_by_kind_and_what_is_not_told_is_passed_over(world: World) -> None:
    assert waiting(world, "smtp", KINDS) is None
    notice(world, 450)
    notice(world, 3, "request-arrived")
    notice(world, 7, "match")
    found = waiting(world, "smtp", KINDS)
    assert found is not None
    assert (found.counts, found.pressing) == ({"order": 450, "request-arrived": 3}, 0)
    told(world, "smtp", found)
    assert waiting(world, "smtp", KINDS) is None
    other = waiting(world, "webhook", KINDS)
    assert other == found
    notice(world, 2, "match", start=7)
    silent = waiting(world, "smtp", KINDS)
    assert silent is not None
    assert silent.counts == {}


def test_whatever_concerns_a_rescue_presses_and_is_told_whatever_the_kinds_are(world: World) -> None:
    channel = channel_to(world, "taskforce.kh.example", Lane.RESCUE, "d" * 16)
    notice(world, 1, "some-new-kind", origin=channel.origin, index=0)
    found = waiting(world, "smtp", KINDS)
    assert found is not None
    assert (found.counts, found.pressing) == ({"some-new-kind": 1}, 1)


def test_a_lone_notice_is_told_at_once_and_a_flood_is_one_word_more(world: World) -> None:
    heard = Heard()
    heralding = running(world, smtp=heard)
    notice(world, 1)
    until(lambda: len(heard.words) == 1)
    notice(world, 300, start=1)
    time.sleep(0.3)
    assert len(heard.words) == 1, "the rest is gathered for as long as the settings say"
    heralding.stop()
    again = running(world, every_s=0.2, smtp=heard)
    until(lambda: len(heard.words) == 2)
    again.stop()
    assert "300 waiting" in heard.words[1].subject
    assert passed(world, "smtp") > passed(world, "webhook") == 0


def test_a_pressing_notice_does_not_wait_for_the_minute(world: World) -> None:
    channel = channel_to(world, "taskforce.kh.example", Lane.RESCUE, "d" * 16)
    heard = Heard()
    heralding = Heralding(replace(world, heralds={"smtp": heard}), kinds=KINDS, every_s=3600.0, look_s=0.02)
    heralding.start()
    for worker in heralding._workers:
        worker._pressing_s = 0.1
    notice(world, 1)
    until(lambda: len(heard.words) == 1)
    notice(world, 5, start=1)
    notice(world, 1, "request-arrived", origin=channel.origin, index=0)
    until(lambda: len(heard.words) == 2)
    heralding.stop()
    assert heard.words[1].subject == "[comity police.kr.example] PRESSING: 6 waiting"
    assert "1 of them pressing" in heard.words[1].text


def test_a_word_that_was_not_taken_goes_out_again_under_its_key(world: World) -> None:
    heard = Heard(fail=2, fail_after=1)
    notice(world, 4)
    heralding = running(world, smtp=heard)
    until(lambda: len(heard.words) == 1)
    notice(world, 9, start=4)
    until(lambda: len(heard.words) == 2)
    until(lambda: passed(world, "smtp") > 0)
    heralding.stop()
    first, again = heard.words
    assert (first.key, first.subject, first.text) == (again.key, again.subject, again.text)
    (state,) = heralding.states()
    assert state.faults == {"nobody-there": 2, "answer-lost": 1}
    after = running(world, every_s=0.1, smtp=heard)
    until(lambda: len(heard.words) == 3)
    after.stop()
    assert "9 waiting" in heard.words[2].subject
    assert heard.words[2].key != first.key


def test_a_herald_that_hangs_holds_no_other_up(world: World) -> None:
    gate = threading.Event()
    stuck, free = Heard(gate=gate), Heard()
    heralding = running(world, smtp=stuck, webhook=free)
    notice(world, 1)
    until(lambda: len(free.words) == 1)
    assert (stuck.words, passed(world, "smtp")) == ([], 0)
    gate.set()
    until(lambda: len(stuck.words) == 1)
    heralding.stop()


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["good", "fails", "lost", "restart"])), max_size=8))
def test_every_notice_is_told_at_least_once_whatever_fails(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]]
) -> None:
    """Sums up what was told: each word covers (before, after], and together they leave no gap."""
    name = "police.kr.example"
    world = node_world(
        tmp_path_factory.mktemp("w"),
        name,
        "KR",
        DirectCourier(name, {}),
        None,
        store="memory",  # type: ignore[arg-type]
    )
    covered: list[tuple[int, int]] = []
    count, held = 0, None
    for more, what in steps:
        notice(world, more, start=count)
        count += more
        held = held or waiting(world, "smtp", KINDS)
        assert held is not None
        if what in ("good", "lost"):
            covered.append((held.before, held.after))
        if what == "good":
            told(world, "smtp", held)
        if what in ("good", "restart"):
            held = None
    last = waiting(world, "smtp", KINDS)
    if last is not None:
        covered.append((last.before, last.after))
    reached = 0
    for before, after in covered:
        assert before <= reached
        reached = max(reached, after)
    assert reached == (world.store.notices_after(0, 1000) or ((0, None),))[-1][0]


def test_every_kind_has_a_plural_safe_name_and_an_unknown_one_its_code(world: World) -> None:
    found = Waiting(0, 9, {**dict.fromkeys(CALLED, 2), "brand-new": 1}, 0)
    text = word_of(world, "smtp", found).text
    assert "     2  request(s) arrived" in text
    assert "     1  brand-new" in text
    assert text.isascii()


# ---- nothing of what arrives leaves

PLANTED = {
    "facts": "FICTIONAL planted-facts-3141",
    "officer": "planted-officer-2718",
    "domain": "planted-domain-1618.example",
    "email": "planted-victim-1414@family.example",
    "message": "FICTIONAL planted-message-1732",
    "question": "planted",
}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with opened_desks(tmp_path_factory.mktemp("desks")) as made:
        yield made


def test_nothing_of_what_arrives_goes_out_by_mail_or_webhook(desks: Desks) -> None:
    """Real servers take what is told; none of it holds a value, a name, a partner, an id or a digest of what arrived."""
    request = sent(
        desks,
        facts=PLANTED["facts"],
        urgency="urgent",
        form={"central_authority": "MOJ", "subject_and_nature": "fraud", "use_limitation": PLANTED["question"], "deadline_reason": "x"},
        targets=[{"value": PLANTED["domain"]}, {"kind": "email", "value": PLANTED["email"]}],
    )  # fmt: skip
    desks.kr.post(f"/requests/{request}/messages", {"text": PLANTED["message"]}, by=PLANTED["officer"])
    desks.exchange()
    world = desks.kh.world
    mails, posts = Mails(), Posts()
    with mail_server(mails) as port, http_server(posts) as hook:
        node = world.me.name
        heralds: dict[str, Herald] = {
            "smtp": SmtpHerald(node, "localhost", port, "none", f"comity@{node}", (f"desk@{node}",)),
            "webhook": WebhookHerald(node, f"http://127.0.0.1:{hook}/", b"a secret of sixteen bytes", private=True),
        }
        heralding = Heralding(replace(world, heralds=heralds), kinds=KINDS, every_s=0.05, look_s=0.02)
        heralding.start()
        until(lambda: mails.taken and posts.taken and all(passed(world, name) for name in heralds))
        for herald in heralds.values():
            herald.tell(trial_word(world, "smtp"))
        heralding.stop()
    out = mails.raw() + posts.raw()
    assert b"request(s) arrived" in out
    assert b"message(s) about a request arrived" in out
    assert b"PRESSING" in out
    forbidden = [*PLANTED.values(), request, desks.kr.world.me.name, desks.kr.officer.split(" ")[0], "preserve", "/ch/"]
    for notice_ in world.store.notices(1000):
        forbidden += [str(fact) for fact in notice_.about.values() if isinstance(fact, str) and "/" in str(fact)]
    for text in forbidden:
        assert text.encode() not in out, text


def test_heralds_in_the_settings_are_told_by_a_node_that_runs_and_tried_by_an_officer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From comity.toml to the mail: the whole way of the settings."""
    mails, posts = Mails(), Posts()
    home = fresh_home(tmp_path / "home").home
    (home / "hook.secret").write_text("a secret of sixteen bytes\n")
    (home / "hook.secret").chmod(0o600)
    officer = Officer(home, "kim (fictional)", capsys)
    with mail_server(mails) as port, http_server(posts) as hook:
        told = {
            "COMITY_NOTIFY_EVERY_S": "0.2",
            "COMITY_NOTIFY_SMTP_HOST": "127.0.0.1",
            "COMITY_NOTIFY_SMTP_PORT": str(port),
            "COMITY_NOTIFY_SMTP_SECURITY": "none",
            "COMITY_NOTIFY_MAIL_FROM": "comity@police.kr.example",
            "COMITY_NOTIFY_MAIL_TO": '["desk@police.kr.example"]',
            "COMITY_NOTIFY_WEBHOOK_URL": f"http://127.0.0.1:{hook}/",
            "COMITY_NOTIFY_WEBHOOK_SECRET_FILE": "hook.secret",
            "COMITY_NOTIFY_WEBHOOK_PRIVATE": "true",
        }
        config = read_config(home, told)
        with open_node(config) as node, serving(node, read_token(config)):
            notice(node.world, 2)
            until(lambda: mails.taken and posts.taken)
            assert "smtp: handed over" in officer.says("notify", "test")
            assert [each["herald"] for each in officer.asks("notify", "status")] == ["smtp", "webhook"]
            assert "order" in officer.says("notify", "list")
            posts.status = 500
            failing = officer.is_refused("notify", "test", code=4)
            assert failing == ""
    assert b"Subject: [comity police.kr.example] test" in mails.raw()


def test_nobody_is_told_unless_the_settings_name_somebody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    officer = Officer(fresh_home(tmp_path / "home").home, "kim (fictional)", capsys)
    assert "Nobody is told outside" in officer.says("notify", "test")
    assert "Nobody is told outside" in officer.says("notify", "status")
    assert "Nothing to look at" in officer.says("notify", "list")
