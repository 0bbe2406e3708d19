"""A place: `geo:lat,lon`, or the name of a compound, or an address in free words.

It is personal and travels sealed: where somebody lives, works or is held says who they are, and may be used to find them. A
compound's name that is public anyway loses nothing by it, since sealed values are matched alike.
"""

from __future__ import annotations

import re
import unicodedata

from comity.domain.indicator.value import Indicator
from comity.errors import Malformed

KIND = "place"
LABEL = "Place"
MISP_TYPES: tuple[str, ...] = ()
SURENESS = 85
COMMAS = True
EXAMPLES = [
    ("geo:10.6271,103.5128", "geo:10.6271,103.5128"),
    ("geo:10.62719999,103.5128", "geo:10.6271,103.5128"),
    ("10.627, 103.51289", "geo:10.627,103.512"),
    ("GEO: -0.04, 0.10", "geo:-0.04,0.10"),
    ("11.5N 104.9E", "geo:11.5,104.9"),
    ("11.5° S, 104.90° W", "geo:-11.5,-104.9"),
    ("Fictional  Harbour Compound, Building 7", "fictional harbour compound, building 7"),
    ("가상 단지 3동", "가상 단지 3동"),
    ("ＡＢ Building", "ab building"),
]
REFUSED = [
    ("", "place-empty"),
    ("  ,- ", "place-empty"),
    ("geo:10.62", "place-coordinate"),
    ("geo:10,103.5128", "place-too-coarse"),
    ("geo:north,south", "place-coordinate"),
    ("geo:91.0,103.0", "place-off-the-globe"),
    ("10.0,181.0", "place-off-the-globe"),
    ("https://maps.example/@10.6,103.5", "place-is-url"),
    ("x" * 301, "place-too-long"),
    ("Harbour\u0007 Compound", "place-character"),
]

DECIMALS_MAX = 4
"""Of a degree: about 11 m, a building. More is cut off, and of two numbers the coarser one decides."""
CHARACTERS_MAX = 300

_NUMBER = r"([+-]?[0-9]{1,3}(?:\.[0-9]{0,12})?)\s*°?\s*"
_SIGNED = re.compile(rf"(?:geo:)?\s*{_NUMBER},\s*{_NUMBER}", re.IGNORECASE | re.ASCII)
_LETTERED = re.compile(rf"(?:geo:)?\s*{_NUMBER}([NS])[\s,]+{_NUMBER}([EW])", re.IGNORECASE | re.ASCII)


def normalise(raw: str) -> str:
    """`geo:` and degrees with at most four decimals, cut and not rounded: cutting twice gives what cutting once gives.

    The number of decimals is the precision that is claimed; both numbers have the same. Words: NFKC, case folded, single spaces.
    """
    text = unicodedata.normalize("NFKC", raw).strip()
    if not text or "://" in text:
        raise Malformed("place-is-url" if text else "place-empty", kind="url")
    signed, lettered = _SIGNED.fullmatch(text), _LETTERED.fullmatch(text)
    if signed:
        return _degrees(signed[1], signed[2])
    if lettered:
        return _degrees(
            _turned(lettered[1], lettered[2].upper() == "S"), _turned(lettered[3], lettered[4].upper() == "W")
        )
    if text[:4].lower() == "geo:":
        raise Malformed("place-coordinate", form="geo:10.6271,103.5128")
    return _words(text)


def recognise(raw: str) -> bool:
    """Only with `geo:` in front: two numbers may be anything, and so may words."""
    if raw.strip()[:4].lower() != "geo:":
        return False
    try:
        normalise(raw)
    except Malformed:
        return False
    return True


def broader(value: str) -> tuple[Indicator, ...]:
    """The same point told less precisely, down to one decimal (about 11 km)."""
    if not value.startswith("geo:"):
        return ()
    latitude, longitude = value.removeprefix("geo:").split(",")
    decimals = max(_decimals(latitude), _decimals(longitude))
    coarser = (f"geo:{_cut(latitude, places)},{_cut(longitude, places)}" for places in range(decimals - 1, 0, -1))
    return tuple(Indicator(KIND, each) for each in dict.fromkeys(coarser) if each != value)


def _degrees(latitude: str, longitude: str) -> str:
    if abs(float(latitude)) > 90 or abs(float(longitude)) > 180:
        raise Malformed("place-off-the-globe")
    places = min(_decimals(latitude), _decimals(longitude), DECIMALS_MAX)
    if places < 1:  # more than 100 km
        raise Malformed("place-too-coarse", decimals_min=1)
    return f"geo:{_cut(latitude, places)},{_cut(longitude, places)}"


def _turned(number: str, south_or_west: bool) -> str:
    return f"-{number.lstrip('+-')}" if south_or_west else number


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def _cut(number: str, places: int) -> str:
    """The number with that many decimals; no zeros in front, no plus, no minus before nought."""
    sign = "-" if number.startswith("-") else ""
    whole, _, decimals = number.lstrip("+-").partition(".")
    whole, kept = str(int(whole)), decimals[:places]
    told = f"{whole}.{kept}" if kept else whole
    return told if not told.strip("0.") else sign + told


def _words(text: str) -> str:
    before = None
    for _ in range(4):
        if text == before:
            break
        before, text = text, " ".join(unicodedata.normalize("NFKC", text.casefold()).split())
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if len(text) > CHARACTERS_MAX:
        raise Malformed("place-too-long", characters=len(text), characters_max=CHARACTERS_MAX)
    wrong = next((c for c in text if unicodedata.category(c)[0] == "C" and c not in "\u200c\u200d\u200b"), None)
    if wrong is not None:
        raise Malformed("place-character", character=f"U+{ord(wrong):04X}")
    if not any(character.isalnum() for character in text):
        raise Malformed("place-empty")
    return text
