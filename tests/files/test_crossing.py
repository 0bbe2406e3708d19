"""A file crosses to whoever the record that names it was written for, and goes when the last such record does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from comity.adapters.files import MemoryFiles
from comity.domain.record.opened import file_trace
from comity.domain.terms import Granted, Refused
from comity.errors import Malformed, NotFound
from comity.flows import carry, files
from comity.flows.drain import Drainer
from comity.flows.receive import Puller, pull_all
from tests.files.kept import CHUNK, digest, noise
from tests.files.naming import hand_over, item, take_back
from tests.worlds import Pair, pair

RAW = noise(3 * CHUNK + 99)
NAME = digest(RAW)


@pytest.fixture(params=["sqlite", "memory"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    """KR writes for KH; both keep files."""
    made = pair(tmp_path, store=request.param)
    worlds = made.kr.courier._worlds  # type: ignore[attr-defined]
    for name in list(worlds):
        worlds[name] = replace(worlds[name], files=MemoryFiles())
    return replace(made, kr=worlds[made.kr.me.name], kh=worlds[made.kh.me.name])


def _carried(two: Pair) -> None:
    pull_all(Puller(two.kh, two.kh_sees_kr))
    Drainer(two.kh, two.kr.me.name).drain_all()


def test_a_record_is_found_by_the_file_it_names_and_the_whole_digest_counts(two: Pair) -> None:
    place = hand_over(two.kr, two.urgent.origin, item(b"one"), item(b"two"))
    (found,) = files.namings(two.kr, digest(b"two"))
    assert (found.place, found.size) == (place, 3)
    alike = digest(b"two")[:32] + "0" * 32
    assert file_trace(alike) == file_trace(digest(b"two"))
    assert files.namings(two.kr, alike) == ()
    assert files.namings(two.kr, "no digest") == ()


def test_a_named_file_comes_piece_by_piece_and_stands_here_at_the_last(two: Pair) -> None:
    two.kr.files.keep([RAW])
    hand_over(two.kr, two.urgent.origin, item(RAW))
    _carried(two)
    (wanted,) = files.wanted_now(two.kh)
    seen = [files.standing(two.kh, NAME)]
    while files.fetch_piece(two.kh, two.kh_sees_kr, wanted, CHUNK) < wanted.size:
        seen.append(files.standing(two.kh, NAME))
    assert [(each.state, each.held) for each in seen] == [
        ("named", 0),
        ("fetching", CHUNK),
        ("fetching", 2 * CHUNK),
        ("fetching", 3 * CHUNK),
    ]
    assert files.standing(two.kh, NAME).state == "here"
    assert b"".join(two.kh.files.read(NAME)) == RAW
    assert list(files.wanted_now(two.kh)) == []
    assert list(files.wanted_now(two.kr)) == []


def test_a_reader_finds_only_what_a_record_in_that_very_channel_names(two: Pair) -> None:
    two.kr.files.keep([RAW])
    place = hand_over(two.kr, two.urgent.origin, item(RAW))
    caller = two.kr_sees_kh
    assert b"".join(carry.file(two.kr, caller, two.urgent.origin, NAME, 5)[1]) == RAW[5:]
    asked = {
        "another channel of the same reader": (caller, two.bulk.origin, NAME, 0),
        "a file that nobody names": (caller, two.urgent.origin, digest(b"else"), 0),
        "beyond its end": (caller, two.urgent.origin, NAME, len(RAW) + 1),
        "what is no digest": (caller, two.urgent.origin, "../../api.token", 0),
    }
    two.kr.files.keep([b"else"])
    for what, (who, origin, name, start) in asked.items():
        with pytest.raises(NotFound) as told:
            carry.file(two.kr, who, origin, name, start)
        assert (told.value.code, told.value.facts) == ("no-such-file", {}), what
    take_back(two.kr, place)
    with pytest.raises(NotFound, match="no-such-file"):
        carry.file(two.kr, caller, two.urgent.origin, NAME)


def test_a_file_that_is_named_and_not_here_answers_like_one_that_is_not_named(two: Pair) -> None:
    hand_over(two.kr, two.urgent.origin, item(RAW))
    with pytest.raises(NotFound, match="no-such-file"):
        carry.file(two.kr, two.kr_sees_kh, two.urgent.origin, NAME)


def test_bytes_that_are_not_the_named_ones_are_noticed_and_thrown_away(two: Pair) -> None:
    two.kr.files.keep([RAW])
    hand_over(two.kr, two.urgent.origin, item(RAW, size=len(RAW) - 1))
    _carried(two)
    (wanted,) = files.wanted_now(two.kh)
    with pytest.raises(Malformed):
        files.fetch_piece(two.kh, two.kh_sees_kr, wanted, 8 * CHUNK)
    assert (two.kh.files.names(), two.kh.files.begun(NAME)) == ((), 0)
    (notice,) = [each for each in two.kh.store.notices() if each.kind == "file-wrong"]
    assert notice.about["sha256"] == NAME


def test_a_file_goes_with_the_last_record_that_names_it(two: Pair) -> None:
    two.kr.files.keep([RAW])
    first = hand_over(two.kr, two.urgent.origin, item(RAW))
    second = hand_over(two.kr, two.bulk.origin, item(RAW))
    take_back(two.kr, first)
    assert files.forget_unnamed(two.kr, [NAME]) == ()
    assert files.forget_unnamed(two.kr, [NAME], leaving={second}) == (NAME,)
    two.kr.files.keep([RAW])
    take_back(two.kr, second)
    assert files.forget_unnamed(two.kr, [NAME, NAME, digest(b"never here")]) == (NAME,)
    assert files.forget_unnamed(two.kr, [NAME]) == ()
    assert two.kr.files.names() == ()


def test_what_is_still_on_its_way_goes_too(two: Pair) -> None:
    two.kr.files.keep([RAW])
    place = hand_over(two.kr, two.urgent.origin, item(RAW))
    _carried(two)
    (wanted,) = files.wanted_now(two.kh)
    files.fetch_piece(two.kh, two.kh_sees_kr, wanted, CHUNK)
    take_back(two.kr, place)
    _carried(two)
    assert list(files.wanted_now(two.kh)) == []
    with pytest.raises(NotFound, match="file-not-named"):
        files.fetch_piece(two.kh, two.kh_sees_kr, wanted, CHUNK)
    assert two.kh.files.begun(NAME) == 0


def test_an_officer_takes_away_only_what_nobody_names(two: Pair) -> None:
    two.kr.files.keep([RAW])
    assert files.forget(two.kr, NAME) == Granted(True)
    two.kr.files.keep([RAW])
    hand_over(two.kr, two.urgent.origin, item(RAW))
    refused = files.forget(two.kr, NAME)
    assert isinstance(refused, Refused)
    assert [(reason.code, reason.facts["count"]) for reason in refused.reasons] == [("file-is-named", 1)]
    assert two.kr.files.names() == (NAME,)
