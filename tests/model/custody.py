"""The fifth model: an erasure must reach the holder one hop further, through a relay that crashes or comes back from a backup.

The issuer sends record and order to the relay; the relay may pass the record on to a third node, and what it passes stands in a
channel of its own, which the third node reads. Acknowledgements come back the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from .rules import CustodyRule as R
from .search import Goal, Model, Process, Truth


class Relay(NamedTuple):
    """`held`: how much of the issuer's log; `out`: what stands in the relay's channel to the third node."""

    held: int = 0
    drained: int = 0
    body: bool = False
    out: tuple[str, ...] = ()
    listed: bool = False  # that the third node has the record
    heard: bool = False  # the third node's acknowledgement
    buried: bool = False
    done: bool = False  # answered to the issuer


class Node(NamedTuple):
    """The relay with what it has in memory: a transfer that an officer has begun, a step that is not yet committed."""

    disk: Relay = Relay()
    backup: Relay | None = None
    begun: bool = False
    owes: str = ""  # second half of something that should have been one transaction
    regained: bool = True
    gone: bool = False


class Third(NamedTuple):
    held: int = 0
    drained: int = 0
    body: bool = False
    done: bool = False


@dataclass(frozen=True)
class CustodyScope:
    crashes: int = 0
    restores: int = 0
    broken: frozenset[R] = field(default=frozenset())

    def keeps(self, rule: R) -> bool:
        return rule not in self.broken

    def without(self, rule: R) -> CustodyScope:
        return replace(self, broken=self.broken | {rule})


Issuer = tuple[int, bool]  # records in its log (the record, then its erasure); whether it was told "done"
LOG = ("a", "Ea")
Left = tuple[int, int]


def issue(issuer: Issuer) -> Iterator[tuple[str, tuple[Issuer]]]:
    if issuer[0] < len(LOG):
        yield f"the issuer writes {LOG[issuer[0]]}", ((issuer[0] + 1, issuer[1]),)


def relay_pulls(issuer: Issuer, node: Node) -> Iterator[tuple[str, tuple[Issuer, Node]]]:
    disk = node.disk
    if disk.held < issuer[0]:
        fresh = LOG[disk.held]
        # An erased record comes without its body: the issuer has none any more.
        body = disk.body or (fresh == "a" and issuer[0] == 1)
        yield f"the relay holds {fresh}", (issuer, node._replace(disk=disk._replace(held=disk.held + 1, body=body)))
    if disk.done and not issuer[1]:
        yield "the issuer hears that it is done", ((issuer[0], True), node)


def relay_works(scope: CustodyScope, node: Node) -> Iterator[tuple[str, tuple[Node]]]:
    disk = node.disk
    if node.owes:
        yield f"the relay commits the second half: {node.owes}", (_second(node),)
        return
    if not node.regained and scope.keeps(R.relay_regains):
        return
    if disk.drained < disk.held:
        after = disk._replace(drained=disk.drained + 1)
        if LOG[disk.drained] == "Ea":
            yield _obey(scope, node, after)
        else:
            yield "the relay reads a", (node._replace(disk=after),)
    if disk.body and not disk.listed and not node.begun and disk.drained:
        yield "an officer of the relay begins to pass the record on", (node._replace(begun=True),)
    if node.begun and not disk.listed:
        yield from _pass_on(scope, node)
    waits = disk.listed and not disk.heard and scope.keeps(R.done_after_all)
    if disk.buried and not disk.done and not waits:
        yield "the relay answers the issuer: done", (node._replace(disk=disk._replace(done=True)),)


def _obey(scope: CustodyScope, node: Node, after: Relay) -> tuple[str, tuple[Node]]:
    after = after._replace(body=False, buried=True)
    if not after.listed or not scope.keeps(R.passed_on):
        return "the relay obeys Ea", (node._replace(disk=after),)
    if not scope.keeps(R.with_obedience):
        return "the relay obeys Ea, and will pass it on", (node._replace(disk=after, owes="pass Ea on"),)
    return "the relay obeys Ea and passes it on", (node._replace(disk=after._replace(out=(*after.out, "Ea"))),)


def _pass_on(scope: CustodyScope, node: Node) -> Iterator[tuple[str, tuple[Node]]]:
    disk = node.disk
    if disk.buried and scope.keeps(R.buried_first):
        yield "the transfer is refused: the record was erased meanwhile", (node._replace(begun=False),)
        return
    sent = disk._replace(out=(*disk.out, "a"))
    if scope.keeps(R.list_with_transfer):
        yield "the relay passes a on and writes it down", (node._replace(disk=sent._replace(listed=True), begun=False),)
    else:
        yield "the relay passes a on, and will write it down", (node._replace(disk=sent, begun=False, owes="list"),)


def _second(node: Node) -> Node:
    if node.owes == "list":
        return node._replace(disk=node.disk._replace(listed=True), owes="")
    return node._replace(disk=node.disk._replace(out=(*node.disk.out, "Ea")), owes="")


def third_works(node: Node, third: Third) -> Iterator[tuple[str, tuple[Node, Third]]]:
    out = node.disk.out
    if third.held < len(out):
        body = third.body or out[third.held] == "a"
        yield f"the third node holds {out[third.held]}", (node, third._replace(held=third.held + 1, body=body))
    if third.drained < third.held and third.held <= len(out):
        after = third._replace(drained=third.drained + 1)
        if out[third.drained] == "Ea":
            after = after._replace(body=False, done=True)
        yield f"the third node obeys or reads {out[third.drained]}", (node, after)
    if third.done and not node.disk.heard and node.disk.listed:
        yield (
            "the relay hears that the third node has erased it",
            (
                node._replace(disk=node.disk._replace(heard=True)),
                third,
            ),
        )


def regain(
    scope: CustodyScope, node: Node, third: Third, lost: tuple[str, ...]
) -> Iterator[tuple[str, tuple[Node, Third, tuple[str, ...]]]]:
    """What the third node holds of the relay's channel comes back, and what it says of whom the record was passed to."""
    if node.regained:
        return
    if not scope.keeps(R.relay_regains):
        return
    tail = lost[: third.held]
    disk = node.disk
    if len(tail) > len(disk.out):
        disk = disk._replace(out=tail, listed="a" in tail)
        if "Ea" in tail:
            disk = disk._replace(body=False, buried=True)
    yield (
        "the relay takes its own tail back from the third node",
        (node._replace(disk=disk, regained=True), third, lost),
    )


