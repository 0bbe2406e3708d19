"""A node that runs: its exchange and its desk listen, its workers pull, and it can be found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeAlias

from litestar.types import ASGIApp

from comity.domain.ledger import Admission, Peer
from comity.domain.terms import instant_text
from comity.faces.api.desk import desk_app
from comity.faces.api.exchange import exchange_app
from comity.faces.api.guard import Guard
from comity.faces.api.tls import Server, admit, tls_context
from comity.faces.api.witness import witness_app
from comity.node.assembly import Node
from comity.node.minding import Minding
from comity.node.presence import Running, announced

DESK_HOST = "127.0.0.1"


Above: TypeAlias = Callable[[ASGIApp, Callable[[], Node], str], ASGIApp]
"""A face that stands above the desk's API on the same listener: it takes the API's app, the node and the token, and answers for both."""


def _nothing_above(api: ASGIApp, _node: Callable[[], Node], _token: str) -> ASGIApp:
    return api


@contextmanager
def serving(node: Node, token: str, above: Above = _nothing_above) -> Iterator[Running]:
    """Listens and pulls inside the block; afterwards nothing is left of it but what the store holds.

    above   what people's pages come from (`comity.faces.console.app.above`), handed in by whoever starts the node
    Raises Misconfigured when a port is taken or the node already runs.
    """
    config, world = node.config, node.world
    # Expelled ones get through the handshake too: they may still fetch orders about what they have.
    let_in = [p for p in world.store.peers() if p.admission is not Admission.SUSPENDED]
    context = tls_context(*node.tls, [der for peer in let_in for der in _shown_by(peer)])
    exchange = Server(
        Guard(exchange_app(lambda: world, world.store.peers), node.guarding),
        config.listen.host,
        config.listen.port,
        tls=context,
        beyond_loopback=config.listen.beyond_loopback,
        door=node.guarding,
        share=node.guarding.quotas.connections,
    )
    with ExitStack() as stack:
        stack.callback(node.guarding.stop)
        node.guarding.start()
        stack.callback(exchange.stop)
        desk = Server(above(desk_app(node.itself, token), node.itself, token), DESK_HOST, config.desk_port)
        stack.callback(desk.stop)
        if config.witness.open_port:
            anybody = Server(witness_app(lambda: world), DESK_HOST, config.witness.open_port, door=node.guarding)
            stack.callback(anybody.stop)
            anybody.start()
        exchange.start()
        desk.start()
        told = Running(os.getpid(), desk.address, exchange.address, instant_text(world.clock.now()))
        stack.enter_context(announced(config, told))
        stack.callback(node.pulling.stop)
        stack.callback(node.fetching.stop)
        stack.callback(node.heralding.stop)

        def let_through(peer: Peer) -> None:
            for der in _shown_by(peer):
                admit(context, der)

        node.pulling.start(let_through)
        node.fetching.start()
        node.heralding.start()
        stack.callback(node.witnessing.stop)
        node.witnessing.start()
        minding = Minding(world)
        stack.callback(minding.stop)
        minding.start()
        yield told


def _shown_by(peer: Peer) -> list[bytes]:
    """Certificates that the peer may show: its own, and the one that it has announced."""
    return [der for der in (peer.certificate, peer.next_certificate) if der]
