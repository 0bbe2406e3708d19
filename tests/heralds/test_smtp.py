"""E-mail to a real server: only over TLS that is verified, the same word under the same id."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from comity.adapters.partner.smtp import SmtpHerald
from comity.domain.terms import Instant
from comity.errors import Misconfigured, Unreachable
from comity.ports import Word
from tests.heralds.far_ends import Mails, mail_server, server_context

WORD = Word(
    "police.kr.example smtp 0-3", "[comity police.kr.example] 3 waiting", "3 wait.\n", Instant(1_795_500_000_000)
)
TO = ("desk@police.kr.example", "duty@police.kr.example")


def herald(port: int, folder: Path, **changed: Any) -> SmtpHerald:
    settings: dict[str, Any] = {
        "node": "police.kr.example",
        "host": "localhost",
        "port": port,
        "security": "starttls",
        "sender": "comity@police.kr.example",
        "to": TO,
        "ca": folder / "localhost.pem",
    }
    return SmtpHerald(**{**settings, **changed})


def read(mails: Mails) -> list[EmailMessage]:
    found = [email.message_from_bytes(bytes(each.content or b""), policy=email.policy.default) for each in mails.taken]
    assert all(isinstance(each, EmailMessage) for each in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_word_arrives_over_verified_tls_for_every_recipient(tmp_path: Path, security: str) -> None:
    mails, context = Mails(), server_context(tmp_path)
    with mail_server(mails, **{security: context}) as port:
        herald(port, tmp_path, security=security).tell(WORD)
    (mail,) = read(mails)
    assert mails.taken[0].rcpt_tos == list(TO)
    assert (mail["subject"], mail["from"], mail["to"]) == (WORD.subject, "comity@police.kr.example", ", ".join(TO))
    assert mail["auto-submitted"] == "auto-generated"
    assert mail.get_content().splitlines() == ["3 wait."]
    if security == "starttls":
        assert mails.encrypted == [True]


def test_the_same_word_has_the_same_id_and_another_one_another(tmp_path: Path) -> None:
    mails, context = Mails(), server_context(tmp_path)
    other = Word(WORD.key + "x", WORD.subject, WORD.text, WORD.at)
    with mail_server(mails, starttls=context) as port:
        for word in (WORD, WORD, other):
            herald(port, tmp_path).tell(word)
    first, again, another = (mail["message-id"] for mail in read(mails))
    assert first == again != another
    assert first.endswith("@police.kr.example>")


def test_a_server_whose_certificate_is_not_trusted_or_not_its_own_hears_nothing(tmp_path: Path) -> None:
    for name, ca in (("localhost", None), ("mail.elsewhere.example", tmp_path / "mail.elsewhere.example.pem")):
        mails, context = Mails(), server_context(tmp_path, name)
        for security in ("starttls", "tls"):
            with mail_server(mails, **{security: context}) as port, pytest.raises(Unreachable) as told:  # type: ignore[arg-type]
                herald(port, tmp_path, security=security, ca=ca).tell(WORD)
            assert told.value.code == "mail-certificate-not-trusted"
        assert mails.taken == []


def test_a_server_that_offers_no_tls_hears_nothing(tmp_path: Path) -> None:
    mails = Mails()
    server_context(tmp_path)
    with mail_server(mails) as port, pytest.raises(Unreachable, match="mail-server-unreachable"):
        herald(port, tmp_path).tell(WORD)
    assert mails.taken == []


def test_a_server_on_this_machine_may_do_without_tls(tmp_path: Path) -> None:
    mails = Mails()
    with mail_server(mails) as port:
        herald(port, tmp_path, security="none", ca=None).tell(WORD)
    assert mails.encrypted == [False]


def test_user_and_password_open_a_server_that_asks_for_them(tmp_path: Path) -> None:
    mails, context = Mails(), server_context(tmp_path)
    with mail_server(mails, starttls=context, login=("kim", "s3cret")) as port:
        with pytest.raises(Unreachable) as told:
            herald(port, tmp_path, login=("kim", "wrong")).tell(WORD)
        assert (told.value.code, told.value.facts["status"]) == ("mail-refused", 535)
        herald(port, tmp_path, login=("kim", "s3cret")).tell(WORD)
    assert len(mails.taken) == 1
    assert "s3cret" not in repr(herald(port, tmp_path, login=("kim", "s3cret")))


def test_a_word_that_the_server_does_not_take_is_a_fault(tmp_path: Path) -> None:
    mails, context = Mails(refuse="451 come back later"), server_context(tmp_path)
    with mail_server(mails, starttls=context) as port, pytest.raises(Unreachable) as told:
        herald(port, tmp_path).tell(WORD)
    assert (told.value.code, told.value.facts["status"]) == ("mail-refused", 451)


def test_one_wrong_recipient_does_not_keep_the_other_from_being_told(tmp_path: Path) -> None:
    mails, context = Mails(refuse_to=TO[0]), server_context(tmp_path)
    with mail_server(mails, starttls=context) as port:
        herald(port, tmp_path).tell(WORD)
        assert mails.taken[0].rcpt_tos == [TO[1]]
        with pytest.raises(Unreachable, match="mail-recipients-refused"):
            herald(port, tmp_path, to=TO[:1]).tell(WORD)


def test_nobody_there_is_unreachable_and_no_certificates_is_a_setting(tmp_path: Path) -> None:
    server_context(tmp_path)
    with pytest.raises(Unreachable, match="mail-server-unreachable"):
        herald(1, tmp_path).tell(WORD)
    with mail_server(Mails(), starttls=server_context(tmp_path)) as port, pytest.raises(Misconfigured):
        herald(port, tmp_path, ca=tmp_path / "missing.pem").tell(WORD)


def test_no_line_feed_in_a_subject_makes_a_header(tmp_path: Path) -> None:
    mails = Mails()
    forged = Word("k", "three\r\nBcc: somebody@else.example", "text\n", WORD.at)
    with mail_server(mails) as port, pytest.raises(ValueError, match="linefeed"):
        herald(port, tmp_path, security="none", ca=None).tell(forged)
    assert mails.taken == []
