"""JSON Schemas of everything that a record is made of, out of the types that read it."""

from __future__ import annotations

from typing import Any, get_type_hints

import msgspec

from comity.domain.record import Envelope, Marking, schemas

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def all_schemas() -> dict[str, dict[str, Any]]:
    """File name without ending → schema: each kind, the envelope and the marking."""
    bodies = {kind.replace("/", "-"): body for kind, body in schemas().items()}
    parts = {"envelope-1": _of(_envelope()), "marking-1": _of(Marking)}
    return {name: {"$schema": DRAFT, **schema} for name, schema in (bodies | parts).items()}


def _of(type_: type) -> dict[str, Any]:
    schema: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(type_)))
    return schema


def _envelope() -> type[msgspec.Struct]:
    """The envelope with its two raw places open: a body is its kind's matter, and a marking never breaks a record."""
    hints = get_type_hints(Envelope, include_extras=True) | {"marking_raw": Any, "body": dict[str, Any]}
    members: list[Any] = []
    for field in msgspec.structs.fields(Envelope):
        hint = hints[field.name]
        name = field.encode_name
        if name == "marking":
            members.append((name, hint, None))
        elif field.required:
            members.append((name, hint))
        elif field.default is msgspec.NODEFAULT:
            members.append((name, hint, msgspec.field(default_factory=field.default_factory)))
        else:
            members.append((name, hint, field.default))
    return msgspec.defstruct(
        "Envelope",
        members,
        frozen=True,
        forbid_unknown_fields=True,
        kw_only=True,
        namespace={"__doc__": "One record without its personal values."},
    )
