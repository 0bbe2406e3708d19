"""What a machine makes of an API's own description: requests that fit it and such that don't, with a few words that this node knows.

COMITY_FUZZ   requests for each operation; without it a few, the same ones at every run
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core import NOT_SET
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

FEW = 4
LONG = int(os.environ.get("COMITY_FUZZ", "0"))
FORESEEN = (502, 503, 507)
"""Faults beyond this node's will: a partner is away, too much at once, a full disk."""
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Known = Mapping[str, tuple[str, ...]]
"""Name of a parameter or of a member of a body -> values that mean something on this node."""
Send = Callable[[schemathesis.Case], Any]
"""Asks the node, and gives its answer: an httpx response."""


@dataclass(frozen=True)
class Described:
    """One operation of a description.

    operation   as the library has it
    body        checks a JSON body against the description, where it takes one
    """

    operation: Any
    body: Any


def operations(document: dict[str, Any]) -> dict[str, Described]:
    """Method and path -> operation."""
    schema = schemathesis.openapi.from_dict(document)
    found = [each.ok() for each in schema.get_all_operations()]
    return {each.label: Described(each, _body(document, each)) for each in found}


def _body(document: dict[str, Any], operation: Any) -> Any:
    told = document["paths"][operation.path][operation.method].get("requestBody", {}).get("content", {})
    schema = told.get("application/json", {}).get("schema")
    return jsonschema_rs.validator_for({**schema, "components": document["components"]}) if schema else None


def fuzz(described: Described, known: Known, send: Send, few: int = FEW) -> None:
    """Asks one operation in many ways; FailureGroup where an answer isn't what the description promises."""

    operation, fits = described.operation, described.body

    @settings(
        max_examples=LONG or few,
        derandomize=not LONG,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(st.data())
    def asked(data: st.DataObject) -> None:
        case = data.draw(_cases(operation, known))
        if isinstance(case.body, dict):
            case.body = data.draw(_worded(case.body, known))
        answer = send(case)
        assert answer.status_code < 500 or answer.status_code in FORESEEN, f"{case.as_curl_command()}\n{answer.text}"
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code < 300 and fits is not None and case.body is not NOT_SET:
            assert fits.is_valid(case.body), f"taken, though it doesn't fit: {case.body!r}"

    asked()


def as_asked(case: schemathesis.Case, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The case as arguments of an httpx client's `request`; these headers take the place of generated ones."""
    told = case.as_transport_kwargs(url)
    if not told["cookies"]:
        del told["cookies"]
    if "rest" in case.path_parameters:  # the remainder of a path, slashes and all
        told["url"] = told["url"].replace("%2F", "/")
    told["headers"] = {**told["headers"], **headers}
    if isinstance(told.get("data"), bytes | str):
        told["content"] = told.pop("data")
    return told


@st.composite
def _cases(draw: st.DrawFn, operation: Any, known: Known) -> Any:
    """Fitting or not; every other one with things that are there."""
    mode = draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    fixed: dict[str, dict[str, str]] = {"path_parameters": {}, "query": {}}
    if draw(st.booleans()):
        for where, parameters in (("path_parameters", operation.path_parameters), ("query", operation.query)):
            for each in parameters:
                if each.name in known and (where == "path_parameters" or draw(st.booleans())):
                    fixed[where][each.name] = draw(st.sampled_from(known[each.name]))
    return draw(operation.as_strategy(mode, **{where: given for where, given in fixed.items() if given}))


@st.composite
def _worded(draw: st.DrawFn, body: dict[str, Any], known: Known) -> dict[str, Any]:
    """The body with some of its words replaced by such that mean something here."""
    return {
        name: draw(st.sampled_from(known[name]))
        if name in known and isinstance(value, str) and draw(st.booleans())
        else value
        for name, value in body.items()
    }
