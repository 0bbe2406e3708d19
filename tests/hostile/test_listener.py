"""Every attack is refused as it should be and told, and meanwhile an honest peer's channel goes ahead."""

from __future__ import annotations

import logging
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hostile.attacks import ATTACKS, Attack
from tests.hostile.siege import RECORDS, Siege, besieged


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with besieged(tmp_path_factory.mktemp("siege")) as made:
        made.go_on(1)
        yield made


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_it_is_refused_and_told_and_an_honest_channel_goes_ahead_meanwhile(
    siege: Siege, attack: Attack, record_property: Callable[[str, object], None], caplog: pytest.LogCaptureFixture
) -> None:
    before = sum(siege.told(kind, attack.peer) for kind in attack.kinds)
    alone = siege.go_on()
    with caplog.at_level(logging.WARNING), siege.under(attack.act) as held:
        during = siege.go_on()
    assert during.confirmed == RECORDS
    assert not held.broke, held.broke
    assert held.answered
    assert set(held.answered) <= set(attack.right), held.answered
    assert sum(siege.told(kind, attack.peer) for kind in attack.kinds) > before
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    record_property("records_per_s_alone", round(alone.per_s, 1))
    record_property("records_per_s_under_attack", round(during.per_s, 1))
    record_property("attempts", len(held.answered))
    record_property("rss_peak_mib", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def test_an_address_that_comes_too_often_is_let_go_before_any_handshake(tmp_path: Path) -> None:
    with besieged(tmp_path, lines_burst=6) as siege:
        siege.go_on(1)
        lines = [socket.create_connection(("127.0.0.1", siege.port), 5, ("127.0.0.9", 0)) for _ in range(9)]
        ended = 0
        for line in lines[6:]:
            line.settimeout(5)
            ended += line.recv(1) == b""
        assert ended == 3
        assert siege.told("lines-over-quota", "") == 3
        assert siege.go_on().confirmed == RECORDS, "other addresses, and lines that are open, are not touched"
        for line in lines:
            line.close()
