"""What all tests share: where the public data lie, and the rule that a missing thing is said, never swallowed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REQUIRED = {word for word in os.environ.get("COMITY_REQUIRE", "").split(",") if word}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public data and vectors: `$COMITY_SHARED/data`, else `../shared/data` beside the checkout."""
    root = Path(os.environ.get("COMITY_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    if not (root / "data").is_dir():
        message = f"public data not found at {root / 'data'}; set COMITY_SHARED to the folder that holds data/"
        if "shared" in REQUIRED:
            pytest.fail(message)
        pytest.skip(message)
    return root / "data"
