"""Sees to it that the tests have a browser: one on this machine, else Debian's where root may install it, else Playwright's own.

.venv/bin/python .ci/browser.py     prints which; ends with 1 where none can be had
"""

# It speaks to people.
# ruff: noqa: T201, S603

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.browser.find import found

DEBIAN = ("chromium-headless-shell", "fonts-noto-cjk", "fonts-khmeros")


def run(*command: str) -> bool:
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0


def main() -> int:
    if found() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("browser: none here; asking Debian for Chromium ...", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        os.environ.update(environment)
        if not run("apt-get", "install", "-y", "-qq", *DEBIAN):
            run("apt-get", "update", "-qq")
            run("apt-get", "install", "-y", "-qq", *DEBIAN)
    if found() is None:
        print("browser: none here; asking Playwright for its own ...", flush=True)
        run(sys.executable, "-m", "playwright", "install", "chromium")
    browser = found()
    if browser is None:
        print("browser: none to be had; the tests that need one say so", file=sys.stderr)
        return 1
    print(f"browser: {browser}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
