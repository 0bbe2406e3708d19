"""A URL: the exact page, the most precise thing a takedown or a block can name."""

from __future__ import annotations

import re

from comity.domain.indicator.hostname import host_name
from comity.domain.indicator.ip_address import ipv4_text, ipv6_text, looks_numeric
from comity.domain.indicator.public_suffix import known_suffix, parents, registrable
from comity.domain.indicator.refang import refang_dots, refang_scheme
from comity.domain.indicator.value import Indicator
from comity.errors import Malformed

KIND = "url"
LABEL = "Web address (URL)"
PERSONAL = False
MISP_TYPES = ("url", "link", "uri")
SURENESS = 70
EXAMPLES = [
    ("HTTPS://Bad.Example:443/Login", "https://bad.example/Login"),
    ("http://bad.example", "http://bad.example/"),
    ("hxxps://bad[.]example/pay", "https://bad.example/pay"),
    ("hXXp[:]//bad[.]example", "http://bad.example/"),
    ("bad.example/win", "https://bad.example/win"),
    ("https://한국.example/채용", "https://xn--3e0b707e.example/%EC%B1%84%EC%9A%A9"),
    ("https://bad.example/%7ejoe/%2fa%zz", "https://bad.example/~joe/%2Fa%25zz"),
    ("https://bad.example/a/../b/./c", "https://bad.example/b/c"),
    ("https://bad.example:8443/a?q=1#part", "https://bad.example:8443/a?q=1"),
    ("https://bank.example@bad.example/", "https://bad.example/"),
    (r"https:\\bad.example\pay", "https://bad.example/pay"),
    ("http://3221225991/", "http://192.0.2.7/"),
    ("http://[2001:DB8:0::7]:80/", "http://[2001:db8::7]/"),
]
REFUSED = [
    ("", "url-empty"),
    ("ftp://bad.example/", "url-scheme"),
    ("javascript:alert(1)", "url-scheme"),
    ("https:///pay", "url-host-empty"),
    ("https://localhost/", "url-single-label"),
    ("https://bad.example:99999/", "url-port"),
    ("https://bad.example/a\nb", "url-control-character"),
    ("https://bad..example/", "url-empty-label"),
    ("https://bad exa.example/", "url-character"),
    ("https://xn--a.example/", "url-bad-a-label"),
    ("https://" + "a" * 64 + ".example/", "url-too-long"),
    ("https://1.2.3.4.5/", "url-ipv4"),
    ("https://[::zz]/", "url-ipv6"),
]

LENGTH_MAX = 8192
_PORTS = {"http": "80", "https": "443"}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?![0-9]+(?:/|$))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>[0-9]*))?")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_BARE = re.compile(r"[^\s/@:?#\\]+\.[^\s/@:?#\\]+(?::[0-9]+)?[/?\\]\S*")


def normalise(raw: str) -> str:
    """Lower-case scheme and host, A-labels, no default port, no user name, dot segments out, percent signs settled.

    The fragment is dropped: it never reaches the server. So is what stands before an @: it does not choose the
    machine, disguises it, and can hold a password. A missing scheme is read as https, as browsers do.
    """
    text = refang_scheme(raw.strip())
    if not text:
        raise Malformed("url-empty")
    if len(text) > LENGTH_MAX:
        raise Malformed("url-too-long", characters=len(text), characters_max=LENGTH_MAX)
    control = _CONTROL.search(text)
    if control is not None:
        raise Malformed("url-control-character", at=control.start())
    scheme, rest = _split_scheme(text)
    authority, path, query = _split(rest)
    return f"{scheme}://{_authority(authority, scheme)}{_path(path)}{'?' + _settled(query) if query else ''}"


def recognise(raw: str) -> bool:
    """Begins with http(s), defanged or not; or is a name on the public suffix list followed by a path."""
    text = refang_scheme(raw.strip())
    if not text[:7].lower().startswith(("http://", "https:/")) and _BARE.fullmatch(refang_dots(text)) is None:
        return False
    try:
        value = normalise(text)
    except Malformed:
        return False
    host = host_of(value)
    return "://" in text or host.endswith(".example") or known_suffix(host)


def broader(value: str) -> tuple[Indicator, ...]:
    """The host's domain and the domains above it; none where the host is an IP address or a public suffix."""
    host = host_of(value)
    if host.startswith("[") or looks_numeric(host) or registrable(host) is None:
        return ()
    return tuple(Indicator("domain", name) for name in (host, *parents(host)))


def host_of(value: str) -> str:
    """Host of a URL in normal form, IPv6 in brackets."""
    authority = value.partition("://")[2].partition("/")[0]
    return authority if authority.endswith("]") else authority.rpartition(":")[0] or authority


def _split_scheme(text: str) -> tuple[str, str]:
    found = _SCHEME.match(text)
    if found is None:
        return "https", text.lstrip("/\\")
    scheme = found[1].lower()
    if scheme not in _PORTS:
        raise Malformed("url-scheme", scheme=scheme[:20], mend="https")
    rest = text[found.end() :]
    slashes = len(rest) - len(rest.lstrip("/\\"))
    return scheme, rest[min(slashes, 2) :]


def _split(rest: str) -> tuple[str, str, str]:
    # Browsers read a backslash before the query as a slash; so must whoever compares with what they opened.
    before, _, query = rest.partition("#")[0].partition("?")
    authority, slash, path = before.replace("\\", "/").partition("/")
    return authority, slash + path, query


def _authority(text: str, scheme: str) -> str:
    found = _AUTHORITY.fullmatch(refang_dots(text.rpartition("@")[2]))
    if found is None:
        raise Malformed("url-port", mend=":8443")
    port = (found["port"] or "").lstrip("0") or ("0" if found["port"] else "")
    if port and int(port[:6]) > 65535:
        raise Malformed("url-port", port=port[:10], port_max=65535)
    host = _host(found["host"])
    return host if port in ("", _PORTS[scheme]) else f"{host}:{port}"


def _host(text: str) -> str:
    if text.startswith("["):
        return f"[{ipv6_text(text[1:-1], KIND)}]"
    host = host_name(_percent_decoded(text), KIND)
    if looks_numeric(host):
        return ipv4_text(host, KIND)
    if "." not in host:
        raise Malformed("url-single-label")
    return host


def _percent_decoded(text: str) -> str:
    if "%" not in text:
        return text
    octets = re.sub(rb"%([0-9A-Fa-f]{2})", lambda hit: bytes.fromhex(hit[1].decode()), text.encode())
    try:
        return octets.decode()
    except UnicodeDecodeError as fault:
        raise Malformed("url-character", rule="host is not UTF-8") from fault


def _settled(text: str) -> str:
    # RFC 3986 section 6.2.2: triplets of unreserved characters decoded, all others in capitals, strays encoded.
    def settle(hit: re.Match[str]) -> str:
        if hit[1] is None:
            return "".join(f"%{octet:02X}" for octet in hit[0].encode())
        character = chr(int(hit[1], 16))
        return character if character in _UNRESERVED else f"%{hit[1].upper()}"

    return _PERCENT.sub(settle, text)


def _path(text: str) -> str:
    kept: list[str] = []
    segments = _settled(text or "/").split("/")[1:]
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
