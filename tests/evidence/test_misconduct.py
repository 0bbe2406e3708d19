"""A writer breaks the protocol; its reader finds it, keeps the evidence, and a third machine that has only a policy judges it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from comity.domain.ledger import Standing, cosignature_line, parse_note, parse_policy
from comity.domain.receipt.evidence import SHOWS_NOT, judge_evidence
from comity.domain.record import Sealed, seal
from comity.domain.record.kinds import ack_1
from comity.domain.terms import Instant, NodeName, instant_text
from comity.errors import Malformed
from comity.faces.cli.app import run
from comity.faces.cli.groups import evidence as words
from comity.flows import carry
from comity.flows.certify import policy_text
from comity.flows.compare import compare_with_witness
from comity.flows.drain import Drainer
from comity.flows.evidence import kept_of
from comity.flows.receive import Puller, Verdict, pull_all
from tests.evidence.liars import Liar
from tests.worlds import Pair, letter, marking, pair, sealed_indicator

DAY_MS = 86_400_000


@dataclass
class Bench:
    """`kr` lies in its bulk channel to `kh`; its urgent channel is honest."""

    two: Pair
    liar: Liar
    puller: Puller
    drainer: Drainer

    @property
    def origin(self) -> str:
        return self.two.bulk.origin

    def record(self, n: int, **changed: object) -> Sealed:
        world = self.two.kr
        wanted: dict[str, object] = {"id": world.mint.record_id(), "made": world.clock.now()}
        body = ack_1.Body(of=None, of_kind=None, state="stored", reason=f"fictional {n}", at="2026-11-24T09:30:00.000Z")
        return seal(
            body, issuer=world.me.name, purpose="test", marking=marking(), salt=world.mint.salt, **(wanted | changed)
        )  # type: ignore[arg-type]

    def records(self, count: int) -> list[Sealed]:
        return [self.record(n) for n in range(count)]

    def pull(self) -> Verdict | None:
        result = pull_all(self.puller)[self.origin]
        self.drainer.drain_all()
        return getattr(result, "verdict", None)

    def evidence(self, origin: str | None = None) -> bytes:
        (found,) = kept_of(self.two.kh, origin or self.origin)
        return found.raw

    def policy(self) -> str:
        return policy_text(self.two.kh)

    def notices(self) -> list[str]:
        return [notice.kind for notice in self.two.kh.store.notices()]


@pytest.fixture(params=["memory", "sqlite"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    two = pair(tmp_path, store=request.param)
    liar = Liar(two.kr, two.kh.courier)
    here = replace(two.kh, courier=liar)  # type: ignore[arg-type]
    yield Bench(two, liar, Puller(here, two.kh_sees_kr), Drainer(here, two.kr.me.name))
    two.kr.store.close()
    two.kh.store.close()


# ---- each way to break it: a deed, and what it is found to be


def fork(bench: Bench) -> None:
    bench.liar.say(bench.two.bulk, bench.records(3))
    bench.pull()
    bench.liar.say(bench.two.bulk, bench.records(3))
    assert bench.pull() is Verdict.FORK


def split(bench: Bench) -> None:
    """Another history, longer than the one that is held, served whole."""
    bench.liar.say(bench.two.bulk, bench.records(3))
    bench.pull()
    bench.liar.say(bench.two.bulk, bench.records(7))
    assert bench.pull() is Verdict.FORK


def split_while_pending(bench: Bench) -> None:
    """What is being fetched is signed; before its bodies are here, something else is signed."""
    first = bench.records(300)
    bench.liar.say(bench.two.bulk, first)
    honest = bench.liar.get
    bench.liar.get = lambda peer, path, most: (
        b"" if "/records/" in path and "bbbb" in path else honest(peer, path, most)
    )  # type: ignore[method-assign]
    bench.pull()
    assert bench.two.kh.store.position(bench.origin).pending == 300
    bench.liar.say(bench.two.bulk, [*first[:290], *bench.records(20)])
    bench.pull()
    bench.liar.get = honest  # type: ignore[method-assign]


def replay(bench: Bench) -> None:
    first = bench.records(5)
    bench.liar.say(bench.two.bulk, first)
    bench.pull()
    bench.liar.say(bench.two.bulk, [*first, first[2]])
    assert bench.pull() is Verdict.NEWER


def replay_in_one_batch(bench: Bench) -> None:
    first = bench.records(5)
    bench.liar.say(bench.two.bulk, [*first, first[2], first[1]])
    assert bench.pull() is Verdict.NEWER


def back_dated(bench: Bench) -> None:
    first = bench.records(3)
    bench.liar.say(bench.two.bulk, first)
    bench.pull()
    made = Instant(bench.two.kr.clock.now() - 2 * DAY_MS)
    bench.liar.say(bench.two.bulk, [*first, bench.record(4, made=made)])
    assert bench.pull() is Verdict.NEWER


def went_back(bench: Bench) -> None:
    """The reader confirms more of our channel, and dates it before what it confirmed earlier."""
    two = bench.two
    for _ in range(2):
        two.kh.store.keep([letter(two.back.origin, sealed_indicator(two.kh, 1))])
    for size, time_s in ((1, 1_795_600_000), (2, 1_795_500_000)):
        note = parse_note(two.kh.store.note(two.back.origin, size))
        key = two.kr.keyring.key(f"{two.kr.me.name}/receipt")
        line = cosignature_line(key, lambda m, name=key.name: two.kr.keyring.sign(name, m), note.text, time_s)
        status, _ = carry.take_cosignature(two.kh, two.kh_sees_kr, two.back.origin, note.text + b"\n" + line)
        assert status == 200


def shown_by_a_witness(bench: Bench) -> None:
    """The writer shows a witness a smaller tree that isn't part of the one that its reader holds."""
    two = bench.two
    bench.liar.say(two.bulk, bench.records(7))
    bench.pull()
    shown = Liar(two.kr, two.kh.courier)
    shown.say(two.bulk, bench.records(5))

    class Witness:
        def get(self, peer: object, path: str, most: int) -> bytes:
            return shown.note(two.bulk.origin)

    witness = replace(two.kh_sees_kr, name=NodeName("hub.un.example"))
    compare_with_witness(replace(two.kh, courier=Witness()), witness, two.kh.store.channel(bench.origin))  # type: ignore[arg-type]


