"""A cryptographic hash of a file, by its length: MD5, SHA-1 or SHA-256."""

from __future__ import annotations

import re

from comity.errors import Malformed

KIND = "file_hash"
LABEL = "File hash"
PERSONAL = False
MISP_TYPES = ("md5", "sha1", "sha256")
SURENESS = 95
EXAMPLES = [
    ("900150983CD24FB0D6963F7D28E17F72", "md5:900150983cd24fb0d6963f7d28e17f72"),
    ("md5:900150983cd24fb0d6963f7d28e17f72", "md5:900150983cd24fb0d6963f7d28e17f72"),
    ("a9993e364706816aba3e25717850c26c9cd0d89d", "sha1:a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("SHA-1: a9993e364706816aba3e25717850c26c9cd0d89d", "sha1:a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("sha256:" + "BA7816BF" * 8, "sha256:" + "ba7816bf" * 8),
    ("ba7816bf" * 8, "sha256:" + "ba7816bf" * 8),
]
REFUSED = [
    ("", "file_hash-empty"),
    ("a9993e36", "file_hash-length"),
    ("ab" * 64, "file_hash-length"),
    ("md5:a9993e364706816aba3e25717850c26c9cd0d89d", "file_hash-length-of-another"),
    ("z00150983cd24fb0d6963f7d28e17f72", "file_hash-character"),
    ("sha512:" + "ab" * 64, "file_hash-method-unknown"),
]

_BY_DIGITS = {32: "md5", 40: "sha1", 64: "sha256"}
_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\s*:(.*)", re.DOTALL)


def normalise(raw: str) -> str:
    """`method:digits`, lower case. Two methods of one file are two values: nobody can tell that they belong together."""
    text = raw.strip()
    named = _NAMED.fullmatch(text)
    method = named[1].lower().replace("-", "").replace("_", "") if named else None
    digits = (named[2] if named else text).strip().lower()
    if method is not None and method not in _BY_DIGITS.values():
        raise Malformed("file_hash-method-unknown", method=method[:20], known=sorted(_BY_DIGITS.values()))
    if not digits:
        raise Malformed("file_hash-empty")
    if not re.fullmatch(r"[0-9a-f]+", digits):
        raise Malformed("file_hash-character")
    found = _BY_DIGITS.get(len(digits))
    if found is None:
        raise Malformed("file_hash-length", digits=len(digits), digits_known=sorted(_BY_DIGITS))
    if method not in (None, found):
        raise Malformed("file_hash-length-of-another", named=method, found=found)
    return f"{found}:{digits}"


def recognise(raw: str) -> bool:
    """Only with its method in front: as many bare digits may be an address, an image's hash or a secret key."""
    if _NAMED.fullmatch(raw.strip()) is None:
        return False
    try:
        normalise(raw)
    except Malformed:
        return False
    return True
