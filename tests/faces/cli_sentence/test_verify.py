"""`comity verify`: offline, under the verifier's own keys; every bit counts, and a world that is forged whole is never verified."""

from __future__ import annotations

import json
import random
import socket
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from comity.domain.ledger import parse_policy
from comity.domain.receipt import PROVES_NOT, verify_receipt
from comity.domain.record import Sealed, seal
from comity.domain.record.kinds import report_1
from comity.domain.terms import Instant, NodeName
from comity.errors import ComityError, Malformed, Unproven
from comity.faces.cli.app import run
from comity.faces.cli.receipt_words import NOT_SHOWN, part_of
from tests.faces.cli_sentence.forged import FORGER, ORIGIN, TIME_S, TRUE, World, fields_of
from tests.worlds import marking

Capture = pytest.CaptureFixture[str]
ALL, ANY = parse_policy(TRUE.policy()), parse_policy(TRUE.policy(need=1))
RECEIPT = TRUE.receipt()
FALLBACK = part_of(ComityError("no-such-code"))


@pytest.fixture(autouse=True)
def cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, and no node anywhere."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("verify must not touch the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("COMITY_HOME", str(tmp_path / "nowhere"))
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A receipt, and the true policy as a verifier has it."""
    (tmp_path / "r.tlog-proof").write_bytes(RECEIPT)
    (tmp_path / "true.policy").write_text(TRUE.policy())
    return tmp_path


def verify(folder: Path, *more: str, file: str = "r.tlog-proof") -> int:
    return run(["verify", str(folder / file), *more])


def with_policy(folder: Path) -> tuple[str, str]:
    return "--policy", str(folder / "true.policy")


def flips(raw: bytes) -> list[bytes]:
    return [raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :] for at in range(len(raw)) for bit in range(8)]


# ---- what is shown
def test_a_good_receipt_says_who_what_when_and_what_it_does_not_show(files: Path, capsys: Capture) -> None:
    assert verify(files, *with_policy(files)) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("VERIFIED r.tlog-proof")
    for words in (
        "withdraw/1",
        "police.kr.example",
        f"number 1 of 3 in {ORIGIN}",
        "2026-11-18 11:06:40 UTC",
        "taskforce.kh.example/receipt",
        "court.vn.example/receipt",
        "reason_code",
        *NOT_SHOWN.values(),
    ):
        assert words in shown


def test_the_same_as_json(files: Path, capsys: Capture) -> None:
    assert verify(files, *with_policy(files), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["exit"]) == ("verified", 0)
    assert told["place"] == {"origin": ORIGIN, "index": 1, "size": 3}
    assert told["served"]["at"] == "2026-11-18 11:06:40 UTC"
    assert {each["name"] for each in told["served"]["to"]} == {key.name for key, _ in TRUE.readers}
    assert told["does_not_show"] == [NOT_SHOWN[code] for code in PROVES_NOT]
    assert (told["opened"], told["closed"], told["unknown_signatures"]) == ([], [], 0)


def test_every_code_of_what_is_not_shown_has_words() -> None:
    assert list(NOT_SHOWN) == list(PROVES_NOT)


def test_without_a_policy_nothing_is_verified_and_there_is_something_to_compare(files: Path, capsys: Capture) -> None:
    assert verify(files) == 5
    shown = capsys.readouterr().out
    assert "CONSISTENT, KEYS UNPROVEN" in shown
    assert "verified" not in shown.lower()
    assert verify_receipt(RECEIPT).root.hex() in shown
    for key, _ in (TRUE.log, *TRUE.readers):
        assert f"{key.name}, key id {key.id.hex()}" in shown


def test_control_characters_in_a_record_do_not_reach_the_terminal(files: Path, capsys: Capture) -> None:
    hostile = _sealed_report("\x1b]0;owned\x07\u202egnp.exe")
    (files / "h.tlog-proof").write_bytes(TRUE.receipt(hostile))
    (files / "h.fields").write_bytes(fields_of(hostile))
    assert verify(files, *with_policy(files), "--fields", str(files / "h.fields"), file="h.tlog-proof") == 0
    shown = capsys.readouterr().out
    assert "\\x1b]0;owned" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


# ---- fields
def _sealed_report(narrative: str) -> Sealed:
    chance = random.Random(7)
    body = report_1.Body(
        report="0193a5d0-0000-7000-8000-00000000f1c7",
        channel_in="citizen",
        received="2026-11-24T09:30:00.000Z",
        country="KR",
        category="c",
        fictional=True,
        narrative=narrative,
        reporter=report_1.Person("FICTIONAL-NAME"),
    )
    return seal(
        body,
        id="0193a5d1-3333-7000-8000-00000000f1c7",
        issuer=NodeName("police.kr.example"),
        made=Instant(TIME_S * 1000),
        marking=marking(),
        purpose="crime",
        salt=lambda: chance.randbytes(32),
    )


def test_opened_and_closed_values_are_told_apart(files: Path, capsys: Capture) -> None:
    record = _sealed_report("FICTIONAL: typing work")
    (files / "f.tlog-proof").write_bytes(TRUE.receipt(record))
    only = Sealed(record.envelope, tuple(f for f in record.fields if f.pointer == "/narrative"), record.id)
    (files / "f.fields").write_bytes(fields_of(only))
    assert verify(files, *with_policy(files), "--fields", str(files / "f.fields"), "--json", file="f.tlog-proof") == 0
    answer = capsys.readouterr().out
    told = json.loads(answer)
    assert (told["opened"], told["closed"]) == (["/narrative"], ["/reporter"])
    assert told["what"]["body"]["narrative"] == "FICTIONAL: typing work"
    assert "FICTIONAL-NAME" not in answer


def test_a_value_that_was_changed_is_refused_by_its_part(files: Path, capsys: Capture) -> None:
    record = _sealed_report("FICTIONAL: typing work")
    (files / "f.tlog-proof").write_bytes(TRUE.receipt(record))
    (files / "f.fields").write_bytes(fields_of(record).replace(b"typing", b"taping"))
    assert verify(files, *with_policy(files), "--fields", str(files / "f.fields"), file="f.tlog-proof") == 3
    assert "the fields: the value isn't the one that the record sealed" in capsys.readouterr().err


# ---- what is refused
def test_every_flipped_bit_is_refused_and_its_part_named_under_a_policy_that_needs_every_cosignature() -> None:
    for flipped in flips(RECEIPT):
        with pytest.raises((Malformed, Unproven)) as refused:
            verify_receipt(flipped, policy=ALL)
        assert part_of(refused.value) != FALLBACK, refused.value.code


def test_under_a_laxer_policy_a_flipped_bit_never_leaves_the_same_cosigners() -> None:
    whole = {cosigner.name for cosigner in verify_receipt(RECEIPT, policy=ANY).cosigners}
    assert len(whole) == 2
    head, passed = RECEIPT.index(b"\n\n") * 8, 0
    every = flips(RECEIPT)
    for flipped in (*every[:head:5], *every[head:]):  # the policy speaks about the checkpoint, not about the head
        try:
            shown = verify_receipt(flipped, policy=ANY)
        except (Malformed, Unproven):
            continue
        passed += 1
        assert {cosigner.name for cosigner in shown.cosigners} < whole
        assert shown.unknown_lines == 1
    assert passed > 0, "a flip in a cosigner's name only makes that line unknown"


def test_a_sample_of_flips_ends_the_command_with_one_or_three_and_says_what_fails(files: Path, capsys: Capture) -> None:
    for flipped in random.Random(3).sample(flips(RECEIPT), 16):
        (files / "bad.tlog-proof").write_bytes(flipped)
        code = verify(files, *with_policy(files), file="bad.tlog-proof")
        told = capsys.readouterr()
        assert (code, told.out) in ((1, ""), (3, ""))
        assert "What fails: " in told.err


@pytest.mark.parametrize("cut", [0, 1, 100, len(RECEIPT) // 2, len(RECEIPT) - 1])
def test_a_receipt_that_was_cut_is_malformed(files: Path, capsys: Capture, cut: int) -> None:
    (files / "cut.tlog-proof").write_bytes(RECEIPT[:cut])
    assert verify(files, *with_policy(files), "--json", file="cut.tlog-proof") == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["exit"]) == ("malformed", 3)


def test_a_world_that_is_forged_whole_is_never_verified(files: Path, capsys: Capture) -> None:
    """The forger's own keys under the true names, and its own policy right beside the receipt."""
    (files / "forged.tlog-proof").write_bytes(FORGER.receipt())
    for name in ("forged.policy", "comity.policy", "policy"):
        (files / name).write_text(FORGER.policy())
    assert verify(files, file="forged.tlog-proof") == 5
    assert "verified" not in capsys.readouterr().out.lower()
    assert verify(files, *with_policy(files), file="forged.tlog-proof") == 1
    assert "REFUSED" in capsys.readouterr().err


