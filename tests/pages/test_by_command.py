"""By the commands of the manual: written out, served by a plain web server, checked by somebody who has no node."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from comity.faces.cli.app import run
from tests.node.homes import admit, append, fresh_home, invitation
from tests.pages import independent


class Silent(SimpleHTTPRequestHandler):
    """The standard library's own server of files, without its log."""

    def log_message(self, *words: Any) -> None:
        """Says nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says(capsys: pytest.CaptureFixture[str], home: Path, *words: str, code: int = 0) -> Any:
    """What a command prints as data. Any: JSON."""
    capsys.readouterr()
    got = run([*words, "--home", str(home), "--as", "Kim (fictional)", "--json"])
    told = capsys.readouterr()
    assert got == code, (words, told.out, told.err)
    return json.loads(told.out)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    kr, kh = fresh_home(tmp_path / "kr"), fresh_home(tmp_path / "kh", "taskforce.kh.example", "KH")
    admit(kh, invitation(kr, kh.name))
    admit(kr, invitation(kh, kr.name))
    append(kr, kh.name, 620)
    return kr.home


def test_a_plain_web_server_hands_out_what_other_code_reads_to_the_signed_root(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    www = tmp_path / "www"
    (written,) = says(capsys, home, "channel", "export", str(www))
    assert (written["size"], written["pages"]) == (620, 7)
    with served(www) as address:

        def read(path: str) -> bytes:
            with urlopen(f"{address}/{path}") as answer:
                raw: bytes = answer.read()
                return raw

        (listed,) = json.loads(read("channels"))
        found = independent.channel(read, listed["origin"].rpartition("/")[2], listed["vkey"])
    assert (found.size, len(found.entries)) == (620, 620)
    assert listed["size"] == 620
    (checked,) = says(capsys, home, "channel", "check", str(www), code=5)
    assert checked["verdict"] == "consistent-keys-unproven"
    assert checked["root"] == found.root.hex()
    assert says(capsys, home, "channel", "export", str(www), "--channel", listed["origin"])[0]["pages"] == 0


def test_whoever_has_the_policy_checks_it_without_a_node_and_a_changed_byte_is_named(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    www, policy, nowhere = tmp_path / "www", tmp_path / "policy", tmp_path / "nowhere"
    says(capsys, home, "channel", "export", str(www), "--without-records")
    assert run(["receipt", "policy", "--out", str(policy), "--home", str(home)]) == 0
    (checked,) = says(capsys, nowhere, "channel", "check", str(www), "--policy", str(policy), code=1)
    assert checked["verdict"] == "no-quorum", "its reader has not cosigned yet, and this policy asks for that"
    policy.write_text(policy.read_text().replace("quorum cosigners\n", "quorum none\n"))
    (checked,) = says(capsys, nowhere, "channel", "check", str(www), "--policy", str(policy))
    assert (checked["verdict"], checked["states"]) == ("holds", {})
    says(capsys, home, "channel", "export", str(www))
    (checked,) = says(capsys, nowhere, "channel", "check", str(www), "--policy", str(policy))
    assert checked["states"] == {"present": 620}
    (page,) = www.glob("ch/*/records/001")
    raw = bytearray(page.read_bytes())
    raw[200] ^= 1
    page.write_bytes(raw)
    (checked,) = says(capsys, nowhere, "channel", "check", str(www), "--policy", str(policy), code=1)
    assert (checked["fault"], checked["facts"]["index"]) == ("record-not-under-leaf", 256)
    page.unlink()
    (checked,) = says(capsys, nowhere, "channel", "check", str(www), "--policy", str(policy), code=1)
    assert checked["fault"] == "page-missing"
    capsys.readouterr()
    assert run(["channel", "check", str(www), "--policy", str(policy), "--home", str(nowhere)]) == 1
    told = capsys.readouterr().out
    assert "REFUSED" in told
    assert "Copy the folder again" in told


def test_an_officer_must_be_named_and_a_channel_must_be_known(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = ["channel", "export", str(tmp_path / "www"), "--home", str(home), "--json"]
    assert run(nobody) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["error"]["code"] == "officer-not-named"
    unknown = says(
        capsys, home, "channel", "export", str(tmp_path / "www"), "--channel", f"other.example/ch/{'0' * 16}", code=1
    )
    assert unknown["error"]["kind"] == "NotFound"
    assert says(capsys, home, "channel", "check", str(tmp_path / "www"), code=1)["error"]["code"] == "no-pages"
