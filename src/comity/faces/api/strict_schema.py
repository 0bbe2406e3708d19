"""OpenAPI that says what the decoder does: a body that refuses unknown members is published as one that does."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin
from litestar.openapi.spec import Schema
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
