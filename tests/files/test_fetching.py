"""The worker that fetches named files: it goes on where it broke off, stays behind the records, and gives up on what isn't the file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from comity.adapters.courier import HttpsCourier
from comity.adapters.files import FolderFiles, MemoryFiles
from comity.domain.ledger import Channel, Lane, Peer
from comity.errors import Unreachable
from comity.flows.drain import Drainer
from comity.flows.receive import Puller, pull_all
from comity.node.fetching import Fetching
from comity.ports import Opened, Reply
from tests.faces.exchange.nodes import Node, make_node, serving
from tests.files.kept import CHUNK, STORAGE_KEY, digest, noise
from tests.files.naming import hand_over, item

PATIENCE_S = 30.0


class Watched(MemoryFiles):
    """Remembers from where it was read; may hand out other bytes than it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.starts: list[int] = []
        self.lie = b""

    def read(self, sha256: str, start: int = 0) -> Iterator[bytes]:
        self.starts.append(start)
        if self.lie:
            return iter([self.lie[start:]])
        return super().read(sha256, start)


@dataclass
class Two:
    """`writer` names files to `reader`, which pulls when it is told to."""

    writer: Node
    kept: Watched
    reader: Node
    urgent: str
    bulk: str

    def carried(self) -> None:
        pull_all(Puller(self.reader.world, self.writer.card()))
        Drainer(self.reader.world, self.writer.name).drain_all()

    def fetching(self, *, bytes_max: int = 1 << 30) -> Fetching:
        paths = self.reader.keyring.certificate_path, self.reader.keyring.certificate_key_path
        fresh = lambda: HttpsCourier(*paths, connect_s=3.0, read_s=3.0)  # noqa: E731
        worker = Fetching(self.reader.world, fresh, bytes_max=bytes_max, look_s=0.02, pause_min_s=0.02)
        worker.start()
        return worker


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    kept = Watched()
    writer = make_node(tmp_path, "police.kr.example", files=kept)
    reader = make_node(tmp_path, "police.kh.example", files=FolderFiles(tmp_path / "files", STORAGE_KEY))
    writer.accept(reader)
    reader.accept(writer)
    origins = [writer.open_channel(reader.name, lane) for lane in (Lane.URGENT, Lane.BULK)]
    for origin, lane in zip(origins, (Lane.URGENT, Lane.BULK), strict=True):
        key = writer.keyring.key(origin)
        channel = Channel(key, writer.name, reader.name, lane, writer.world.clock.now())
        reader.store.keep([], [Opened(channel)])
    with serving(writer):
        yield Two(writer, kept, reader, *origins)
    reader.courier.close()


def _until(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_files_named_before_and_after_the_start_are_fetched(two: Two) -> None:
    raws = [noise(size, size) for size in (0, 10, 40 * CHUNK + 3)]
    for raw in raws:
        two.writer.world.files.keep([raw])
    hand_over(two.writer.world, two.urgent, item(raws[0]), item(raws[1]))
    two.carried()
    worker = two.fetching()
    _until(lambda: worker.state.files == 2)
    hand_over(two.writer.world, two.bulk, item(raws[2]))
    two.carried()
    _until(lambda: worker.state.files == 3)
    worker.stop()
    assert two.reader.world.files.names() == tuple(sorted(map(digest, raws)))
    assert b"".join(two.reader.world.files.read(digest(raws[2]))) == raws[2]
    # 4 + 8 + 16 chunks, then the rest: pieces grow while the line bears them.
    assert two.kept.starts[-4:] == [0, 4 * CHUNK, 12 * CHUNK, 28 * CHUNK]


def test_a_worker_that_was_stopped_goes_on_where_it_ended(two: Two) -> None:
    raw = noise(30 * CHUNK)
    two.writer.world.files.keep([raw])
    hand_over(two.writer.world, two.urgent, item(raw))
    two.carried()
    two.reader.world.files.extend(digest(raw), len(raw), 0, [raw[: 7 * CHUNK]])
    worker = two.fetching()
    _until(lambda: worker.state.files == 1)
    worker.stop()
    assert two.kept.starts == [7 * CHUNK, 11 * CHUNK, 19 * CHUNK]


def test_a_file_that_is_not_there_yet_is_asked_for_again(two: Two) -> None:
    hand_over(two.writer.world, two.urgent, item(b"it comes later"))
    two.carried()
    worker = two.fetching()
    _until(lambda: worker.state.faults.get("not-at-peer", 0) >= 2)
    two.writer.world.files.keep([b"it comes later"])
    _until(lambda: worker.state.files == 1)
    worker.stop()
    assert worker.state.waiting == 0


def test_a_file_with_another_digest_is_never_kept_and_given_up_with_a_notice(two: Two) -> None:
    raw = noise(2 * CHUNK)
    two.writer.world.files.keep([raw])
    two.kept.lie = noise(2 * CHUNK, seed=9)
    hand_over(two.writer.world, two.urgent, item(raw))
    two.carried()
    worker = two.fetching()
    _until(lambda: worker.state.given_up == 1)
    worker.stop()
    assert (two.kept.starts, two.reader.world.files.names()) == ([0, 0, 0], ())
    kinds = sorted(each.kind for each in two.reader.store.notices() if each.kind.startswith("file"))
    assert kinds == ["file-given-up", "file-wrong"]


def test_a_file_larger_than_the_limit_is_not_asked_for(two: Two) -> None:
    two.writer.world.files.keep([b"a" * 101])
    hand_over(two.writer.world, two.urgent, item(b"a" * 101))
    two.carried()
    worker = two.fetching(bytes_max=100)
    _until(lambda: worker.state.given_up == 1)
    worker.stop()
    assert two.kept.starts == []
    (notice,) = [each for each in two.reader.store.notices() if each.kind == "file-given-up"]
    assert notice.about["reason"] == "file-too-large"


class NoRecords:
    """A line that breaks whenever records are asked for."""

    def __init__(self, courier: HttpsCourier) -> None:
        self._courier = courier

    def get(self, peer: Peer, path: str, body_bytes_max: int) -> bytes:
        if "/records/" in path:
            raise Unreachable("hung-up", peer=peer.name)
        return self._courier.get(peer, path, body_bytes_max)

    def post(self, peer: Peer, path: str, body: bytes) -> Reply:
        return self._courier.post(peer, path, body)


def test_nothing_is_fetched_while_pressing_records_are_on_their_way(two: Two) -> None:
    two.writer.world.files.keep([b"a file that can wait"])
    hand_over(two.writer.world, two.bulk, item(b"a file that can wait"))
    two.carried()
    two.writer.append(two.urgent, 300)
    broken = replace(two.reader.world, courier=NoRecords(two.reader.courier))  # type: ignore[arg-type]
    pull_all(Puller(broken, two.writer.card()))
    position = two.reader.store.position(two.urgent)
    assert position.pending > position.size == 0
    worker = two.fetching()
    time.sleep(0.5)
    assert (worker.state.pieces, two.kept.starts) == (0, [])
    two.carried()
    _until(lambda: worker.state.files == 1)
    worker.stop()
