"""Before the story: the nodes admit each other, as two officers would over the telephone."""

from __future__ import annotations

from comity.faces.demo.desk import Desk
from comity.faces.demo.stage import Stage, until


def enrol(on: Stage) -> None:
    """Invitations go both ways, and each side accepts only under the fingerprint that the other reads out."""
    on.tell.act("peers", "each side invites the other, and both compare fingerprints over the telephone")
    folder = on.home / "invitations"
    folder.mkdir(exist_ok=True)
    for other in (on.taskforce, on.platform):
        for host, guest in ((on.police, other), (other, on.police)):
            _admit(on, host, guest)
    on.tell.act("ready", "every node asks the others for what is new")
    with on.tell.step("All three", "reach their partners over TLS, certificates pinned") as step:
        for desk in on.desks.values():
            until(f"{desk.who.name} to have asked its partners", lambda desk=desk: _has_pulled(desk))  # type: ignore[misc]
        step.look.append(on.command(on.police, "channel list"))


def _admit(on: Stage, host: Desk, guest: Desk) -> None:
    """`host` invites `guest`, whose officer accepts."""
    with on.tell.step(guest.who.label, f"accepts the invitation of {host.who.name}") as step:
        made = host.post("/peers/invite", {"to": guest.who.name})
        file = on.home / "invitations" / f"{host.who.name}.for.{guest.who.name}.peer.json"
        file.write_text(made["invitation"], "utf-8")
        read_out = made["fingerprint"]
        guest.post("/peers", {"invitation": file.read_text("utf-8"), "fingerprint": read_out})
        step.clocked()
        step.note(f"fingerprint {read_out[:14]} … {read_out[-4:]}, as read out by {host.who.officer}")


def _has_pulled(desk: Desk) -> bool | None:
    states = desk.get("/status")["pulling"]
    return True if states and all(state["pulled_at"] and not state["last_fault"] for state in states) else None
