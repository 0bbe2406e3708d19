"""Who may own a name: the Public Suffix List, its private section included, from the copy that tldextract ships.

Private section: `github.io` is a suffix under which strangers live side by side, so a listing of `x.github.io`
says nothing about `github.io`. Nothing is fetched and nothing is cached on disk.
"""

from __future__ import annotations

from functools import cache, lru_cache


@cache
def _list():  # type: ignore[no-untyped-def]  # of a type whose library is read at first use: it costs every command half a second
    from tldextract import TLDExtract

    return TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True, include_psl_private_domains=True)


@lru_cache(maxsize=65536)
def registrable(host: str) -> str | None:
    """The name someone registered: one label more than the public suffix; None where the host is itself a suffix.

    host  normal form of a host name; under an unknown top-level domain the last label is the suffix
    """
    parts = _list().extract_str(host)
    if parts.suffix:
        found: str = parts.top_domain_under_public_suffix
        return found or None
    labels = host.split(".")
    return ".".join(labels[-2:]) if len(labels) > 1 else None


def known_suffix(host: str) -> bool:
    """Does the name end in a suffix that is on the list?"""
    return bool(_list().extract_str(host).suffix)


def parents(host: str) -> tuple[str, ...]:
    """The names above the host, nearest first, down to the registrable one; none for that one itself."""
    root = registrable(host)
    if root is None or root == host:
        return ()
    labels = host[: -len(root)].rstrip(".").split(".")
    return tuple(".".join((*labels[n:], root)) for n in range(1, len(labels) + 1))