DEEDS: list[tuple[Callable[[Bench], None], str, str, str, bool]] = [
    (fork, "fork", "two-roots-of-one-size", "fork", True),
    (split, "split", "two-histories", "fork", True),
    (split_while_pending, "split", "two-histories", "fork", True),
    (shown_by_a_witness, "history", "two-histories", "fork", True),
    (replay, "replay", "one-id-twice", "record-replayed", False),
    (replay_in_one_batch, "replay", "one-id-twice", "record-replayed", False),
    (back_dated, "back-dated", "claims-to-be-older-than-its-place", "record-back-dated", False),
    (went_back, "went-back", "cosigned-a-smaller-tree-later", "cosigner-went-back", False),
]


@pytest.mark.parametrize(
    ("deed", "kind", "reason", "notice", "stops"), DEEDS, ids=lambda each: getattr(each, "__name__", "")
)
def test_a_deed_is_found_noticed_kept_and_proven_and_the_other_channels_go_on(
    bench: Bench, deed: Callable[[Bench], None], kind: str, reason: str, notice: str, stops: bool
) -> None:
    deed(bench)
    origin = bench.two.back.origin if deed is went_back else bench.origin
    assert notice in bench.notices()
    standing = bench.two.kh.store.channel(origin).standing
    assert standing is (Standing.STOPPED if stops else Standing.OPEN), (
        "a wrong tree stops a channel; a wrong record doesn't"
    )
    found = judge_evidence(bench.evidence(origin), parse_policy(bench.policy()))
    accused = f"{bench.two.kr.me.name}/receipt" if deed is went_back else bench.origin
    assert (found.proven, found.kind, found.reason, found.accused) == (True, kind, reason, accused)
    bench.two.kr.store.keep([letter(bench.two.urgent.origin, sealed_indicator(bench.two.kr, 1))])
    bench.pull()
    assert bench.two.kh.store.position(bench.two.urgent.origin).drained == 1


@pytest.mark.parametrize("deed", [fork, split, shown_by_a_witness, replay, back_dated, went_back])
def test_under_a_policy_without_the_accused_nothing_is_proven(bench: Bench, deed: Callable[[Bench], None]) -> None:
    deed(bench)
    origin = bench.two.back.origin if deed is went_back else bench.origin
    raw, policy = bench.evidence(origin), bench.policy()
    without = "".join(line + "\n" for line in policy.splitlines() if not line.startswith(f"log {origin}"))
    found = judge_evidence(raw, parse_policy(without))
    assert (found.proven, found.accused) == (False, "")


