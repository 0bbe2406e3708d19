"""What lies on the disk: nothing readable, nothing half, nothing that can be cut, swapped or brought back."""

from __future__ import annotations

import os
import resource
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.adapters.files import FolderFiles
from comity.errors import Busy, Malformed, Misconfigured, NotFound
from tests.files.kept import CHUNK, STORAGE_KEY, digest, noise, pieces

MAGIC, TAG = 16, 16
SECRET = b"the fictional harbour list "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


def _sealed(folder: Path, raw: bytes, *, encrypted: bool = True) -> tuple[FolderFiles, str]:
    files = FolderFiles(folder, STORAGE_KEY, encrypted=encrypted)
    return files, files.keep([raw])[0]


def _on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_nothing_of_a_file_can_be_read_on_the_disk(folder: Path) -> None:
    _, name = _sealed(folder, SECRET * 9000)
    assert b"harbour" not in _on_disk(folder)
    FolderFiles(folder, STORAGE_KEY).extend(digest(SECRET * 9001), len(SECRET) * 9001, 0, [SECRET * 8000])
    assert b"harbour" not in _on_disk(folder)
    assert {path.name[:64] for path in folder.iterdir()} == {name, digest(SECRET * 9001), "storage-key-id"}


def test_without_encryption_a_scan_finds_it_so_that_the_scan_of_an_erased_one_means_something(folder: Path) -> None:
    files, name = _sealed(folder, SECRET * 9000, encrypted=False)
    assert b"harbour" in _on_disk(folder)
    files.forget(name)
    assert b"harbour" not in _on_disk(folder)


def test_nobody_else_may_look_in(folder: Path) -> None:
    _sealed(folder, SECRET)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    folder.chmod(0o750)
    with pytest.raises(Misconfigured, match="files-open-to-others"):
        FolderFiles(folder, STORAGE_KEY)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("encrypted", [True, False])
def test_a_change_of_any_byte_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, encrypted: bool, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("files") / "files"
    raw = noise(CHUNK + 300)
    files, name = _sealed(folder, raw, encrypted=encrypted)
    path = folder / data.draw(st.sampled_from([name, f"{name}.key"]))
    held = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(held) - 1))
    held[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(held)
    with pytest.raises(Malformed):
        b"".join(files.read(name))


CHUNK_ON_DISK = CHUNK + TAG
TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "the last chunk is cut off": lambda raw: raw[: MAGIC + 2 * CHUNK_ON_DISK],
    "a byte is cut off": lambda raw: raw[:-1],
    "a byte is added": lambda raw: raw + b"\x00",
    "two chunks change places": lambda raw: (
        raw[:MAGIC] + raw[MAGIC + CHUNK_ON_DISK : MAGIC + 2 * CHUNK_ON_DISK] + raw[MAGIC:][:CHUNK_ON_DISK] + raw[MAGIC + 2 * CHUNK_ON_DISK :]
    ),
    "a chunk comes twice": lambda raw: raw[:MAGIC] + raw[MAGIC:][:CHUNK_ON_DISK] * 2 + raw[MAGIC + 2 * CHUNK_ON_DISK :],
    "everything is gone": lambda raw: b"",
}  # fmt: skip


@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.parametrize("how", TAMPERED)
def test_a_file_that_is_no_longer_the_one_stored_is_not_read_to_its_end(
    folder: Path, how: str, encrypted: bool
) -> None:
    files, name = _sealed(folder, noise(3 * CHUNK), encrypted=encrypted)
    (folder / name).write_bytes(TAMPERED[how]((folder / name).read_bytes()))
    with pytest.raises(Malformed):
        b"".join(files.read(name))


def test_a_cut_that_takes_the_key_files_word_with_it_is_noticed_by_the_last_chunks_mark(folder: Path) -> None:
    """Even who could wrap keys can't pass a beginning for the whole."""
    from comity.adapters.files.sealing import unwrap, wrap

    files, name = _sealed(folder, noise(3 * CHUNK))
    key, _ = unwrap(STORAGE_KEY, (folder / f"{name}.key").read_bytes(), name)
    (folder / f"{name}.key").write_bytes(wrap(STORAGE_KEY, key, name, 2 * CHUNK))
    (folder / name).write_bytes((folder / name).read_bytes()[: MAGIC + 2 * CHUNK_ON_DISK])
    with pytest.raises(Malformed, match="file-damaged"):
        b"".join(files.read(name))


def test_one_file_can_not_be_passed_for_another(folder: Path) -> None:
    files, one = _sealed(folder, noise(500, seed=1))
    other, _ = files.keep([noise(500, seed=2)])
    for end in ("", ".key"):
        (folder / f"{one}{end}").write_bytes((folder / f"{other}{end}").read_bytes())
    with pytest.raises(Malformed, match="file-key-damaged"):
        files.read(one)