def suffer(
    scope: CustodyScope, node: Node, left: Left, lost: tuple[str, ...]
) -> Iterator[tuple[str, tuple[Node, Left, tuple[str, ...]]]]:
    if left[0] and (node.begun or node.owes):
        yield "the relay crashes", (node._replace(begun=False, owes=""), (left[0] - 1, left[1]), lost)
    if left[1] and node.backup is None and not node.owes:
        yield "a backup of the relay is taken", (node._replace(backup=node.disk), left, lost)
    elif left[1] and node.backup is not None and node.backup != node.disk:
        # Its high-water file says what had gone, and that goes again before anything is readable.
        gone = node.disk.buried or node.gone
        after = Node(node.backup._replace(body=node.backup.body and not gone), None, regained=False, gone=gone)
        yield (
            "the relay's disk dies, the backup is restored",
            (after, (left[0], left[1] - 1), max(node.disk.out, lost, key=len)),
        )


def done_means_done(issuer: Issuer, node: Node, third: Third) -> str | None:
    if issuer[1] and (node.disk.body or third.body or "a" in node.disk.out[third.held :]):
        where = "the relay" if node.disk.body else "the third node"
        return f"FALSE: the issuer was told that it is done, and {where} has the record, or is about to"
    return None


def erased_everywhere(issuer: Issuer, node: Node, third: Third) -> bool:
    return issuer == (2, True) and not node.disk.body and not third.body


def model(scope: CustodyScope) -> Model:
    """Slots: issuer, relay, third node, faults left, and the relay's channel as it was when its disk died."""
    return Model(
        ((0, False), Node(), Third(), (scope.crashes, scope.restores), ()),
        (
            Process((0,), issue),
            Process((0, 1), relay_pulls),
            Process((1,), partial(relay_works, scope)),
            Process((1, 2), third_works),
            Process((1, 2, 4), partial(regain, scope)),
            Process((1, 3, 4), partial(suffer, scope)),
        ),
        (Truth((0, 1, 2), done_means_done),),
        Goal((0, 1, 2), erased_everywhere),
    )
