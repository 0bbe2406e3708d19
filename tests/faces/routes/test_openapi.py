"""The description of the API: the file in docs is what the app says, and every operation has a name and words of its own."""

from __future__ import annotations

import json

from comity.faces.api.openapi import FILE, document
from tests.house.tracked import ROOT

TOLD = json.loads(document())
OPERATIONS = [operation for item in TOLD["paths"].values() for operation in item.values()]


def test_the_file_in_docs_is_what_the_app_says() -> None:
    written = (ROOT / FILE).read_bytes()
    assert written == document(), "write it anew: .venv/bin/python -m comity.faces.api.openapi"


def test_it_is_openapi_3_1() -> None:
    assert TOLD["openapi"].startswith("3.1")


def test_every_operation_has_its_own_name_and_a_sentence() -> None:
    names = [operation["operationId"] for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(operation["summary"].endswith(".") for operation in OPERATIONS)


def test_acts_declare_who_acts() -> None:
    acting = {"X-Comity-Officer"}
    for path in ("/reports", "/imports", "/imports/warning-list", "/requests", "/requests/{request_id}/steps"):
        declared = {parameter["name"] for parameter in TOLD["paths"][path]["post"]["parameters"]}
        assert acting <= declared


def test_bodies_that_come_in_are_closed_and_answers_may_grow() -> None:
    schemas = TOLD["components"]["schemas"]
    for name in ("NewReport", "NewRequest", "NewStep", "NewAction", "Batch", "Attested", "GivenValue"):
        assert schemas[name]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["RequestView"]


def test_a_list_says_what_is_in_it_and_a_file_of_which_type_it_is() -> None:
    assert TOLD["components"]["schemas"]["NewReport"]["properties"]["values"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/GivenValue"},
        "maxItems": 200,
        "default": [],
    }
    assert list(TOLD["paths"]["/files"]["post"]["requestBody"]["content"]) == ["application/octet-stream"]
