"""OpenAPI that says what the decoder does: of closed bodies, of tuples of any length, and of bodies that are no JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import KwargDefinition
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition


class StrictStructPlugin(StructSchemaPlugin):
    """The framework's own plugin, plus `additionalProperties: false` where the struct forbids unknown fields.

    It rests on a private module of the framework, whose minor version is pinned; tests/faces/desk holds it to what it does.
    """

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """`Any`: the creator's type is as private as the module it comes from."""
        schema = super().to_openapi_schema(field_definition, schema_creator)
        described = msgspec.inspect.type_info(field_definition.type_)
        if isinstance(described, msgspec.inspect.StructType) and described.cls.__struct_config__.forbid_unknown_fields:
            schema.additional_properties = False
        return schema


class TuplePlugin(OpenAPISchemaPlugin):
    """Publishes `tuple[X, ...]` as an array of X; with bounds on it, the framework would say "X or anything, but not both"."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return False

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        inner = field_definition.inner_types
        return field_definition.origin is tuple and len(inner) == 2 and inner[1].annotation is Ellipsis

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """`Any`: as above."""
        told = field_definition.kwarg_definition
        bounds = told if isinstance(told, KwargDefinition) else None
        return Schema(
            type=OpenAPIType.ARRAY,
            items=schema_creator.for_field_definition(field_definition.inner_types[0]),
            min_items=bounds.min_items if bounds else None,
            max_items=bounds.max_items if bounds else None,
        )


def operation_with_body(media_type: str) -> type[Operation]:
    """An operation that reads its body itself, and so has to say of which type it is."""

    @dataclass
    class Reading(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(content={media_type: OpenAPIMediaType(schema=Schema())}, required=True)

    return Reading
