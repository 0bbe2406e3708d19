"""Before the story: the nodes admit each other, as two officers would over the telephone."""

from __future__ import annotations

from comity.faces.demo.desk import Desk
from comity.faces.demo.stage import Stage, until


def enrol(on: Stage) -> None:
    """Invitations go both ways, and each side accepts only under the fingerprint that the other reads out."""
    on.tell.act("peers", "each side invites the other, and both compare fingerprints over the telephone")
    folder = on.home / "invitations"
    folder.mkdir(exist_ok=True)
    pairs = [(on.police, other) for other in (on.taskforce, on.platform, on.vasp, on.hub)]
    pairs += [(other, on.hub) for other in (on.taskforce, on.platform, on.vasp)]
    for one, other in pairs:
        _introduce(on, one, other)
    on.tell.act("ready", "every node asks the others for what is new")
    with on.tell.step("All five", "reach their partners over TLS, certificates pinned") as step:
        for desk in on.desks.values():
            until(f"{desk.who.name} to have asked its partners", lambda desk=desk: _has_pulled(desk))  # type: ignore[misc]
        step.look.append(on.command(on.police, "channel list"))


def _introduce(on: Stage, one: Desk, other: Desk) -> None:
    """Each invites the other, whose officer accepts what the first one reads out."""
    with on.tell.step(f"{one.who.label}", f"and {other.who.label} admit each other") as step:
        for host, guest in ((one, other), (other, one)):
            read_out = _admit(on, host, guest)
            step.note(f"{guest.who.name} accepts {read_out[:14]} … {read_out[-4:]}, as read out by {host.who.officer}")


def _admit(on: Stage, host: Desk, guest: Desk) -> str:
    """`host` invites `guest`, whose officer accepts; the fingerprint that was compared."""
    made = host.post("/peers/invite", {"to": guest.who.name, "lanes": ["rescue", "urgent", "bulk"]})
    file = on.home / "invitations" / f"{host.who.name}.for.{guest.who.name}.peer.json"
    file.write_text(made["invitation"], "utf-8")
    read_out: str = made["fingerprint"]
    guest.post("/peers", {"invitation": file.read_text("utf-8"), "fingerprint": read_out})
    return read_out


def _has_pulled(desk: Desk) -> bool | None:
    states = desk.get("/status")["pulling"]
    return True if states and all(state["pulled_at"] and not state["last_fault"] for state in states) else None
