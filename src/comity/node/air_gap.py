"""Crossings as files: one archive for a peer, open or sealed to it, and what is done with one that came.

archive   a tar of the pages, in their order
sealed    "comity-sealed/1" LF ‖ u16 length ‖ key sealed to the recipient ‖ the archive in sealed chunks, padded
"""

from __future__ import annotations

import io
import os
import re
import secrets
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from comity.adapters.courier import DirectoryCourier
from comity.adapters.keyring.sealing import seal_to
from comity.domain.ledger import Admission, Lane, Peer
from comity.errors import ComityError, Conflict, Malformed, NotFound
from comity.flows.air_gap import ABOUT, About, Carried, crossing, join_answers, pages, read_about
from comity.flows.drain import Drainer
from comity.flows.receive import Puller
from comity.node.stream import OpeningStream, SealingStream
from comity.ports import World

PAGE_BYTES_MAX = 512 * 1024 * 1024
MAGIC = b"comity-sealed/1\n"
INFO = b"comity-sealed/1\x00"
_NAME = re.compile(r"about\.json|policy|[0-9a-f]{16}/[a-z0-9]+(?:[./][a-z0-9]+)*")
_STEP_BYTES = 64 * 1024


@dataclass(frozen=True)
class Crossed:
    """What one channel of a crossing brought.

    size   held now; `fresh` of these entries were new
    fault  code, empty when it went well; `facts` beside it
    """

    origin: str
    lane: str
    size: int
    fresh: int
    fault: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Taken:
    """What became of a crossing; `answer` is to be carried back, empty when there is nothing to say."""

    node: str
    made: str
    channels: tuple[Crossed, ...]
    answer: bytes


def pack(world: World, peer: Peer, sink: BinaryIO, *, whole: bool, sealed: bool) -> About:
    """Writes a crossing for `peer`. Conflict `peer-has-no-seal-key` when it is to be sealed and the peer has told no key."""
    about = crossing(world, peer, whole=whole)
    if not sealed:
        _write_tar(sink, pages(world, peer, about))
        return about
    if not peer.seal_key:
        raise Conflict("peer-has-no-seal-key", peer=peer.name)
    key = secrets.token_bytes(32)
    wrapped = seal_to(peer.seal_key, key, INFO + peer.name.encode())
    sink.write(MAGIC + len(wrapped).to_bytes(2, "big") + wrapped)
    stream = SealingStream(sink, key)
    counted = _Counting(stream)
    _write_tar(counted, pages(world, peer, about))  # type: ignore[arg-type]  # tarfile asks for `write` alone
    for zeros in _padding(counted.size):
        stream.write(zeros)
    stream.close()
    return about


class _Counting:
    """Passes bytes on and counts them."""

    def __init__(self, sink: io.RawIOBase) -> None:
        self._sink, self.size = sink, 0

    def write(self, raw: bytes) -> int:
        self._sink.write(raw)
        self.size += len(raw)
        return len(raw)


def _padding(size: int) -> Iterator[bytes]:
    """Zeros up to the next size that tells little: 64 KiB, or at most an eighth more (Padmé's idea)."""
    step = max(1 << max(size.bit_length() - 4, 0), _STEP_BYTES)
    left = -size % step
    while left:
        piece = min(left, 1 << 16)
        yield bytes(piece)
        left -= piece


def _write_tar(sink: BinaryIO, files: Iterator[tuple[str, bytes]]) -> None:
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.USTAR_FORMAT) as tar:
        for name, raw in files:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(raw), 0o600
            tar.addfile(info, io.BytesIO(raw))


def unpack(source: BinaryIO, into: Path, unseal: Callable[[bytes], bytes]) -> None:
    """Lays the files of an archive into a folder, each whole and in their order; nothing but what a crossing may hold is taken.

    unseal  gives the key that was sealed to this node
    Malformed: `crossing-damaged`, `crossing-name`, `sealed-damaged`, `sealed-to-another`.
    """
    head = source.read(len(MAGIC))
    rest: io.RawIOBase | BinaryIO
    opened: OpeningStream | None = None
    if head == MAGIC:
        length = int.from_bytes(source.read(2), "big")
        rest = opened = OpeningStream(source, unseal(source.read(length)))
    else:
        rest = _Rejoined(head, source)
    try:
        with tarfile.open(fileobj=rest, mode="r|") as tar:  # tarfile asks for `read` alone
            for info in tar:
                if not info.isfile() or _NAME.fullmatch(info.name) is None or info.size > PAGE_BYTES_MAX:
                    raise Malformed("crossing-name", name=info.name[:200])
                file = tar.extractfile(info)
                assert file is not None  # of a plain file there always is one
                write_page(into / info.name, file.read())
    except (tarfile.TarError, EOFError, ValueError) as fault:
        raise Malformed("crossing-damaged", why=str(fault)[:200]) from fault
    if opened is not None:
        opened.finish()


