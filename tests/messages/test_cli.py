"""Messages and first looks on the command line of two running nodes."""

from __future__ import annotations

from pathlib import Path

from tests.faces.cli_sentence.conftest import Officers, homes, officers
from tests.faces.cli_sentence.test_the_sentence import sent
from tests.files.kept import digest

__all__ = ["homes", "officers"]


def test_a_question_goes_there_and_its_answer_comes_back_with_a_file(officers: Officers, tmp_path: Path) -> None:
    kim, sok = officers.kim, officers.sok
    request = sent(officers, tmp_path)
    told = sok.says(
        "message", "send", request, "--ask", "facts", "--ask", "form/use_limitation=missing", "--lang", "en"
    )
    assert "facts: isn't clear" in told
    assert "form/use_limitation: is missing" in told
    asked = kim.waits_for("message", "list", request, until=lambda thread: len(thread) == 1)
    page = tmp_path / "page.txt"
    page.write_text("FICTIONAL: what was missing")
    kim.says(
        "message",
        "send",
        request,
        "--text",
        "FICTIONAL: see the page",
        "--file",
        str(page),
        "--reply-to",
        asked[0]["record"],
    )
    thread = sok.waits_for(
        "message",
        "list",
        request,
        until=lambda thread: len(thread) == 2 and thread[1]["attachments"][0]["state"] == "here",
    )
    assert thread[1]["reply_to"] == asked[0]["record"]
    shown = sok.says("request", "show", request)
    assert "FICTIONAL: see the page" in shown
    assert digest(page.read_bytes()) in shown


def test_storing_is_the_machines_and_opening_the_officers(officers: Officers, tmp_path: Path) -> None:
    kim, sok = officers.kim, officers.sok
    request = sent(officers, tmp_path)

    def service() -> list[dict[str, str]]:
        view = kim.asks("request", "show", request)
        return [
            each["service"] for each in view["records"] if each["kind"] == "request/1" and each["service"]["stored_at"]
        ]

    kim.waits_for("request", "show", request, until=lambda view: bool(service()))
    assert [each["opened_by"] for each in service()] == [None]
    sok.says("request", "show", request)
    kim.waits_for(
        "request", "show", request, until=lambda view: [each["opened_by"] for each in service()] == [sok.name]
    )
    shown = kim.says("request", "show", request)
    assert "cosigned at size" in shown
    assert f"by {sok.name}" in shown
    assert "no proof of reading" in shown


def test_what_is_wrong_with_a_message_is_said_in_words(officers: Officers, tmp_path: Path) -> None:
    request = sent(officers, tmp_path)
    kim = officers.kim
    assert "The message says nothing." in kim.is_refused("message", "send", request)
    told = kim.is_refused("message", "send", request, "--ask", "colour")
    assert "The request has no member colour." in told
    assert "facts" in told
    kim.is_refused("message", "send", request, "--text", "a", "--text-file", str(tmp_path / "draft.toml"), code=2)
