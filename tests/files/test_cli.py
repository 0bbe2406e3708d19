"""Evidence handed over on the command line of two running nodes: the file itself crosses, and is read out verified."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faces.cli_sentence.conftest import Officers, homes, officers
from tests.faces.cli_sentence.test_the_sentence import sent
from tests.files.kept import digest, noise

__all__ = ["homes", "officers"]


def test_a_file_is_handed_over_fetched_and_read_out_verified(officers: Officers, tmp_path: Path) -> None:
    sok, kim = officers.sok, officers.kim
    raw, secret = noise(3_000_000), tmp_path / "logs.csv"
    secret.write_bytes(raw)
    request = sent(officers, tmp_path)
    sok.says("request", "answer", request, "accept")
    told = sok.says(
        "action", "take", request, "--event", "preserve", "--taken", "logs-held",
        "--hold-until", "2027-01-22T00:00:00Z", "--file", str(secret), "--method", "export",
    )  # fmt: skip
    assert f"{digest(raw)}  3000000 bytes" in told
    view = kim.waits_for(
        "request", "show", request, until=lambda view: [e["state"] for e in view["evidence"]] == ["here"]
    )
    assert (view["evidence"][0]["sha256"], view["evidence"][0]["bytes"]) == (digest(raw), 3_000_000)
    assert f"{digest(raw)}  3000000 bytes" in kim.says("request", "show", request)
    got = tmp_path / "got.csv"
    assert "SHA-256 verified" in kim.says("file", "get", digest(raw), "--out", str(got))
    assert got.read_bytes() == raw
    assert got.stat().st_mode & 0o777 == 0o600
    kim.waits_for("receipt", "list", request, until=lambda found: any(r["files"] for r in found["receipts"]))
    assert f"names {digest(raw)}" in kim.says("receipt", "list", request)


def test_nothing_is_overwritten_unless_it_is_wanted(officers: Officers, tmp_path: Path) -> None:
    sok = officers.sok
    (tmp_path / "one").write_bytes(b"one fictional file")
    kept = sok.asks("file", "add", str(tmp_path / "one"))
    assert kept == {"sha256": digest(b"one fictional file"), "bytes": 18}
    there = tmp_path / "there"
    there.write_bytes(b"mine")
    assert "there already" in sok.is_refused("file", "get", kept["sha256"], "-o", str(there))
    assert there.read_bytes() == b"mine"
    sok.says("file", "get", kept["sha256"], "-o", str(there), "--force")
    assert there.read_bytes() == b"one fictional file"
    assert sorted(os.listdir(tmp_path)) == ["one", "there"]


def test_a_file_is_listed_shown_and_forgotten(officers: Officers, tmp_path: Path) -> None:
    sok = officers.sok
    (tmp_path / "two").write_bytes(b"two")
    sha256 = sok.asks("file", "add", str(tmp_path / "two"))["sha256"]
    assert sha256 in sok.says("file", "list")
    assert sok.says("file", "show", sha256).startswith(f"{sha256}: here")
    assert "Forgotten." in sok.says("file", "forget", sha256)
    assert "There was no such file" in sok.says("file", "forget", sha256)
    assert "no record names one" in sok.is_refused("file", "show", sha256)
    assert "no record names one" in sok.is_refused("file", "get", sha256, "-o", str(tmp_path / "x"))


@pytest.mark.parametrize("path", ["missing", "."])
def test_what_is_no_file_is_said_so(officers: Officers, tmp_path: Path, path: str) -> None:
    officers.sok.is_refused("file", "add", str(tmp_path / path))


def test_without_a_running_node_the_same_commands_do_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.faces.cli_sentence.conftest import Officer
    from tests.node.homes import fresh_home

    alone = Officer(fresh_home(tmp_path / "home").home, "kim (fictional)", capsys)
    raw = noise(9_000_000)
    (tmp_path / "big").write_bytes(raw)
    sha256 = alone.asks("file", "add", str(tmp_path / "big"))["sha256"]
    alone.says("file", "get", sha256, "-o", str(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == raw
    held = b"".join(path.read_bytes() for path in (tmp_path / "home" / "files").iterdir())
    assert raw[:64] not in held
