"""Across an air gap: the same steps over files, the same proofs, and an answer that fits a QR code."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import segno
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as with_

from comity.adapters.courier import DirectoryCourier
from comity.domain.ledger import parse_note, parse_policy
from comity.domain.receipt import verify_receipt
from comity.domain.record import decode_bundle
from comity.errors import ComityError, Malformed, NotFound
from comity.flows.air_gap import About, crossing, join_answers, pages, split_answers, take_answers
from comity.flows.certify import certify, policy_text
from comity.node.air_gap import laid_out, pack, take, write_page
from comity.ports import PeerKept, Place
from tests.worlds import Pair, letter, pair, sealed_indicator


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Pair]:
    """Two nodes whose only way to each other is a stick: any call to a courier would fail."""
    made = pair(tmp_path)
    for world in (made.kr, made.kh):
        world.courier._worlds.clear()  # type: ignore[attr-defined]
    sealing = replace(made.kr_sees_kh, seal_key=made.kh.keyring.seal_key())
    made.kr.store.keep([], [PeerKept(sealing)])
    yield replace(made, kr_sees_kh=sealing)
    made.kr.store.close()
    made.kh.store.close()


def written(two: Pair, count: int, start: int = 0) -> None:
    letters = [letter(two.bulk.origin, sealed_indicator(two.kr, n)) for n in range(start, start + count)]
    two.kr.store.keep([letter(two.urgent.origin, sealed_indicator(two.kr, 10_000 + start)), *letters])


def archive(two: Pair, *, whole: bool = False, sealed: bool = True) -> bytes:
    sink = io.BytesIO()
    pack(two.kr, two.kr_sees_kh, sink, whole=whole, sealed=sealed)
    return sink.getvalue()


def taken(two: Pair, raw: bytes) -> tuple[list[tuple[str, int, int, str]], bytes]:
    with laid_out(two.kh, io.BytesIO(raw)) as folder:
        found = take(two.kh, folder)
    return [(c.lane, c.size, c.fresh, c.fault) for c in found.channels], found.answer


@pytest.mark.parametrize("sealed", [True, False])
def test_what_is_carried_is_held_whole_and_its_answer_is_the_proof_of_service(two: Pair, sealed: bool) -> None:
    written(two, 600)
    outcome, answer = taken(two, archive(two, sealed=sealed))
    assert outcome == [("urgent", 1, 1, ""), ("bulk", 600, 600, "")]
    for channel in (two.urgent, two.bulk):
        ours, theirs = two.kr.store.position(channel.origin), two.kh.store.position(channel.origin)
        assert (ours.size, ours.root) == (theirs.size, theirs.root)
        assert theirs.drained == theirs.size
    assert {a.status for a in take_answers(two.kr, answer)} == {200}
    receipt = certify(two.kr, Place(two.bulk.origin, 599))
    verified = verify_receipt(receipt.proof, policy=parse_policy(policy_text(two.kr)))
    assert [c.name for c in verified.delivered] == ["taskforce.kh.example/receipt"]


def test_a_stick_twice_is_a_no_op_and_a_late_one_only_smaller(two: Pair) -> None:
    written(two, 3)
    first = archive(two)
    written(two, 3, start=100)
    second = archive(two)
    assert taken(two, second)[0] == [("urgent", 2, 2, ""), ("bulk", 6, 6, "")]
    before = two.kh.store.notices()
    again, answer = taken(two, second)
    assert again == [("urgent", 2, 0, ""), ("bulk", 6, 0, "")]
    late, _ = taken(two, first)
    assert late == [("urgent", 2, 0, ""), ("bulk", 6, 0, "")]
    assert two.kh.store.notices() == before
    assert {a.status for a in take_answers(two.kr, answer)} == {200}
    assert {a.status for a in take_answers(two.kr, answer)} == {200}, "an answer twice is one"


def test_the_next_stick_carries_only_what_is_not_confirmed_yet(two: Pair) -> None:
    written(two, 300)
    _, answer = taken(two, archive(two))
    take_answers(two.kr, answer)
    written(two, 2, start=1000)
    about = crossing(two.kr, two.kr_sees_kh, whole=False)
    assert [(c.start, c.size) for c in about.channels] == [(1, 2), (300, 302)]
    carried = [path for path, _ in pages(two.kr, two.kr_sees_kh, about) if "/records/" in path]
    assert len(carried) == 2, "one page for each channel, though 302 records need two"
    assert taken(two, archive(two))[0] == [("urgent", 2, 1, ""), ("bulk", 302, 2, "")]


def test_a_stick_that_starts_later_than_what_is_held_says_so_and_changes_nothing(two: Pair) -> None:
    written(two, 3)
    _, answer = taken(two, archive(two))
    take_answers(two.kr, answer)
    written(two, 3, start=50)
    fresh = crossing(two.kr, two.kr_sees_kh, whole=False)
    later = replace_start(fresh, 5)
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w|") as tar:
        for name, raw in pages(two.kr, two.kr_sees_kh, later):
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            tar.addfile(info, io.BytesIO(raw))
    outcome, _ = taken(two, sink.getvalue())
    assert outcome[1] == ("bulk", 3, 0, "crossing-starts-later")


def replace_start(about: About, start: int) -> About:
    return with_(about, channels=tuple(with_(c, start=min(start, c.size)) for c in about.channels))


def test_every_page_comes_before_the_checkpoint_that_covers_it_so_what_breaks_off_shows_nothing(
    two: Pair, tmp_path: Path
) -> None:
    written(two, 300)
    about = crossing(two.kr, two.kr_sees_kh, whole=False)
    files = list(pages(two.kr, two.kr_sees_kh, about))
    for count in range(1, len(files)):
        folder = tmp_path / f"broken-{count}"
        for name, raw in files[:count]:
            write_page(folder / name, raw)
        found = take(two.kh, folder)
        whole = {name.partition("/")[0] for name, _ in files[:count] if name.endswith("/checkpoint")}
        for channel in found.channels:
            held = two.kh.store.position(channel.origin).size
            assert held == (channel.size if channel.origin.rpartition("/")[2] in whole else 0)


def test_each_cosigned_checkpoint_is_below_five_hundred_bytes_and_a_qr_code_gives_it_back(two: Pair) -> None:
    written(two, 3)
    _, answer = taken(two, archive(two))
    notes = split_answers(answer)
    assert len(notes) == 2
    for note in notes:
        assert len(note) < 500
        (read,) = zxingcpp.read_barcodes(picture(segno.make(note, error="m", micro=False)))
        assert bytes(read.bytes) == note, "read by another library"
        assert parse_note(note).signatures


def picture(code: segno.QRCode) -> memoryview:
    """Rows of grey values."""
    rows = [bytes(0 if dark else 255 for dark in row) for row in code.matrix_iter(scale=4, border=4)]
    return memoryview(b"".join(rows)).cast("B", (len(rows), len(rows[0])))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_or_a_cut_in_a_sealed_stick_is_refused_and_nothing_is_taken(
    two: Pair, data: st.DataObject
) -> None:
    if not two.kr.store.position(two.bulk.origin).size:
        written(two, 2)
    raw = bytearray(archive(two))
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    with pytest.raises(ComityError) as caught:
        taken(two, bytes(raw))
    assert isinstance(caught.value, Malformed | NotFound)
    assert two.kh.store.position(two.bulk.origin).size == 0


def test_only_whom_it_is_for_opens_a_sealed_stick(two: Pair) -> None:
    written(two, 2)
    with pytest.raises(Malformed, match="sealed-to-another"), laid_out(two.kr, io.BytesIO(archive(two))):
        pass


def test_a_sealed_stick_names_nobody_and_hides_its_count(two: Pair) -> None:
    written(two, 2)
    few = archive(two)
    assert b"example" not in few
    assert two.bulk.origin.rpartition("/")[2].encode() not in few
    written(two, 1, start=500)
    assert len(archive(two)) == len(few), "one record more doesn't show"


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "a/../../evil", "about.json/x", "A" * 16 + "/checkpoint", "x" * 16 + "/c d", "other"],
)
def test_a_name_that_no_crossing_holds_is_refused_before_anything_is_written(
    two: Pair, tmp_path: Path, name: str
) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w|") as tar:
        info = tarfile.TarInfo(name)
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(Malformed, match="crossing-name"), laid_out(two.kh, io.BytesIO(sink.getvalue())):
        pass


def test_a_link_in_an_archive_is_refused(two: Pair) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w|") as tar:
        info = tarfile.TarInfo("about.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(Malformed, match="crossing-name"), laid_out(two.kh, io.BytesIO(sink.getvalue())):
        pass


def test_a_stick_for_somebody_else_or_from_nobody_known_is_refused(two: Pair, tmp_path: Path) -> None:
    written(two, 1)
    about = crossing(two.kr, two.kr_sees_kh, whole=False)
    for name, raw in pages(two.kr, two.kr_sees_kh, about):
        write_page(tmp_path / "c" / name, raw)
    with pytest.raises(Malformed, match="crossing-for-another"):
        take(two.kr, tmp_path / "c")
    head = tmp_path / "c" / "about.json"
    head.write_bytes(head.read_bytes().replace(b"police.kr.example", b"nobody.kr.example"))
    with pytest.raises(NotFound, match="peer"):
        take(two.kh, tmp_path / "c")


def test_a_page_that_holds_more_is_cut_to_what_is_asked_for(two: Pair, tmp_path: Path) -> None:
    written(two, 200)
    about = crossing(two.kr, two.kr_sees_kh, whole=False)
    for name, raw in pages(two.kr, two.kr_sees_kh, about):
        write_page(tmp_path / name, raw)
    courier, folder = DirectoryCourier(tmp_path), two.bulk.origin.rpartition("/")[2]
    for start, stop in ((0, 200), (0, 1), (7, 9), (199, 200)):
        raw = courier.get(two.kh_sees_kr, f"/ch/{folder}/records/000.p/{stop}?skip={start}", 1 << 30)
        entries = decode_bundle(raw, start, stop - start)
        assert entries == two.kr.store.entries(two.bulk.origin, start, stop)
    leaves = courier.get(two.kh_sees_kr, f"/ch/{folder}/tile/0/000.p/5", 1 << 30)
    assert leaves == b"".join(two.kr.store.leaves(two.bulk.origin, 0, 5))
    with pytest.raises(NotFound):
        courier.get(two.kh_sees_kr, f"/ch/{folder}/tile/0/001", 1 << 30)


@pytest.mark.parametrize("raw", [b"", b"\n", b"x", b"a\nb\n", b"a\n1\nb\n\n\xe2\x80\x94 x y\nrest"])
def test_an_answer_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        split_answers(raw)


def test_answers_join_and_part_again_whatever_ends_their_lines(two: Pair) -> None:
    written(two, 3)
    _, answer = taken(two, archive(two))
    notes = split_answers(answer)
    assert split_answers(join_answers(notes)) == notes
    assert split_answers(answer.replace(b"\n", b"\r\n")) == notes
    assert split_answers(b"\n" + answer + b"\n\n") == notes


def test_an_answer_by_another_hand_is_refused(two: Pair) -> None:
    written(two, 1)
    _, answer = taken(two, archive(two))
    forged = bytearray(answer)
    place = answer.index(b"receipt ") + 30
    forged[place] = ord("A") if forged[place] != ord("A") else ord("B")
    statuses = {a.status for a in take_answers(two.kr, bytes(forged))}
    assert statuses & {403, 404}
