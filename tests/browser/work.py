"""Fictional work on the two desks: requests in many states, a thread in several languages, a rescue alert, a draft to approve."""

from __future__ import annotations

from typing import Any

from comity.domain.ledger import COSIGNATURE, VerifierKey
from comity.domain.terms import Instant, instant_text
from tests.faces.routes.desks import KH, KR, Desks, Side, ask, sent

FACTS = {
    "en": "FICTIONAL: the page recruits for a compound. Nobody here exists.",
    "ko": "가상 사례: 해외 고객상담 채용을 가장해 사람을 모집합니다. 등장인물은 모두 가상입니다.",
    "km": "ករណីប្រឌិត៖ ការផ្សាយនេះជ្រើសរើសមនុស្សដោយបោកបញ្ឆោត។ មនុស្សទាំងអស់ជារឿងប្រឌិត។",
    "vi": "Tình huống hư cấu: trang này tuyển người vào khu lừa đảo. Mọi nhân vật đều không có thật.",
    "zh": "虚构案例：该页面以招聘为名诱骗人员，所有人物均为虚构。",
}
DAY_MS = 86_400_000
APPROVER = "이승인 (fictional)"
TEXT = {"text_title": "Korea-Cambodia MLA treaty", "text_sha256": "a" * 64}
TAKEDOWN = {
    "content.kind": "ad",
    "category": "scam_recruitment",
    "legal_ground": "fictional ground",
    "explanation": "FICTIONAL: the page promises work that does not exist.",
    "action_asked": "delete",
    "source_type": "police",
}


def laid_out(desks: Desks) -> dict[str, str]:
    """What the work is called -> its id."""
    kr, kh = desks.kr, desks.kh
    named = {
        "asked": _asked(desks, "lure-island.example", facts=FACTS["ko"]),
        "answered": _asked(desks, "lure-harbour-2.example", facts=FACTS["km"], urgency="urgent"),
        "kept": _asked(desks, "lure-valley.example", facts=FACTS["en"]),
        "refused": _asked(desks, "lure-hill.example", facts=FACTS["zh"]),
        "draft": _draft(kr, facts=FACTS["vi"]),
        "received": _received(desks),
        "rescue": _rescue(desks),
        "report": _report(kr),
        "freeze": asked_to_freeze(desks),
    }
    _talk(desks, named["answered"])
    _keep(desks, named["kept"])
    kh.post(
        f"/requests/{named['refused']}/steps",
        {"event": "intend_to_refuse_or_postpone", "reason": "FICTIONAL: no limit of time."},
    )
    kh.post(
        f"/requests/{named['refused']}/steps",
        {"event": "refuse", "ground": "OVERBROAD", "reason": "FICTIONAL: narrow it to one account."},
    )
    desks.exchange()
    return {**named, **_signals(desks), **_trusted(desks, named)}


def _trusted(desks: Desks, named: dict[str, str]) -> dict[str, str]:
    """A case, one that was opened in an emergency, an overseer who waits, an answer to somebody about themselves, a hold of the gate."""
    kr, kh = desks.kr, desks.kh
    why = "가상 사례: 오늘 밤 그 방에 아이가 있을 수 있습니다. 기다릴 수 없습니다."
    told = {"title": "가상 사례: 항구 콜센터 모집 조직", "purposes": ["crime", "rescue"], "basis": "kr_kh.mla"}
    case: str = kr.post("/cases", {"number": "2026-형제-4471", **told})["file"]["case"]
    kr.post(f"/cases/{case}/members", {"account": "이분석 (fictional)", "role": "analyst"})
    kr.post(f"/cases/{case}/state", {"state": "active", "reason": "가상: 피해 신고가 이어짐"})
    for what in ("refused", "report"):
        kr.post(f"/cases/{case}/links", {"what": "report" if what == "report" else "request", "id": named[what]})
    kr.post("/cases", {"number": "2026-형제-4472", "title": "Vụ hư cấu: nhóm tuyển người"}, by=APPROVER)
    kr.post("/emergency-accesses", {"number": "2026-형제-4472", "reason": why}, by="박당직 (fictional)")
    vkey = VerifierKey("ombudsperson.kr.example/oversight", COSIGNATURE, b"\x07" * 32).text
    kr.post("/oversight", {"name": "국민권익 감독관 (가상)", "vkey": vkey})
    access: str = kr.post("/subject-access", {"about": "+82 10-5550-4471", "reference": "정보공개-2026-7 (가상)"})[
        "proposal"
    ]
    kr.post(f"/subject-access/{access}/decision", {"confirmed": True}, by=APPROVER)
    asked = {"to": KR, "name": "가상인 다", "text": TEXT, "form_personal": {"reporter.relation": "spouse"}}
    gated: str = kh.post("/rescue/alerts", asked)["request"]
    desks.exchange()
    kr.post(f"/requests/{gated}/rights", {"reason": "가상 사례: 영사가 본인과 통화했고 도움을 요청했습니다."})
    return {"case": case, "access": access, "gated": gated}


