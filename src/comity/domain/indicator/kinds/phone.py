"""A telephone number."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from comity.errors import Malformed

KIND = "phone"
LABEL = "Telephone number"
MISP_TYPES = ("phone-number", "whois-registrant-phone")
SURENESS = 60
EXAMPLES = [
    ("+82 10-5550-1234", "+821055501234"),
    ("KR:010-5550-1234", "+821055501234"),
    ("kh:012 555 012", "+85512555012"),
    ("tel:+855-12-555-012", "+85512555012"),
    ("+44 (0)20 7946 0018", "+442079460018"),
    ("+82 10-5550-1234", "+821055501234"),
    ("US:011 82 10 5550 1234", "+821055501234"),
    ("KR:1588-0000", "+8215880000"),
]
REFUSED = [
    ("", "phone-empty"),
    ("010-5550-1234", "phone-needs-region"),
    ("0082 10 5550 1234", "phone-needs-region"),
    ("ZZ:010-5550-1234", "phone-region-unknown"),
    ("+82 10-5550-1234 ext 7", "phone-character"),
    ("+1 800 FLOWERS", "phone-character"),
    ("+999 1234 5678", "phone-country-code"),
    ("+82 10", "phone-too-short"),
    ("KR:112", "phone-too-short"),
    ("+82 10 5550 1234 5678 90", "phone-too-long"),
    ("+", "phone-empty"),
]

_REGION = re.compile(r"([A-Za-z]{2}):(.*)", re.DOTALL)
_FILLING = re.compile(r"[\s().\-/\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069\u2212\ufeff]+")
_WRONG = re.compile(r"[^0-9+]|(?<=.)\+", re.DOTALL)
_TRUNK = re.compile(r"^(\s*\+[0-9]{1,3}\s*)\(0\)")  # +44 (0)20: the trunk prefix, written for readers at home
_LIKELY = re.compile(r"(?:(?:tel:)?\s*\+|[A-Za-z]{2}:\s*\+?\(?)[0-9][0-9\s().\-/]{5,24}", re.IGNORECASE)
NATIONAL_DIGITS_MIN = 4  # below it stand emergency and service codes, which differ by who dials
_FORM = "+821055501234 or KR:010-5550-1234"


def normalise(raw: str) -> str:
    """E.164: a plus sign, the country code, the number, nothing else.

    A number without `+` means nothing across a border; give its region before it: `KR:010-5550-1234`. Length is
    checked, allocation is not: scammers show numbers that nobody was given.
    """
    text = unicodedata.normalize("NFKC", raw).strip()
    text = text[4:] if text[:4].lower() == "tel:" else text
    hint = _REGION.fullmatch(text)
    region, text = (hint[1].upper(), hint[2]) if hint else (None, text)
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise Malformed("phone-region-unknown", region=region, form=_FORM)
    digits = _digits(text)
    if region is None and not digits.startswith("+"):
        raise Malformed("phone-needs-region", form=_FORM)
    return _e164(digits, region)


def recognise(raw: str) -> bool:
    """A plus sign or a region, then digits that make a possible number."""
    text = unicodedata.normalize("NFKC", raw).strip()
    if _LIKELY.fullmatch(text) is None:
        return False
    try:
        normalise(text)
    except Malformed:
        return False
    return True


def alone(value: str) -> str:
    """The number without its country."""
    return phonenumbers.national_significant_number(phonenumbers.parse(value))


def written(value: str) -> tuple[str, ...]:
    """E.164, and the same with the trunk prefix kept after the country code, as many lists write it."""
    number = phonenumbers.parse(value)
    home = phonenumbers.normalize_digits_only(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
    return tuple(dict.fromkeys((value, f"+{number.country_code}{home}")))


def _digits(text: str) -> str:
    bare = _FILLING.sub("", _TRUNK.sub(r"\1", text))
    if not bare.strip("+"):
        raise Malformed("phone-empty", form=_FORM)
    numeric = "".join(str(unicodedata.decimal(character, character)) for character in bare)
    wrong = _WRONG.search(numeric)
    if wrong is not None:
        raise Malformed("phone-character", character=f"U+{ord(wrong[0]):04X}", form=_FORM)
    return numeric


def _e164(digits: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException as fault:
        raise Malformed(_PARSE_CODES.get(fault.error_type, "phone-too-short"), form=_FORM) from fault
    possible = phonenumbers.is_possible_number_with_reason(number)
    if len(phonenumbers.national_significant_number(number)) < NATIONAL_DIGITS_MIN:
        raise Malformed("phone-too-short", country_code=number.country_code, form=_FORM)
    if possible not in (ValidationResult.IS_POSSIBLE, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        raise Malformed(_LENGTH_CODES.get(possible, "phone-too-short"), country_code=number.country_code, form=_FORM)
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


_PARSE_CODES = {
    NumberParseException.INVALID_COUNTRY_CODE: "phone-country-code",
    NumberParseException.TOO_LONG: "phone-too-long",
}
_LENGTH_CODES = {
    ValidationResult.TOO_LONG: "phone-too-long",
    ValidationResult.INVALID_COUNTRY_CODE: "phone-country-code",
}
