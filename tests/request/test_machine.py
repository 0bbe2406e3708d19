"""Machines are data: every fault of one is found before it is used."""

from __future__ import annotations

from datetime import date

import pytest

from comity.domain.request import Machine, Transition, check_machine


def arrow(source: str, event: str, to: str, *actors: str) -> Transition:
    return Transition(source=source, to=to, event=event, actors=actors)


SEND = arrow("draft", "send", "open", "requester.node")
ASK = arrow("open", "finish", "done", "requested.officer")


def machine(*arrows: Transition, states: tuple[str, ...] = ("draft", "open", "done"), opens: str = "send") -> Machine:
    return Machine(
        name="small",
        initial="draft",
        terminal=("done",),
        states=states,
        opens=opens,
        transitions=arrows,
        source="a test",
        standing="design",
        checked_on=date(2026, 11, 24),
    )


def test_a_sound_machine_has_no_fault() -> None:
    assert check_machine(machine(SEND, ASK)) == ()


@pytest.mark.parametrize(
    ("faulty", "code"),
    [
        (machine(SEND, ASK, states=("draft", "open", "done", "island")), "state-unreachable"),
        (
            machine(
                SEND, ASK, arrow("open", "drop", "pit", "requested.officer"), states=("draft", "open", "done", "pit")
            ),
            "state-dead-end",
        ),
        (machine(SEND, ASK, ASK), "transition-repeated"),
        (machine(SEND, arrow("open", "finish", "gone", "requested.officer")), "state-unknown"),
        (machine(SEND, ASK, arrow("done", "reopen", "open", "requested.officer")), "terminal-goes-on"),
        (machine(SEND, arrow("open", "finish", "done", "passer_by")), "actor-on-no-side"),
        (machine(SEND, arrow("open", "finish", "done")), "event-of-nobody"),
        (machine(SEND, ASK, opens="post"), "opening-not-one-state"),
        (machine(arrow("draft", "send", "open", "requested.node"), ASK), "opening-not-the-requesters"),
    ],
)
def test_each_fault_of_a_machine_is_named(faulty: Machine, code: str) -> None:
    assert code in [reason.code for reason in check_machine(faulty)]


def test_an_event_that_may_lead_to_several_states_needs_a_choice() -> None:
    forked = machine(SEND, ASK, arrow("open", "finish", "open", "requested.officer"))
    assert check_machine(forked) == ()
    assert forked.targets("open", "finish") == ("done", "open")
    assert forked.next("open", "finish") is None
    assert forked.next("open", "finish", "done") == "done"
    assert forked.next("open", "finish", "draft") is None


def test_events_are_told_by_side() -> None:
    small = machine(SEND, ASK)
    assert small.events("draft") == ("send",)
    assert small.events("draft", "requested") == ()
    assert small.events("open", "requested") == ("finish",)
    assert small.opened == "open"
