"""Sizes out of an event stream, however the network cuts it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.adapters.courier.nudges import LINE_BYTES_MAX, Announced, announced_in
from comity.errors import Malformed

NOISE = [b": still here\n\n", b"event: other\ndata: 5\n\n", b"\n", b"retry: 100\n\n", b"id: 7\n\n", b"data: 9\n\n"]


CHANNELS = st.one_of(st.just(""), st.text("0123456789abcdef", min_size=16, max_size=16))
SAYINGS = st.lists(st.builds(Announced, CHANNELS, st.integers(0, 10**19 - 1)))


@given(SAYINGS, st.data())
def test_every_announced_size_arrives_in_order_however_the_stream_is_cut(
    said: list[Announced], data: st.DataObject
) -> None:
    end = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    stream = b""
    for one in said:
        stream += data.draw(st.sampled_from([b"", *NOISE]))
        text = f"{one.channel} {one.size}".strip().encode()
        stream += (b"event: checkpoint\ndata: %b\n\n" % text).replace(b"\n", end)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert list(announced_in(chunks)) == said


def test_an_event_that_the_end_cuts_off_does_not_count() -> None:
    cut = [b"event: checkpoint\ndata: 1\n\nevent: checkpoint\ndata: 2\n"]
    assert list(announced_in(cut)) == [Announced("", 1)]


ODD = [
    b"",
    b"01",
    b"-1",
    b"1.0",
    b"1e3",
    b"1" * 20,
    "١".encode(),
    b"0x1",
    b"abc 1",
    b"A" * 16 + b" 1",
    b"0" * 16 + b" ",
]


@pytest.mark.parametrize("size", ODD)
def test_a_size_that_is_none_is_refused(size: bytes) -> None:
    with pytest.raises(Malformed) as told:
        list(announced_in([b"event: checkpoint\ndata: " + size + b"\n\n"]))
    assert told.value.code == "event-size"


def test_an_endless_line_is_refused_before_it_is_kept() -> None:
    with pytest.raises(Malformed) as told:
        list(announced_in(b"x" * 100 for _ in range(LINE_BYTES_MAX)))
    assert told.value.code == "event-line-too-long"
