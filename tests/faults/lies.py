"""What tests of a lying far end share: two nodes with the liar between them, who has the writer's own keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from comity.domain.ledger import Checkpoint, note_bytes, signature_line
from comity.errors import ComityError
from comity.flows.receive import Pulled, Puller
from comity.ports import Noticed
from tests.faults.middle import Answer, Asked, Ending, Far, Middle, Sent, pass_on
from tests.faults.over_https import ONE_BY_ONE, ROUND, Wired

GROWN = 200
"""A pair of nodes serves one lie after the other, as long as all of it fits into one tile."""
PORTAL = b"<!doctype html><title>fictional login</title>"


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """An answer as a server would frame it."""
    told = {"content-length": str(len(body)), "content-type": "application/octet-stream"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


@dataclass
class Bench:
    """Two nodes that hold `base` entries alike; one round more is written, and the far end lies about it.

    clean   all was equal again at the end: the next lie may follow on the same nodes
    """

    two: Wired
    middle: Middle
    puller: Puller
    base: int = 0
    since: int = 0
    clean: bool = True
    _fast: Puller | None = None
    _slow: Puller | None = None

    def begin(self) -> None:
        self.middle.plan, self.clean = pass_on, False
        self.puller = self._fast = self._fast or self.puller
        self.two.write()
        self.puller.pull(self.origin)
        self.two.drain()
        self.base = self.two.kh.store.position(self.origin).size
        self.since = max((number for number, _ in self.two.kh.store.notices_after(0, 1 << 20)), default=0)
        self.two.write()

    @property
    def written(self) -> int:
        return self.base + ROUND

    def one_by_one(self) -> None:
        """From now on the reader asks for leaves as a tile, and for each record by itself."""
        self._slow = self._slow or self.two.over(self.puller.peer.address, ONE_BY_ONE)
        self.puller = self._slow

    def make_pending(self) -> None:
        """Leaves are followed; of the records none has come."""
        fast = self.puller
        self.one_by_one()
        self.lie("records", lambda answer: http(b"", "503 busy"))
        assert self.refused()[0] == "peer-status"
        assert self.two.kh.store.position(self.origin).pending == self.written
        self.puller = fast

    @property
    def nothing_new(self) -> bool:
        """What was held before the lie is held and cosigned still, and nothing else."""
        return self.held() == (self.base, self.base)

    @property
    def origin(self) -> str:
        return self.two.bulk.origin

    def note(self, size: int, root: bytes, *, text: bytes | None = None) -> bytes:
        """A checkpoint under the writer's own signature, whatever it says."""
        text = Checkpoint(self.origin, size, root).text() if text is None else text
        sign = lambda message: self.two.kr.keyring.sign(self.origin, message)  # noqa: E731
        return note_bytes(text, [signature_line(self.two.bulk.key, sign, text)])

    def lie(
        self, resource: str, change: Callable[[Answer], bytes | Iterable[bytes]], end: Ending | None = None
    ) -> list[int]:
        """From now on, answers for a resource are changed; the list tells how many there were."""
        count = [0]

        def plan(asked: Asked, far: Far) -> Sent | None:
            if asked.resource != resource:
                return None
            count[0] += 1
            told = change(far())
            return Sent([told] if isinstance(told, bytes) else told, end)

        self.middle.plan = plan
        return count

    def refused(self) -> tuple[str, Pulled | None]:
        """One round: the code of its fault, or what it came to. Nothing half may be left, and the other channel goes on."""
        code, pulled = "", None
        try:
            pulled = self.puller.pull(self.origin)
        except ComityError as fault:
            code = fault.code
        assert not self.middle.harm, self.middle.harm
        self.two.drain()
        self.two.look()
        self.two.go_ahead()
        return code, pulled

    def held(self) -> tuple[int, int]:
        line = self.two.kh.store.line(self.origin)
        return self.two.kh.store.position(self.origin).size, line.size if line else 0

    def told(self) -> list[Noticed]:
        """What was noticed since the lie, apart from what records say."""
        usual = {"match", "quarantined", "step-arrived"}
        return [n for _, n in self.two.kh.store.notices_after(self.since, 1 << 20) if n.kind not in usual]

    def notices(self) -> list[str]:
        return sorted({notice.kind for notice in self.told()})

    def mended(self) -> None:
        """The far end is honest again: one more fault at most, and all is equal."""
        self.middle.plan = pass_on
        self.two.write()
        faults = 0
        while True:
            try:
                if not self.puller.pull(self.origin).more:
                    break
            except ComityError:
                faults += 1
                assert faults < 2
        self.two.go_ahead()
        self.two.drain()
        self.two.equal()
        self.clean = True