def _asked(desks: Desks, host: str, **changed: Any) -> str:
    targets = [{"value": f"https://{host}/apply?id=4471"}, {"kind": "email", "value": "victim@family.example"}]
    return sent(desks, targets=targets, **changed)


def _draft(kr: Side, **changed: Any) -> str:
    request: str = kr.post("/requests", ask(**changed))["request"]
    kr.post(f"/requests/{request}/attest", TEXT)
    kr.post(f"/requests/{request}/submit")
    return request


def _talk(desks: Desks, request: str) -> None:
    """A question in Khmer, and a reply in Korean."""
    desks.kh.post(f"/requests/{request}/opened")
    desks.kh.post(f"/requests/{request}/steps", {"event": "ask", "reason": "FICTIONAL"})
    question = {"text": "តើម៉ោងក្នុងកំណត់ត្រាជាម៉ោងណា? (ប្រឌិត)", "lang": "km", "asks": [{"field": "facts", "code": "unclear"}]}
    desks.kh.post(f"/requests/{request}/messages", question)
    desks.exchange()
    desks.kr.post(f"/requests/{request}/messages", {"text": "서울 시각(UTC+9)입니다. (가상)", "lang": "ko"})
    desks.exchange()


def _keep(desks: Desks, request: str) -> None:
    """Accepted, and kept for sixty days."""
    until = instant_text(Instant(desks.kh.world.clock.now() + 60 * DAY_MS))
    desks.kh.post(f"/requests/{request}/opened")
    desks.kh.post(f"/requests/{request}/steps", {"event": "accept"})
    done = {
        "event": "preserve",
        "taken": "snapshot-kept",
        "hold_until": until,
        "note": "FICTIONAL: one mailbox, one page.",
    }
    desks.kh.post(f"/requests/{request}/actions", done)
    desks.exchange()


def _received(desks: Desks) -> str:
    """A takedown that the Cambodian side asks of us; we block, which isn't what was asked."""
    body = {
        "measure": "takedown",
        "to": KR,
        "route": "kr.takedown",
        "nature": "via-state",
        "offence": "fraud",
        "targets": [{"value": "https://jobs.example/4471"}],
        "facts": FACTS["km"],
        "form": TAKEDOWN,
        "urgency": "urgent",
    }
    kh = desks.kh
    request: str = kh.post("/requests", body)["request"]
    kh.post(f"/requests/{request}/attest", TEXT)
    sent_through(kh, request, "approver-kh (fictional)")
    desks.exchange()
    desks.kr.post(f"/requests/{request}/steps", {"event": "acknowledge"})
    until = instant_text(Instant(desks.kr.world.clock.now() + 90 * DAY_MS))
    desks.kr.post(
        f"/requests/{request}/actions",
        {"event": "report_action", "taken": "block", "hold_until": until, "note": "가상: 국내 접속만 막았습니다."},
    )
    desks.exchange()
    return request


def sent_through(side: Side, request: str, approver: str) -> None:
    """Every drafting step that the measure's machine has, then out."""
    for _ in range(8):
        view = side.get(f"/requests/{request}")
        allowed = {each["how"]: each["event"] for each in view["allowed"]}
        if view["sent"]:
            return
        for how in ("send", "approve", "submit"):
            if how in allowed:
                side.post(f"/requests/{request}/{how}", by=approver if how == "approve" else None)
                break


