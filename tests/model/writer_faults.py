"""What befalls a writer: crash, failed commit, old backup, a second copy of database and key."""

from __future__ import annotations

from collections.abc import Iterator

from .scope import Left, Scope, has, spend
from .values import show
from .writer import Writer


def _dead(writer: Writer, salts: int = 0) -> Writer:
    """Memory is lost; a signed batch is lost with it, so the next one has other salts."""
    attempt = writer.attempt + (salts or writer.batch is not None)
    return writer._replace(
        mode="down", memory=(), queue=(), batch=None, told=(), served=None, due=frozenset(), attempt=attempt
    )


def suffer(scope: Scope, name: str, writer: Writer, left: Left) -> Iterator[tuple[str, tuple[Writer, Left]]]:
    if writer.mode == "absent":
        return
    if writer.mode == "up" and has(left, "writer crash"):
        yield f"{name} crashes", (_dead(writer), spend(left, "writer crash"))
    if writer.batch is not None and has(left, "commit fails"):
        after = writer._replace(batch=None, attempt=writer.attempt + 1)
        yield f"{name}'s COMMIT fails and is rolled back", (after, spend(left, "commit fails"))
    if has(left, "writer restore") and writer.disk.exists:
        yield from _restore(scope, name, writer, left)


def _restore(scope: Scope, name: str, writer: Writer, left: Left) -> Iterator[tuple[str, tuple[Writer, Left]]]:
    if writer.backup is None:
        yield f"a backup of {name} is taken at {show(writer.disk.tree)}", (writer._replace(backup=writer.disk), left)
    elif writer.backup != writer.disk:
        after = _dead(writer, salts=1)._replace(disk=writer.backup, backup=None, restored=True)
        if scope.outside_lost:
            after = after._replace(mark=None, ledger=None)
        text = (
            f"{name}'s disk dies{' with the high-water file' if scope.outside_lost else ''}, the backup is restored at "
        )
        yield text + show(after.disk.tree), (after, spend(left, "writer restore"))


def copy(first: Writer, second: Writer, left: Left) -> Iterator[tuple[str, tuple[Writer, Writer, Left]]]:
    """Somebody runs a second writer from one database and key, with a high-water file of its own."""
    if has(left, "copy") and second.mode == "absent" and first.mode == "up":
        twin = first._replace(attempt=first.attempt + 10, queue=(), batch=None, told=(), memory=first.disk.tree)
        yield "the writer's database and key are copied, both run", (first, twin, spend(left, "copy"))
