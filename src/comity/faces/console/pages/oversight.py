"""Oversight: who reads the journal from outside, an act followed to its basis, and the journal held against what others have."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.terms import Refused
from comity.errors import NotFound
from comity.faces.api.asking import granted
from comity.faces.console.forms import Form, Sent
from comity.faces.console.rail import Entry
from comity.faces.console.render import Desk, Seen
from comity.flows import oversight
from comity.flows.follow import Compared, compare, follow
from comity.flows.prove_journal import Proven, prove

RECEIPT_BYTES_MAX = 2 * 1024 * 1024
RECEIPTS_MAX = 200
"""Files at once."""
BODY_BYTES_MAX = 64 * 1024 * 1024
HERE = ("audit", "manage-keys", "confirm")
"""Who looks at this page: whoever reads about acts, and both persons who decide on overseers."""


@get("/desk/oversight", sync_to_thread=True, opt={"asks": "audit"})
def overseers(desk: Seen) -> Response[Any]:
    """Overseers and what was proposed about them; or straight to the act that was asked for."""
    if thing := desk.request.query_params.get("thing", "").strip():
        return desk.go(f"/desk/oversight/acts/{quote(thing, safe='')}")
    return _shown(desk, Form())


@post("/desk/oversight", sync_to_thread=True, opt={"asks": "manage-keys"})
def enrol(desk: Seen, form: Sent) -> Response[Any]:
    """First of two persons."""
    name, vkey = form.must("name", most=120), form.must("vkey", most=400)
    if not form.good:
        return _shown(desk, form, status=422)
    outcome = oversight.enrol(desk.node.world, desk.officer, name, vkey, form.text("order", most=120))
    if isinstance(outcome, Refused) and (wrong := [each for each in outcome.reasons if each.facts.get("field")]):
        for each in wrong:
            key = f"reason.{each.code}"
            form.fault(str(each.facts["field"]), key if desk.words.has(key) else "oversight.bad_key")
        return _shown(desk, form, status=422)
    granted(outcome)
    return desk.go("/desk/oversight#proposals", did="proposed")


@post("/desk/oversight/end", sync_to_thread=True, opt={"asks": "manage-keys"})
def end(desk: Seen, form: Sent) -> Response[Any]:
    """First of two persons: the overseer reads no longer."""
    granted(oversight.end(desk.node.world, desk.officer, form.text("name")))
    return desk.go("/desk/oversight#proposals", did="proposed")


@post("/desk/oversight/proposals/{proposal:str}", sync_to_thread=True, opt={"asks": "confirm"})
def decide(desk: Seen, form: Sent, proposal: FromPath[str]) -> Response[Any]:
    """Second of two persons."""
    wanted = form.one_of("decision", ("confirm", "reject"))
    granted(oversight.decide(desk.node.world, desk.officer, proposal, confirmed=form.good and wanted == "confirm"))
    return desk.go("/desk/oversight#proposals", did="decided")


@post("/desk/oversight/compare", sync_to_thread=True, opt={"asks": "audit"})
def held_against(desk: Seen) -> Response[Any]:
    """Channels between nodes, held against the journal, now."""
    return _shown(desk, Form(), compared=granted(compare(desk.node.world, desk.officer)))


@post(
    "/desk/oversight/receipts",
    sync_to_thread=True,
    opt={"asks": "audit"},
    request_max_body_size=BODY_BYTES_MAX,
)
def others_receipts(desk: Seen, form: Sent) -> Response[Any]:
    """Receipts as partners hold them: each must have its entry in the journal."""
    desk.must("audit")
    files = form.files.get("receipts", ())
    if not files or len(files) > RECEIPTS_MAX:
        form.fault("receipts", "oversight.no_receipts" if not files else "oversight.many_receipts", most=RECEIPTS_MAX)
    found: list[tuple[str, bytes]] = []
    for each in files[:RECEIPTS_MAX]:
        raw = each.file.read(RECEIPT_BYTES_MAX + 1)
        if len(raw) > RECEIPT_BYTES_MAX:
            form.fault("receipts", "oversight.large_receipt", file=each.filename)
        found.append((each.filename, raw))
    if not form.good:
        return _shown(desk, form, status=422)
    proven: tuple[Proven, ...] = granted(prove(desk.node.world, desk.officer, found))
    return _shown(desk, form, proven=proven, given=len(found))


@get("/desk/oversight/acts/{thing:str}", sync_to_thread=True, opt={"asks": "audit"})
def act(desk: Seen, thing: FromPath[str]) -> Response[Any]:
    """One act, by the id of a record, a request, a report or a case, to its basis."""
    desk.must("audit")
    try:
        trail = granted(follow(desk.node.world, desk.officer, thing))
    except NotFound:
        form = Form({"thing": (thing,)})
        form.fault("thing", "oversight.no_act")
        return _shown(desk, form, status=404)
    return desk.show(
        "act.html",
        trail=trail,
        path=_path(desk, thing),
    )


def _shown(
    desk: Desk,
    form: Form,
    status: int = 200,
    compared: Compared | None = None,
    proven: tuple[Proven, ...] | None = None,
    given: int = 0,
) -> Response[Any]:
    desk.must(*HERE)
    world = desk.node.world
    return desk.show(
        "oversight.html",
        status=status,
        form=form,
        watched=list(oversight.watches(world)),
        keys=oversight.journal_keys(world),
        proposals=oversight.proposed(world)[::-1],
        compared=compared,
        missing=[each for one in proven or () for each in one.missing] if proven is not None else None,
        broken=[one for one in proven or () if one.fault],
        given=given,
        me_acting=desk.officer.name,
        may={act: desk.may(act) for act in HERE},
    )


def _path(desk: Desk, thing: str) -> str:
    """Where the thing itself is shown, for a reader who sees it."""
    try:
        key = bytes.fromhex(thing.replace("-", ""))
    except ValueError:
        return ""
    if not desk.may("view"):
        return ""
    for name, path in (("request", "/desk/requests/"), ("report", "/desk/reports/")):
        if desk.world.store.traced(name, [key]).get(key):
            return path + thing
    return ""


pages = [overseers, enrol, end, decide, held_against, others_receipts, act]
rail = [Entry("oversight", "/desk/oversight", "trust", "eye", 6, go="v", act="audit")]
