"""Which browser the tests drive: the machine's own Chromium, else the one that Playwright has downloaded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # as root there is no other way; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def found() -> Path | None:
    """Path of an executable; None when there is none, or nothing to drive it with."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    named = os.environ.get("COMITY_BROWSER")
    for name in (named,) if named else NAMES:
        path = shutil.which(name)
        if path is not None:
            return Path(path)
    if named:
        return None
    with sync_playwright() as driver:
        own = Path(driver.chromium.executable_path)
    return own if own.is_file() else None