def test_true_cosigners_do_not_cover_a_forged_writer(files: Path, capsys: Capture) -> None:
    mixed = (TRUE.policy().splitlines(), FORGER.policy().splitlines())
    (files / "true.policy").write_text("\n".join([mixed[0][0], *mixed[1][1:]]) + "\n")
    (files / "forged.tlog-proof").write_bytes(FORGER.receipt())
    assert verify(files, *with_policy(files), file="forged.tlog-proof") == 1
    assert "the writer's signature" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("policy", "code", "words"),
    [
        ("quorum none\n", 1, "the signatures: nobody in the policy has signed"),
        ("", 3, "the policy file"),
        ("nonsense\nquorum none\n", 3, "the policy file, line 1"),
        (TRUE.policy().rstrip("\n"), 3, "the policy file"),
    ],
)
def test_a_policy_that_does_not_fit_is_told_from_a_receipt_that_does_not(
    files: Path, capsys: Capture, policy: str, code: int, words: str
) -> None:
    (files / "true.policy").write_text(policy)
    assert verify(files, *with_policy(files)) == code
    assert words in capsys.readouterr().err


def test_a_log_alone_says_that_service_is_not_shown(files: Path, capsys: Capture) -> None:
    (files / "true.policy").write_text(f"log {TRUE.log[0].text}\nquorum none\n")
    assert verify(files, *with_policy(files)) == 0
    assert "not shown: nobody but the writer has signed" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--policy", "--fields", "--envelope"])
