"""What an officer tells with an act beyond a word: amounts held, files handed over, where a person is and who agreed to that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from litestar.datastructures import UploadFile

from comity.domain.action import Held
from comity.errors import Malformed
from comity.faces.console.forms import Form
from comity.faces.console.render import Desk
from comity.faces.console.spoken import PLACES
from comity.flows.access import filed_under
from comity.flows.answer import Item

METHODS = ("export-by-provider", "seizure", "screenshot", "forensic-image", "statement", "other")
"""How a file came about; other words come from other nodes and are shown as they are."""
CONSENTS = ("", "person", "child-path")
FILES_BYTES_MAX = 64 * 1024 * 1024
"""Of one form. What is larger is handed over by command."""
_PIECE = 1 << 16
_TYPE_MAX = 120


def held_in(form: Form, asked: Mapping[str, Any]) -> list[Held]:
    """The amount that is really held, in whole coins as people write them; none where the field is empty."""
    said = form.text("held_amount", most=60)
    if not said:
        return []
    asset = form.text("held_asset", most=120) or str(asked.get("asset", ""))
    amount = units(said, asset)
    if amount is None or not asset:
        form.fault("held_amount", "telling.amount", asset=asset, places=PLACES.get(asset.upper(), 0))
        return []
    return [Held(asset, amount)]


def units(text: str, asset: str) -> int | None:
    """Smallest units of an amount as people write it: `1 250.50` of USDT is 1250500000. None for what is no such amount."""
    plain = "".join(text.split()).replace("\u202f", "").replace("\u00a0", "").replace(",", ".")
    whole, _, part = plain.partition(".")
    places = PLACES.get(asset.upper(), 0)
    if not whole.isascii() or not whole.isdigit() or (part and not (part.isascii() and part.isdigit())):
        return None
    return int(whole) * 10**places + int(part.ljust(places, "0") or "0") if len(part) <= places else None


def consent_in(form: Form) -> tuple[str | None, str | None]:
    """(where the person is, whose word allows that it is told)"""
    return form.text("whereabouts", most=4000) or None, form.text("consent", most=40) or None


def method_in(form: Form) -> str:
    """How the files came about; the first word of the list where none was said."""
    return form.one_of("method", METHODS) if form.text("method") else METHODS[0]


def items_in(desk: Desk, form: Form) -> list[Item]:
    """Keeps the files that came with the form, encrypted, and names each by its digest."""
    method, limit = method_in(form), form.text("use_limitation", most=120) or None
    found = []
    for upload in form.files.get("files", ()):
        if not upload.filename:
            continue  # a browser's empty field
        sha256, size = desk.node.world.files.keep(_pieces(upload, desk.node.config.files.bytes_max))
        kind = (upload.content_type or "application/octet-stream").partition(";")[0].strip()[:_TYPE_MAX]
        found.append(Item(sha256, size, kind or "application/octet-stream", method, limit))
    if filed := filed_under(desk.node.world, desk.officer, "file", [each.sha256 for each in found]):
        desk.node.world.store.keep([], filed)
    return found


def _pieces(upload: UploadFile, bytes_max: int) -> Iterator[bytes]:
    taken = 0
    while piece := upload.file.read(_PIECE):
        taken += len(piece)
        if taken > bytes_max:
            raise Malformed("file-too-large", bytes_max=bytes_max)
        yield piece
