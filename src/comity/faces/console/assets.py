"""Stylesheet, scripts, icons and fonts. Their address has a digest of all of them in it, so that a browser may keep them for good."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath

from comity.errors import NotFound

FOLDER = Path(__file__).resolve().parent / "static"
FOR_GOOD = "public, max-age=31536000, immutable"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


@lru_cache(maxsize=1)
def served() -> dict[str, bytes]:
    """Path below `static/` -> bytes, of every file of a type that is served. Some 8 MB, nearly all of it fonts."""
    found = (file for file in sorted(FOLDER.rglob("*")) if file.suffix in _TYPES and file.is_file())
    return {file.relative_to(FOLDER).as_posix(): file.read_bytes() for file in found}


@lru_cache(maxsize=1)
def version() -> str:
    """Sixteen hex digits over names and bytes of them all."""
    told = hashlib.sha256()
    for name, raw in served().items():
        told.update(f"{name} {len(raw)}\n".encode() + raw)
    return told.hexdigest()[:16]


def address(name: str) -> str:
    """Where a browser gets the file; KeyError when there is none, so that no page asks for what isn't there."""
    if name not in served():
        raise KeyError(name)
    return f"/desk/static/{version()}/{name}"


@get("/desk/static/{stamp:str}/{name:path}", sync_to_thread=False, opt={"open": True, "asset": True})
def asset(stamp: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """One file. Under an older stamp it is had too, but not kept: a page that was loaded before an upgrade still works."""
    raw = served().get(str(name).lstrip("/"))
    if raw is None:
        raise NotFound("asset", name=str(name)[:80])
    kind = _TYPES[Path(str(name)).suffix]
    keep = FOR_GOOD if stamp == version() else "no-store"
    tag = f'"{hashlib.sha256(raw).hexdigest()[:32]}"'
    # As a header, because the framework would add a charset to every kind of text.
    return Response(raw, media_type=kind, headers={"content-type": kind, "cache-control": keep, "etag": tag})
