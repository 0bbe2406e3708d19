"""Receipt: both ends agree, every record that crossed a border has its receipt, and one flipped bit is found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comity.domain.ledger import parse_checkpoint, parse_note, parse_proof
from comity.errors import BadProof
from comity.faces.demo.checking import flip, verify, verify_each
from comity.faces.demo.desk import Desk
from comity.faces.demo.stage import Stage, until

OPENED = "/facts"


@dataclass(frozen=True)
class Saved:
    """A receipt in the demo's folder, with the file of opened values where there is one."""

    proof: Path
    fields: Path | None


@dataclass(frozen=True)
class Level:
    """A channel that both ends hold alike."""

    origin: str
    lane: str
    size: int
    root: bytes


def agree(on: Stage) -> None:
    """State by state and root by root."""
    on.tell.act("agreement", "the stores of two sides hold the same")
    with on.tell.step("Both ends", "compute the same state for every request") as step:
        told = [(on.story.rescue.label, on.story.rescue.to), *((ask.label, ask.to) for ask in on.story.asks)]
        for label, to in told:
            here, there = _both(on, on.requests[label], on.desks[to])
            steps = " → ".join(each["event"] for each in there["history"])
            step.note((label, f"{here['state']} = {there['state']}", steps))
    with on.tell.step("Both ends", "hold every channel under the same root") as step:
        for far in (on.taskforce, on.platform, on.vasp):
            ends = (on.police.who.label, far.who.label)
            for each in until("both ends to hold the same", lambda far=far: _level(on.police, far)):  # type: ignore[misc]
                writer, reader = ends if each.origin.startswith(f"{on.police.who.name}/") else ends[::-1]
                records = f"{each.size} records" if each.size > 1 else "1 record"
                step.note((f"{writer} → {reader}", f"{each.lane}, {records}", f"root {each.root.hex()[:16]}…"))
        step.look.append(on.command(on.police, "channel list"))
    with on.tell.step(on.hub.who.label, "has cosigned the same roots, without having seen a record") as step:
        for line in until("the witness to have seen everything", lambda: _witnessed(on)):
            step.note(line)


def _witnessed(on: Stage) -> list[tuple[str, ...]] | None:
    """One line for each node: how many of its channels the witness has cosigned up to their end."""
    lines: list[tuple[str, ...]] = []
    for desk in (on.police, on.taskforce, on.platform, on.vasp):
        partners = [each for each in desk.get("/channels") if each["ours"] and each["size"] and _is_partner(on, each)]
        sizes = [(each["size"], max(each["witnessed"].values(), default=0)) for each in partners]
        if any(size != seen for size, seen in sizes):
            return None
        lines.append((desk.who.label, f"{len(sizes)} channels, {sum(size for size, _ in sizes)} records"))
    return lines


def _is_partner(on: Stage, channel: dict[str, Any]) -> bool:
    """Whether it goes to somebody who reads its records: neither to ourselves nor to the witness."""
    return channel["audience"] not in (channel["writer"], on.hub.who.name)


def prove(on: Stage) -> None:
    """Receipts are written, checked, and one of them is tampered with."""
    _check(on, _save_all(on))


def _save_all(on: Stage) -> list[Saved]:
    """Every receipt of every request, and the policy to check them by."""
    on.tell.act("receipt", "what a court gets: files that need no node, no network and no trust in either side")
    saved: list[Saved] = []
    folder = on.home / "receipts"
    folder.mkdir(exist_ok=True)
    with on.tell.step(
        on.police.who.label, "writes a receipt of every record of the requests, and of both orders"
    ) as step:
        for label, request in on.requests.items():
            saved += _save(on.police, label, request, folder)
        saved += _save_orders(on.police, folder)
        (on.home / "policy").write_bytes(on.police.get_bytes("/policy"))
        beside = sum(each.fields is not None for each in saved)
        step.note(
            f"{len(saved)} receipts; beside {beside} of them lie the facts, opened; telephone numbers stay sealed"
        )
        step.look += [f"{on.shown_home}/receipts/", f"{on.shown_home}/policy (the keys to believe)"]
    return saved


def _check(on: Stage, saved: list[Saved]) -> None:
    """Each receipt by the command itself, where no node is; then a copy with one bit changed."""
    policy, shown = on.home / "policy", f"--policy {on.shown_home}/policy"
    with on.tell.step("comity verify", f"checks all {len(saved)}, in a process that has no node") as step:
        results = verify_each([(one.proof, one.fields) for one in saved], policy)
        for one, result in zip(saved, results, strict=True):
            opened = [OPENED] if one.fields is not None else []
            if result.exit_code != 0 or result.told["opened"] != opened:
                raise BadProof("demo-receipt-refused", file=str(one.proof), told=result.told)
        step.note(f"{len(results)} of {len(saved)} verified. Of the first one it says:")
        for line in _summary(results[0].told):
            step.note(line)
        step.look.append(f"{on.comity} verify {on.shown_home}/receipts/{saved[0].proof.name} {shown}")
    with on.tell.step("comity verify", "checks a copy with one bit of the record flipped") as step:
        flipped = flip(saved[0].proof, on.home / "tampered")
        result = verify(flipped, policy)
        if result.exit_code == 0:
            raise BadProof("demo-flipped-bit-not-found", file=str(flipped))
        step.note(f"refused, exit code {result.exit_code}. {result.told.get('what', '')}")
        step.look.append(f"{on.comity} verify {on.shown_home}/tampered/{flipped.name} {shown}")


