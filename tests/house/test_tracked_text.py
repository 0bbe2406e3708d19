"""No tracked text names a host that packages come from, promises work that isn't done, or outgrows a reader."""

from __future__ import annotations

import re

import pytest

from tests.house.tracked import texts

# In pieces, so that this file doesn't name what it forbids.
HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("rubygems", "org"),
        ("anaconda", "org"),
        ("debian", "org"),
        ("ubuntu", "com"),
        ("ghcr", "io"),
        ("docker", "io"),
        ("quay", "io"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
    )
)
HOST = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, HOSTS))})\b", re.IGNORECASE)
ADDRESS = re.compile(r"(?:https?|file)://[^\s\"'<>)]+(?:/simple\b|\.whl|\.tar\.(?:gz|xz)|\.tgz|\.deb)\b")
UNDONE = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")) + r")\b")
LINES_MAX = 600


def hosts_in(text: str) -> list[str]:
    return sorted({found.lower() for found in HOST.findall(text)})


def test_no_tracked_text_names_a_package_host() -> None:
    assert {path: found for path, text in texts().items() if (found := hosts_in(text))} == {}


def test_no_tracked_text_holds_a_download_address() -> None:
    assert {path: found for path, text in texts().items() if (found := ADDRESS.findall(text))} == {}


def test_no_tracked_text_promises_work_for_later() -> None:
    assert {path: found for path, text in texts().items() if (found := UNDONE.findall(text))} == {}


def test_no_python_file_outgrows_its_reader() -> None:
    assert {
        path: count
        for path, text in texts().items()
        if path.endswith(".py") and (count := text.count("\n")) > LINES_MAX
    } == {}


@pytest.mark.parametrize("host", HOSTS)
def test_a_planted_host_is_found(host: str) -> None:
    assert hosts_in(f"index-url = https://files.{host}/x") == [host]


@pytest.mark.parametrize(
    "end", ["/simple/comity/", "/comity-1.0-py3-none-any.whl", "/comity-1.0.tar.gz", "/comity.deb"]
)
def test_a_planted_download_address_is_found(end: str) -> None:
    assert ADDRESS.search(f'see "https://mirror.example{end}"')


def test_a_planted_promise_is_found() -> None:
    assert UNDONE.search("# " + "TO" + "DO: later")
