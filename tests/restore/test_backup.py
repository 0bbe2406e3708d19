"""Backups of a node: whole, closed to whoever lacks their day's key, and put back without losing what stood there."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from comity.config import Config, read_config
from comity.domain.ledger import Lane
from comity.errors import Conflict, Malformed, Misconfigured, NotFound
from comity.faces.cli.app import run
from comity.node.assembly import open_node
from comity.node.backup import Manifest, kept_backups, make_backup
from comity.node.backup_keys import BackupKeys, read_day_keys
from comity.node.restoring import check, recovered, restore
from tests.node.homes import fresh_home, process
from tests.worlds import channel_to, letter, sealed_indicator

SECRET = "a-name-that-stands-nowhere-else.example.com"


@pytest.fixture
def node(tmp_path: Path) -> Config:
    return fresh_home(tmp_path / "home")


def write(config: Config, count: int, value: str | None = None) -> None:
    with open_node(config) as opened:
        channel = channel_to(opened.world, "taskforce.kh.example", Lane.BULK, "1" * 16)
        fresh = [letter(channel.origin, sealed_indicator(opened.world, n, value=value)) for n in range(count)]
        opened.world.store.keep(fresh)


def day_keys(config: Config) -> dict[str, bytes]:
    return read_day_keys(BackupKeys(config.marks).export())


def size_of(config: Config, *, inspect: bool = False) -> int:
    with open_node(config, inspect=inspect) as opened:
        store = opened.world.store
        told = [
            channel for channel in store.channels() if channel.lane is not Lane.JOURNAL
        ]  # which grows by being opened
        return max(store.position(channel.origin).size for channel in told)


def test_a_backup_holds_database_and_settings_and_neither_keys_nor_marks(node: Config, tmp_path: Path) -> None:
    write(node, 3)
    made = make_backup(node, tmp_path / "one")
    manifest = check(tmp_path / "one", day_keys(node), tmp_path)
    rest = [member.path for member in manifest.files if not member.path.startswith("files/")]
    (seal,) = node.keys.glob("at-rest-*.secret")
    assert rest == ["store/node.db", "comity.toml", f"at-rest/{seal.name}"]
    assert (manifest.node, manifest.made, manifest.keys) == (node.name, made.made, False)
    assert set(manifest.apart) == {str(node.marks), str(node.keys)}
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600


def test_the_keys_come_along_only_when_asked_for(node: Config, tmp_path: Path) -> None:
    make_backup(node, tmp_path / "one", with_keys=True)
    manifest = check(tmp_path / "one", day_keys(node), tmp_path)
    held = {member.path for member in manifest.files if member.path.startswith("keys/")}
    assert held == {f"keys/{path.name}" for path in node.keys.iterdir()}


def test_nothing_of_the_node_can_be_read_in_a_backup(node: Config, tmp_path: Path) -> None:
    write(node, 1, SECRET)
    make_backup(node, tmp_path / "one", with_keys=True)
    raw = (tmp_path / "one").read_bytes()
    assert SECRET.encode() not in raw
    assert b"SQLite format" not in raw
    assert b"PRIVATE KEY" not in raw


def test_a_backup_leaves_no_copy_beside_the_node(node: Config, tmp_path: Path) -> None:
    write(node, 1, SECRET)
    before = sorted(path.name for path in node.home.iterdir())
    make_backup(node, tmp_path / "one")
    assert sorted(path.name for path in node.home.iterdir()) == before


def test_a_backup_of_a_running_node_is_consistent(node: Config, tmp_path: Path) -> None:
    write(node, 5)
    with process(node, tmp_path / "cache") as far:
        far.desk().get("/health")
        make_backup(node, tmp_path / "one")
    assert check(tmp_path / "one", day_keys(node), tmp_path).node == node.name


def test_a_backup_never_replaces_a_file_and_never_lies_among_marks_keys_or_store(node: Config, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"mine")
    with pytest.raises(Conflict, match="backup-exists"):
        make_backup(node, tmp_path / "one")
    assert (tmp_path / "one").read_bytes() == b"mine"
    for folder in (node.marks, node.store, node.keys):
        with pytest.raises(Conflict, match="backup-in-the-wrong-place"):
            make_backup(node, folder / "one")


def test_a_restored_node_does_not_run_before_it_recovers(node: Config, tmp_path: Path) -> None:
    write(node, 3)
    make_backup(node, tmp_path / "one")
    write(node, 2)
    _, aside = restore(node.home, node.marks, tmp_path / "one", day_keys(node))
    assert aside is not None
    assert (aside / "store" / "node.db").exists()
    with pytest.raises(Misconfigured, match="restored-not-recovered"):
        open_node(node)
    assert size_of(node, inspect=True) == 3
    assert not list(node.home.glob("restoring*"))


def test_a_backup_that_is_level_with_the_marks_waits_for_its_recovery_too(node: Config, tmp_path: Path) -> None:
    write(node, 3)
    make_backup(node, tmp_path / "one")
    restore(node.home, node.marks, tmp_path / "one", day_keys(node))
    with pytest.raises(Misconfigured, match="restored-not-recovered"):
        open_node(node)
    recovered(node)
    assert size_of(node) == 3


def test_an_empty_home_gets_everything_but_the_keys(node: Config, tmp_path: Path) -> None:
    write(node, 3)
    make_backup(node, tmp_path / "one")
    home = tmp_path / "elsewhere" / "home"
    manifest, aside = restore(home, node.marks, tmp_path / "one", day_keys(node))
    config = read_config(home, {})
    assert (config.name, config.marks, aside) == (node.name, node.marks, None)
    assert config.token.exists()
    assert manifest.made
    with pytest.raises(Misconfigured, match="no-keys"):
        open_node(config, inspect=True)


def test_keys_from_a_backup_never_replace_keys_that_are_there(node: Config, tmp_path: Path) -> None:
    make_backup(node, tmp_path / "one", with_keys=True)
    later = node.keys / "later"
    later.write_bytes(b"")
    restore(node.home, node.marks, tmp_path / "one", day_keys(node))
    assert later.exists()
    home = tmp_path / "elsewhere" / "home"
    restore(home, node.marks, tmp_path / "one", day_keys(node))
    assert (home / "keys" / "certificate.pem").exists()
    assert not (home / "keys" / "later").exists()


def test_nothing_is_put_back_while_somebody_has_the_store(node: Config, tmp_path: Path) -> None:
    make_backup(node, tmp_path / "one")
    with open_node(node), pytest.raises(Misconfigured, match="store-in-use"):
        restore(node.home, node.marks, tmp_path / "one", day_keys(node))


def test_another_nodes_backup_is_refused(node: Config, tmp_path: Path) -> None:
    other = fresh_home(tmp_path / "other", "taskforce.kh.example", "KH")
    make_backup(other, tmp_path / "one")
    with pytest.raises(Misconfigured, match="backup-of-another-node"):
        restore(node.home, node.marks, tmp_path / "one", day_keys(other))
    assert size_of(node) == 0


def test_a_damaged_backup_changes_nothing(node: Config, tmp_path: Path) -> None:
    write(node, 3)
    make_backup(node, tmp_path / "one")
    raw = bytearray((tmp_path / "one").read_bytes())
    raw[-1] ^= 1
    (tmp_path / "one").write_bytes(raw)
    before = sorted(path.name for path in node.home.iterdir())
    with pytest.raises(Malformed, match="backup-damaged"):
        restore(node.home, node.marks, tmp_path / "one", day_keys(node))
    assert sorted(path.name for path in node.home.iterdir()) == before
    assert size_of(node) == 3


@contextmanager
def dying_at(monkeypatch: pytest.MonkeyPatch, call: int) -> Iterator[None]:
    """The process is lost at the n-th rename."""
    import os

    real, count = os.replace, 0

    def replace(source: object, target: object) -> None:
        nonlocal count
        count += 1
        if count == call:
            raise KeyboardInterrupt
        real(source, target)  # type: ignore[arg-type]  # passed on as it came

    with monkeypatch.context() as patched:
        patched.setattr("comity.node.restoring.os.replace", replace)
        yield


@pytest.mark.parametrize("call", range(1, 7))
def test_a_restore_that_was_cut_off_is_noticed_and_can_be_repeated(
    node: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    write(node, 3)
    make_backup(node, tmp_path / "one")
    write(node, 2)
    try:
        with dying_at(monkeypatch, call):
            restore(node.home, node.marks, tmp_path / "one", day_keys(node))
    except KeyboardInterrupt:
        if (node.home / "restoring").exists():
            with pytest.raises(Misconfigured, match="restore-unfinished"):
                open_node(node)
        else:
            assert size_of(node) == 5
    restore(node.home, node.marks, tmp_path / "one", day_keys(node))
    assert size_of(node, inspect=True) == 3
    assert list((node.home / "replaced").rglob("node.db"))


# ---- keys of days


def test_when_a_days_key_is_destroyed_its_backups_open_for_nobody(node: Config, tmp_path: Path) -> None:
    made = make_backup(node, tmp_path / "one")
    keys = BackupKeys(node.marks)
    assert keys.forget(made.day) == ()
    assert keys.forget("9999-12-31") == (made.day,)
    with pytest.raises(NotFound, match="backup-key"):
        keys.key_of(made.day)
    with pytest.raises(NotFound, match="backup-key"):
        check(tmp_path / "one", day_keys(node), tmp_path)


def test_destroying_old_days_leaves_younger_ones_and_no_old_master(tmp_path: Path) -> None:
    keys = BackupKeys(tmp_path)
    old, young = keys.key_for("2026-11-01"), keys.key_for("2026-11-20")
    (master,) = tmp_path.glob("backup-master-*")
    before = (tmp_path / "backup-days").read_bytes()
    assert keys.forget("2026-11-10") == ("2026-11-01",)
    assert keys.key_of("2026-11-20") == young != old
    assert not master.exists()
    assert len(list(tmp_path.glob("backup-master-*"))) == 1
    assert before != (tmp_path / "backup-days").read_bytes()


def test_a_crash_while_destroying_is_swept_up_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = BackupKeys(tmp_path)
    keys.key_for("2026-11-01")
    (master,) = tmp_path.glob("backup-master-*")
    raw = master.read_bytes()
    keys.forget("2026-11-10")
    master.write_bytes(raw)
    master.chmod(0o600)
    assert keys.days() == ()
    assert not master.exists()


def test_each_backup_tells_what_it_holds_that_was_erased_since(node: Config, tmp_path: Path) -> None:
    make_backup(node, tmp_path / "one")
    with open(node.marks / "high-water", "a") as marks:
        marks.write(f"gone {node.name}/ch/{'1' * 16} 0 {node.name}/ch/{'1' * 16} 1 null\n")
    make_backup(node, tmp_path / "two")
    one, two = kept_backups(node)
    assert [(each.opens, each.holds) for each in (one, two)] == [(True, 1), (True, 0)]


def test_a_member_that_would_leave_the_folder_is_refused(tmp_path: Path) -> None:
    from comity.node.archive import Head, Opener, Sealer, read_head
    from comity.node.backup import _lay_out

    head = Head("police.kr.example", "2026-11-24T08:00:00.000Z", "2026-11-24", b"s" * 32)
    for name in ("../out", "/out", "a/../../out", "a/./b", "a\nb"):
        with open(tmp_path / "bad", "wb") as sink:
            sealer = Sealer(sink, head, b"k" * 32)
            with tarfile.open(fileobj=sealer, mode="w|") as tar:
                tar.addfile(tarfile.TarInfo(name))
            sealer.close()
        with open(tmp_path / "bad", "rb") as source:
            opener = Opener(source, *read_head(source), b"k" * 32)
            with pytest.raises(Malformed, match="backup-damaged"):
                _lay_out(opener, tmp_path / "stage")
    assert not (tmp_path / "out").exists()


# ---- the command line


def said(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, object]:
    code = run(["--json", "--home", str(home), *words])
    return code, json.loads(capsys.readouterr().out)


def test_the_commands_make_list_check_forget_and_restore(
    node: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(node, 3)
    one, safe = str(tmp_path / "one"), str(tmp_path / "safe")
    code, made = said(capsys, node.home, "node", "backup", one)
    assert code == 0
    assert isinstance(made, dict)
    assert made["to"] == one
    assert said(capsys, node.home, "node", "backup-keys", safe)[0] == 0
    assert said(capsys, node.home, "node", "restore", one, "--check")[0] == 0
    code, listed = said(capsys, node.home, "node", "backups")
    assert isinstance(listed, list)
    assert listed[0]["opens"] is True
    assert said(capsys, node.home, "node", "backup-forget", "--before", "9999-01-01")[1] == {"destroyed": [made["day"]]}
    code, told = said(capsys, node.home, "node", "restore", one)
    assert code == 1
    assert isinstance(told, dict)
    assert told["error"]["code"] == "backup-key"
    code, told = said(capsys, node.home, "node", "restore", one, "--keys-from", safe)
    assert code == 0
    assert isinstance(told, dict)
    assert told["aside"]
    code, told = said(capsys, node.home, "node", "status")
    assert isinstance(told, dict)
    assert told["running"] is False


def test_a_manifest_reads_back(node: Config, tmp_path: Path) -> None:
    make_backup(node, tmp_path / "one")
    manifest = check(tmp_path / "one", day_keys(node), tmp_path)
    assert isinstance(manifest, Manifest)
    assert manifest.schema >= 1
