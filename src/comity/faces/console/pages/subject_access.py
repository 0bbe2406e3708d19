"""Who asks what is held about them: asked for by one officer, let go by another, answered as a text that they get."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from comity.domain.terms import Refused
from comity.faces.api.asking import granted
from comity.faces.console.forms import Form, Sent
from comity.faces.console.rail import Verb
from comity.faces.console.render import Desk, Seen
from comity.flows import subject_access

HERE = (subject_access.ACT, "confirm", "audit")
"""Who looks at this page: who proposes and answers, who decides, and who reads about acts."""


@get("/desk/subject-access", sync_to_thread=True, opt={"asks": "subject-access"})
def asked(desk: Seen) -> Response[Any]:
    """Everything that was asked for, the newest first; about whom stands on the page of each alone."""
    return _shown(desk, Form())


@post("/desk/subject-access", sync_to_thread=True, opt={"asks": "subject-access"})
def ask(desk: Seen, form: Sent) -> Response[Any]:
    """First of two persons."""
    about, reference = form.must("about", most=500), form.must("reference", most=120)
    if not form.good:
        return _shown(desk, form, status=422)
    outcome = subject_access.ask(desk.node.world, desk.officer, about, reference)
    if isinstance(outcome, Refused) and (wrong := [each for each in outcome.reasons if each.facts.get("field")]):
        for each in wrong:
            form.fault(str(each.facts["field"]), f"reason.{each.code}")
        return _shown(desk, form, status=422)
    return desk.go(f"/desk/subject-access/{granted(outcome).id}", did="proposed")


@get("/desk/subject-access/{proposal:str}", sync_to_thread=True, opt={"asks": "subject-access"})
def one(desk: Seen, proposal: FromPath[str]) -> Response[Any]:
    """One of them: who asks, what two persons decided, and the answer once they have."""
    desk.must(*HERE)
    world = desk.node.world
    found = subject_access.one(world, proposal)
    may_answer = desk.may(subject_access.ACT)
    answer = None
    if found.state == "confirmed" and may_answer:
        answer = granted(subject_access.answer(world, desk.officer, proposal))
    return desk.show(
        "subject_access_one.html",
        found=found,
        answer=answer,
        shows_about=may_answer or desk.may("confirm"),
        may_decide=desk.may("confirm") and found.by != desk.officer.name,
    )


@post("/desk/subject-access/{proposal:str}/decision", sync_to_thread=True, opt={"asks": "confirm"})
def decide(desk: Seen, form: Sent, proposal: FromPath[str]) -> Response[Any]:
    """Second of two persons."""
    wanted = form.one_of("decision", ("confirm", "reject"))
    granted(subject_access.decide(desk.node.world, desk.officer, proposal, confirmed=form.good and wanted == "confirm"))
    return desk.go(f"/desk/subject-access/{proposal}", did="decided")


@get("/desk/subject-access/{proposal:str}/answer", sync_to_thread=True, opt={"asks": "subject-access"})
def text(desk: Seen, proposal: FromPath[str]) -> Response[Any]:
    """The answer as plain text, for who gets it."""
    answer = granted(subject_access.answer(desk.node.world, desk.officer, proposal))
    headers = {"content-disposition": f'attachment; filename="access-{proposal[-12:]}.txt"'}
    return Response(subject_access.text_of(answer), media_type="text/plain; charset=utf-8", headers=headers)


def _shown(desk: Desk, form: Form, status: int = 200) -> Response[Any]:
    desk.must(*HERE)
    return desk.show(
        "subject_access.html",
        status=status,
        form=form,
        found=subject_access.asked(desk.node.world)[::-1],
        may_ask=desk.may(subject_access.ACT),
    )


pages = [asked, ask, one, decide, text]
verbs = [Verb("verb.subject_access", "/desk/subject-access", "person", note="verb.second", act=subject_access.ACT)]
