"""Fictional work on the two desks: requests in several states, a thread in two languages, an order, a rescue."""

from __future__ import annotations

from tests.faces.routes.desks import Desks, sent

FACTS = {
    "en": "FICTIONAL: the page recruits for a compound. Nobody here exists.",
    "ko": "가상 사례: 채용 광고를 가장해 사람을 모집합니다. 등장인물은 모두 가상입니다.",
    "km": "ករណីប្រឌិត៖ ការផ្សាយនេះជ្រើសរើសមនុស្សដោយបោកបញ្ឆោត។",
    "vi": "Tình huống hư cấu: trang này tuyển người vào khu lừa đảo.",
    "zh": "虚构案例：该页面以招聘为名诱骗人员。",
}


def laid_out(desks: Desks) -> dict[str, str]:
    """Name -> id of each request."""
    return {"asked": sent(desks, facts=FACTS["ko"])}
