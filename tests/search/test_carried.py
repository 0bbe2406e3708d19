"""A record that a partner has passed on is found by what it says itself, once, and under either name."""

from __future__ import annotations

from base64 import b64encode

from comity.domain.ledger import Lane
from comity.domain.record import encode_fields
from comity.domain.record.kinds import transfer_1
from comity.domain.search import page_of, read_query, said_in
from comity.domain.terms import NodeName
from comity.ports import Buried, Place, World
from tests.search.corpus import corpus, sealed
from tests.search.test_gone import ids
from tests.worlds import channel_to, letter


def carried(here: World, issuer: World) -> tuple[str, str, Place]:
    """Ids of a report of `issuer` and of the transfer that brings it, and where that stands."""
    report = next(each for each in corpus() if each.kind == "report" and "해외취업" in each.texts[0])
    inner = sealed(issuer, report.body)
    of = transfer_1.Of(issuer.me.name, inner.id, "report/1", f"{issuer.me.name}/ch/{'4' * 16}", 0)
    outer = sealed(
        here,
        transfer_1.Body(
            of=of,
            to="bank.vn.example",
            why="their account (fictional)",
            by="Kim (fictional)",
            envelope=inner.envelope.decode(),
            fields=b64encode(encode_fields(inner.fields)).decode(),
            receipt="FICTIONAL",
        ),
    )
    origin = channel_to(here, "bank.vn.example", Lane.BULK, "1" * 16).origin
    (place,) = here.store.keep([letter(origin, outer)])
    return inner.id, outer.id, place


def test_it_is_found_by_what_it_says_and_by_either_node_and_kind(world: World, far: World) -> None:
    _, outer, place = carried(world, far)
    asked = (
        "해외취업",
        "their account",
        "kind:transfer",
        "kind:report",
        f"from:{world.me.name}",
        f"from:{far.me.name}",
    )
    for question in asked:
        assert ids(world, f"{question} kind:transfer") == [outer], question
    assert ids(world, "피해자") + ids(world, "Kampot") + ids(world, "쉼터") + ids(world, "Nguyen") == []
    entry = world.store.entries(place.origin, place.index, place.index + 1)[0]
    assert {one.pointer for one in said_in(entry.envelope or b"", entry.fields)} >= {"/narrative", "/why"}


def test_what_its_issuer_took_back_is_found_in_no_transfer_either(world: World, far: World) -> None:
    inner, outer, place = carried(world, far)
    assert ids(world, "kind:transfer") == [outer]
    world.store.keep([], [Buried(NodeName(far.me.name), inner, place)])
    assert ids(world, "kind:transfer") == []


def test_a_refused_transfer_is_found_no_more(world: World, far: World) -> None:
    _, outer, place = carried(world, far)
    world.store.keep([], [Buried(world.me.name, outer, place)])
    assert ids(world, "kind:transfer") == []
    assert read_query("kind:transfer").only
    assert page_of(b"{}", b"", ()) is None
