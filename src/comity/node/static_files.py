"""Channels as plain files in a folder, in the layout of the exchange, for any web server to hand out.

A channel's checkpoint is written after all that it covers, and replaces the earlier one whole, so whoever reads the folder at any
moment, also after a crash, finds a tree that is complete: the old one or the new one.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from comity.adapters.courier import DirectoryCourier
from comity.domain.ledger import (
    TILE_WIDTH,
    Checkpoint,
    Lane,
    parse_checkpoint,
    parse_note,
    tile_path,
    tiles_for,
    tree_root,
)
from comity.domain.record import decode_bundle
from comity.errors import BadProof, ComityError, Conflict, NotFound
from comity.flows.carry import Readable
from comity.flows.check_pages import Get
from comity.flows.pages import Head
from comity.node.air_gap import write_page

LISTING = "channels"
LOCK = ".writing"
ROUNDS_MAX = 100
_PAGE = re.compile(r"(?:tile/[0-9]{1,2}|records)/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?(?P<draft>\.new)?")


@dataclass(frozen=True)
class Written:
    """What one writing brought.

    before     size that the folder showed until now, 0 when none
    pages      pages that are new
    rewritten  bundles from which something went by order since they were written
    removed    pages that the new checkpoint doesn't name any more
    """

    origin: str
    before: int
    size: int
    pages: int
    rewritten: tuple[str, ...]
    removed: int


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """The folder, made if it isn't there and then closed to others, held by this writer alone; Conflict `static-in-use`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise NotFound("file-not-written", file=str(folder), why=fault.strerror or "") from fault
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("static-in-use", folder=str(folder)) from None
        yield
    finally:
        os.close(handle)


def write_channel(
    folder: Path,
    ask: Callable[[], Head],
    get: Callable[[str], bytes],
    *,
    records: bool,
    told: Callable[[int, int], None],
) -> Written:
    """Brings the files of one channel up to what it is now: only what is new is written, full tiles never twice.

    ask      the channel at its newest size; asked again when an order came while its pages were read
    get      a page by its path
    records  without them only what proves the tree is there, and bodies that are there go
    told     hears (pages looked at, pages in all)

    Conflict `static-ahead` or `static-another-tree` when the folder shows what this channel is not: nothing is changed then.
    """
    before, pages = -1, 0
    rewritten: list[str] = []
    for _ in range(ROUNDS_MAX):
        head = ask()
        home = folder / "ch" / head.origin.rpartition("/")[2]
        shown = _shown(home, head)
        before = shown if before < 0 else before
        fresh, ahead = _write_new(home, head, get, records, told)
        pages += len(fresh)
        if ahead:  # an order that this checkpoint doesn't cover took something: the next one does
            continue
        _prove(home, head)
        _sync(home)
        if _bytes(home / "checkpoint") != head.checkpoint.encode():
            write_page(home / "checkpoint", head.checkpoint.encode())
            _sync(home)
        again, ahead = _write_parted(home, head, get, fresh) if records else ([], False)
        rewritten += again
        if not ahead:
            removed = _sweep(home, head, records)
            _sync(home)
            return Written(head.origin, before, head.size, pages, tuple(dict.fromkeys(rewritten)), removed)
    raise Conflict("static-no-rest", origin=head.origin, rounds=ROUNDS_MAX)


def write_listing(folder: Path, heads: Sequence[Head]) -> None:
    """`channels`, as the exchange has it: these, and those that were listed before."""
    known = {each.origin: each for each in listing(folder)}
    for head in heads:
        known[head.origin] = Readable(head.origin, head.vkey, head.lane, head.size, head.continues)
    lanes = {lane.value: lane.rank for lane in Lane}
    ordered = sorted(known.values(), key=lambda each: (lanes.get(each.lane, len(lanes)), each.origin))
    write_page(folder / LISTING, msgspec.json.encode(ordered))


def listing(folder: Path) -> list[Readable]:
    """What the folder says it holds; nothing is proven by it. Empty when it can't be read."""
    raw = _bytes(folder / LISTING)
    try:
        return msgspec.json.decode(raw or b"[]", type=list[Readable])
    except msgspec.MsgspecError:
        return []


def homes(folder: Path) -> list[Path]:
    """The folders of the channels that are shown here."""
    found = sorted(path for path in (folder / "ch").glob("*") if re.fullmatch("[0-9a-f]{16}", path.name))
    return [home for home in found if (home / "checkpoint").is_file()]


