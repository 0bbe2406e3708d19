"""The state of a request, folded as docs/spec/requests.md says."""

from __future__ import annotations

from collections import deque
from typing import Any

from tests.spec.second_json import Fault, need


def fold(machine: dict[str, Any], steps: list[dict[str, Any]], gone: list[str]) -> dict[str, Any]:
    """The state of a request, from the steps of both sides in any order."""
    opening = next((step for step in sorted(steps, key=_order) if step["kind"] == "request"), None)
    asks, asked = (opening["issuer"], opening["to"]) if opening is not None else (None, None)
    view = _View(machine, asks, asked)
    queues: dict[str, deque[dict[str, Any]]] = {"requester": deque(), "requested": deque()}
    seen: set[tuple[str, str]] = set()
    for step in sorted(steps, key=_order):
        if (step["issuer"], step["id"]) in seen:
            continue
        seen.add((step["issuer"], step["id"]))
        if step["issuer"] == asks:
            queues["requester"].append(step)
        elif asked in (None, step["issuer"]):
            queues["requested"].append(step)
        else:
            view.refused.append([step["id"], view.state, "step-of-a-third-party"])
    while queues["requester"] and not view.opened:
        view.judge(queues["requester"].popleft(), "requester")
    while view.opened:
        ready = [
            side for side in ("requested", "requester") if queues[side] and view.is_ready(queues[side][0], side, gone)
        ]
        if not ready:
            break
        view.judge(queues[ready[0]].popleft(), ready[0])
    waiting = [step["id"] for queue in queues.values() for step in queue]
    return view.told() | {"waiting": waiting}


def _order(step: dict[str, Any]) -> tuple[Any, ...]:
    return step["order"], step["issuer"], step["id"]


class _View:
    def __init__(self, machine: dict[str, Any], asks: str | None, asked: str | None) -> None:
        self.machine, self.asks, self.asked = machine, asks, asked
        self.state, self.opened = machine["initial"], False
        self.history: list[list[str]] = []
        self.refused: list[list[str]] = []
        self.judged: dict[str, list[str]] = {"requester": [], "requested": []}

    def is_ready(self, step: dict[str, Any], side: str, gone: list[str]) -> bool:
        other = self.judged["requester" if side == "requested" else "requested"]
        return all(one in other or one in gone for one in step.get("after", []))

    def judge(self, step: dict[str, Any], side: str) -> None:
        before = self.state
        try:
            self.state = self.outcome(step, side)
            self.history.append([step["id"], side, before, self.state])
        except Fault as fault:
            self.refused.append([step["id"], before, fault.code])
        self.judged[side].append(step["id"])

    def outcome(self, step: dict[str, Any], side: str) -> str:
        arrows = self.machine["transitions"]
        if step["kind"] == "request":
            need(side == "requester", "event-of-the-other-side")
            need(not self.opened, "request-repeated")
            self.opened = True
            return str(next(arrow["to"] for arrow in arrows if arrow["event"] == self.machine["opens"]))
        by_event = [arrow for arrow in arrows if arrow["event"] == step["event"]]
        need(by_event, "event-unknown")
        here = [arrow for arrow in by_event if arrow["from"] == self.state]
        need(here, "event-not-allowed-here")
        need(any(side in arrow["sides"] for arrow in here), "event-of-the-other-side")
        targets = [arrow["to"] for arrow in here]
        if step["choice"] is not None:
            need(step["choice"] in targets, "outcome-not-named")
            return str(step["choice"])
        need(len(targets) == 1, "outcome-not-named")
        return str(targets[0])

    def told(self) -> dict[str, Any]:
        seen = {side: ids[-1] for side, ids in self.judged.items() if ids}
        ends = {"requester": self.asks, "addressee": self.asked}
        return ends | {"state": self.state, "history": self.history, "refused": self.refused, "seen": seen}