@pytest.mark.parametrize("deed", [fork, split, shown_by_a_witness, replay, back_dated, went_back])
def test_evidence_with_any_bit_flipped_is_refused(tmp_path: Path, deed: Callable[[Bench], None]) -> None:
    bench = _bench(tmp_path)
    deed(bench)
    raw = bench.evidence(bench.two.back.origin if deed is went_back else bench.origin)
    policy = parse_policy(bench.policy())
    assert judge_evidence(raw, policy).proven
    for at in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[at // 8] ^= 1 << at % 8
        try:
            found = judge_evidence(bytes(flipped), policy)
        except Malformed:
            continue
        assert not found.proven, f"bit {at}"


def test_a_third_machine_that_has_only_a_policy_judges_by_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = _bench(tmp_path / "nodes")
    split(bench)
    file, policy, home = tmp_path / "a.evidence", tmp_path / "trusted.policy", tmp_path / "nobody"
    file.write_bytes(bench.evidence())
    policy.write_text(bench.policy())
    command = ["evidence", "judge", str(file), "--policy", str(policy), "--home", str(home), "--json"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COMITY_")}
    entry = "from comity.faces.cli.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", entry, *command], capture_output=True, env=clean, timeout=60, check=False
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["verdict"], told["accused"]) == (0, "proven", bench.origin)
    assert len(told["does_not_show"]) == 4
    assert run(command[:-1]) == 0
    assert "PROVEN against" in capsys.readouterr().out
    policy.write_text("quorum none\n")
    assert run(command) == 1
    file.write_bytes(file.read_bytes()[:-1])
    assert run(command) == 3
    assert not home.exists(), "no node was needed"


def _bench(folder: Path) -> Bench:
    two = pair(folder, store="memory")
    liar = Liar(two.kr, two.kh.courier)
    here = replace(two.kh, courier=liar)  # type: ignore[arg-type]
    return Bench(two, liar, Puller(here, two.kh_sees_kr), Drainer(here, two.kr.me.name))


def test_every_judgement_and_every_limit_has_its_words() -> None:
    assert set(words.NOT_SHOWN) == set(SHOWS_NOT)
    assert {reason for _, _, reason, _, _ in DEEDS} <= set(words.SHOWN)


# ---- what is no misconduct
def test_an_honest_writer_leaves_no_evidence(bench: Bench) -> None:
    for n in range(4):
        bench.two.kr.store.keep([letter(bench.two.bulk.origin, sealed_indicator(bench.two.kr, n))])
        bench.pull()
    assert kept_of(bench.two.kh, bench.origin) == []
    assert bench.notices() == []


def test_an_old_note_and_a_bad_line_prove_nothing(bench: Bench) -> None:
    """A smaller size may be late, damaged leaves may be the wire's fault: alarms, not accusations."""
    first = bench.records(5)
    bench.liar.say(bench.two.bulk, first)
    bench.pull()
    bench.liar.say(bench.two.bulk, first[:3])
    assert bench.pull() is Verdict.STALE
    bench.liar.say(bench.two.bulk, [*first, bench.record(6)])
    honest = bench.liar.get
    bench.liar.get = lambda peer, path, most: (
        bytes(64) if "/tile/" in path or "/records/" in path else honest(peer, path, most)
    )  # type: ignore[method-assign]
    bench.pull()
    assert bench.two.kh.store.channel(bench.origin).standing is Standing.OPEN
    assert kept_of(bench.two.kh, bench.origin) == []
    bench.liar.get = honest  # type: ignore[method-assign]
    assert bench.pull() is Verdict.NEWER


@pytest.mark.parametrize(("ahead_ms", "noticed"), [(DAY_MS // 2, False), (2 * DAY_MS, True), (-DAY_MS // 2, False)])
def test_a_clock_that_differs_by_less_than_a_day_is_no_news(bench: Bench, ahead_ms: int, noticed: bool) -> None:
    first = bench.records(1)
    bench.liar.say(bench.two.bulk, first)
    bench.pull()
    made = Instant(bench.two.kh.clock.now() + ahead_ms)
    bench.liar.say(bench.two.bulk, [*first, bench.record(2, made=made)])
    bench.pull()
    assert ("made-in-the-future" in bench.notices()) is noticed
    assert kept_of(bench.two.kh, bench.origin) == []
    assert bench.two.kh.store.position(bench.origin).drained == 2, "it is held, confirmed and filed all the same"


def test_a_record_made_long_ago_in_a_channel_that_nobody_had_confirmed_is_no_news(bench: Bench) -> None:
    made = Instant(bench.two.kr.clock.now() - 30 * DAY_MS)
    bench.liar.say(bench.two.bulk, [bench.record(n, made=made) for n in range(3)])
    bench.pull()
    assert "record-back-dated" not in bench.notices()


def test_back_dating_within_a_day_of_the_cosignature_is_not_proven(bench: Bench) -> None:
    """The judge's own bound holds whatever the reader's settings are."""
    first = bench.records(3)
    bench.liar.say(bench.two.bulk, first)
    bench.pull()
    here = replace(bench.puller.world, skew_ms=1000)
    bench.drainer = Drainer(here, bench.two.kr.me.name)
    made = Instant(bench.two.kr.clock.now() - DAY_MS // 2)
    bench.liar.say(bench.two.bulk, [*first, bench.record(4, made=made)])
    bench.pull()
    assert kept_of(bench.two.kh, bench.origin) == []
    assert instant_text(made)
