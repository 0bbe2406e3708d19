"""Fictional advertisements, reports and requests in five languages, and what the rules say about them, written from their words alone.

Nothing here knows of an index: a question is answered by going through every text as it was written.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, product
from typing import Any

from comity.domain.record import Sealed, seal
from comity.domain.record.kinds import decision_1, indicator_1, message_1, report_1, request_1
from comity.domain.record.places import Target, Value
from comity.domain.terms import Instant
from comity.ports import World
from tests.worlds import marking

REQUEST = "0193a5d1-0000-7000-8000-00000000f1c7"
KO = (
    "캄보디아 고수익 해외취업 모집",
    "텔레그램 문의 월500만원 숙식제공",
    "불법 도박 사이트 운영진",
    "시아누크빌 콜센터 직원구함",
    "여권을 먼저 맡기라고 했습니다",
    unicodedata.normalize("NFD", "투자 사기 피해 신고"),
    "ＫａｋａｏＴａｌｋ 오픈채팅으로 연락",
)
VI = (
    "Tuyển nhân viên làm việc tại Campuchia",
    "lương cao, việc nhẹ, liên hệ Zalo",
    "lừa đảo trực tuyến quy mô lớn",
    unicodedata.normalize("NFD", "Đường dây đánh bạc xuyên biên giới"),
    "giữ hộ chiếu của người lao động",
)
KM = (
    "ជ្រើសរើសបុគ្គលិកធ្វើការនៅភ្នំពេញ",
    "ប្រាក់ខែខ្ពស់\u200bផ្តល់\u200bកន្លែង\u200bស្នាក់នៅ",
    "ឆបោក\u200bតាម\u200bអ៊ីនធឺណិត",
    "ការងារនៅព្រះសីហនុ",
    "ទាក់ទងតាម Telegram ឥឡូវនេះ",
)
ZH = (
    "柬埔寨高薪招聘包吃住",
    "网络诈骗园区招募客服",
    "护照被扣押，无法离开",
    "加密货币投资平台跑路",
    "西港赌场，日结工资",
)
EN = (
    "High salary overseas job, Telegram recruitment",
    "scam compound near Sihanoukville",
    "They kept his passport; he can't leave",
    "Pay the release fee in USDT first",
    "Café manager wanted, naïve applicants welcome",
)
PHONES = ("+821055501234", "+85512555012", "+84912345678")
URLS = ("https://jobs.lure.example/apply", "https://pay.fictional-casino.example/deposit")
DOMAINS = ("lure.example", "mylureshop.example")
WALLETS = ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",)
VICTIMS = ("Nguyen Fictional", "가상의 피해자", "虚构受害者")
TOWNS = ("fictional shelter of Kampot", "가상의 쉼터")


@dataclass(frozen=True)
class Written:
    """One record with everything that it says: texts, values with their kind, and what tells who suffers."""

    body: Any  # one of the kinds' own
    kind: str
    texts: tuple[str, ...]
    values: tuple[tuple[str, str], ...] = ()
    kept: tuple[str, ...] = ()
    ids: list[str] = field(default_factory=list)


def corpus() -> list[Written]:
    """The same ones at each call."""
    chance = random.Random(11)
    return [
        *_reports(chance),
        *_requests(chance),
        *_words(chance),
        *(_indicator(kind, value) for kind, value in _values()),
    ]


def _values() -> Iterator[tuple[str, str]]:
    yield from (("phone", each) for each in PHONES)
    yield from (("url", each) for each in URLS)
    yield from (("domain", each) for each in DOMAINS)
    yield from (("wallet", f"tron:{each}") for each in WALLETS)
    yield ("handle", "telegram:lure_recruiter_7")
    yield ("email", "boss@lure.example")


def _reports(chance: random.Random) -> Iterator[Written]:
    for n, (phrases, category) in enumerate(product((KO, VI, KM, ZH, EN), ("overseas-job-lure", "online-gambling"))):
        for part in range(3):
            said = chance.sample(phrases, 2) + chance.sample(EN, part % 2)
            narrative = chance.choice([". ", "\n", " / ", "!! "]).join(said)
            narrative += (" call 010-5550-1234", " hxxps://jobs[.]lure[.]example/apply", "")[part]
            phone, url = chance.choice(PHONES), chance.choice(URLS)
            victim, town = chance.choice(VICTIMS), chance.choice(TOWNS)
            body = report_1.Body(
                report=f"0193a5d0-0000-7000-8000-{n:08d}{part:04d}",
                channel_in="citizen",
                received="2026-11-24T09:30:00.000Z",
                country="KR",
                category=category,
                indicators=(Value("url", url),),
                contacts=(Value("phone", phone),),
                narrative=narrative,
                victims=(report_1.Victim(victim, whereabouts=town),),
                fictional=True,
            )
            yield Written(
                body, "report", (narrative, category, url, phone), (("url", url), ("phone", phone)), (victim, town)
            )


def _requests(chance: random.Random) -> Iterator[Written]:
    for n in range(10):
        facts = " ".join(chance.sample((*KO, *EN, *ZH), 2))
        domain = chance.choice(DOMAINS)
        body = request_1.Body(
            request=f"0193a5d1-0000-7000-8000-{n:012d}",
            measure="preserve",
            to="taskforce.kh.example",
            nature="voluntary",
            route=None,
            drafted_by="Kim (fictional)",
            approved_by="Lee (fictional)",
            approved_at="2026-11-24T10:00:00.000Z",
            offence="fraud",
            targets=(Target("domain", domain, "second account"),),
            form={"data": "subscriber-records"},
            facts=facts,
        )
        texts = (facts, domain, "second account", "subscriber-records", "preserve", "fraud", "taskforce.kh.example")
        yield Written(body, "request", (*texts, "Kim (fictional)", "Lee (fictional)"), (("domain", domain),))


def _words(chance: random.Random) -> Iterator[Written]:
    for phrases in (KO, VI, KM, ZH, EN):
        text, reason = chance.choice(phrases), chance.choice(phrases)
        body = message_1.Body(request=REQUEST, by="Sok (fictional)", at="2026-11-25T07:30:00.000Z", text=text)
        yield Written(body, "message", (text, "Sok (fictional)"))
        decided = decision_1.Body(
            request=REQUEST,
            event="refuse",
            by="Sok (fictional)",
            role="officer",
            at="2026-11-25T08:00:00.000Z",
            ground="missing-basis",
            reason=reason,
        )
        yield Written(decided, "decision", (reason, "missing-basis", "Sok (fictional)"))


def _indicator(kind: str, value: str) -> Written:
    open_ = kind in ("url", "domain", "wallet", "handle")
    body = indicator_1.Body(
        kind=kind,
        role="scam-site",
        source=indicator_1.Source("fictional list", None, "seen twice"),
        **{"value" if open_ else "personal_value": value},  # type: ignore[arg-type]
    )
    return Written(body, "indicator", (value, "scam-site", "fictional list", "seen twice"), ((kind, value),))


def sealed(world: World, body: Any, made: Instant | None = None) -> Sealed:
    """A record of this world; Any: a body of any kind."""
    return seal(
        body,
        id=world.mint.record_id(),
        issuer=world.me.name,
        made=made or world.clock.now(),
        marking=marking(),
        purpose="crime",
        salt=world.mint.salt,
    )


# ---- the definition ----------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Case, width, compatibility and Latin marks away."""
    seen = "".join(c for c in text if unicodedata.category(c) != "Cf")
    low = unicodedata.normalize("NFKD", seen.casefold()).replace("đ", "d")
    return unicodedata.normalize("NFC", "".join(c for c in low if not 0x300 <= ord(c) <= 0x36F))