def test_another_storage_key_opens_nothing_and_loses_nothing(folder: Path) -> None:
    _, name = _sealed(folder, SECRET)
    with pytest.raises(Misconfigured, match="files-of-another-key"):
        FolderFiles(folder, bytes(32))
    assert b"".join(FolderFiles(folder, STORAGE_KEY).read(name)) == SECRET


def test_what_was_written_in_the_clear_is_read_by_a_node_that_encrypts(folder: Path) -> None:
    _, name = _sealed(folder, SECRET, encrypted=False)
    assert b"".join(FolderFiles(folder, STORAGE_KEY).read(name)) == SECRET


def test_forgetting_takes_the_key_before_the_bytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the two, a file is unreadable, and the next start sweeps its bytes."""
    files, name = _sealed(folder, SECRET)

    class Killed(BaseException):
        pass

    def killed(path: Path) -> bool:
        raise Killed

    monkeypatch.setattr("comity.adapters.files.disk.drop", killed)
    with pytest.raises(Killed):
        files.forget(name)
    monkeypatch.undo()
    assert [path.name for path in folder.iterdir() if path.name.startswith(name)] == [name]
    with pytest.raises(NotFound):
        files.read(name)
    assert FolderFiles(folder, STORAGE_KEY).names() == ()
    assert not (folder / name).exists()


def _killed_at(step: int, folder: Path, act: Callable[[FolderFiles], object]) -> bool:
    """Runs `act` in a process that ends, without a word, before its n-th change on the disk; says whether it got through."""
    child = os.fork()
    if child == 0:
        count = 0

        def counted(change: Callable[..., object]) -> Callable[..., object]:
            def changed(*given: object, **named: object) -> object:
                nonlocal count
                count += 1
                if count == step:
                    os._exit(9)
                return change(*given, **named)

            return changed

        files = FolderFiles(folder, STORAGE_KEY)
        os.fsync, os.replace = counted(os.fsync), counted(os.replace)  # type: ignore[assignment]
        Path.unlink = counted(Path.unlink)  # type: ignore[method-assign,assignment]
        act(files)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 0


@pytest.mark.parametrize("what", ["keep", "extend", "forget"])
def test_a_process_killed_at_any_step_leaves_the_file_whole_or_not_at_all(folder: Path, what: str) -> None:
    raw, step, ends, through = noise(CHUNK * 4), 0, set(), False
    acts: dict[str, Callable[[FolderFiles], object]] = {
        "keep": lambda files: files.keep([raw]),
        "extend": lambda files: files.extend(digest(raw), len(raw), 0, [raw]),
        "forget": lambda files: files.forget(digest(raw)),
    }
    while not through:
        step += 1
        files = FolderFiles(folder, STORAGE_KEY)
        files.forget(digest(raw))
        if what == "forget":
            files.keep([raw])
        through = _killed_at(step, folder, acts[what])
        files = FolderFiles(folder, STORAGE_KEY)
        whole = files.size(digest(raw)) is not None
        ends.add(whole)
        if whole:
            assert b"".join(files.read(digest(raw))) == raw
        left = {path.name.removeprefix(digest(raw)) for path in folder.iterdir()} - {"storage-key-id"}
        assert left in ({"", ".key"}, {".part", ".part.key"}, set()), (step, left)
    assert step > 2
    # Forgetting begins with zeros over the key: from then on there is no way back.
    assert ends == ({False} if what == "forget" else {True, False})


def test_a_full_disk_is_said_plainly_and_leaves_nothing(folder: Path) -> None:
    files = FolderFiles(folder, STORAGE_KEY)
    kept, _ = files.keep([noise(1000)])
    before = sorted(path.name for path in folder.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * CHUNK, hard))
    try:
        with pytest.raises(Busy, match="no-space-for-file"):
            files.keep(pieces(noise(5 * CHUNK), 5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(path.name for path in folder.iterdir()) == before
    assert b"".join(files.read(kept)) == noise(1000)


def test_a_part_on_a_full_disk_goes_on_when_there_is_room_again(folder: Path) -> None:
    files, raw = FolderFiles(folder, STORAGE_KEY), noise(5 * CHUNK)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * CHUNK, hard))
    try:
        with pytest.raises(Busy):
            files.extend(digest(raw), len(raw), 0, pieces(raw, 5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    here = files.begun(digest(raw))
    assert files.extend(digest(raw), len(raw), here, pieces(raw[here:], 5000)) == len(raw)
    assert b"".join(files.read(digest(raw))) == raw


def test_memory_does_not_grow_with_the_size_of_a_file(folder: Path) -> None:
    files, block, count = FolderFiles(folder, STORAGE_KEY), os.urandom(1 << 20), 48

    def source() -> Iterator[bytes]:
        for _ in range(count):
            yield block

    tracemalloc.start()
    try:
        name, size = files.keep(source())
        read = sum(len(piece) for piece in files.read(name))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (size, read) == (count << 20, count << 20)
    assert peak < 8 << 20
