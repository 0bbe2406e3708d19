"""Answers that were given before a backup was put back aren't given again: they stand in what was taken back of our own channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from comity.domain.record import ABOUT, about_key, decode_fields, open_record
from comity.ports import Letter, World

BACK = "store/back"
"""Cursor: how often a return from a backup was acknowledged."""


def unanswered(world: World, letters: Sequence[Letter]) -> list[Letter]:
    """These letters without acknowledgements that say what one of ours about the same place says; all, where nothing was restored."""
    if not world.store.cursor(BACK):
        return list(letters)
    return [letter for letter in letters if not _was_given(world, letter)]


def _was_given(world: World, letter: Letter) -> bool:
    header = letter.told.header
    if header is None or not header.kind.startswith("ack/"):
        return False
    said = _said(letter.sealed.envelope, letter.sealed.fields)
    keys = [about_key(about.origin, about.index) for about in letter.told.about]
    ours = {channel.origin for channel in world.store.channels() if channel.writer == world.me.name}
    places = [place for found in world.store.traced(ABOUT, keys).values() for place in found if place.origin in ours]
    for place, told in world.store.told(places).items():
        if told.header is None or told.header.kind != header.kind or told.fault is not None:
            continue
        for entry in world.store.entries(place.origin, place.index, place.index + 1):
            if entry.envelope is not None and _said(entry.envelope, decode_fields(entry.fields)) == said:
                return True
    return False


def _said(envelope: bytes, fields: Any) -> Any:
    """The body without its time; its type is the kind's."""
    return structs.replace(open_record(envelope, fields).body, at="")
