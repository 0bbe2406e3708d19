"""A perceptual hash of an image: PDQ, whose near values mean near pictures.

Equal keys mean equal hashes; what lies within a distance is the affair of a radius search, which reads the same values.
"""

from __future__ import annotations

import re

from comity.errors import Malformed

KIND = "image_hash"
LABEL = "Image hash (PDQ)"
PERSONAL = False  # it can't be turned back into a picture, and names nobody
MISP_TYPES: tuple[str, ...] = ()  # MISP has no type for it
SURENESS = 95
_HEX = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"  # of the published PDQ test lists
EXAMPLES = [
    (_HEX, f"pdq:{_HEX}"),
    (_HEX.upper(), f"pdq:{_HEX}"),
    (f"PDQ: {_HEX}", f"pdq:{_HEX}"),
    (f"pdq:{_HEX},100", f"pdq:{_HEX}"),
    (f"{_HEX},50", f"pdq:{_HEX}"),
]
REFUSED = [
    ("", "image_hash-empty"),
    (_HEX[:-1], "image_hash-length"),
    ("ab" * 16, "image_hash-length"),
    ("g" + _HEX[1:], "image_hash-character"),
    ("phash:" + _HEX, "image_hash-scheme-unknown"),
    (f"pdq:{_HEX},49", "image_hash-low-quality"),
    (f"pdq:{_HEX},101", "image_hash-quality"),
    (f"pdq:{_HEX},best", "image_hash-quality"),
    ("0" * 64, "image_hash-of-nothing"),
]

DIGITS = 64
QUALITY_MIN = 50
"""Below it PDQ itself says that a picture has too little in it to be told from others; by convention dropped."""

_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\s*:(.*)", re.DOTALL)


def normalise(raw: str) -> str:
    """`pdq:` and 64 lower-case hexadecimal digits.

    A quality of 0 to 100 may follow after a comma; it decides whether the hash is taken, and isn't part of the value.
    """
    text = raw.strip()
    named = _NAMED.fullmatch(text)
    if named and named[1].lower() != "pdq":
        raise Malformed("image_hash-scheme-unknown", scheme=named[1][:20], known=["pdq"])
    digits, comma, quality = (part.strip() for part in (named[2] if named else text).partition(","))
    if not digits:
        raise Malformed("image_hash-empty")
    if not re.fullmatch(r"[0-9A-Fa-f]+", digits):
        raise Malformed("image_hash-character")
    if len(digits) != DIGITS:
        raise Malformed("image_hash-length", digits=len(digits), digits_wanted=DIGITS)
    if comma:
        _good_enough(quality)
    if not digits.strip("0"):
        raise Malformed("image_hash-of-nothing")
    return f"pdq:{digits.lower()}"


def recognise(raw: str) -> bool:
    """Only with `pdq:` in front: 64 bare digits may as well be a file's hash, a transaction or a secret key."""
    if raw.strip()[:3].lower() != "pdq":
        return False
    try:
        normalise(raw)
    except Malformed:
        return False
    return True


def _good_enough(quality: str) -> None:
    if not re.fullmatch(r"[0-9]{1,3}", quality) or int(quality) > 100:
        raise Malformed("image_hash-quality", quality_max=100)
    if int(quality) < QUALITY_MIN:
        raise Malformed("image_hash-low-quality", quality=int(quality), quality_min=QUALITY_MIN)