class _Rejoined(io.RawIOBase):
    """A stream of which the first bytes were read already."""

    def __init__(self, head: bytes, source: BinaryIO) -> None:
        self._head, self._source = head, source

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        """Any writable buffer, as the standard library hands them over."""
        raw = self._head[: len(target)] or self._source.read(len(target))
        self._head = self._head[len(target) :]
        target[: len(raw)] = raw
        return len(raw)


def write_page(path: Path, raw: bytes) -> None:
    """One file of a crossing, durably, under its name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with open(draft, "wb") as out:
        out.write(raw)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, path)


@contextmanager
def laid_out(world: World, source: BinaryIO) -> Iterator[Path]:
    """The files of an archive in a folder that goes at the end."""
    info = INFO + world.me.name.encode()
    with TemporaryDirectory(prefix="comity-crossing-") as folder:
        unpack(source, Path(folder), lambda sealed: world.keyring.unseal(sealed, info))
        yield Path(folder)


def take(world: World, folder: Path) -> Taken:
    """R1 to R8 over the files of a crossing. A channel that can't be taken says why, and disturbs no other.

    NotFound `peer` when an unknown or not accepted node wrote it; Malformed when it is for somebody else, or no crossing.
    """
    try:
        about = read_about((folder / ABOUT).read_bytes())
    except FileNotFoundError:
        raise Malformed("no-crossing", why=f"{ABOUT} is missing") from None
    if about.audience != world.me.name:
        raise Malformed("crossing-for-another", **{"for": about.audience[:130], "here": world.me.name})
    peer = next((p for p in world.store.peers() if p.name == about.node), None)
    if peer is None or peer.admission is not Admission.ACCEPTED:
        raise NotFound("peer", peer=about.node[:130])
    courier = DirectoryCourier(folder)
    beside = replace(world, courier=courier)
    lanes = {lane.value: lane.rank for lane in Lane}
    crossed = []
    for channel in sorted(about.channels, key=lambda c: (lanes.get(c.lane, len(lanes)), c.origin)):
        crossed.append(_take_channel(beside, peer, channel))
        Drainer(beside, peer.name).drain_all()
    return Taken(about.node, about.made, tuple(crossed), join_answers(list(courier.answers.values())))


def _take_channel(world: World, peer: Peer, channel: Carried) -> Crossed:
    size = 0
    try:
        if world.store.channel(channel.origin).writer != peer.name:
            raise NotFound("channel", origin=channel.origin)
        size = world.store.position(channel.origin).size
        if channel.start > size:
            raise Conflict("crossing-starts-later", origin=channel.origin, held=size, starts=channel.start)
        pulled = Puller(world, peer).pull(channel.origin)
    except ComityError as fault:
        return Crossed(channel.origin, channel.lane, size, 0, fault.code, dict(fault.facts))
    return Crossed(channel.origin, channel.lane, pulled.size, pulled.fresh, "", {})


def carried(world: World, peer: Peer, *, whole: bool, sealed: bool) -> tuple[About, Iterator[bytes]]:
    """A crossing for `peer` as chunks of bytes; it is written to a file without a name first, so the answer is whole or a fault."""
    stack = ExitStack()
    file = stack.enter_context(_nameless())
    try:
        about = pack(world, peer, file, whole=whole, sealed=sealed)
        file.seek(0)
    except BaseException:
        stack.close()
        raise
    return about, _chunks(file, stack)


@contextmanager
def _nameless() -> Iterator[BinaryIO]:
    with TemporaryDirectory(prefix="comity-crossing-") as folder, open(Path(folder) / "archive", "w+b") as file:
        yield file


def _chunks(file: BinaryIO, stack: ExitStack) -> Iterator[bytes]:
    with stack:
        while piece := file.read(1 << 16):
            yield piece
