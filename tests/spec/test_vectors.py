"""The specification suffices: its vectors come out of the node as they stand, and a second reader makes the same of them."""

from __future__ import annotations

import ast
import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from tests.spec import (
    second_asking,
    second_evidence,
    second_invitation,
    second_json,
    second_reader,
    second_receipts,
    second_records,
    second_requests,
)
from tests.spec.make_vectors import SPEC, files
from tests.spec.second_json import Fault


def vectors(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((SPEC / "vectors" / f"{name}.json").read_text(encoding="utf-8"))
    return told


def cases(name: str, *more: str) -> list[Any]:
    found: Any = vectors(name)
    for key in more or ("cases",):
        found = found[key]
    return [pytest.param(case, id=case["name"].replace(" ", "-")) for case in found]


def bytes_of(case: dict[str, Any]) -> bytes:
    if "made_of" in case:
        part = case["made_of"]
        return str(part["head"] + part["fill"] * part["count"] + part["tail"]).encode()
    return case["text"].encode() if "text" in case else base64.b64decode(case["base64"])


def refused(case: dict[str, Any], call: Any, *arguments: Any) -> bool:
    """Whether the case is one that must be refused; then it is, with its code."""
    if case.get("code") is None:
        return False
    with pytest.raises(Fault) as fault:
        call(*arguments)
    assert fault.value.code == case["code"]
    return True


MADE = files()


@pytest.mark.parametrize("path", sorted(MADE))
def test_what_the_specification_has_in_files_comes_out_of_the_node_unchanged(path: str) -> None:
    """A difference is a change of a frozen format. What adds to the formats is written by `python -m tests.spec.make_vectors`."""
    assert (SPEC / path).read_text(encoding="utf-8") == MADE[path]


def test_no_file_of_the_specification_is_left_over() -> None:
    there = {path.relative_to(SPEC).as_posix() for path in SPEC.rglob("*.json")}
    assert there == {*MADE, "exchange.openapi.json"}, "that one is held against the served routes in tests/api_fuzz"


SECOND = (
    second_json,
    second_reader,
    second_records,
    second_receipts,
    second_requests,
    second_invitation,
    second_evidence,
    second_asking,
)


@pytest.mark.parametrize("module", SECOND, ids=lambda module: module.__name__)
def test_the_second_reader_shares_no_code_with_the_node(module: Any) -> None:
    tree = ast.parse(Path(module.__file__).read_text())
    named = {part.module or "" for part in ast.walk(tree) if isinstance(part, ast.ImportFrom)}
    named |= {name.name for part in ast.walk(tree) if isinstance(part, ast.Import) for name in part.names}
    assert not [name for name in named if name.partition(".")[0] not in _ALLOWED or "comity" in name]
    assert not [name for name in named if name.startswith("tests") and not name.startswith("tests.spec.second_")]


_ALLOWED = {"__future__", "base64", "collections", "dataclasses", "datetime", "hashlib", "hmac", "json", "nacl"} | {
    "pathlib", "re", "struct", "tests", "typing", "urllib",
}  # fmt: skip


# ---- records


def _milliseconds(text: str) -> int:
    """A time as the vectors' headers have it: any spelling of it gives the same."""
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


@pytest.mark.parametrize("case", cases("envelopes"))
def test_a_record_is_filed_or_quarantined_alike(case: dict[str, Any]) -> None:
    told = second_records.file_record(case["origin"], bytes_of(case["envelope"]), bytes.fromhex(case["fields"]))
    assert told.code == case["code"]
    assert told.about == case["about"]
    assert (told.header is None) == (case["header"] is None)
    if told.header is not None:
        assert {**told.header, "made": _milliseconds(told.header["made"])} == case["header"]
    if case["result"] == "filed":
        assert (told.opened, told.absent) == (case["opened"], case["absent"])


@pytest.mark.parametrize("case", vectors("fields")["cases"], ids=lambda case: case["pointer"])
def test_a_field_has_its_commitment_and_its_bytes(case: dict[str, Any]) -> None:
    ((pointer, salt, value),) = second_records.cut_fields(bytes.fromhex(case["bytes"]))
    assert (pointer, salt.hex(), value.decode()) == (case["pointer"], case["salt"], case["value"])
    assert second_records.commitment(pointer, salt, value).hex() == case["commitment"]


@pytest.mark.parametrize("case", cases("markings", "read"))
def test_a_marking_means_the_same(case: dict[str, Any]) -> None:
    assert second_records.read_marking(case["text"].encode()) == case["means"]


@pytest.mark.parametrize("case", vectors("markings")["meet"])
def test_two_markings_become_the_same_one(case: dict[str, Any]) -> None:
    a, b = (second_records.read_marking(json.dumps(case[name]).encode()) for name in "ab")
    assert second_records.strictest(a, b) == second_records.strictest(b, a) == case["strictest"]


@pytest.mark.parametrize("case", cases("bundles"))
def test_a_bundle_is_cut_alike(case: dict[str, Any]) -> None:
    arguments = bytes.fromhex(case["bytes"]), case["start"], case["count_max"]
    if refused(case, second_records.read_bundle, *arguments):
        return
    entries = second_records.read_bundle(*arguments)
    spelled: dict[str, Callable[[Any], Any]] = {"salt": bytes.hex, "envelope": bytes.decode, "fields": bytes.hex}
    told = [{part: spelled.get(part, _as_it_is)(one) for part, one in entry.items()} for entry in entries]
    assert told == case["entries"]


def _as_it_is(one: Any) -> Any:
    return one


# ---- channels


@pytest.mark.parametrize("case", cases("keys", "keys"))
def test_a_test_key_is_what_its_published_private_half_makes(case: dict[str, Any]) -> None:
    key = second_reader.read_key(case["vkey"])
    assert (key.name, key.id.hex()) == (case["name"], case["id"])
    assert SigningKey(bytes.fromhex(case["PRIVATE_TEST_KEY"])).verify_key.encode() == key.public


@pytest.mark.parametrize("case", cases("keys", "refused"))
def test_a_bad_key_is_refused(case: dict[str, Any]) -> None:
    assert refused(case, second_reader.read_key, case["vkey"])


def _leaves() -> Iterator[bytes]:
    for at in range(257):
        salt = sha256(f"comity test salt leaf {at}".encode()).digest()
        yield second_reader.leaf_of(second_reader.entry_of(salt, f"stands for envelope {at}".encode()))


LEAVES = list(_leaves())


def test_leaves_and_roots_are_the_same() -> None:
    told = vectors("trees")
    for case in told["leaves"]:
        entry = second_reader.entry_of(bytes.fromhex(case["salt"]), case["envelope"].encode())
        assert entry.hex() == case["entry"]
        assert second_reader.leaf_of(entry).hex() == case["leaf"] == LEAVES[case["index"]].hex()
    for size, root in told["roots"].items():
        kept = second_reader.CompactRange()
        for leaf in LEAVES[: int(size)]:
            kept.append(leaf)
        assert second_reader.root_of(LEAVES[: int(size)]).hex() == kept.root().hex() == root


def test_proofs_and_tiles_fit_the_roots() -> None:
    told = vectors("trees")
    for case in told["inclusion"]:
        index, size = case["index"], case["size"]
        hashes = [bytes.fromhex(each) for each in case["hashes"]]
        root = second_reader.root_of(LEAVES[:size])
        second_reader.check_inclusion(index, size, LEAVES[index], hashes, root)
        with pytest.raises(Fault):
            second_reader.check_inclusion(index, size, LEAVES[index], [*hashes, bytes(32)], root)
    level_1 = second_reader.root_of(LEAVES[:256])
    tiles = [b"".join(LEAVES[:256]), LEAVES[256], level_1]
    assert [sha256(tile).hexdigest() for tile in tiles] == [tile["sha256"] for tile in told["tiles"]]


@pytest.mark.parametrize("case", cases("checkpoints"))
def test_a_note_is_opened_alike(case: dict[str, Any]) -> None:
    keys = [second_reader.read_key(text) for text in case["keys"]]

    def opened() -> tuple[tuple[str, int, bytes], dict[str, int | None]]:
        note, good = second_reader.open_note(bytes_of(case), keys)
        return second_reader.read_checkpoint(note.text), good

    if not refused(case, opened):
        (origin, size, root), good = opened()
        assert {"origin": origin, "size": size, "root": root.hex()} == case["checkpoint"]
        assert good == case["good"]


@pytest.mark.parametrize("case", cases("checkpoints", "writer"))
def test_a_channel_is_followed_under_its_writers_key_alone(case: dict[str, Any]) -> None:
    key = second_reader.read_key(case["key"])
    if not refused(case, second_reader.follow_channel, bytes_of(case), key):
        assert second_reader.follow_channel(bytes_of(case), key)[1] == case["size"]


def test_cosignatures_are_made_over_the_same_message() -> None:
    for case in vectors("checkpoints")["cosigned"]:
        text = case["message"].encode().split(b"\n", 2)[2]
        assert second_reader.cosigned_message(case["time_s"], text).decode() == case["message"]
        note = text + b"\n" + case["line"].encode()
        _, good = second_reader.open_note(note, [second_reader.read_key(case["key"])])
        assert list(good.values()) == [case["time_s"]]


# ---- receipts, requests, invitations


@pytest.mark.parametrize("case", cases("receipts"))
def test_a_receipt_shows_the_same(case: dict[str, Any]) -> None:
    policy = None if case["policy"] is None else second_receipts.read_policy(case["policy"])
    envelope = None if case["envelope"] is None else case["envelope"].encode()
    arguments = case["proof"].encode(), policy, envelope, bytes.fromhex(case["fields"])
    if not refused(case, second_receipts.check_receipt, *arguments):
        assert second_receipts.check_receipt(*arguments) == case["result"]


@pytest.mark.parametrize("case", cases("receipts", "policies", "refused"))
def test_a_bad_policy_is_refused(case: dict[str, Any]) -> None:
    assert refused(case, second_receipts.read_policy, case["policy"])


@pytest.mark.parametrize("case", cases("requests"))
def test_a_request_folds_to_the_same_state(case: dict[str, Any]) -> None:
    inline = vectors("requests")["machines"]
    published = SPEC / "machines" / f"{case['machine']}.json"
    machine = inline.get(case["machine"]) or json.loads(published.read_text())
    assert second_requests.fold(machine, case["steps"], case["gone"]) == case["result"]
    assert second_requests.fold(machine, case["steps"][::-1], case["gone"]) == case["result"]


@pytest.mark.parametrize("case", cases("invitations"))
def test_an_invitation_is_read_alike(case: dict[str, Any]) -> None:
    if "code" in case:
        with pytest.raises(Fault):
            second_invitation.read_invitation(bytes_of(case))
    else:
        assert second_invitation.read_invitation(bytes_of(case)) == case["result"]


@pytest.mark.parametrize("case", cases("evidence"))
def test_evidence_is_judged_alike(case: dict[str, Any]) -> None:
    policy = second_receipts.read_policy(case["policy"])
    if "code" in case:
        with pytest.raises(Fault):
            second_evidence.judge(case["document"].encode(), policy)
    else:
        wanted = {name: case["result"][name] for name in ("proven", "accused")}
        assert second_evidence.judge(case["document"].encode(), policy) == wanted


@pytest.mark.parametrize("case", [pytest.param(case, id=str(case["least"])) for case in vectors("asking")["least"]])
def test_the_same_note_is_the_nearest(case: dict[str, Any]) -> None:
    assert second_asking.note_for(vectors("asking")["signed"], case["least"]) == case["size"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["path"]) for case in vectors("asking")["paths"]])
def test_a_path_names_the_same_entries(case: dict[str, Any]) -> None:
    assert second_asking.entries_for(vectors("asking")["signed"][-1], case["path"]) == case["entries"]


@pytest.mark.parametrize("case", cases("asking", "events"))
def test_an_event_stream_says_the_same(case: dict[str, Any]) -> None:
    raw = case["text"].encode()
    if not refused(case, second_asking.announced, raw):
        assert second_asking.announced(raw) == case["said"]
