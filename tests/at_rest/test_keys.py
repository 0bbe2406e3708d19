"""Another key by command, and what a doctor sees of keys and disks."""

from __future__ import annotations

import os
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from comity.adapters.at_rest import key_id
from comity.adapters.keyring.locking import is_locked, secrets_in
from comity.config import Config
from comity.errors import Misconfigured
from comity.node.assembly import open_node
from comity.node.doctor import examine_files
from comity.node.rotating import rotate_at_rest
from comity.node.sealing import encryption
from comity.node.storing import lock_keys
from tests.node.homes import fresh_home


def test_the_command_rotates_and_the_old_key_is_gone(tmp_path: Path) -> None:
    config = fresh_home(tmp_path / "home")
    (before,) = config.keys.glob("at-rest-*.secret")
    done = rotate_at_rest(config)
    (after,) = config.keys.glob("at-rest-*.secret")
    assert (f"at-rest-{done.before}.secret", f"at-rest-{done.now}.secret") == (before.name, after.name)
    with open_node(config) as node:
        assert node.world.store.channels()
        with pytest.raises(Misconfigured, match="store-in-use"):
            rotate_at_rest(config)


# ---- what a doctor sees ----------------------------------------------------------------------------------------------------


def codes(config: Config) -> dict[str, bool]:
    return {finding.code: finding.good for finding in examine_files(config)}


def test_a_doctor_says_whether_the_key_is_there_another_one_or_too_many(tmp_path: Path) -> None:
    config = fresh_home(tmp_path / "home")
    (key,) = config.keys.glob("at-rest-*.secret")
    assert codes(config)["at-rest-key-there"]
    spare = config.keys / f"at-rest-{key_id(bytes(32))}.secret"
    spare.write_bytes(bytes(32))
    spare.chmod(0o600)
    assert codes(config)["at-rest-key-unneeded"] is False
    key.unlink()
    assert codes(config)["at-rest-key-missing"] is False
    spare.write_bytes(b"x" * 32)
    assert codes(config)["at-rest-key-damaged"] is False


def block_device(sys: Path, number: str, name: str, **files: str) -> Path:
    """A device as the kernel shows it."""
    made = sys / "devices" / name
    for file, text in files.items():
        path = made / file.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    made.mkdir(parents=True, exist_ok=True)
    if number:
        (sys / "dev" / "block").mkdir(parents=True, exist_ok=True)
        (sys / "dev" / "block" / number).symlink_to(made)
    return made


@pytest.mark.parametrize(
    ("files", "below", "answer"),
    [
        ({"dm__uuid": "CRYPT-LUKS2-00"}, {}, "yes"),
        ({"dm__uuid": "LVM-00"}, {"dm__uuid": "CRYPT-LUKS2-00"}, "yes"),
        ({"dm__uuid": "LVM-00"}, {"device__model": "a disk"}, "no"),
        ({"device__model": "a disk"}, None, "no"),
        ({}, None, "unknown"),
    ],
)
def test_whether_a_disk_is_encrypted_is_seen_or_said_to_be_unknown(
    tmp_path: Path, files: dict[str, str], below: dict[str, str] | None, answer: str
) -> None:
    number = tmp_path.stat().st_dev
    named = f"{os.major(number)}:{os.minor(number)}"
    top = block_device(tmp_path / "sys", named, "top", **files)
    if below:
        under = block_device(tmp_path / "sys", "", "under", **below)
        (top / "slaves").mkdir()
        (top / "slaves" / "under").symlink_to(under)
    expected = answer if os.major(number) else "unknown"
    assert encryption(tmp_path, tmp_path / "sys")[0] == expected
    assert encryption(tmp_path, tmp_path / "nothing")[0] == "unknown"


# ---- keys under a passphrase -----------------------------------------------------------------------------------------------


def with_passphrase(config: Config, text: str) -> Config:
    file = config.home.parent / f"passphrase-{len(text)}"
    file.write_text(text + "\n")
    file.chmod(0o600)
    return replace(config, passphrase_file=file)


def test_locked_keys_open_with_their_passphrase_alone(tmp_path: Path) -> None:
    config = fresh_home(tmp_path / "home")
    before = {path.name: path.read_bytes() for path in secrets_in(config.keys)}
    told = with_passphrase(config, "right")
    assert codes(told)["keys-not-locked"] is False
    assert set(lock_keys(told)) == set(before) >= {"certificate.key.pem", "seal.key.json"} - {"seal.key.json"}
    assert lock_keys(told) == [], "and once is enough"
    assert codes(told)["keys-locked"]
    for path in secrets_in(config.keys):
        assert before[path.name] not in path.read_bytes(), path.name
    with pytest.raises(Misconfigured, match="key-file-locked"):
        open_node(config)
    locked = {path.name: path.read_bytes() for path in secrets_in(config.keys)}
    for act in (open_node, lock_keys, rotate_at_rest):
        with pytest.raises(Misconfigured, match="passphrase-wrong"):
            act(with_passphrase(config, "another"))  # type: ignore[operator]
    assert {path.name: path.read_bytes() for path in secrets_in(config.keys)} == locked
    with open_node(told) as node:
        assert node.world.keyring.seal_key()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*node.tls)
        node.world.keyring.next_certificate(config.name, node.world.clock.now())
        node.world.keyring.switch_certificate()
    with open_node(told) as node:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*node.tls)
    assert all(map(is_locked, secrets_in(config.keys))), "what was made since is locked too"
    rotate_at_rest(told)
    open_node(told).close()
