"""Sizes out of an event stream, however the network cuts it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.adapters.courier.nudges import LINE_BYTES_MAX, sizes_in
from comity.errors import Malformed

NOISE = [b": still here\n\n", b"event: other\ndata: 5\n\n", b"\n", b"retry: 100\n\n", b"id: 7\n\n", b"data: 9\n\n"]


@given(st.lists(st.integers(0, 10**19 - 1)), st.data())
def test_every_announced_size_arrives_in_order_however_the_stream_is_cut(sizes: list[int], data: st.DataObject) -> None:
    end = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    stream = b""
    for size in sizes:
        stream += data.draw(st.sampled_from([b"", *NOISE]))
        stream += (b"event: checkpoint\ndata: %d\n\n" % size).replace(b"\n", end)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert list(sizes_in(chunks)) == sizes


def test_an_event_that_the_end_cuts_off_does_not_count() -> None:
    assert list(sizes_in([b"event: checkpoint\ndata: 1\n\nevent: checkpoint\ndata: 2\n"])) == [1]


@pytest.mark.parametrize("size", [b"", b"01", b"-1", b"1.0", b"1e3", b"1" * 20, "١".encode(), b"0x1"])
def test_a_size_that_is_none_is_refused(size: bytes) -> None:
    with pytest.raises(Malformed) as told:
        list(sizes_in([b"event: checkpoint\ndata: " + size + b"\n\n"]))
    assert told.value.code == "event-size"


def test_an_endless_line_is_refused_before_it_is_kept() -> None:
    with pytest.raises(Malformed) as told:
        list(sizes_in(b"x" * 100 for _ in range(LINE_BYTES_MAX)))
    assert told.value.code == "event-line-too-long"