def test_a_file_that_is_missing_is_usage_and_no_verdict(files: Path, capsys: Capture, option: str) -> None:
    assert verify(files, option, str(files / "missing")) == 2
    assert verify(files, file="missing") == 2
    told = capsys.readouterr()
    assert "can't be read" in told.err
    assert "REFUSED" not in told.err


def test_the_detached_form_needs_its_record(files: Path, capsys: Capture) -> None:
    head, note = RECEIPT.split(b"\n\n", 1)
    lines = head.split(b"\n")
    extra = b64decode(lines[1].removeprefix(b"extra "))
    lines[1] = b"extra " + b64encode(extra[:32])
    (files / "d.tlog-proof").write_bytes(b"\n".join(lines) + b"\n\n" + note)
    (files / "record").write_bytes(extra[32:])
    assert verify(files, *with_policy(files), file="d.tlog-proof") == 3
    assert "--envelope" in capsys.readouterr().err
    assert verify(files, *with_policy(files), "--envelope", str(files / "record"), file="d.tlog-proof") == 0
    (files / "record").write_bytes(extra[32:].replace(b"wrong", b"right") + b" ")
    assert verify(files, *with_policy(files), "--envelope", str(files / "record"), file="d.tlog-proof") == 1


def test_nothing_is_written_beside_the_receipt(files: Path) -> None:
    before = sorted(files.iterdir())
    verify(files, *with_policy(files))
    verify(files)
    assert sorted(files.iterdir()) == before


def test_two_seeds_are_two_worlds_under_the_same_names() -> None:
    assert World(1).log[0].name == World(2).log[0].name
    assert World(1).log[0].public != World(2).log[0].public
