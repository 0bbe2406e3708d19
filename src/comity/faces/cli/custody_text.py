"""How custody is put on a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from comity.faces.cli.showing import moment, pairs, say, table


def overview_text(console: Console, view: dict[str, Any]) -> None:
    """What waits. Any: decoded JSON of the API."""
    if view["proposals"]:
        say(console, "Proposals for a second officer (comity record confirm, reject)")
        rows = [
            (p["id"], p["kind"], ", ".join(p["records"]), p["ground"], p["proposed_by"], moment(p["at"]))
            for p in view["proposals"]
        ]
        table(console, ("proposal", "kind", "records", "ground", "by", "at"), rows)
    if view["duties"]:
        say(console, "Duties of this node (comity custody answer)")
        owed = [
            (d["order"], d["kind"], d["issuer"], ", ".join(d["requests"]), moment(d["due"])) for d in view["duties"]
        ]
        table(console, ("order", "kind", "by", "carried out for", "due"), owed)
    say(console, "Orders that others answer to us" if view["orders"] else "No order that others answer to us.")
    if view["orders"]:
        given = [
            (o["id"], o["kind"], o["issuer"], moment(o["made"]), o["summary"], ", ".join(o["overdue"]))
            for o in view["orders"]
        ]
        table(console, ("order", "kind", "by", "at", "", "overdue"), given)


def shown_text(console: Console, view: dict[str, Any]) -> None:
    """One record's custody, or one order's."""
    if view["order"] is not None:
        order_text(console, view["order"])
        return
    record = view["record"]
    say(console, f"{record['record']} by {record['issuer']}: {record['course']}")
    pairs(
        console,
        [
            ("reason", record["reason"]),
            ("replaced by", record["replacement"]),
            ("fields gone", ", ".join(record["fields"])),
            ("came by", ", ".join(record["via"])),
            ("legal hold", record["hold"]),
            ("review", moment(record["review"]) if record["review"] else None),
        ],
    )
    if record["keepers"]:
        rows = [
            (k["node"], moment(k["since"]), "passed on" if k["passed_on"] else "from our channel", k["accepted"] or "–")
            for k in record["keepers"]
        ]
        table(console, ("holder", "since", "how", "answered"), rows)
    for order in record["orders"]:
        order_text(console, order)
    if record["copies"]:
        say(console, "Copies that left this node; no order reaches them, a person has to")
        left = [(c["what"], c["by"], moment(c["at"]), c["sha256"]) for c in record["copies"]]
        table(console, ("what", "by", "at", "sha256"), left)
    say(console, record["says"])


def order_text(console: Console, order: dict[str, Any]) -> None:
    """The count as people say it, then every holder."""
    say(console, f"{order['kind']} {order['id']} by {order['issuer']}, {moment(order['made'])}: {order['summary']}")
    rows = [
        (
            h["node"],
            h["stage"],
            h["state"] or "–",
            h["reason"] or h["released"] or "",
            moment(h["due"]),
            f"{h['behind_complied']} of {h['behind']}" if h["behind"] else "",
        )
        for h in order["holders"]
    ]
    table(console, ("holder", "", "answer", "reason", "due", "behind it"), rows)


def issued_text(console: Console, view: dict[str, Any]) -> None:
    told = ", ".join(view["readers"]) or "nobody else"
    say(console, f"Ordered: {view['order']}. Told: {told}.")
    if view["unreached"]:
        say(console, f"Holds it and can't be told any more: {', '.join(view['unreached'])}")
    say(console, f"Follow it with: comity custody show {view['order']}")


def proposal_text(console: Console, view: dict[str, Any]) -> None:
    if view["decided"]:
        say(console, f"Proposal {view['id']}: {view['decided']} by {view['by']}")
        return
    say(console, f"Proposed: {view['id']} ({view['kind']}, {view['ground']}). Nothing has left.")
    say(console, f"Somebody else confirms it: comity record confirm {view['id']} --as NAME")
