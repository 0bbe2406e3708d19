"""A receipt is checked in the browser as `comity verify` checks it: good ones pass, every flipped part is refused by the same code."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from comity.domain.ledger import parse_policy, parse_proof
from comity.domain.receipt import verify_receipt
from comity.errors import ComityError
from comity.faces.console.assets import address
from comity.flows.certify import certify_request, policy_text
from tests.browser.desk import Looked, overflowing, violations
from tests.browser.receipts import Keys, keys, receipt

PAGE = "/desk/check"
ASK = """async ([module, policy, files]) => {
  const m = await import(module);
  const bytes = (said) => Uint8Array.from(atob(said), (sign) => sign.charCodeAt(0));
  const told = [];
  for (const file of files) {
    try {
      const trusted = policy === null ? null : await m.parsePolicy(policy);
      const seen = await m.verifyReceipt(bytes(file), { policy: trusted });
      told.push([seen.verdict, seen.index, seen.root, seen.cosigners.map((each) => each.name), seen.served, seen.unchecked]);
    } catch (fault) {
      told.push(["refused", fault.code ?? String(fault)]);
    }
  }
  return told;
}"""


def by_browser(page: Page, files: list[bytes], policy: str | None) -> list[Any]:
    """What the page's own module finds about each file."""
    told = [base64.b64encode(raw).decode() for raw in files]
    found: list[Any] = page.evaluate(ASK, [address("js/receipt.js"), policy, told])
    return found


def by_python(files: list[bytes], policy: str | None) -> list[Any]:
    """What the node and `comity verify` find."""
    told: list[Any] = []
    for raw in files:
        try:
            trusted = parse_policy(policy) if policy is not None else None
            seen = verify_receipt(raw, policy=trusted)
        except ComityError as fault:
            told.append(["refused", fault.code])
            continue
        verdict = "proved" if policy is not None else "consistent"
        names = [each.name for each in seen.cosigners]
        told.append([verdict, str(seen.index), seen.root.hex(), names, seen.served_s, []])
    return told


@pytest.fixture(scope="module")
def made() -> Keys:
    return keys()


@pytest.fixture
def real(looked: Looked) -> tuple[list[bytes], str]:
    """Receipts of a request that really crossed, and this node's roster."""
    desk = looked.desk
    found = certify_request(desk.desks.kr.world, desk.named["answered"])
    assert len(found) > 3
    return [each.proof for each in found], policy_text(desk.desks.kr.world)


