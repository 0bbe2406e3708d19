"""Oversight on pages: overseers by two persons, an act followed to its basis, receipts held against the journal, who asks about themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from comity.domain.ledger import COSIGNATURE, VerifierKey
from comity.flows.certify import certify_request
from tests.console.asked import ORIGIN, visible
from tests.console.peopled import Peopled, opened_peopled

ABOUT = "+82 10-5550-4471"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peopled]:
    with opened_peopled(tmp_path_factory.mktemp("oversight")) as made:
        yield made


def vkey(name: str = "ombudsperson.kr.example/oversight") -> str:
    return VerifierKey(name, COSIGNATURE, b"\x07" * 32).text


def test_an_overseer_is_enrolled_by_two_persons(house: Peopled) -> None:
    root, lee, seo = house.browser("root"), house.browser("lee"), house.browser("seo")
    assert "Nobody oversees this node" in visible(seo.page("/desk/oversight"))
    wrong = root.post("/desk/oversight", {"name": "Ombudsperson (fictional)", "vkey": "nonsense"})
    assert (wrong.status_code, "This is no vkey" in visible(wrong.text)) == (422, True)
    assert root.post("/desk/oversight", {"name": "Ombudsperson (fictional)", "vkey": vkey()}).status_code == 303
    deciding = re.search(r'action="(/desk/oversight/proposals/[0-9a-f-]+)"', lee.page("/desk/oversight"))
    assert deciding is not None
    assert deciding[1] not in root.page("/desk/oversight"), "who proposed it doesn't decide"
    assert lee.post(deciding[1], {"decision": "confirm"}).status_code == 303
    shown = visible(seo.page("/desk/oversight"))
    assert "Ombudsperson (fictional)" in shown
    assert "enrolled, nothing cosigned yet" in shown
    assert "root (fictional)" in shown
    two = visible(seo.page("/desk/journal?view=two"))
    assert "Ombudsperson (fictional)" in two


def test_an_act_is_followed_to_its_basis(house: Peopled) -> None:
    seo = house.browser("seo")
    answer = seo.get(f"/desk/oversight?thing={house.request}")
    assert answer.headers["location"] == f"/desk/oversight/acts/{house.request}"
    shown = visible(seo.page(f"/desk/oversight/acts/{house.request}"))
    assert "Each record has its entry" in shown
    assert "kr_kh.mla" in shown
    assert "lee (fictional)" in shown, "who approved it"
    assert "never entered" in shown, "and what this can't show"
    nothing = seo.get("/desk/oversight/acts/0193ffff-0000-7000-8000-0000000000ff")
    assert (nothing.status_code, "Nothing here has this id" in visible(nothing.text)) == (404, True)
    assert house.browser("minji").get(f"/desk/oversight/acts/{house.request}").status_code == 404


def test_the_journal_is_held_against_what_others_have(house: Peopled) -> None:
    seo = house.browser("seo")
    fits = visible(seo.post("/desk/oversight/compare").text)
    assert "Everything that was sent and received has its entry" in fits
    (receipt, *_) = certify_request(house.world, house.request)

    officer = house.browser("minji")
    place = receipt.place
    taken = officer.get(f"/desk/receipts/{place.origin.replace('/ch/', '/')}/{place.index}").content
    sent = seo.client.post(
        "/desk/oversight/receipts",
        files={"receipts": ("theirs.tlog-proof", taken)},
        headers={"origin": ORIGIN},
        follow_redirects=False,
    )
    assert "The receipt has its entry" in visible(sent.text), visible(sent.text)
    assert seo.post("/desk/oversight/receipts").status_code == 422


def test_who_asks_about_themselves_is_answered_by_two_persons(house: Peopled) -> None:
    minji, lee, seo = house.browser("minji"), house.browser("lee"), house.browser("seo")
    assert minji.post("/desk/subject-access", {"about": "", "reference": "DSAR-1"}).status_code == 422
    made = minji.post("/desk/subject-access", {"about": ABOUT, "reference": "DSAR-1 (fictional)"})
    path = str(made.headers["location"]).partition("?")[0]
    assert ABOUT in minji.page(path)
    assert ABOUT not in seo.page("/desk/subject-access"), "about whom isn't in the list"
    assert ABOUT not in seo.page(path), "nor is it told to who only reads about acts"
    assert minji.get(f"{path}/answer").status_code == 422
    assert minji.post(f"{path}/decision", {"decision": "confirm"}).status_code == 422
    assert lee.post(f"{path}/decision", {"decision": "confirm"}).status_code == 303
    shown = visible(minji.page(path))
    assert "What is held and can be told" in shown
    assert "ongoing investigation" in shown
    text = minji.get(f"{path}/answer")
    assert "DSAR-1 (fictional)" in text.text
    assert "attachment" in text.headers["content-disposition"]
    assert "subject-access" in seo.page("/desk/journal?act=subject-access&who=minji")