def _rescue(desks: Desks) -> str:
    """An alert that one officer sent; the second signature is still to come."""
    alerted = desks.kr.post(
        "/rescue/alerts",
        {
            "to": KH,
            "name": "가상인 나",
            "place": "가상만 단지 3동",
            "facts": FACTS["ko"],
            "text": TEXT,
        },
    )
    desks.exchange()
    request: str = alerted["request"]
    desks.kh.post(f"/requests/{request}/opened")
    desks.exchange()
    return request


def _report(kr: Side) -> str:
    """Somebody is held; the words name a page that a request of ours is about, and a telephone that nobody has named."""
    told = f"{FACTS['ko']} https://lure-island.example/apply?id=4471 광고를 보고 출국, 연락은 +82 10-5550-4471 뿐."
    body = {
        "country": "KH",
        "category": "held-against-will",
        "channel_in": "citizen",
        "language": "ko",
        "fictional": True,
        "narrative": told,
        "values": [{"value": "https://lure-island.example/apply?id=4471"}, {"value": "+82 10-5550-4471"}],
        "victims": [{"name": "가상인 나", "whereabouts": "가상만 단지 3동"}],
    }
    report: str = kr.post("/reports", body)["report"]
    return report


def _signals(desks: Desks) -> dict[str, str]:
    """A list from the other side, two values of ours, of which one is taken back."""
    listed = {"role": "scam-site", "source": "fictional list of lures", "source_sha256": "b" * 64}
    theirs = [
        f"https://lure-{name}.example/apply" for name in ("island", "delta", "cape", "lagoon-of-a-very-long-name")
    ]
    desks.kh.post("/imports", {**listed, "values": theirs, "audience": KR})
    desks.exchange()
    ours = {"role": "recruiter", "source": "가상 목록", "source_sha256": "c" * 64, "confidence": 60, "audience": KH}
    desks.kr.post("/imports", {**ours, "values": ["boss@lure-island.example", "+82 10-5550-4471"]})
    desks.exchange()
    mine, other = _signal_ids(desks, KR)
    told = _signal_ids(desks, KH)[0]
    order = desks.kr.post("/custody/withdrawals", {"records": [other], "reason_code": "wrong-value"})["order"]
    desks.exchange()
    desks.kr.post("/custody/clearances", {"records": [mine], "ground": "mistaken-identity"})
    proposal = desks.kr.post("/custody/erasures", {"records": [mine], "ground": "data-subject"})["id"]
    return {"signal": mine, "told_signal": told, "taken_back": other, "order": order, "proposal": proposal}


def _signal_ids(desks: Desks, writer: str) -> list[str]:
    """Signals of this node as they stand at the Korean one, newest first."""
    store = desks.kr.world.store
    places = [each for each in store.of_kind("indicator/1", 50) if each.origin.startswith(writer)]
    return [told.header.id for each in places if (told := store.told([each])[each]).header is not None]


def asked_to_freeze(desks: Desks) -> str:
    """A voluntary freeze that the Cambodian side asks of us, accepted and ordered, its amount still to be told."""
    now = desks.kr.world.clock.now()
    ends, objects = (instant_text(Instant(now + days * DAY_MS)) for days in (20, 10))
    wallet, transfer = "trx:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "trx:" + "ab" * 32
    body = {
        "measure": "freeze",
        "to": KR,
        "route": "vol.freeze",
        "nature": "voluntary",
        "offence": "fraud",
        "targets": [{"kind": "wallet", "value": wallet}, {"kind": "transaction", "value": transfer}],
        "facts": FACTS["en"],
        "form": {
            "asset": wallet,
            "amount_units": "1250000000",
            "ends_at": ends,
            "remedy": "in writing to the fictional exchange, which decides within five days",
            "remedy_address": "objections@exchange.example",
            "remedy_until": objects,
            "legal_basis_at_home": "fraud (fictional order 1)",
            "follow_up_route": "kr_kh.mla",
        },
    }
    request: str = desks.kh.post("/requests", body)["request"]
    desks.kh.post(f"/requests/{request}/attest", TEXT)
    sent_through(desks.kh, request, "approver-kh (fictional)")
    desks.exchange()
    for event in ("acknowledge", "accept", "order_hold"):
        desks.kr.post(f"/requests/{request}/steps", {"event": event}, by="박주문 (fictional)")
    desks.exchange()
    return request
