"""Public lists through the command line: shared by one node, found on the other with who said so and when, nothing lost in silence."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from comity.config import read_config
from comity.faces.cli.client import open_desk
from tests.faces.cli_sentence.conftest import Officers

KR, KH = "police.kr.example", "taskforce.kh.example"
DOMAINS = 3000
SAID = re.compile(
    rf"{re.escape(KR)} said so on \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(indicator\) as (\S+), source (\S+)"
)


def channel_size(rows: list[dict[str, Any]], lane: str) -> int:
    return max(row["drained"] for row in rows if row["writer"] == KR and row["lane"] == lane)


@pytest.fixture
def imported(officers: Officers, shared_data: Path, tmp_path: Path) -> tuple[Officers, list[str], list[str]]:
    """3,000 domains and every sanctioned address are shared and have reached the other side."""
    deny = json.loads((shared_data / "domains" / "polkadot-all.json").read_text())["deny"][:DOMAINS]
    (tmp_path / "domains.json").write_text(json.dumps({"allow": ["a.example"], "deny": deny}))
    words = ["--kind", "domain", "--key", "deny", "--to", KH, "--role", "scam-site", "--name", "polkadot"]
    refused = tmp_path / "refused.tsv"
    told = officers.kim.asks("import", "list", str(tmp_path / "domains.json"), *words, "--refused", str(refused))
    assert told["new"] + told["known"] + len(told["refused"]) == DOMAINS
    assert len(refused.read_text().splitlines()) == len(told["refused"]) == sum(told["refused_by_reason"].values())
    count, addresses = told["new"] + told["known"], []
    for file in sorted((shared_data / "money" / "ofac").glob("sanctioned_addresses_*.txt")):
        asset = file.stem.rpartition("_")[2].lower()
        lines = file.read_text().split()
        words = [
            "--kind",
            "wallet",
            "--prefix",
            f"{asset}:",
            "--to",
            KH,
            "--role",
            "sanctioned",
            "--name",
            f"ofac-{asset}",
        ]
        told = officers.kim.asks("import", "list", str(file), *words)
        assert told["new"] + told["known"] + len(told["refused"]) == len(lines)
        count += told["new"]
        addresses += [f"{asset}:{line}" for line in lines[:3]]
    officers.sok.waits_for("channel", "list", until=lambda rows: channel_size(rows, "bulk") >= count)
    return officers, deny, addresses


def test_a_shared_name_or_address_is_found_on_the_other_side_with_who_said_so_and_when(
    imported: tuple[Officers, list[str], list[str]],
) -> None:
    officers, deny, addresses = imported
    for name in deny[5:DOMAINS:600]:
        for written, covered in ((name.upper(), False), (f"https://{name}/claim?x=1", True)):
            shown = officers.sok.says("lookup", written)
            found = SAID.search(shown)
            assert found is not None, shown
            assert found.groups() == ("scam-site", "polkadot" + ("," if covered else ""))
            assert ("by covering it with domain" in shown) is covered
    for address in addresses[:2] + addresses[-4:]:
        shown = officers.sok.says("lookup", address, "--kind", "wallet")
        found = SAID.search(shown)
        assert found is not None, shown
        assert found[1] == "sanctioned"
        assert found[2].startswith("ofac-")


def test_a_warned_popular_name_raises_nothing_and_says_why(
    officers: Officers, shared_data: Path, tmp_path: Path
) -> None:
    lists = [shared_data / "warninglists" / name for name in ("majestic_million.json", "url-shortener.json")]
    popular = next(n for n in json.loads(lists[0].read_text())["list"] if n.count(".") == 1)
    kept = officers.sok.asks("import", "warnings", *map(str, lists))
    assert len(kept["kept"]) == 2
    (tmp_path / "one.txt").write_text(f"{popular}\n")
    officers.kim.says(
        "import", "list", str(tmp_path / "one.txt"), "--kind", "domain", "--to", KH, "--role", "scam-site"
    )
    officers.sok.waits_for("lookup", popular, until=lambda known: bool(known["statements"]))
    taken = officers.sok.says("report", "take", "--value", popular, "--category", "job-lure", "--fictional")
    assert f"{KR} said so on" in taken
    assert "Warning list “Top 10000 websites from Majestic Million” names" in taken
    assert "nothing is raised because of it" in taken
    assert "None of its values needs attention for now." in taken
    assert "report-matches" not in {notice["kind"] for notice in _notices(officers)}


def _notices(officers: Officers) -> list[dict[str, Any]]:
    """All that the task force's officers are shown; the command line has no word for it, the API has."""
    with open_desk(read_config(officers.sok.home, {}), None) as desk:
        found: list[dict[str, Any]] = desk.get("/notices", limit=1000)
    return found


def test_a_folder_of_warning_lists_is_imported_and_a_file_that_is_none_is_named(
    officers: Officers, tmp_path: Path
) -> None:
    listed = {"name": "folder (fictional)", "description": "d", "version": 1, "type": "string", "list": ["a.example"]}
    (tmp_path / "a.json").write_text(json.dumps({**listed, "matching_attributes": ["domain"]}))
    (tmp_path / "b.json").write_text('{"nothing": 1}')
    code, out, _ = officers.kim.types("import", "warnings", str(tmp_path))
    assert code == 3
    assert "folder (fictional)" in out
    assert "b.json: This isn't a MISP warning list" in out