def reader(home: Path) -> Get:
    """The pages of one channel; NotFound `page-missing`."""
    courier = DirectoryCourier(home.parent)

    def get(path: str, bytes_max: int) -> bytes:
        try:
            return courier.read(f"/ch/{home.name}/{path}", bytes_max)
        except NotFound as fault:
            raise NotFound("page-missing", path=f"{home.name}/{path}") from fault

    return get


def _shown(home: Path, head: Head) -> int:
    """The size that the folder shows of this channel, 0 when none; it must be one that may grow into `head`."""
    raw = _bytes(home / "checkpoint")
    if raw is None:
        return 0
    facts = {"origin": head.origin, "folder": str(home)}
    try:
        there: Checkpoint = parse_checkpoint(parse_note(raw).text)
    except ComityError:
        raise Conflict("static-another-tree", **facts) from None
    if there.origin == head.origin and there.size > head.size:
        raise Conflict("static-ahead", shown=there.size, size=head.size, **facts)
    if there.origin != head.origin or (there.size == head.size and there.root.hex() != head.root):
        raise Conflict("static-another-tree", **facts)
    return there.size


def _write_new(
    home: Path, head: Head, get: Callable[[str], bytes], records: bool, told: Callable[[int, int], None]
) -> tuple[set[str], bool]:
    """Writes the pages that aren't there yet; says which, and whether an entry went by an order above the signed size."""
    wanted = list(_wanted(head.size, records))
    fresh: set[str] = set()
    ahead = False
    for done, path in enumerate(wanted, 1):
        file = home / path
        if not file.is_file():
            raw = get(path)
            ahead = ahead or _is_ahead(head, path, raw)
            write_page(file, raw)
            fresh.add(path)
        told(done, len(wanted))
    return fresh, ahead


def _write_parted(home: Path, head: Head, get: Callable[[str], bytes], fresh: set[str]) -> tuple[list[str], bool]:
    """Writes bundles anew from which something went since; the checkpoint that covers the orders is there already."""
    again: list[str] = []
    ahead = False
    for n in head.parted:
        path = tile_path("records", n, min(TILE_WIDTH, head.size - n * TILE_WIDTH))
        if path in fresh:
            continue
        raw = get(path)
        ahead = ahead or _is_ahead(head, path, raw)
        if raw != _bytes(home / path):
            write_page(home / path, raw)
            again.append(path)
    return again, ahead


def _is_ahead(head: Head, path: str, raw: bytes) -> bool:
    if not path.startswith("records/"):
        return False
    orders = [entry.order for entry in decode_bundle(raw, 0, TILE_WIDTH) if entry.order is not None]
    return any(order.origin == head.origin and order.index >= head.size for order in orders)


def _wanted(size: int, records: bool) -> Iterator[str]:
    """Paths of all pages of a tree of this size, in the order in which they are written."""
    for level, n, width in tiles_for(size):
        yield tile_path(level, n, width)
        if level == 0 and records:
            yield tile_path("records", n, width)


def _prove(home: Path, head: Head) -> None:
    """The tiles must lead to the signed root before its checkpoint is shown: they were written at other times, maybe by others."""

    def tile(level: int, n: int, width: int) -> bytes:
        raw = _bytes(home / tile_path(level, n, width))
        if raw is None or len(raw) != 32 * width:
            raise Conflict("static-another-tree", origin=head.origin, folder=str(home))
        return raw

    try:
        proven = tree_root(head.size, tile).hex() == head.root
    except BadProof:
        proven = False
    if not proven:
        raise Conflict("static-another-tree", origin=head.origin, folder=str(home))


def _sweep(home: Path, head: Head, records: bool) -> int:
    """Takes away the pages that nothing names any more: earlier partial ones, drafts of a writing that broke off."""
    wanted = set(_wanted(head.size, records))
    removed = 0
    for file in sorted(home.rglob("*")):
        path = file.relative_to(home).as_posix()
        shape = _PAGE.fullmatch(path)
        if path == "checkpoint.new" or (shape is not None and file.is_file() and path not in wanted):
            file.unlink()
            removed += 1
    return removed


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _sync(home: Path) -> None:
    """The folders' entries on disk; the files themselves are there already."""
    for folder in (home.parent, home, *(path for path in home.rglob("*") if path.is_dir())):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
