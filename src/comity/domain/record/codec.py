"""The codec: seals a body into an envelope and fields, opens them again, files them; strict both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from comity.domain.record.envelope import Header, header_of
from comity.domain.record.folder import Kind, kinds, kinds_from
from comity.domain.record.index import Told, index_of
from comity.domain.record.opened import Record, Trace
from comity.domain.record.opening import open_record
from comity.domain.record.sealing import Sealed, seal
from comity.errors import MalformedRecord

__all__ = [
    "Header",
    "Kind",
    "Record",
    "Sealed",
    "Told",
    "Trace",
    "header_of",
    "index_of",
    "kinds",
    "kinds_from",
    "open_record",
    "schema",
    "schemas",
    "seal",
]


def schema(kind: str, known: Mapping[str, Kind] | None = None) -> dict[str, Any]:
    """JSON Schema of a kind's body; what is sealed bears `"personal": true`."""
    by_kind = kinds() if known is None else known
    if kind not in by_kind:
        raise MalformedRecord("unknown-kind", kind=kind)
    schema_: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(by_kind[kind].body)))
    return schema_


def schemas(known: Mapping[str, Kind] | None = None) -> dict[str, dict[str, Any]]:
    """The JSON Schemas of all kinds."""
    return {kind: schema(kind, known) for kind in sorted(kinds() if known is None else known)}
