"""The network: it drops, delays, reorders and doubles. GET and its answer are one message, worded by the writer when it answers."""

from __future__ import annotations

from collections.abc import Iterator

from .reader import Feed, Reader, receive
from .scope import Left, Scope, has, spend
from .values import Bundle, Line, Net, Note, extends
from .writer import Writer


def answer(
    scope: Scope, name: str, channel: int, writer: Writer, reader: Reader, net: Net, left: Left
) -> Iterator[tuple[str, tuple[Writer, Reader, Net, Left]]]:
    """The writer answers what the reader asks for; a reader asks only for what it does not have."""
    feed = reader.disk.feeds[channel]
    if writer.mode != "up" or not writer.served or reader.mode != "up" or feed.stopped or len(net) >= scope.net_max:
        return
    note = Note(channel, writer.served)
    if writer.served not in (feed.held, feed.pending) and note not in net:
        yield f"{name} answers GET checkpoint with size {len(writer.served)}", (writer, reader, net | {note}, left)
    if feed.pending is None or not extends(writer.served, feed.pending):
        return
    for index in range(len(feed.held), len(feed.pending)):
        if not feed.lacks(index):
            continue
        for state, lies in _states(scope, writer, feed, index, left):
            bundle = Bundle(channel, index, feed.pending[index], state)
            if bundle not in net:
                said = state if isinstance(state, str) else f"erased by record {state}"
                text = f"{name} answers GET records for index {index}: {said}" + (", which is a lie" if lies else "")
                yield text, (writer, reader, net | {bundle}, spend(left, "lie") if lies else left)


def _states(scope: Scope, writer: Writer, feed: Feed, index: int, left: Left) -> Iterator[tuple[str | int, bool]]:
    """What the writer may say about an index: (state, whether it is a lie)."""
    tree = writer.disk.tree
    record = tree[index][0] if index < len(tree) else (feed.pending or ())[index][0]
    if record == scope.withheld:
        yield "withheld", False
    elif record in writer.disk.bodies:
        yield "body", False
        if has(left, "lie"):
            yield from ((order, True) for order in range(len(feed.pending or ()) + 1) if order != index)
    else:
        yield from ((order, False) for order, (said, _) in enumerate(tree) if said == "E" + record)


def to_reader(scope: Scope, reader: Reader, net: Net, left: Left) -> Iterator[tuple[str, tuple[Reader, Net, Left]]]:
    for message in sorted(net, key=repr):
        if isinstance(message, Line):
            continue
        changed = receive(scope, reader, message)
        if changed is not None:
            text, after = changed
            yield text, (after, net - {message}, left)
            if has(left, "double"):
                yield text + " (a copy stays under way)", (after, net, spend(left, "double"))


def to_writer(
    name: str, channel: int, writer: Writer, net: Net, left: Left
) -> Iterator[tuple[str, tuple[Writer, Net, Left]]]:
    """W5: a cosignature over a size that the writer has is merged into its note."""
    if writer.mode != "up":
        return
    for line in sorted((message for message in net if isinstance(message, Line)), key=repr):
        size = len(line.tree)
        if line.channel == channel and extends(writer.disk.tree, line.tree) and size > writer.disk.covered:
            after = writer._replace(disk=writer.disk._replace(covered=size))
            text = f"W5 {name} merges the reader's line over size {size}"
            yield text, (after, net - {line}, left)
            if has(left, "double"):
                yield text + " (a copy stays under way)", (after, net, spend(left, "double"))


def drop(net: Net) -> Iterator[tuple[str, tuple[Net]]]:
    for message in sorted(net, key=repr):
        yield f"the network drops {_said(message)}", (net - {message},)


def _said(message: Note | Bundle | Line) -> str:
    match message:
        case Note(_, tree):
            return f"the checkpoint of size {len(tree)}"
        case Bundle(_, index, _, _):
            return f"the record of index {index}"
        case Line(_, tree, _):
            return f"the cosignature over size {len(tree)}"
