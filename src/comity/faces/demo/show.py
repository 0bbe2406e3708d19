"""The whole demo: folder, nodes, acts in their order, and what is said at the end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from comity.errors import Conflict
from comity.faces.demo import answering, asking, exchange, mending, opening, proving, rescuing
from comity.faces.demo.desk import Desk
from comity.faces.demo.home import Home, taken
from comity.faces.demo.nodes import nodes_running
from comity.faces.demo.ports import chosen_base, must_be_free, ports_of
from comity.faces.demo.stage import Stage
from comity.faces.demo.story import Actor, story
from comity.faces.demo.telling import Step, Teller, Words

ACTS: tuple[Callable[[Stage], None], ...] = (
    opening.enrol,
    exchange.share,
    exchange.report,
    rescuing.rescue,
    exchange.match_later,
    asking.ask_too_much,
    answering.refuse,
    asking.ask_anew,
    asking.ask_to_take_down,
    asking.ask_to_freeze,
    answering.preserve,
    answering.remove,
    answering.hold,
    mending.mend,
    proving.agree,
    proving.prove,
)


class Ended(BaseException):
    """Somebody asked the demo to end: Ctrl-C or SIGTERM. No fault, so no handler of faults may take it."""


def show(path: Path, shown_path: str, comity: str, words: Words, *, once: bool, reset: bool, as_json: bool) -> int:
    """Plays the demo in `path`, and returns the exit code: 130 when it was asked to end before the story did.

    shown_path, comity   how the user would write the folder, and the command
    """
    base = chosen_base()
    tell = Teller(as_json=as_json, words=words)
    began = time.monotonic()
    with _ended_by_signals() as quiet, ExitStack() as stack:
        home = stack.enter_context(taken(path))
        must_be_free(base)
        fresh = _prepare(home, base, afresh=once or reset)
        tell.opening(_greeting(fresh))
        played = not fresh
        try:
            desks = _start(stack, tell, home, base)
            on = Stage(story(), path, shown_path, comity, tell, desks)
            if fresh:
                for act in ACTS:
                    act(on)
                home.write(base, played=True)
                played = True
            tell.closing(
                {"played": fresh, "seconds": round(time.monotonic() - began, 1)},
                _closing(on, began, fresh=fresh) + (_AGAIN if once else []),
            )
            if not once:
                _keep_running(on)
        except Ended:
            if not played:
                tell.closing({"ended": "before the story did"}, ["Ended before the story did. Next time: --reset"])
                return 130
            tell.closing({"ended": "on request"}, ["The nodes end."])
        except BrokenPipeError:
            # Whoever read along has gone. The nodes end in order all the same, and nothing is left to be flushed.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        finally:
            quiet()
    return 0


def _prepare(home: Home, base: int, *, afresh: bool) -> bool:
    """Whether the story is to be played: in an empty folder it is, over nodes that have played it, it isn't."""
    keys = tuple(who.key for who in story().node)
    mark = home.read()
    if mark is not None and not afresh:
        if not home.is_intact(base, keys):
            facts = {"port_base": mark.port_base, "wanted": base, "played": mark.played}
            raise Conflict("demo-not-intact", folder=str(home.path), **facts)
        return False
    if mark is not None:
        home.empty()
    home.write(base, played=False)
    return True


def _start(stack: ExitStack, tell: Teller, home: Home, base: int) -> dict[str, Desk]:
    actors = story().node
    tell.act("nodes", "five processes on this machine, each with its own keys, store and log")

    def ready(who: Actor, ms: int) -> None:
        ports = ports_of(who.key, base)
        note = f"{who.title}; exchange on port {ports.exchange}, desk on {ports.desk}"
        tell.told(who.label, f"runs as {who.name}", Step(notes=[note], ms=ms))

    with tell.waiting("The nodes make their keys and start ..."):
        stack.enter_context(nodes_running(home, actors, base, ready=ready))
    return {who.key: stack.enter_context(Desk(who, home.path / who.key)) for who in actors}


_AGAIN = ["The nodes have ended. Without --once (make demo) they run on, and their consoles open in a browser."]


def _greeting(fresh: bool) -> list[str]:
    if fresh:
        return [
            "Comity demo. Persons, companies and the case are fictional; nodes, signatures and clocks are real.",
            "A Korean police desk, the Cambodian side of a task force, a job site, an exchange for virtual assets and a witness.",
            "took: the step at its own node. held there: until the far node's cosignature on it was back.",
        ]
    return ["Comity demo. The story has been played in this folder; its nodes start again. --reset plays it anew.", ""]


def _closing(on: Stage, began: float, *, fresh: bool) -> list[str]:
    here, shown = on.shown_home, f"--policy {on.shown_home}/policy"
    lines = [f"That was the story; {time.monotonic() - began:.0f} s with starting the nodes."] if fresh else []
    lines.append("To look at: " + "   ".join(f"{here}/{name}" for name in ("receipts", "policy", "tampered", "*.log")))
    lines.append("To try:")
    for proof in sorted((on.home / "receipts").glob(f"{on.story.preservation.label}-1-*.tlog-proof")):
        fields = f"--fields {here}/receipts/{proof.stem}.fields"
        lines.append(f"  {on.comity} verify {here}/receipts/{proof.name} {shown}")
        lines.append(f"  {on.comity} verify {here}/receipts/{proof.name} {shown} {fields}")
    lines.append(f"  {on.command(on.police, 'request list')}")
    lines.append(f"  {on.command(on.taskforce, 'request list')}")
    return lines


def _keep_running(on: Stage) -> None:
    lines = [
        "The nodes run until Ctrl-C. Open their consoles in a browser, under any name and with the token of the node:"
    ]
    for desk in on.desks.values():
        token = f"{on.shown_home}/{desk.who.key}/api.token"
        lines.append(f"  {desk.who.label:<15} {desk.address}/   token in {token}   exchange {desk.exchange}")
    urls = {desk.who.key: {"desk": desk.address, "exchange": desk.exchange} for desk in on.desks.values()}
    on.tell.closing({"running": urls}, lines)
    threading.Event().wait()


@contextmanager
def _ended_by_signals() -> Iterator[Callable[[], None]]:
    """SIGINT and SIGTERM raise Ended inside the block, until the callback is called: who is ending isn't disturbed."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        quiet()
        raise Ended

    def quiet() -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield quiet
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
