"""A bank account: an IBAN, or `CC:bank:account` in countries that have none.

Where a country knows both a code and a name for a bank, they are two values: agree on the code. What can't be brought to one form
is refused with the reason, since an account that is off by a digit is somebody else's.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from stdnum import iban
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.us import rtn

from comity.errors import Malformed

KIND = "bank_account"
LABEL = "Bank account"
MISP_TYPES = ("iban", "bank-account-nr")
SURENESS = 80
EXAMPLES = [
    ("GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819"),  # the examples of the IBAN registry
    ("de89-3704-0044-0532-0130-00", "DE89370400440532013000"),
    ("IBAN: GB29NWBK60161331926819", "GB29NWBK60161331926819"),
    ("KR:999:110-123-456789", "KR:999:110123456789"),
    ("kr:Fictional Bank:110 123 456789", "KR:fictional-bank:110123456789"),
    ("KR:가상은행:110-123-456789", "KR:가상은행:110123456789"),
    ("KH:Fictional Bank PLC:000 123 456", "KH:fictional-bank-plc:000123456"),
    ("VN:999999:0123 4567 89", "VN:999999:0123456789"),
    ("US:123456780:0001234567", "US:123456780:0001234567"),
    ("JP:9999-001:1234567", "JP:9999-001:1234567"),
    ("JP:9999001:123456", "JP:9999-001:0123456"),
]
REFUSED = [
    ("", "bank_account-empty"),
    ("110-123-456789", "bank_account-needs-country"),
    ("GB29 NWBK 6016 1331 9268 18", "bank_account-checksum"),
    ("GB29 NWBK 6016 1331", "bank_account-checksum"),
    ("GB06 NWBK 6016 1331", "bank_account-iban-shape"),
    ("KR30 1234 5678 9012", "bank_account-iban-shape"),
    ("KR:110-123-456789", "bank_account-bank-missing"),
    ("KR::110-123-456789", "bank_account-bank-missing"),
    ("FR:bank:12345678", "bank_account-country-unknown"),
    ("KR:999:110-123", "bank_account-account-shape"),
    ("KR:999:110-123-45678A", "bank_account-account-shape"),
    ("KR:999:110-***-456789", "bank_account-account-shape"),
    ("KR:99:110-123-456789", "bank_account-bank-code"),
    ("US:123456789:0001234567", "bank_account-bank-code"),
    ("JP:9999:1234567", "bank_account-bank-code"),
    ("US:Fictional Bank:0001234567", "bank_account-bank-code"),
]


@dataclass(frozen=True)
class Country:
    """How accounts are written in a country without IBAN.

    code     of a bank, in digits; what doesn't fit is a name where `named`
    account  digits of an account, after taking spaces and dashes out
    fill     length to which leading zeros are put back
    """

    code: re.Pattern[str]
    account: re.Pattern[str]
    named: bool = True
    fill: int = 0


_DIGITS = re.compile(r"[0-9]+", re.ASCII)
COUNTRIES = {
    "KR": Country(re.compile(r"[0-9]{3}"), re.compile(r"[0-9]{8,16}")),
    "KH": Country(re.compile(r"(?!)"), re.compile(r"[0-9]{6,20}")),  # no national code is known to us: names, or a BIC
    "VN": Country(re.compile(r"[0-9]{6}"), re.compile(r"[0-9]{6,19}")),
    "US": Country(re.compile(r"[0-9]{9}"), re.compile(r"[0-9]{4,17}"), named=False),
    "JP": Country(re.compile(r"[0-9]{7}"), re.compile(r"[0-9]{1,7}"), named=False, fill=7),
}
NAME_CHARACTERS_MAX = 60
_FORM = "an IBAN, or KR:<bank code or name>:<account>"
_LIKE_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+")
_LIKE_HOME = re.compile(r"([A-Za-z]{2})\s*:(.*)", re.DOTALL)
_FILLING = re.compile(r"[\s.\-\u2010-\u2015\u2212]+")
_NAME = re.compile(r"[^\W_][\w&.'-]*")


def normalise(raw: str) -> str:
    """An IBAN in capitals without spaces, its checksum proved; else country, bank and account.

    Bank names are folded to lower case with dashes for spaces. Digits left out or starred out are refused.
    """
    text = unicodedata.normalize("NFKC", raw).strip()
    text = text[5:].strip() if text[:5].upper() == "IBAN:" else text
    if not text:
        raise Malformed("bank_account-empty", form=_FORM)
    home = _LIKE_HOME.fullmatch(text)
    if home is not None:
        return _at_home(home[1].upper(), home[2])
    compact = _FILLING.sub("", text).upper()
    if _LIKE_IBAN.fullmatch(compact) is None:
        raise Malformed("bank_account-needs-country", form=_FORM)
    return _iban(compact)


def recognise(raw: str) -> bool:
    """An IBAN whose checksum holds, or a country, a bank and an account with colons between."""
    text = raw.strip()
    if text.count(":") not in (0, 1, 2):
        return False
    try:
        normalise(text)
    except Malformed:
        return False
    return True


def _iban(text: str) -> str:
    try:
        return str(iban.validate(text))
    except InvalidChecksum as fault:
        raise Malformed("bank_account-checksum", rule="ISO 13616") from fault
    except ValidationError as fault:
        raise Malformed("bank_account-iban-shape", country=text[:2], form=_FORM) from fault


def _at_home(country: str, rest: str) -> str:
    rule = COUNTRIES.get(country)
    if rule is None:
        raise Malformed("bank_account-country-unknown", country=country, known=sorted(COUNTRIES), form=_FORM)
    bank, colon, account = rest.partition(":")
    if not colon or not bank.strip():
        raise Malformed("bank_account-bank-missing", form=f"{country}:<bank code or name>:<account>")
    digits = _FILLING.sub("", account)
    if rule.account.fullmatch(digits) is None:
        raise Malformed("bank_account-account-shape", country=country, shape=rule.account.pattern)
    return f"{country}:{_bank(country, rule, bank.strip())}:{digits.zfill(rule.fill)}"


def _bank(country: str, rule: Country, text: str) -> str:
    code = _FILLING.sub("", text)
    if rule.code.fullmatch(code):
        if country == "US" and not rtn.is_valid(code):
            raise Malformed("bank_account-bank-code", country=country, rule="checksum of the routing number")
        return f"{code[:4]}-{code[4:]}" if country == "JP" else code
    if not rule.named or _DIGITS.fullmatch(code):
        raise Malformed("bank_account-bank-code", country=country, shape=rule.code.pattern)
    name = "-".join(unicodedata.normalize("NFKC", text.casefold()).split())
    name = unicodedata.normalize("NFKC", name)
    if _NAME.fullmatch(name) is None or len(name) > NAME_CHARACTERS_MAX or name != _again(name):
        raise Malformed("bank_account-bank-code", country=country, shape="a name of letters, digits and dashes")
    return name


def _again(name: str) -> str:
    return unicodedata.normalize("NFKC", name.casefold())