def _both(on: Stage, request: str, far: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """The request as each end has it. Any: `RequestView` of the API."""

    def look() -> tuple[dict[str, Any], dict[str, Any]] | None:
        here, there = on.police.get(f"/requests/{request}"), far.get(f"/requests/{request}")
        return (here, there) if _same(here, there) else None

    return until("both ends to have the same history", look)


def _same(asker: dict[str, Any], asked: dict[str, Any]) -> bool:
    """State and every step from the sending on: what was drafted and approved before it stays on the asker's desk."""
    ours, theirs = (
        [(each["record"], each["event"], each["state"], each["node"]) for each in view["history"]]
        for view in (asker, asked)
    )
    return bool(theirs) and asker["state"] == asked["state"] and ours[-len(theirs) :] == theirs


def _level(here: Desk, there: Desk) -> list[Level] | None:
    """Every channel between the two that holds something, once both ends have it alike."""
    ours = {each["origin"]: each for each in here.get("/channels")}
    theirs = {each["origin"]: each for each in there.get("/channels")}
    found = []
    for origin in sorted(ours.keys() & theirs.keys(), key=lambda origin: (ours[origin]["lane"], origin)):
        sizes = {each[origin][name] for each in (ours, theirs) for name in ("size", "confirmed")}
        if len(sizes) > 1:
            return None
        size = sizes.pop()
        if size:
            roots = {_signed_root(desk, origin, size) for desk in (here, there)}
            if len(roots) > 1:
                raise BadProof("demo-roots-differ", origin=origin, size=size)
            found.append(Level(origin, ours[origin]["lane"], size, roots.pop()))
    return found


def _signed_root(desk: Desk, origin: str, size: int) -> bytes:
    """The root of the whole channel as this node has it, out of the receipt of the last record."""
    file = parse_proof(desk.get_bytes(f"/receipts/{origin.replace('/ch/', '/')}/{size - 1}.tlog-proof"))
    checkpoint = parse_checkpoint(parse_note(file.note).text)
    if checkpoint.size != size:
        raise BadProof("demo-roots-differ", origin=origin, size=size)
    return checkpoint.root


def _save(desk: Desk, label: str, request: str, folder: Path) -> list[Saved]:
    view = desk.get(f"/requests/{request}")
    events = {each["record"]: each["event"] for each in view["history"]}
    records = {(each["origin"], each["index"]): each for each in view["records"]}
    ready = until(f"receipts of {label}", lambda: _all_receipts(desk, request))
    ready.sort(key=lambda each: records[each["origin"], each["index"]]["made"])
    saved = []
    for number, each in enumerate(ready, 1):
        record = records[each["origin"], each["index"]]["record"]
        name = f"{label}-{number}-{events.get(record, each['kind']).replace('_', '-')}"
        proof, fields = folder / f"{name}.tlog-proof", folder / f"{name}.fields"
        proof.write_bytes(desk.get_bytes(each["proof"]))
        opens = each["kind"] == "request" and OPENED in each["openable"]
        if opens:
            fields.write_bytes(desk.get_bytes(each["fields"], open=OPENED))
        saved.append(Saved(proof, fields if opens else None))
    return saved


def _save_orders(desk: Desk, folder: Path) -> list[Saved]:
    """Receipts of the orders that came in: what was taken back, and what was put right."""
    notices: list[dict[str, Any]] = desk.get("/notices")
    saved = []
    for each in notices:
        if each["kind"] == "order":
            about = each["about"]
            proof = folder / f"order-{about['kind'].partition('/')[0]}.tlog-proof"
            proof.write_bytes(
                desk.get_bytes(f"/receipts/{about['origin'].replace('/ch/', '/')}/{about['index']}.tlog-proof")
            )
            saved.append(Saved(proof, None))
    return saved


def _all_receipts(desk: Desk, request: str) -> list[dict[str, Any]] | None:
    found = desk.get(f"/requests/{request}/receipts")
    return list(found["receipts"]) if not found["waiting"] else None


def _summary(told: dict[str, Any]) -> list[str]:
    what, place = told["what"], told["place"]
    held = ", ".join(f"{each['name'].rpartition('/')[0]} at {each['at']}" for each in told["served"]["to"])
    seals = "; ".join(f"{name}: {', '.join(told[name])}" for name in ("opened", "closed") if told[name])
    return [f"{what['kind']} by {what['issuer']}, number {place['index']} of {place['size']}", f"held by {held}", seals]
