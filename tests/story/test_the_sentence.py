"""Report, match, request, action, receipt: once through, between two nodes, and what each may say along the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from comity.adapters.catalog import FileCatalog
from comity.domain.ledger import parse_policy
from comity.domain.receipt import verify_receipt
from comity.domain.record import decode_fields
from comity.domain.terms import Actor, Granted, Instant, Refused
from comity.errors import NotFound, UnknownKey
from comity.flows.answer import Item, Said, act, answer
from comity.flows.certify import certify_request, policy_text
from comity.flows.drain import Drainer
from comity.flows.import_list import import_values
from comity.flows.lookup import look_up, read_value
from comity.flows.receive import Puller, pull_all
from comity.flows.request import Ask, approve, attest, draft, send, submit
from comity.flows.request_state import dossier
from comity.flows.suppress import import_warning_list
from comity.flows.take_report import Submission, take_report
from tests.worlds import Pair, pair

KIM, LEE, SOK = (
    Actor("kim (fictional)", "police.kr.example", "officer"),  # type: ignore[arg-type]
    Actor("lee (fictional)", "police.kr.example", "approver"),  # type: ignore[arg-type]
    Actor("sok (fictional)", "taskforce.kh.example", "officer"),  # type: ignore[arg-type]
)
LURE = "https://jobs.lure-harbour.example/apply?id=7"


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


def ask(**changed: object) -> Ask:
    made = Ask(
        measure="preserve",
        to="taskforce.kh.example",  # type: ignore[arg-type]
        route="kr_kh.mla",
        nature="via-state",
        offence="fraud",
        targets=((None, LURE), ("email", "victim@family.example")),
        facts="FICTIONAL: the page recruits for a compound.",
        form={"custodian_or_location": "host in KH", "necessity": "logs lapse", "intent_to_file_mla": "true"}
        | {"central_authority": "MOJ", "subject_and_nature": "fraud", "use_limitation": "this case"},
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def sent(two: Pair) -> str:
    drafted = granted(draft(two.kr, KIM, ask()))
    request: str = drafted.request  # type: ignore[attr-defined]
    granted(attest(two.kr, KIM, request, "Korea-Cambodia MLA treaty", "a" * 64))
    granted(submit(two.kr, KIM, request))
    granted(approve(two.kr, LEE, request))
    granted(send(two.kr, KIM, request))
    return request


def test_a_request_goes_from_draft_to_receipt_and_both_ends_agree(two: Pair) -> None:
    request = sent(two)
    exchange(two)
    assert dossier(two.kr, request).view.state == dossier(two.kh, request).view.state == "sent"
    granted(answer(two.kh, SOK, request, Said("accept")))
    until = Instant(two.kh.clock.now() + 60 * 86_400_000)
    item = Item("b" * 64, 512, "application/json", "export")
    granted(act(two.kh, SOK, request, "preserve", taken="logs-held", hold_until=until, items=[item]))
    exchange(two)
    ours, theirs = dossier(two.kr, request), dossier(two.kh, request)
    assert ours.view.state == theirs.view.state == "preserved"
    assert [t.step.event for t in ours.view.history] == [
        "submit",
        "approve",
        "send",
        "acknowledge",
        "accept",
        "preserve",
    ]
    assert theirs.view.refused_steps == ()
    exchange(two)
    for world in (two.kr, two.kh):
        receipts = certify_request(world, request)
        assert {r.kind for r in receipts} == {"request", "decision", "action", "evidence"}
        policy = parse_policy(policy_text(world))
        for receipt in receipts:
            shown = verify_receipt(receipt.proof, policy=policy)
            assert shown.keys_proven
            assert len(shown.delivered) == 1


def test_the_order_is_provable_without_the_names_of_victims(two: Pair) -> None:
    request = sent(two)
    exchange(two)
    (bare,) = [r for r in certify_request(two.kr, request) if r.kind == "request"]
    policy = parse_policy(policy_text(two.kr))
    shown = verify_receipt(bare.proof, policy=policy)
    assert shown.record is not None
    assert b"victim@family" not in bare.proof
    assert set(shown.closed) == {"/facts", "/personal_targets"}
    body = shown.record.body
    assert (body.drafted_by, body.approved_by, body.route) == (KIM.name, LEE.name, "kr_kh.mla")
    (open_,) = [r for r in certify_request(two.kr, request, opened={"/facts"}) if r.kind == "request"]
    told = verify_receipt(open_.proof, policy=policy, fields=decode_fields(open_.fields))
    assert told.opened == ("/facts",)
    assert told.record is not None
    assert told.record.body.facts.startswith("FICTIONAL")


def test_nothing_leaves_unattested_unapproved_or_approved_by_its_author(two: Pair) -> None:
    request = granted(draft(two.kr, KIM, ask())).request  # type: ignore[attr-defined]
    refused = submit(two.kr, KIM, request)
    assert isinstance(refused, Refused)
    assert "attest-missing" in {r.code for r in refused.reasons}
    granted(attest(two.kr, KIM, request, "Korea-Cambodia MLA treaty", "a" * 64))
    granted(submit(two.kr, KIM, request))
    alone = approve(two.kr, KIM, request)
    assert isinstance(alone, Refused)
    assert "four-eyes" in {r.code for r in alone.reasons}
    early = send(two.kr, KIM, request)
    assert isinstance(early, Refused)
    assert [r.code for r in early.reasons] == ["not-approved"]
    granted(approve(two.kr, LEE, request))
    granted(attest(two.kr, KIM, request, "another text", "c" * 64))
    changed = send(two.kr, KIM, request)
    assert isinstance(changed, Refused), "what was changed after approval needs another approval"
    assert two.kr.store.position(two.urgent.origin).size == 0


def test_a_binding_order_is_never_claimed_across_a_border(two: Pair) -> None:
    request = granted(draft(two.kr, KIM, ask(nature="binding-order", law_of="KR"))).request  # type: ignore[attr-defined]
    granted(attest(two.kr, KIM, request, "text", "a" * 64))
    refused = submit(two.kr, KIM, request)
    assert isinstance(refused, Refused)
    assert "binding-abroad" in {r.code for r in refused.reasons}


def test_a_blocked_route_keeps_the_draft_at_home(two: Pair) -> None:
    request = granted(draft(two.kr, KIM, ask(route="unc.preserve"))).request  # type: ignore[attr-defined]
    refused = submit(two.kr, KIM, request)
    assert isinstance(refused, Refused)
    assert "route-blocked" in {r.code for r in refused.reasons}


def test_a_refusal_needs_its_ground_and_its_reason(two: Pair) -> None:
    request = sent(two)
    exchange(two)
    granted(answer(two.kh, SOK, request, Said("intend_to_refuse_or_postpone", reason="FICTIONAL: scope unclear")))
    bare = answer(two.kh, SOK, request, Said("refuse"))
    assert isinstance(bare, Refused)
    assert {r.code for r in bare.reasons} == {"ground-missing", "reason-missing"}
    granted(
        answer(two.kh, SOK, request, Said("refuse", ground="DUAL_CRIMINALITY", reason="FICTIONAL: no offence here"))
    )
    exchange(two)
    view = dossier(two.kr, request).view
    assert view.state == "refused"
    assert view.history[-1].step.told["ground"] == "DUAL_CRIMINALITY"


def test_a_condition_binds_only_once_it_is_accepted(two: Pair) -> None:
    request = sent(two)
    exchange(two)
    granted(answer(two.kh, SOK, request, Said("offer_terms", terms=(("FICTIONAL: this case only", "use", None),))))
    exchange(two)
    assert dossier(two.kr, request).view.state == "conditional"
    granted(answer(two.kr, LEE, request, Said("accept_terms"), role="approver"))
    exchange(two)
    assert dossier(two.kh, request).view.state == "accepted"


def test_one_side_cannot_take_the_other_sides_step(two: Pair) -> None:
    request = sent(two)
    exchange(two)
    refused = answer(two.kr, KIM, request, Said("accept"))
    assert isinstance(refused, Refused)
    assert "accept" not in refused.reasons[0].facts["allowed"]


def test_a_reported_link_meets_what_another_country_already_shared(two: Pair) -> None:
    values = [read_value("domain", "lure-harbour.example"), read_value("phone", "+85512345678")]
    import_values(two.kr, KIM, values, role="scam-site", source="list", source_sha256="d" * 64, audience=two.kh.me.name)
    again = import_values(
        two.kr, KIM, values, role="scam-site", source="list", source_sha256="d" * 64, audience=two.kh.me.name
    )
    assert (again.new, again.known) == (0, 2)
    exchange(two)
    taken = granted(take_report(two.kh, SOK, Submission("citizen", "KH", "job-lure", ((None, LURE),), fictional=True)))  # type: ignore[arg-type]
    assert [v.value for v in taken.raised] == [LURE]  # type: ignore[attr-defined]
    (statement,) = taken.known[0].statements  # type: ignore[attr-defined]
    assert (statement.said_by, statement.exact, statement.value.value) == (
        "police.kr.example",
        False,
        "lure-harbour.example",
    )
    (known,) = look_up(two.kh, [values[1]])
    assert [s.said_by for s in known.statements] == ["police.kr.example"]


def test_a_listed_popular_name_is_known_and_raises_nothing(two: Pair) -> None:
    listed = b'{"name":"popular (fictional)","description":"d","version":1,"type":"hostname","matching_attributes":["hostname","domain","url"],"list":["lure-harbour.example"]}'
    import_warning_list(two.kh, SOK, listed)
    value = read_value("domain", "lure-harbour.example")
    import_values(
        two.kr, KIM, [value], role="scam-site", source="list", source_sha256="d" * 64, audience=two.kh.me.name
    )
    exchange(two)
    taken = granted(take_report(two.kh, SOK, Submission("citizen", "KH", "job-lure", ((None, LURE),))))  # type: ignore[arg-type]
    assert taken.raised == ()  # type: ignore[attr-defined]
    (known,) = taken.known  # type: ignore[attr-defined]
    assert known.statements
    assert {s.list_name for s in known.suppressed} == {"popular (fictional)"}


def test_a_report_that_comes_first_is_noticed_when_the_list_arrives(two: Pair) -> None:
    granted(take_report(two.kh, SOK, Submission("citizen", "KH", "job-lure", (("domain", "lure-harbour.example"),))))  # type: ignore[arg-type]
    value = read_value("domain", "lure-harbour.example")
    import_values(
        two.kr, KIM, [value], role="scam-site", source="list", source_sha256="d" * 64, audience=two.kh.me.name
    )
    exchange(two)
    assert "match" in {notice.kind for notice in two.kh.store.notices()}


def test_a_receipt_is_not_believed_under_somebody_elses_keys(two: Pair) -> None:
    request = sent(two)
    exchange(two)
    receipt = certify_request(two.kr, request)[0]
    own_desk = parse_policy(policy_text(two.kr).replace(f"log {two.urgent.key.text}\n", ""))
    with pytest.raises(UnknownKey):
        verify_receipt(receipt.proof, policy=own_desk)
    assert not verify_receipt(receipt.proof).keys_proven
    with pytest.raises(NotFound):
        dossier(two.kh, "01930000-0000-7000-8000-000000000000")


def test_a_request_meant_for_somebody_else_is_noticed_and_not_acted_on(two: Pair) -> None:
    from comity.domain.record.kinds import request_1
    from comity.flows.filing import letter, sealed

    body = structs.replace(request_1.EXAMPLE, to="somebody.else.example")
    two.kr.store.keep([letter(two.urgent.origin, sealed(two.kr, body, purpose="crime"))])
    exchange(two)
    assert "request-misaddressed" in {notice.kind for notice in two.kh.store.notices()}
    assert two.kh.store.position(two.back.origin).size == 0, "nobody is told that it was received as a request"


def test_an_announced_channel_is_opened_only_for_a_key_of_its_writer(two: Pair) -> None:
    from comity.domain.ledger import VerifierKey
    from comity.domain.record.kinds import roster_1
    from comity.flows.filing import letter, sealed

    def key(name: str, lane: str) -> roster_1.Key:
        vkey = VerifierKey(name, 1, two.urgent.key.public).text
        return roster_1.Key(vkey=vkey, lane=lane, audience=(two.kh.me.name,), valid_from="2026-11-24T00:00:00.000Z")

    keys = (
        key("police.kr.example/ch/" + "9" * 16, "bulk"),
        key("police.kr.example/receipt", "receipt"),
        key("somebody.else.example/ch/" + "8" * 16, "bulk"),
    )
    body = roster_1.Body(node="police.kr.example", version=2, keys=keys)
    two.kr.store.keep([letter(two.urgent.origin, sealed(two.kr, body, purpose="crime"))])
    exchange(two)
    origins = {channel.origin for channel in two.kh.store.channels()}
    assert "police.kr.example/ch/" + "9" * 16 in origins
    assert not {origin for origin in origins if "8" * 16 in origin or origin.endswith("receipt")}


def test_a_channel_name_that_is_taken_does_not_stop_the_drain(two: Pair) -> None:
    from comity.domain.ledger import VerifierKey
    from comity.domain.record.kinds import roster_1
    from comity.flows.filing import letter, sealed

    stolen = VerifierKey(two.bulk.origin, 1, two.back.key.public).text
    strange = VerifierKey("police.kr.example/ch/é", 1, two.back.key.public).text
    keys = tuple(
        roster_1.Key(vkey=vkey, lane="bulk", audience=(two.kh.me.name,), valid_from="2026-11-24T00:00:00.000Z")
        for vkey in (stolen, strange)
    )
    before = {channel.origin: channel.key for channel in two.kh.store.channels()}
    body = roster_1.Body(node="police.kr.example", version=2, keys=keys)
    two.kr.store.keep([letter(two.urgent.origin, sealed(two.kr, body, purpose="crime"))])
    exchange(two)
    position = two.kh.store.position(two.urgent.origin)
    assert position.drained == position.size == 1
    assert {channel.origin: channel.key for channel in two.kh.store.channels()} == before


def test_a_step_that_was_erased_whole_is_waited_for_by_nobody(two: Pair) -> None:
    from comity.domain.record.kinds import erase_1
    from comity.flows.filing import letter, sealed
    from comity.ports import Erasure

    request = sent(two)
    exchange(two)
    granted(answer(two.kh, SOK, request, Said("ask", reason="FICTIONAL: which server?")))
    exchange(two)
    granted(answer(two.kr, KIM, request, Said("answer", reason="FICTIONAL: this one")))
    exchange(two)
    asked = next(t.step for t in dossier(two.kh, request).view.history if t.step.event == "ask")
    (place,) = [p for p in two.kh.store.find(asked.id) if p.origin == two.back.origin]
    target = erase_1.Erasure(origin=place.origin, index=place.index, id=asked.id)
    order = sealed(two.kh, erase_1.Body(targets=(target,), ground="test", ordered_by="fictional"), purpose="crime")
    two.kh.store.keep([replace(letter(place.origin, order), erases=(Erasure(place),))])
    exchange(two)
    ours, theirs = dossier(two.kr, request).view, dossier(two.kh, request).view
    assert ours.waiting == theirs.waiting == ()
    assert ours.state == theirs.state


def warning_list(*types: str) -> bytes:
    matching = ",".join(f'"{one}"' for one in types)
    head = '{"name":"popular (fictional)","description":"d","version":1,"type":"hostname","matching_attributes":'
    return (head + f'[{matching}],"list":["lure-harbour.example"]}}').encode()


@pytest.mark.parametrize("types", [("hostname",), ("domain",), ("url",), ("hostname", "domain", "url")])
def test_what_is_said_of_a_popular_name_raises_nothing_for_a_page_below_it(two: Pair, types: tuple[str, ...]) -> None:
    import_warning_list(two.kh, SOK, warning_list(*types))
    name, page = read_value("domain", "lure-harbour.example"), read_value("url", LURE)
    shared = {"role": "scam-site", "source": "list", "source_sha256": "d" * 64, "audience": two.kh.me.name}
    import_values(two.kr, KIM, [name], **shared)  # type: ignore[arg-type]
    exchange(two)
    (known,) = look_up(two.kh, [page])
    assert known.statements
    assert known.suppressed
    assert not known.raises
    if types == ("hostname",):
        import_values(two.kr, KIM, [page], **shared | {"source_sha256": "e" * 64})  # type: ignore[arg-type]
        exchange(two)
        (known,) = look_up(two.kh, [page])
        assert known.raises, "what is said of the page itself counts, since no list names the page"


def test_a_value_that_a_peer_writes_in_its_own_way_is_found_all_the_same(two: Pair) -> None:
    from comity.domain.record.kinds import indicator_1
    from comity.flows.filing import letter, sealed

    for written in ("LURE-Harbour.example.", "not a domain at all"):
        body = indicator_1.Body(kind="domain", role="scam-site", source=indicator_1.Source("fictional"), value=written)
        two.kr.store.keep([letter(two.bulk.origin, sealed(two.kr, body, purpose="crime"))])
    exchange(two)
    (known,) = look_up(two.kh, [read_value("domain", "lure-harbour.example")])
    assert [s.said_by for s in known.statements] == ["police.kr.example"]
    assert two.kh.store.rebuild(write=False) == ()
    assert two.kh.store.position(two.bulk.origin).drained == 2


def test_after_fields_are_erased_who_asked_on_what_basis_and_who_approved_is_still_proven(two: Pair) -> None:
    from comity.domain.record import State
    from comity.domain.record.kinds import erase_1
    from comity.flows.filing import letter, sealed
    from comity.ports import Erasure, Place

    request = sent(two)
    exchange(two)
    before = next(r for r in certify_request(two.kr, request) if r.kind == "request")
    pointers = ("/facts", "/personal_targets")
    named = next(record.envelope.id for place, record in dossier(two.kr, request).records if place == before.place)
    target = erase_1.Erasure(origin=before.place.origin, index=before.place.index, id=named, fields=pointers)
    order = sealed(two.kr, erase_1.Body(targets=(target,), ground="test", ordered_by="fictional"), purpose="crime")
    here = Place(before.place.origin, before.place.index)
    two.kr.store.keep([replace(letter(here.origin, order), erases=(Erasure(here, pointers),))])
    exchange(two)
    for world in (two.kr, two.kh):
        (entry,) = world.store.entries(here.origin, here.index, here.index + 1)
        assert (entry.state, entry.fields) == (State.PARTED, b"")
        (receipt,) = [r for r in certify_request(world, request, opened=set(pointers)) if r.kind == "request"]
        shown = verify_receipt(
            receipt.proof, policy=parse_policy(policy_text(world)), fields=decode_fields(receipt.fields)
        )
        assert shown.record is not None
        envelope, body = shown.record.envelope, shown.record.body
        assert (envelope.issuer, envelope.basis, envelope.purpose) == ("police.kr.example", "kr_kh.mla", "crime")
        assert (body.drafted_by, body.approved_by) == (KIM.name, LEE.name)
        assert body.approved_at
        assert envelope.made
        assert set(shown.closed) == set(pointers)
        assert world.store.rebuild(write=False) == ()
    assert verify_receipt(before.proof, policy=parse_policy(policy_text(two.kr))).keys_proven, (
        "earlier receipts stay good"
    )
