"""Other people's vectors, all of them: transparency-dev/merkle and wycheproof."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.domain.ledger import (
    verify_consistency,
    verify_ed25519,
    verify_inclusion,
    verify_mldsa44,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from comity.errors import BadProof

pytestmark = pytest.mark.shared


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text) if text else b""


def _holds(check: Callable[..., None], *arguments: Any) -> bool:
    try:
        check(*arguments)
    except BadProof:
        return False
    return True


def _arguments(d: dict[str, Any], *names: str) -> list[Any]:
    told = [d[name] if isinstance(d[name], int) else _bytes(d[name]) for name in names if name != "proof"]
    told.insert(names.index("proof"), [_bytes(each) for each in d["proof"] or []])
    return told


@pytest.mark.parametrize(
    ("file", "count", "check", "names"),
    [
        ("inclusion", 98, verify_inclusion, ("leafIdx", "treeSize", "leafHash", "proof", "root")),
        ("consistency", 98, verify_consistency, ("size1", "size2", "root1", "root2", "proof")),
        (
            "subtreeinclusion",
            204,
            verify_subtree_inclusion,
            ("leafIdx", "start", "end", "leafHash", "proof", "root"),
        ),
        (
            "subtreeconsistency",
            118,
            verify_subtree_consistency,
            ("start", "end", "size", "root1", "root2", "proof"),
        ),
    ],
)
def test_every_merkle_vector_is_judged_as_published(
    shared_data: Path, file: str, count: int, check: Callable[..., None], names: tuple[str, ...]
) -> None:
    vectors = [json.loads(line) for line in (shared_data / "merkle" / f"{file}.jsonl").read_text("utf-8").splitlines()]
    assert len(vectors) == count
    differs = [d["path"] for d in vectors if _holds(check, *_arguments(d, *names)) == d["wantErr"]]
    assert differs == []


def _wycheproof(shared_data: Path, file: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in json.loads((shared_data / "wycheproof" / file).read_text("utf-8"))["testGroups"]:
        for case in group["tests"]:
            yield group, case


def test_every_wycheproof_ed25519_vector_is_judged_as_published(shared_data: Path) -> None:
    cases = list(_wycheproof(shared_data, "ed25519_test.json"))
    assert len(cases) == 151
    differs = [
        case["tcId"]
        for group, case in cases
        if verify_ed25519(
            bytes.fromhex(group["publicKey"]["pk"]), bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
        )
        != (case["result"] == "valid")
    ]
    assert differs == []


def test_every_wycheproof_mldsa_vector_is_judged_as_published_and_foreign_contexts_are_refused(
    shared_data: Path,
) -> None:
    cases = list(_wycheproof(shared_data, "mldsa_44_verify_test.json"))
    assert len(cases) == 180
    differs = [
        case["tcId"]
        for group, case in cases
        if verify_mldsa44(bytes.fromhex(group["publicKey"]), bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
        != (case["result"] == "valid" and not case.get("ctx"))
    ]
    assert differs == []
