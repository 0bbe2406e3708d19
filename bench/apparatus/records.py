"""Records as nodes exchange them, made by the codec itself: plainly fictional, about 0.9 kB, most with sealed fields."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import Struct

from comity.domain.record import About, Marking, Sealed, encode_fields, seal
from comity.domain.record.kinds import indicator_1, request_1
from comity.domain.record.places import Target
from comity.domain.terms import Instant, NodeName, instant_text

START = Instant(1_795_000_000_000)
MARKING = Marking(tlp="AMBER", hcodes=("H0",), pap="AMBER", source="B", info=2, purpose=("crime",))
ISSUER, READER = NodeName("police.kr.example"), NodeName("taskforce.kh.example")


@dataclass(frozen=True)
class Made:
    """A record, and its bytes as a reader gets them."""

    sealed: Sealed
    salt: bytes
    envelope: bytes
    fields: bytes


def made_records(count: int, *, requests_in_ten: int = 4, seed: int = 1) -> Iterator[Made]:
    """Indicators, every third one a person's own and so sealed, and requests to READER with three sealed places each."""
    chance = random.Random(seed)

    def salt() -> bytes:
        return chance.randbytes(32)

    for n in range(count):
        at = Instant(START + n * 1000)
        asks = n % 10 >= 10 - requests_in_ten
        body = _request(n, at, chance) if asks else _indicator(n, at)
        about = (About(f"{READER}/ch/{'c' * 16}", n, f"{chance.getrandbits(256):064x}"),) if asks else ()
        sealed = seal(
            body,
            id=_uuid7(at, chance),
            issuer=ISSUER,
            made=at,
            marking=MARKING,
            purpose="crime",
            basis="kr.cooperation-act.fictional",
            about=about,
            lang="en",
            salt=salt,
        )
        yield Made(sealed, salt(), sealed.envelope, encode_fields(sealed.fields))


def _indicator(n: int, at: Instant) -> Struct:
    source = indicator_1.Source(
        "fictional partner feed of recruitment sites", f"{n:064x}", "FICTIONAL: " + "seen in advertisements; " * 3
    )
    facts = {
        "role": "scam-site",
        "source": source,
        "first_seen": instant_text(at),
        "last_seen": instant_text(at),
        "confidence": 70,
    }
    if n % 3 == 0:
        return indicator_1.Body(kind="phone", personal_value=f"+8550000{n:06d}", **facts)  # type: ignore[arg-type]
    if n % 3 == 1:
        return indicator_1.Body(kind="domain", value=f"jobs-{n}.lure.example", **facts)  # type: ignore[arg-type]
    return indicator_1.Body(kind="url", value=f"https://jobs-{n}.lure.example/apply?lang=ko&agent={n % 977}", **facts)  # type: ignore[arg-type]


def _request(n: int, at: Instant, chance: random.Random) -> Struct:
    return request_1.Body(
        request=_uuid7(at, chance),
        measure="preserve",
        to=READER,
        nature="voluntary",
        route="fictional-route",
        drafted_by="fictional officer",
        approved_by="fictional approver",
        approved_at=instant_text(at),
        offence="fraud",
        deadline=instant_text(Instant(at + 86_400_000)),
        targets=(Target("url", f"https://jobs-{n}.lure.example/apply"), Target("domain", f"jobs-{n}.lure.example")),
        urgency="urgent",
        form={"data": "subscriber", "period": "90-days"},
        report=_uuid7(at, chance),
        facts=f"FICTIONAL: account {n} recruited three people who don't exist.",
        form_personal={"account_holder": f"Fictional Person {n}"},
        personal_targets=(Target("email", f"boss-{n}@lure.example", "wrote the offer"),),
    )


def _uuid7(at: Instant, chance: random.Random) -> str:
    raw = at << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)
    text = f"{raw:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
