"""The description of the desk's API as a file: `docs/openapi.json` holds it, and a test fails when the two drift apart.

To write it anew, from the root of the checkout: .venv/bin/python -m comity.faces.api.openapi
"""

from __future__ import annotations

import json
from pathlib import Path

from comity.errors import Misconfigured
from comity.faces.api.desk import desk_app
from comity.node.assembly import Node

FILE = Path("docs/openapi.json")


def document() -> bytes:
    """OpenAPI 3.1 of every route, in one spelling."""
    told = desk_app(_nobody, "").openapi_schema.to_schema()
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _nobody() -> Node:
    raise Misconfigured("no-node", why="the description needs none")


if __name__ == "__main__":
    FILE.write_bytes(document())
