"""Channels: who writes to whom, how far each side is, what is silent or stopped, and what was refused as an attack."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from comity.faces.console.channel_health import healths
from comity.faces.console.rail import Entry
from comity.faces.console.render import Seen


@get("/desk/channels", sync_to_thread=True, opt={"act": "status"})
def channels(desk: Seen) -> Response[Any]:
    """Every channel with a partner, the worst first; attacks, the latest first."""
    found = healths(desk.node, desk.world)
    return desk.show(
        "channels.html",
        partners=[
            (name, [each for each in found if each.other == name]) for name in dict.fromkeys(h.other for h in found)
        ],
        running=desk.node.pulling.started,
        fences=desk.node.fences,
        attacks=sorted(desk.node.guarding.told(), key=lambda met: met.last, reverse=True),
        admissions={str(peer.name): peer.admission.value for peer in desk.world.store.peers()},
    )


pages = [channels]
rail = [Entry("channels", "/desk/channels", "trust", "channel", 2, go="h", act="status")]
