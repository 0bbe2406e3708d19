"""Settings of who is told: what goes together is asked for together, and secrets are read only from closed files."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.config import read_config
from comity.errors import Misconfigured
from comity.node.heralds import heralds_of
from tests.node.test_config import GOOD, read

MAIL = """
[notify]
smtp_host = "mail.kr.example"
mail_from = "comity@police.kr.example"
mail_to = ["desk@police.kr.example"]
"""
HOOK = """
[notify]
webhook_url = "https://hooks.kr.example/in"
webhook_secret_file = "hook.secret"
"""


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (MAIL.replace("mail_from", "# mail_from"), "notify.mail_from"),
        (MAIL.replace("mail_to", "# mail_to"), "notify.mail_to"),
        (MAIL.replace("desk@police.kr.example", "desk"), "notify.mail_to"),
        (MAIL.replace("comity@", "comity@a b@"), "notify.mail_from"),
        (MAIL + 'smtp_security = "none"\n', "notify.smtp_security"),
        (MAIL + 'smtp_security = "maybe"\n', "notify.smtp_security"),
        (MAIL + 'smtp_user = "kim"\n', "notify.smtp_password_file"),
        (HOOK.replace("webhook_secret_file", "# webhook_secret_file"), "notify.webhook_secret_file"),
    ],
)
def test_what_lacks_its_other_half_is_refused_by_name(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(Misconfigured) as told:
        read(tmp_path, GOOD + text)
    assert (told.value.code, told.value.facts["key"]) == ("config-value", key)


def test_nobody_is_told_unless_somebody_is_named(tmp_path: Path) -> None:
    assert heralds_of(read(tmp_path, GOOD)) == {}


def test_a_password_and_a_secret_come_from_files_that_only_the_node_reads(tmp_path: Path) -> None:
    config = read(
        tmp_path, GOOD + MAIL + 'smtp_user = "kim"\nsmtp_password_file = "mail.pw"\n' + HOOK.replace("[notify]", "")
    )
    for name in ("mail.pw", "hook.secret"):
        (tmp_path / name).write_text("a secret of sixteen bytes\n")
        (tmp_path / name).chmod(0o640)
        with pytest.raises(Misconfigured, match="key-file-open-to-others"):
            heralds_of(config)
        (tmp_path / name).chmod(0o600)
    assert list(heralds_of(config)) == ["smtp", "webhook"]
    assert "sixteen" not in repr(heralds_of(config))


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    config = read(tmp_path, GOOD + HOOK)
    (tmp_path / "hook.secret").write_text("short\n")
    (tmp_path / "hook.secret").chmod(0o600)
    with pytest.raises(Misconfigured, match="webhook-secret-short"):
        heralds_of(config)


def test_lists_in_the_environment_are_written_as_in_toml(tmp_path: Path) -> None:
    (tmp_path / "comity.toml").write_text(GOOD + MAIL)
    config = read_config(tmp_path, {"COMITY_NOTIFY_KINDS": '["fork"]', "COMITY_FILES_ENCRYPTED": "false"})
    assert config.notify.kinds == ("fork",)
    assert not config.files.encrypted
    assert config.files_folder == tmp_path / "files"
