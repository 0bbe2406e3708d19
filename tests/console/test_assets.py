"""What others made is what it was when it was taken, has its licence beside it, and nothing asks for what isn't there."""

from __future__ import annotations

import hashlib
import re
import tomllib
from typing import Any

import pytest

from comity.faces.console.assets import FOLDER, address, served, version
from comity.faces.console.render import TEMPLATES, environment

VENDOR = FOLDER / "vendor"
OURS = {"vendor.toml", "fonts.css"}
LICENCES = {"0BSD": "Zero-Clause BSD", "OFL-1.1": "SIL OPEN FONT LICENSE"}


def listed() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads((VENDOR / "vendor.toml").read_text())["file"]
    return entries


def test_every_vendored_file_is_listed_and_every_listed_one_is_there() -> None:
    here = {file.relative_to(VENDOR).as_posix() for file in VENDOR.rglob("*") if file.is_file()}
    assert here - OURS == {each["file"] for each in listed()}


def test_every_vendored_file_is_what_it_was() -> None:
    def told(name: str) -> tuple[int, str]:
        raw = (VENDOR / name).read_bytes()
        return len(raw), hashlib.sha256(raw).hexdigest()

    assert {e["file"]: told(e["file"]) for e in listed()} == {e["file"]: (e["bytes"], e["sha256"]) for e in listed()}


def test_every_package_brings_its_licence() -> None:
    for package in {each["name"] for each in listed()}:
        texts = [
            ((VENDOR / each["file"]).read_text(), each["licence"])
            for each in listed()
            if each["name"] == package and each["source"] == "LICENSE"
        ]
        assert [LICENCES[licence] in text for text, licence in texts] == [True], package


def test_every_font_that_the_stylesheet_names_is_there() -> None:
    named = set(re.findall(r'url\("([^"]+)"\)', (VENDOR / "fonts.css").read_text()))
    assert named == {each["file"] for each in listed() if each["file"].endswith(".woff2")}


def test_no_stylesheet_of_ours_asks_for_anything_else() -> None:
    assert re.findall(r"url\(|@import", (FOLDER / "comity.css").read_text()) == [
        "@import"
    ]  # in its first line, which says so


def test_the_stylesheet_stays_small() -> None:
    assert len(served()["comity.css"]) < 50_000


def test_an_address_has_the_digest_of_all_files() -> None:
    assert address("comity.css") == f"/desk/static/{version()}/comity.css"
    with pytest.raises(KeyError):
        address("not-there.js")


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'id="i-([a-z]+)"', (FOLDER / "icons.svg").read_text()))
    texts = [file.read_text() for file in TEMPLATES.rglob("*.html")]
    named = {name for text in texts for name in re.findall(r"""icon\(["']([a-z]+)["']\)""", text)}
    assert named - sprite == set()


def test_no_template_has_inline_style_or_script() -> None:
    found = {
        file.name: hits
        for file in TEMPLATES.rglob("*.html")
        if (
            hits := re.findall(
                r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)|javascript:|hx-on|hx-vals=.js:", file.read_text()
            )
        )
    }
    assert found == {}


def test_every_template_can_be_read() -> None:
    names = environment().list_templates()
    assert len([environment().get_template(name) for name in names]) == len(names) > 5
