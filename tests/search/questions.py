"""Questions, and for each the rule by which a record answers it: said in words of the corpus, not in those of the index."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.search.corpus import Written, has_part, says

Rule = Callable[[Written], bool]


def texts(phrase: str) -> Rule:
    """The phrase stands in one text."""
    return lambda written: any(says(text, phrase) for text in written.texts)


def word(one: str) -> Rule:
    """A Latin word stands in a text, or is a part of a value."""
    return lambda written: texts(one)(written) or has_part(written, one.lower())


def every(*rules: Rule) -> Rule:
    return lambda written: all(rule(written) for rule in rules)


def either(*rules: Rule) -> Rule:
    return lambda written: any(rule(written) for rule in rules)


def value(kind: str, normal: str) -> Rule:
    """The record names this value."""
    return lambda written: (kind, normal) in written.values


def digits(part: str) -> Rule:
    """A number with these digits stands in a text or a value, however it is set apart."""

    def rule(written: Written) -> bool:
        numbers = [re.sub(r"\D", "", n) for text in written.texts for n in re.findall(r"\+?\d[\d\s().+/-]{5,}\d", text)]
        return any(part in number for number in numbers) or has_part(written, part)

    return rule


def of_kind(kind: str) -> Rule:
    return lambda written: written.kind == kind


_PHONE = either(value("phone", "+821055501234"), digits("1055501234"), texts("+821055501234"))
_LINK = either(
    value("url", "https://jobs.lure.example/apply"),
    texts("https jobs lure example apply"),
    texts("hxxps jobs lure example apply"),
)

QUESTIONS: dict[str, Rule] = {
    # Korean
    "해외취업": texts("해외취업"),
    "취업": texts("취업"),
    "모집": texts("모집"),
    "도박": texts("도박"),
    "집": texts("집"),
    "제": texts("제"),
    "고수익 해외취업": every(texts("고수익"), texts("해외취업")),
    '"고수익 해외취업"': texts("고수익 해외취업"),
    '"수익 해외"': texts("수익 해외"),
    '"익 해"': texts("익 해"),
    '"해외 취업"': texts("해외 취업"),
    "월500만원": texts("월500만원"),
    "500만": texts("500만"),
    "투자": texts("투자"),
    "ㅌㅜㅈㅏ": texts("투자"),
    "\u1110\u116e\u110c\u1161": texts("투자"),
    "피해 신고": every(texts("피해"), texts("신고")),
    "kakaotalk": word("kakaotalk"),
    "ＫＡＫＡＯＴＡＬＫ 오픈채팅": every(word("kakaotalk"), texts("오픈채팅")),
    "콜센터 직원": every(texts("콜센터"), texts("직원")),
    # Vietnamese, with and without marks, composed and not
    "lừa đảo": every(word("lua"), word("dao")),
    "lua dao": every(word("lua"), word("dao")),
    '"lừa đảo trực tuyến"': texts("lua dao truc tuyen"),
    "LƯƠNG CAO": every(word("luong"), word("cao")),
    "đánh bạc": every(word("danh"), word("bac")),
    "danh bac xuyen": every(word("danh"), word("bac"), word("xuyen")),
    "Zalo": word("zalo"),
    "hộ chiếu": every(word("ho"), word("chieu")),
    "tuyen": word("tuyen"),
    "tuye": word("tuye"),
    # Khmer, with and without spaces that aren't seen
    "ភ្នំពេញ": texts("ភ្នំពេញ"),
    "ឆបោក": texts("ឆបោក"),
    "ឆបោកតាមអ៊ីនធឺណិត": texts("ឆបោកតាមអ៊ីនធឺណិត"),
    "ឆបោក\u200bតាម": texts("ឆបោកតាម"),
    "ប្រាក់ខែខ្ពស់ផ្តល់": texts("ប្រាក់ខែខ្ពស់ផ្តល់"),
    "ព្រះសីហនុ": texts("ព្រះសីហនុ"),
    "ស្នាក់នៅ telegram": every(texts("ស្នាក់នៅ"), word("telegram")),
    "ក": texts("ក"),
    "ំ": texts("ំ"),
    # Chinese
    "诈骗": texts("诈骗"),
    "骗": texts("骗"),
    "招募": texts("招募"),
    "高薪招聘": texts("高薪招聘"),
    '"扣押,无法"': texts("扣押 无法"),
    "扣押无法": texts("扣押无法"),
    "赌场 工资": every(texts("赌场"), texts("工资")),
    "柬埔寨": texts("柬埔寨"),
    # English
    "scam": word("scam"),
    "SCAM Compound": every(word("scam"), word("compound")),
    '"scam compound"': texts("scam compound"),
    '"compound scam"': texts("compound scam"),
    "cafe naive": every(word("cafe"), word("naive")),
    "can't": texts("can t"),
    "salar": word("salar"),
    "telegram": word("telegram"),
    "overseas job 모집": every(word("overseas"), word("job"), texts("모집")),
    "passport 여권": every(word("passport"), texts("여권")),
    "nothing-of-this-kind": texts("nothing of this kind"),
    # values in any notation
    "+821055501234": _PHONE,
    "+82 10-5550-1234": either(_PHONE, every(texts("82"), digits("1055501234"))),
    "+82 (0)10 5550 1234": either(_PHONE, every(texts("82"), texts("0 10"), texts("5550"), texts("1234"))),
    "＋82 10 5550 1234": _PHONE,
    "tel:+82-10-5550-1234": _PHONE,
    "KR:010-5550-1234": either(_PHONE, texts("kr 010 5550 1234")),
    "010-5550-1234": either(texts("010 5550 1234"), digits("1055501234")),
    "01055501234": either(texts("01055501234"), digits("1055501234")),
    "55501234": either(texts("55501234"), digits("55501234")),
    "https://jobs.lure.example/apply": _LINK,
    "hxxps://jobs[.]lure[.]example/apply": _LINK,
    "HTTPS://JOBS.LURE.EXAMPLE:443/apply": either(_LINK, texts("https jobs lure example 443 apply")),
    "lure.example": either(value("domain", "lure.example"), texts("lure example")),
    "lure[.]example": either(value("domain", "lure.example"), texts("lure example")),
    "lure": word("lure"),
    "reshop": word("reshop"),
    "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t": word("tr7nhqjekqxgtci8q8zy4pl8otszgjlj6t"),
    "tr7nhqjekqxgtci8q8zy4pl8otszgjlj6t": word("tr7nhqjekqxgtci8q8zy4pl8otszgjlj6t"),
    "4pl8otszg": word("4pl8otszg"),
    "lure_recruiter": texts("lure recruiter"),
    "recruiter": word("recruiter"),
    "boss@lure.example": either(value("email", "boss@lure.example"), texts("boss lure example")),
    # what a record is
    "kind:message": of_kind("message"),
    "kind:decision 诈骗": every(of_kind("decision"), texts("诈骗")),
    "kind:request scam": every(of_kind("request"), word("scam")),
    "kind:report 모집 after:2026-11-01": every(of_kind("report"), texts("모집")),
    "scam before:2026-11-01": lambda _: False,
    "scam from:police.kr.example": word("scam"),
    "scam from:nobody.example": lambda _: False,
    "subscriber": word("subscriber"),
    '"subscriber records"': texts("subscriber records"),
    "missing-basis": texts("missing basis"),
    # who suffers isn't found unless it may be
    "Kampot": lambda _: False,
    "피해자": lambda _: False,
    "虚构受害者": lambda _: False,
}
KEPT: dict[str, Rule] = {
    one: (lambda written, one=one: any(says(text, one) for text in (*written.kept, *written.texts)))
    for one in ("Kampot", "피해자", "虚构受害者", "쉼터", "Nguyen")
}