def runs_of(text: str) -> list[tuple[str, str]]:
    """Letters, marks and digits that stand together: `a` where they are Latin, `x` where not."""

    def side(char: str) -> str:
        if unicodedata.category(char)[0] not in "LMN":
            return "-"
        return "a" if ord(char) < 0x250 else "x"

    return [(which, "".join(group)) for which, group in groupby(plain(text), side) if which != "-"]


def says(text: str, phrase: str) -> bool:
    """Whether the text has the phrase: Latin words whole; of other writing, the ends may lie inside a run."""
    asked, have = runs_of(phrase), runs_of(text)

    def fits(at: int) -> bool:
        for n, (side, run) in enumerate(asked):
            there_side, there = have[at + n]
            first, last = n == 0 and side == "x", n == len(asked) - 1 and side == "x"
            if side != there_side:
                return False
            if first and last:
                ok = run in there
            elif first:
                ok = there.endswith(run)
            elif last:
                ok = there.startswith(run)
            else:
                ok = run == there
            if not ok:
                return False
        return True

    return bool(asked) and any(fits(at) for at in range(len(have) - len(asked) + 1))


def has_part(written: Written, part: str) -> bool:
    """Whether a value has this part in one of its words."""
    return any(part in run for _, value in written.values for side, run in runs_of(value) if side == "a")
