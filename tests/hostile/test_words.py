"""Every kind of refusal has words, and no words are left over."""

from __future__ import annotations

from comity.faces.cli import attack_words
from comity.flows.attacks import KINDS


def test_every_kind_has_words_and_every_word_a_kind() -> None:
    assert set(attack_words.KINDS) == set(KINDS)
    assert len(set(KINDS)) == len(KINDS)