def mutated(good: bytes) -> list[bytes]:
    """The file with one thing changed at a time, at least once in each part."""
    found = [good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in range(0, len(good), max(len(good) // 60, 1))]
    lines = good.split(b"\n")
    found += [b"\n".join([*lines[:at], *lines[at + 1 :]]) for at in range(len(lines))]
    found += [b"\n".join([*lines[:at], lines[at], *lines[at:]]) for at in range(len(lines))]
    found += [
        good[:-1],
        good + b"\n",
        b"",
        good.replace(b"\n", b"\r\n"),
        good.replace(b"index ", b"index 0"),
        b"\xef\xbb\xbf" + good,
    ]
    found += [
        good.replace(b"=", b""),
        good.replace("\u2014".encode(), b"-"),
        good.replace(b"\nindex 2\n", b"\nindex 3\n"),
    ]
    return list(dict.fromkeys(each for each in found if each != good))


def test_receipts_that_really_crossed_are_verified_under_the_nodes_roster(
    looked: Looked, real: tuple[list[bytes], str]
) -> None:
    files, policy = real
    page = looked.open(looked.window(), PAGE)
    found = by_browser(page, files, policy)
    assert found == by_python(files, policy)
    assert {each[0] for each in found} == {"proved"}


def test_every_flipped_part_is_refused_by_the_same_code(looked: Looked, real: tuple[list[bytes], str]) -> None:
    files, policy = real
    changed = mutated(files[0])
    assert len(changed) > 60
    page = looked.open(looked.window(), PAGE)
    found, expected = by_browser(page, changed, policy), by_python(changed, policy)
    assert [(f, e, c) for f, e, c in zip(found, expected, changed, strict=True) if f != e] == []
    assert sum(each[0] == "refused" for each in found) > 50
    assert {"root-differs", "signature-fails", "proof-header"} <= {each[1] for each in found if each[0] == "refused"}


def test_without_keys_form_and_hashes_alone_are_checked(looked: Looked, real: tuple[list[bytes], str]) -> None:
    files, _ = real
    page = looked.open(looked.window(), PAGE)
    both = [files[0], *mutated(files[0])]
    assert by_browser(page, both, None) == by_python(both, None)


def test_a_quorum_that_rests_on_the_newer_kind_is_left_undecided_here(looked: Looked, made: Keys) -> None:
    good = receipt(made)
    page = looked.open(looked.window(), PAGE)
    (alone,) = by_browser(page, [good], made.policy("other"))
    (both,) = by_browser(page, [good], made.policy("both"))
    (reader,) = by_browser(page, [good], made.policy("reader"))
    assert [each[0] for each in (alone, both, reader)] == ["undecided", "undecided", "proved"]
    assert all(each[5] == ["witness.sample.example/witness-2"] for each in (alone, both, reader))
    for quorum in ("other", "both", "reader"):
        assert by_python([good], made.policy(quorum))[0][0] == "proved"


def test_what_nobody_signed_enough_is_refused_even_with_the_unchecked_line(looked: Looked, made: Keys) -> None:
    files = [receipt(made, by=by) for by in ("log", "reader", "log witness", "reader witness", "witness", "log reader")]
    page = looked.open(looked.window(), PAGE)
    found, expected = by_browser(page, files, made.policy("both")), by_python(files, made.policy("both"))
    assert found == expected
    assert {each[1] for each in found} == {"policy-not-met", "writer-not-in-policy"}


def test_a_record_of_another_issuer_is_refused_though_every_signature_holds(
    looked: Looked, made: Keys, real: tuple[list[bytes], str]
) -> None:
    own = json.loads((parse_proof(real[0][0]).extra or b"")[32:])
    assert own["issuer"] == "police.kr.example"
    files = [receipt(made, by="log reader", envelope={**own, "issuer": "bank.th.example"})]
    page = looked.open(looked.window(), PAGE)
    assert (
        by_browser(page, files, made.policy())
        == by_python(files, made.policy())
        == [["refused", "issuer-not-the-writer"]]
    )


def test_a_key_that_had_ended_counts_for_nothing(looked: Looked, made: Keys) -> None:
    good = receipt(made, by="log reader")
    log, reader, _ = made.named
    page = looked.open(looked.window(), PAGE)
    for key in (log, reader):
        for time in ("2020-01-01T00:00:00Z", "2036-01-01T00:00:00.000Z", "2026-02-30T00:00:00Z"):
            policy = f"{made.policy()}#ends {key.name}+{key.id.hex()} {time} stolen\n"
            assert by_browser(page, [good], policy) == by_python([good], policy), (key.name, time)


def test_policies_are_read_as_strictly_as_the_node_does(looked: Looked, made: Keys) -> None:
    good, policy = receipt(made, by="log reader"), made.policy("both")
    lines = policy.split("\n")
    policies = [
        policy[:-1],
        policy + "quorum both\n",
        policy.replace("all", "3"),
        policy.replace("all", "any"),
        policy.replace("all", "01"),
    ]
    policies += ["\n".join([*lines[:at], *lines[at + 1 :]]) for at in range(len(lines) - 1)]
    policies += ["\n".join([*lines[:at], lines[at], *lines[at:]]) for at in range(len(lines) - 1)]
    policies += [
        policy.replace("+", "-", 1),
        policy.replace("log ", "log\t "),
        policy + "word\n",
        "# a comment\n" + policy,
        policy + "quorum\n",
    ]
    page = looked.open(looked.window(), PAGE)
    for each in policies:
        assert by_browser(page, [good], each) == by_python([good], each), each


def dropped(page: Page, path: Path) -> None:
    page.locator("#f-files").set_input_files(str(path))


def test_a_file_is_checked_as_soon_as_it_is_chosen_and_leaves_nothing_behind(
    looked: Looked, real: tuple[list[bytes], str], tmp_path: Path
) -> None:
    files, policy = real
    (tmp_path / "good.tlog-proof").write_bytes(files[0])
    (tmp_path / "bad.tlog-proof").write_bytes(re.sub(rb"\nindex ", b"\nindex 1", files[0]))
    (tmp_path / "mine.policy").write_text(policy)
    page = looked.open(looked.window(360), PAGE)
    asked: list[str] = []
    page.on("request", lambda each: asked.append(f"{each.method} {each.url}"))
    dropped(page, tmp_path / "good.tlog-proof")
    page.locator("[data-results] .state.go").wait_for()
    assert "keys of this node's roster" in page.locator("[data-results]").inner_text()
    assert [each for each in asked if "/desk/static/" not in each] == [f"GET {looked.desk.address}/desk/policy"]
    assert violations(page) == []
    assert overflowing(page) == []
    dropped(page, tmp_path / "bad.tlog-proof")
    page.locator("[data-results] .state.stop").wait_for()
    assert "Not verified" in page.locator("[data-results]").inner_text()
    page.locator("input[value=file]").check()
    page.locator("[data-results] [role=alert]").wait_for()
    page.locator("#f-files").set_input_files([str(tmp_path / "good.tlog-proof"), str(tmp_path / "mine.policy")])
    page.locator("[data-results] .state.go").wait_for()
    assert "keys of your policy file" in page.locator("[data-results]").inner_text()


def test_a_receipt_of_ours_is_checked_at_once(looked: Looked) -> None:
    found = certify_request(looked.desk.desks.kr.world, looked.desk.named["answered"])[0]
    place = f"{found.place.origin.replace('/ch/', '/')}/{found.place.index}"
    page = looked.open(looked.window(), f"{PAGE}?receipt={place}")
    page.locator("[data-results] .state.go").wait_for()
    assert found.place.origin in page.locator("[data-results]").inner_text()


def test_an_unchecked_line_is_named_on_the_page(looked: Looked, made: Keys, tmp_path: Path) -> None:
    (tmp_path / "a.tlog-proof").write_bytes(receipt(made))
    (tmp_path / "a.policy").write_text(made.policy("reader"))
    page = looked.open(looked.window(lang="ko"), PAGE)
    page.locator("input[value=file]").check()
    page.locator("#f-files").set_input_files([str(tmp_path / "a.tlog-proof"), str(tmp_path / "a.policy")])
    page.locator("[data-results] .state.go").wait_for()
    assert page.locator('[data-fact="unchecked"]').is_visible()
    assert "witness.sample.example/witness-2" in page.locator("[data-results]").inner_text()
    assert violations(page) == []


def test_without_script_the_node_checks_it(looked: Looked, real: tuple[list[bytes], str], tmp_path: Path) -> None:
    (tmp_path / "good.tlog-proof").write_bytes(real[0][0])
    page = looked.open(looked.window(scripts=False), PAGE)
    dropped(page, tmp_path / "good.tlog-proof")
    page.locator("form[action='/desk/check'] button").click()
    assert "checked now, by this node" in page.locator("[data-results]").inner_text()
    assert page.locator("[data-results] .state.go").count() == 1
