"""A freeze between two nodes: under terms, in part, let go, lapsed; refused with its ground and sent anew, mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from comity.adapters.catalog import FileCatalog
from comity.domain.action import Held
from comity.domain.terms import Actor, Granted, Instant, NodeName, Refused, instant_from, instant_text
from comity.flows.answer import Said, act, answer
from comity.flows.drain import Drainer
from comity.flows.freeze import hold_of
from comity.flows.receive import Puller, pull_all
from comity.flows.request import Ask, approve, attest, draft, review, send, submit
from comity.flows.request_state import dossier
from tests.freeze.drafts import FORM, MLA, TRANSFER, WALLET
from tests.worlds import START, Pair, pair

KIM = Actor("kim (fictional)", NodeName("police.kr.example"), "officer")
LEE = Actor("lee (fictional)", NodeName("police.kr.example"), "approver")
SOK = Actor("sok (fictional)", NodeName("taskforce.kh.example"), "officer")
CHAN = Actor("chan (fictional)", NodeName("taskforce.kh.example"), "approver")
DAY = 86_400_000
ENDS = Instant(START + 20 * DAY)
TERMS = FORM | {"ends_at": instant_text(ENDS), "remedy_until": instant_text(Instant(START + 10 * DAY))}
ASSET = FORM["asset"]
ASKED = int(FORM["amount_units"])


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Pair]:
    made = pair(tmp_path, FileCatalog())
    yield made
    made.kr.store.close()
    made.kh.store.close()


def exchange(two: Pair) -> None:
    for _ in range(2):
        pull_all(Puller(two.kh, two.kh_sees_kr))
        Drainer(two.kh, two.kr.me.name).drain_all()
        pull_all(Puller(two.kr, two.kr_sees_kh))
        Drainer(two.kr, two.kh.me.name).drain_all()


def granted(result: object) -> object:
    assert isinstance(result, Granted), result
    return result.value


def refused(result: object) -> list[str]:
    assert isinstance(result, Refused), result
    return [reason.code for reason in result.reasons]


VOLUNTARY = Ask(
    measure="freeze",
    to=NodeName("taskforce.kh.example"),
    route="vol.freeze",
    nature="voluntary",
    offence="fraud",
    targets=(("wallet", WALLET), ("transaction", TRANSFER)),
    facts="FICTIONAL: three people paid for one job that doesn't exist.",
    form=TERMS,
)
VIA_STATE = replace(VOLUNTARY, route="kr_kh.mla", nature="via-state", form=TERMS | MLA)


def sent(two: Pair, ask: Ask = VOLUNTARY) -> str:
    request: str = granted(draft(two.kr, KIM, ask)).request  # type: ignore[attr-defined]
    granted(attest(two.kr, KIM, request, "a fictional text", "a" * 64))
    granted(submit(two.kr, KIM, request))
    granted(approve(two.kr, LEE, request))
    granted(send(two.kr, KIM, request))
    exchange(two)
    return request


def say(two: Pair, request: str, event: str, by: Actor = SOK, **said: object) -> None:
    world = two.kr if by in (KIM, LEE) else two.kh
    granted(answer(world, by, request, Said(event, **said)))  # type: ignore[arg-type]
    exchange(two)


def states(two: Pair, request: str) -> tuple[str, str]:
    return dossier(two.kr, request).view.state, dossier(two.kh, request).view.state


def held(two: Pair, request: str, amount: int = ASKED, *, until: Instant = ENDS) -> None:
    say(two, request, "accept")
    say(two, request, "order_hold")
    done = act(
        two.kh, CHAN, request, "confirm_hold", taken="withdrawals-stopped", hold_until=until, held=[Held(ASSET, amount)]
    )
    granted(done)
    exchange(two)


def test_a_voluntary_freeze_binds_once_the_terms_are_accepted_and_says_what_is_really_held(two: Pair) -> None:
    request = sent(two)
    term = ("FICTIONAL: an order of a court within twenty days", "domestic-order", None)
    say(two, request, "offer_terms", terms=(term,))
    assert states(two, request) == ("conditional", "conditional")
    early = answer(two.kh, SOK, request, Said("order_hold"))
    assert refused(early) == ["event-not-allowed-here"], "nothing is held before the terms bind"
    say(two, request, "accept_terms", LEE)
    say(two, request, "order_hold")
    amount = Held(ASSET, ASKED // 5)
    alone = act(two.kh, SOK, request, "confirm_hold", taken="stopped", hold_until=ENDS, held=[amount])
    assert refused(alone) == ["same-person-twice"]
    granted(act(two.kh, CHAN, request, "confirm_hold", taken="stopped", hold_until=ENDS, held=[amount]))
    exchange(two)
    assert states(two, request) == ("partly_held", "partly_held")
    for world in (two.kr, two.kh):
        hold = hold_of(world, dossier(world, request))
        assert hold is not None
        assert (hold.asked, hold.held, hold.until, hold.lapsed) == (ASKED, (amount,), ENDS, False)


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ({"held": []}, ["held-missing"]),
        ({"held": [Held(ASSET, ASKED + 1)]}, ["held-more-than-asked"]),
        ({"held": [Held("btc", 1)]}, ["held-of-another-asset"]),
        ({"held": [Held(ASSET, -1)], "choice": "nothing_held"}, ["held-below-nought", "outcome-not-of-the-amounts"]),
        ({"choice": "held", "held": [Held(ASSET, 5)]}, ["outcome-not-of-the-amounts"]),
        ({"hold_until": None}, ["hold-until-missing"]),
        ({"hold_until": Instant(START - DAY)}, ["hold-until-past"]),
        ({"hold_until": Instant(ENDS + DAY)}, ["held-longer-than-asked"]),
    ],
)
def test_a_hold_that_says_too_little_or_too_much_isnt_told(
    two: Pair, told: dict[str, object], codes: list[str]
) -> None:
    request = sent(two)
    say(two, request, "accept")
    say(two, request, "order_hold")
    whole = {"taken": "stopped", "hold_until": ENDS, "held": [Held(ASSET, ASKED)]} | told
    result = act(two.kh, CHAN, request, "confirm_hold", **whole)  # type: ignore[arg-type]
    assert refused(result) == codes
    assert states(two, request)[1] == "hold_ordered"


def test_an_empty_account_is_told_as_it_is(two: Pair) -> None:
    request = sent(two)
    say(two, request, "accept")
    say(two, request, "order_hold")
    granted(act(two.kh, CHAN, request, "confirm_hold", taken="nothing-there", held=[Held(ASSET, 0)]))
    exchange(two)
    assert states(two, request) == ("nothing_held", "nothing_held")


def test_a_hold_lapses_by_itself_at_its_end_and_not_before(two: Pair) -> None:
    request = sent(two)
    held(two, request)
    assert refused(act(two.kh, SOK, request, "lapse", taken="lapsed")) == ["not-lapsed-yet"]
    for world in (two.kr, two.kh):
        world.clock.at = ENDS + DAY  # type: ignore[attr-defined]
        hold = hold_of(world, dossier(world, request))
        assert hold is not None
        assert (hold.lapsed, hold.held) == (True, ()), "whether or not anybody has said so"
    late = act(
        two.kh, CHAN, request, "extend", taken="extended", hold_until=Instant(ENDS + 9 * DAY), held=[Held(ASSET, ASKED)]
    )
    assert refused(late) == ["lapsed-already"]
    granted(act(two.kh, SOK, request, "lapse", taken="lapsed"))
    exchange(two)
    assert states(two, request) == ("lapsed", "lapsed")


def test_a_hold_is_extended_before_its_end_and_only_to_later(two: Pair) -> None:
    request = sent(two)
    held(two, request, until=Instant(START + 5 * DAY))
    say(two, request, "ask_extension", KIM, reason="FICTIONAL: the court sits next week")
    same = {"taken": "extended", "held": [Held(ASSET, ASKED)]}
    earlier = act(two.kh, CHAN, request, "extend", hold_until=Instant(START + 4 * DAY), **same)  # type: ignore[arg-type]
    assert refused(earlier) == ["extended-to-no-later"]
    granted(act(two.kh, CHAN, request, "extend", hold_until=Instant(START + 9 * DAY), **same))  # type: ignore[arg-type]
    exchange(two)
    hold = hold_of(two.kr, dossier(two.kr, request))
    assert hold is not None
    assert hold.until == START + 9 * DAY


def test_letting_go_is_an_event_of_its_own_with_its_reason(two: Pair) -> None:
    request = sent(two)
    held(two, request)
    say(two, request, "pass_on_objection", reason="FICTIONAL: the holder sold a car")
    say(two, request, "ask_release", KIM, reason="FICTIONAL: the buyer confirms it")
    assert refused(act(two.kh, SOK, request, "release", taken="released")) == ["reason-missing"]
    granted(act(two.kh, SOK, request, "release", taken="released", note="FICTIONAL: at the requester's word"))
    exchange(two)
    assert states(two, request) == ("released", "released")
    hold = hold_of(two.kr, dossier(two.kr, request))
    assert hold is not None
    assert hold.held == ()


def test_a_domestic_order_takes_the_holds_place_and_then_nothing_lapses(two: Pair) -> None:
    request = sent(two)
    held(two, request)
    say(two, request, "serve_order")
    two.kr.clock.at = ENDS + DAY  # type: ignore[attr-defined]
    hold = hold_of(two.kr, dossier(two.kr, request))
    assert hold is not None
    assert (hold.lapsed, [each.amount for each in hold.held]) == (False, [ASKED])


def test_a_freeze_that_was_refused_is_sent_anew_mended_and_each_shows_the_other(two: Pair) -> None:
    first = sent(two, VIA_STATE)
    early = draft(two.kr, KIM, replace(VIA_STATE, replaces_request=first))
    assert refused(early) == ["replaced-still-open"]
    say(two, first, "intend_to_refuse_or_postpone", reason="FICTIONAL: which offence?")
    bare = answer(two.kh, SOK, first, Said("refuse"))
    assert refused(bare) == ["reason-missing", "ground-missing"]
    say(two, first, "refuse", ground="NOT_IN_FORM", reason="FICTIONAL: the offence isn't described")
    assert states(two, first) == ("refused", "refused")
    mended = replace(VIA_STATE, replaces_request=first, offence="fraud by a job that doesn't exist")
    second = sent(two, mended)
    for world in (two.kr, two.kh):
        old, new = dossier(world, first), dossier(world, second)
        assert old.replaced_by == (second,)
        assert new.ask.replaces_request == first
        assert (old.view.state, new.view.state) == ("refused", "sent")
        ground = [t.step.told.get("ground") for t in old.view.history if t.step.event == "refuse"]
        assert ground == ["NOT_IN_FORM"]
    held(two, second)
    assert states(two, second) == ("held", "held")


def test_only_a_request_of_ours_that_went_out_and_is_over_is_replaced(two: Pair) -> None:
    nowhere = draft(two.kr, KIM, replace(VIA_STATE, replaces_request="0193a5d1-0000-7000-8000-00000000f1c7"))
    assert refused(nowhere) == ["replaced-not-found"]
    unsent = granted(draft(two.kr, KIM, VIA_STATE)).request  # type: ignore[attr-defined]
    assert refused(draft(two.kr, KIM, replace(VIA_STATE, replaces_request=unsent))) == ["replaced-never-sent"]
    theirs = sent(two)
    back = replace(VIA_STATE, to=two.kr.me.name, replaces_request=theirs)
    assert refused(draft(two.kh, SOK, back)) == ["replaced-not-ours"]


def test_whoever_didnt_make_a_request_says_nothing_of_what_takes_its_place(two: Pair) -> None:
    """A peer's record that names our request changes nothing in how we show it."""
    from comity.domain.record.kinds import request_1
    from comity.flows.filing import letter, sealed

    ours = sent(two, VIA_STATE)
    forged = request_1.Body(
        request="0193a5d1-0000-7000-8000-00000000f1c8",
        measure="freeze",
        to=two.kr.me.name,
        nature="voluntary",
        route="vol.freeze",
        drafted_by="sok (fictional)",
        approved_by="chan (fictional)",
        approved_at=None,
        replaces_request=ours,
    )
    two.kh.store.keep([letter(two.back.origin, sealed(two.kh, forged, purpose="crime"))])
    exchange(two)
    assert dossier(two.kr, forged.request).ask.replaces_request == ours
    assert dossier(two.kr, ours).replaced_by == ()


def test_a_freeze_is_never_an_order_from_abroad_whatever_else_is_right(two: Pair) -> None:
    for route, law_of in (("vol.freeze", "KR"), ("kr_kh.mla", "KH"), ("untoc.asset", None)):
        order = replace(VIA_STATE, route=route, nature="binding-order", law_of=law_of)
        request = granted(draft(two.kr, KIM, order)).request  # type: ignore[attr-defined]
        granted(attest(two.kr, KIM, request, "a fictional text", "a" * 64))
        assert "binding-abroad" in refused(submit(two.kr, KIM, request))
    assert two.kr.store.position(two.urgent.origin).size == 0


def test_the_draft_says_which_roads_there_are_and_what_each_asks(two: Pair) -> None:
    drafted = granted(draft(two.kr, KIM, VOLUNTARY)).request  # type: ignore[attr-defined]
    gates = {view.row.id: view.gate for view in review(two.kr, drafted).routes}
    assert gates["vol.freeze"] == gates["kr_kh.mla"] == "attest"
    assert gates["unc.freeze"] == gates["untoc.mla"] == "blocked"
    assert instant_from(TERMS["ends_at"]) == ENDS
