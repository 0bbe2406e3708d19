"""Writes what the specification has in files: vectors, schemas and machines.

python -m tests.spec.make_vectors          after a change that adds to the formats; a change of what is there is a fault
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.spec import vectors_requests
from tests.spec.schemas import all_schemas
from tests.spec.vectors_asking import asking
from tests.spec.vectors_bundles import bundles
from tests.spec.vectors_channels import checkpoints, keys, trees
from tests.spec.vectors_evidence import evidence
from tests.spec.vectors_invitations import invitations
from tests.spec.vectors_markings import markings
from tests.spec.vectors_receipts import receipts
from tests.spec.vectors_records import envelopes, fields
from tests.spec.vectors_requests import machine, requests

SPEC = Path(__file__).resolve().parents[2] / "docs" / "spec"
VECTORS = {
    "keys": keys,
    "fields": fields,
    "envelopes": envelopes,
    "markings": markings,
    "trees": trees,
    "checkpoints": checkpoints,
    "bundles": bundles,
    "receipts": receipts,
    "requests": requests,
    "invitations": invitations,
    "evidence": evidence,
    "asking": asking,
}


def files() -> dict[str, str]:
    """Path below docs/spec → text."""
    made: dict[str, Any] = {f"vectors/{name}.json": make() for name, make in VECTORS.items()}
    made |= {f"schemas/{name}.json": schema for name, schema in all_schemas().items()}
    made |= {f"machines/{name}.json": machine(name) for name in vectors_requests.MACHINES}
    return {path: json.dumps(value, ensure_ascii=False, indent=1) + "\n" for path, value in made.items()}


def main() -> None:
    for path, text in files().items():
        (SPEC / path).parent.mkdir(parents=True, exist_ok=True)
        (SPEC / path).write_text(text, encoding="utf-8")
    print(f"{len(files())} files below {SPEC}")


if __name__ == "__main__":
    main()
