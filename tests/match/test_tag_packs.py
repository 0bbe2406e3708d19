"""TagPacks: what the header says holds for every tag, addresses are texts, and nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.match import looks_like_tag_pack, read_tag_pack
from comity.errors import Malformed

PACK = b"""\
title: FICTIONAL pack
creator: nobody (fictional)
label: a mixer that isn't
category: mixing_service
currency: BTC
confidence: web_crawl
lastmod: 2026-01-02
tags:
- address: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa
- address: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa
- address: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa
  label: another word for it
- address: 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed
  currency: ETH
  abuse: scam
- address: 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed
- label: no address at all
- 12
- address: 12
"""


def test_what_the_header_says_holds_unless_the_tag_says_otherwise() -> None:
    read = read_tag_pack(PACK)
    first, second, third = read.listings
    assert (first.value.value, first.role, first.said_on) == (
        "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "mixing-service",
        "2026-01-02",
    )
    assert "a mixer that isn't" in first.note
    assert "confidence: web_crawl" in first.note
    assert second.value == first.value
    assert "another word" in second.note
    assert (third.value.value, third.role) == ("evm:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "scam")


def test_each_refused_tag_has_its_number_and_reason() -> None:
    assert [(line.number, line.code) for line in read_tag_pack(PACK).refused] == [
        (2, "duplicate"),
        (5, "wallet-chain-mismatch"),
        (6, "tag-without-address"),
        (7, "tag-without-address"),
        (8, "wallet-not-recognised"),
    ]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\xff", "tag-pack-yaml"),
        (b"tags: [", "tag-pack-yaml"),
        (b"- a\n- b\n", "tag-pack-shape"),
        (b"title: x\n", "tag-pack-shape"),
        (b"title: x\ntags: y\n", "tag-pack-shape"),
        (b"", "tag-pack-shape"),
    ],
)
def test_a_file_of_another_shape_is_refused_as_a_whole(raw: bytes, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_tag_pack(raw)
    assert caught.value.code == code


@given(
    st.lists(
        st.sampled_from(["tags:", "title: x", "- address: 1", "- a: [", "  - &a *a", "- *a", "\t", "{", "- 1"]),
        max_size=6,
    )
)
def test_no_file_brings_anything_but_a_pack_or_malformed(lines: list[str]) -> None:
    raw = "\n".join(lines).encode()
    try:
        read = read_tag_pack(raw)
    except Malformed:
        return
    tags = yaml.load(raw, Loader=yaml.BaseLoader)["tags"]
    assert (len(read.listings), len(read.refused)) == (0, len(tags))


@pytest.mark.shared
def test_every_tag_of_the_public_packs_is_told_or_refused(shared_data: Path) -> None:
    """Held against the YAML library's own reading of the files."""
    total = 0
    refused: list[tuple[str, int, str]] = []
    for path in sorted((shared_data / "money" / "tagpacks").glob("*.yaml")):
        raw = path.read_bytes()
        assert looks_like_tag_pack(raw)
        read = read_tag_pack(raw)
        plain: Mapping[str, object] = yaml.safe_load(raw.replace(b"address: 0x", b"address: '0x'"))
        tags = plain["tags"]
        assert isinstance(tags, list)
        assert len(read.listings) + len(read.refused) == len(tags), path.name
        refused += [(path.stem, line.number, line.code) for line in read.refused if line.code != "duplicate"]
        total += len(tags)
    assert total == 44 + 45 + 5 + 608 + 21 + 6 + 572 + 6 + 2
    # Two addresses whose checksums fail, and a Tron address that is tagged as Bitcoin's: named, not guessed.
    assert refused == [
        ("ofac", 397, "wallet-checksum"),
        ("ofac", 398, "wallet-checksum"),
        ("ofac", 531, "wallet-chain-mismatch"),
    ]
