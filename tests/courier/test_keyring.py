"""Keys stay the same, stay apart and stay secret."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from nacl.signing import VerifyKey

from comity.adapters.keyring import FileKeyring
from comity.domain.ledger import COSIGNATURE, ED25519, MLDSA44
from comity.domain.terms import Instant, NodeName
from comity.errors import Conflict, Misconfigured, NotFound

NAME = "police.kr.example/ch/0123456789abcdef"
NODE = NodeName("police.kr.example")
NOW = Instant(1_795_000_000_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_a_key_made_once_is_the_same_after_a_reload(folder: Path) -> None:
    made = FileKeyring(folder).create(NAME, ED25519)
    again = FileKeyring(folder)
    assert again.key(NAME) == again.create(NAME, ED25519) == made


def test_a_signature_holds_for_another_library(folder: Path) -> None:
    ring = FileKeyring(folder)
    key = ring.create(NAME, ED25519)
    assert VerifyKey(key.public).verify(b"text", ring.sign(NAME, b"text")) == b"text"


def test_keys_of_different_names_differ(folder: Path) -> None:
    ring = FileKeyring(folder)
    assert ring.create("a.example/receipt", COSIGNATURE).public != ring.create("a.example/witness", COSIGNATURE).public


def test_the_kind_belongs_to_the_key(folder: Path) -> None:
    FileKeyring(folder).create(NAME, ED25519)
    with pytest.raises(Conflict) as told:
        FileKeyring(folder).create(NAME, COSIGNATURE)
    assert told.value.code == "key-of-another-kind"


def test_a_kind_that_files_cannot_hold_is_refused(folder: Path) -> None:
    with pytest.raises(Misconfigured):
        FileKeyring(folder).create(NAME, MLDSA44)


def test_an_unknown_name_is_not_found(folder: Path) -> None:
    ring = FileKeyring(folder)
    with pytest.raises(NotFound):
        ring.key(NAME)
    with pytest.raises(NotFound):
        ring.sign(NAME, b"text")


def test_two_keyrings_on_one_folder_agree_on_a_new_key(folder: Path) -> None:
    first, second = FileKeyring(folder), FileKeyring(folder)
    made = first.create(NAME, ED25519)
    assert second.create(NAME, ED25519) == made
    assert second.create("b.example/receipt", COSIGNATURE) == first.key("b.example/receipt")


def test_folder_and_files_are_closed_to_others_under_any_umask(folder: Path) -> None:
    old = os.umask(0)
    try:
        ring = FileKeyring(folder)
        ring.create(NAME, ED25519)
        ring.create_certificate(NODE, NOW)
    finally:
        os.umask(old)
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert len(modes) == 4
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("pattern", ["*.key", "certificate.key.pem", "certificate.pem", "names"])
def test_a_file_open_to_others_is_refused_by_name(folder: Path, pattern: str) -> None:
    ring = FileKeyring(folder)
    ring.create(NAME, ED25519)
    ring.create_certificate(NODE, NOW)
    (path,) = folder.glob(pattern)
    path.chmod(0o604)
    with pytest.raises(Misconfigured) as told:
        FileKeyring(folder)
    assert (told.value.code, told.value.facts) == ("key-file-open-to-others", {"file": path.name, "mode": "0604"})


def test_a_folder_open_to_others_is_refused(folder: Path) -> None:
    FileKeyring(folder)
    folder.chmod(0o750)
    with pytest.raises(Misconfigured) as told:
        FileKeyring(folder)
    assert told.value.code == "key-folder-open-to-others"


def test_a_link_in_place_of_a_key_is_refused(folder: Path) -> None:
    FileKeyring(folder).create(NAME, ED25519)
    (path,) = folder.glob("*.key")
    path.rename(folder.parent / "elsewhere")
    path.symlink_to(folder.parent / "elsewhere")
    with pytest.raises(Misconfigured):
        FileKeyring(folder)


def test_what_a_crash_left_half_written_is_swept_and_the_index_is_completed(folder: Path) -> None:
    made = FileKeyring(folder).create(NAME, ED25519)
    whole = (folder / "names").read_text()
    (folder / "names").unlink()
    (folder / "something.key.0a0b0c0d.tmp").write_bytes(b"half")
    assert FileKeyring(folder).key(NAME) == made
    assert (folder / "names").read_text() == whole
    assert not list(folder.glob("*.tmp"))


def test_a_key_file_that_has_gone_is_a_fault_and_never_a_new_key(folder: Path) -> None:
    ring = FileKeyring(folder)
    ring.create(NAME, ED25519)
    other = FileKeyring(folder)
    (path,) = folder.glob("*.key")
    path.unlink()
    for ask in (lambda: FileKeyring(folder), lambda: other.create("b.example/receipt", COSIGNATURE)):
        with pytest.raises(Misconfigured) as told:
            ask()
        assert (told.value.code, told.value.facts) == ("key-file-missing", {"name": NAME})


def test_a_key_file_under_another_name_is_refused(folder: Path) -> None:
    FileKeyring(folder).create(NAME, ED25519)
    (path,) = folder.glob("*.key")
    path.rename(folder / ("0" * 64 + ".key"))
    with pytest.raises(Misconfigured) as told:
        FileKeyring(folder)
    assert told.value.code == "key-file-misnamed"


def test_no_secret_appears_in_repr_or_fault(folder: Path) -> None:
    ring = FileKeyring(folder)
    ring.create(NAME, ED25519)
    (path,) = folder.glob("*.key")
    secret = path.read_text()
    seed = secret.split('"seed":"')[1].split('"')[0]
    assert len(seed) == 44
    shown = [repr(ring), repr(vars(ring)), str(ring)]
    path.write_text(secret.replace('"kind":1', '"kind":"1"'))
    with pytest.raises(Misconfigured) as told:
        FileKeyring(folder)
    shown += [str(told.value), repr(told.value), repr(told.value.__cause__)]
    assert not any(seed in text for text in shown)


def test_the_certificate_names_the_node_and_can_issue_nothing(folder: Path) -> None:
    der = FileKeyring(folder).create_certificate(NODE, NOW)
    certificate = x509.load_der_x509_certificate(der)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [NODE]
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == NODE
    assert certificate.subject == certificate.issuer
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert certificate.not_valid_before_utc <= datetime.fromtimestamp(NOW / 1000, UTC)
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 825
    certificate.verify_directly_issued_by(certificate)


def test_a_name_longer_than_a_common_name_stands_whole_in_the_alternative_name(folder: Path) -> None:
    long = NodeName("a" * 60 + "." + "b" * 50 + ".example")
    certificate = x509.load_der_x509_certificate(FileKeyring(folder).create_certificate(long, NOW))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [long]


def test_the_certificate_is_made_once(folder: Path) -> None:
    ring = FileKeyring(folder)
    with pytest.raises(NotFound):
        ring.certificate()
    der = ring.create_certificate(NODE, NOW)
    again = FileKeyring(folder)
    assert again.certificate() == again.create_certificate(NODE, Instant(NOW + 1)) == der
    with pytest.raises(Conflict):
        again.create_certificate(NodeName("b.example"), NOW)


def test_a_certificate_interrupted_after_its_key_is_finished_with_that_key(folder: Path) -> None:
    ring = FileKeyring(folder)
    before = x509.load_der_x509_certificate(ring.create_certificate(NODE, NOW)).public_key()
    ring.certificate_path.unlink()
    after = x509.load_der_x509_certificate(FileKeyring(folder).create_certificate(NODE, NOW)).public_key()
    assert after == before


def test_a_certificate_of_another_key_is_refused(folder: Path, tmp_path: Path) -> None:
    ring, other = FileKeyring(folder), FileKeyring(tmp_path / "other")
    ring.create_certificate(NODE, NOW)
    other.create_certificate(NODE, NOW)
    ring.certificate_path.write_bytes(other.certificate_path.read_bytes())
    with pytest.raises(Misconfigured) as told:
        FileKeyring(folder)
    assert told.value.code == "certificate-of-another-key"


# ---- changing the certificate
def test_a_next_certificate_is_made_once_and_takes_over_only_where_that_was_ordered(tmp_path: Path) -> None:
    keyring = FileKeyring(tmp_path / "keys")
    first = keyring.create_certificate(NODE, NOW)
    fresh = keyring.next_certificate(NODE, NOW)
    assert keyring.next_certificate(NODE, NOW) == fresh != first
    keyring.settle_certificate()
    assert keyring.certificate() == FileKeyring(tmp_path / "keys").certificate() == first
    keyring.switch_certificate()
    assert FileKeyring(tmp_path / "keys").certificate() == first, "who only looks changes nothing"
    keyring.settle_certificate()
    keyring.settle_certificate()
    assert keyring.certificate() == FileKeyring(tmp_path / "keys").certificate() == fresh
    with pytest.raises(NotFound):
        keyring.switch_certificate()


def test_a_crash_between_the_two_files_of_a_pair_is_mended_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keyring = FileKeyring(folder)
    keyring.create_certificate(NODE, NOW)
    fresh = keyring.next_certificate(NODE, NOW)
    keyring.switch_certificate()
    (folder / "certificate-next.key.pem").rename(folder / "certificate.key.pem")
    again = FileKeyring(folder)
    again.settle_certificate()
    assert again.certificate() == fresh
