"""Times, zones, amounts and sizes as people say them, in the reader's language; the reader's zone first, the other side's second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global
from babel.dates import format_date, format_datetime, format_time, get_timezone_location
from markupsafe import Markup

from comity.domain.terms import Instant, instant_from
from comity.faces.console.words import THIN, Words

UTC_ZONE = "UTC"
# Countries with several zones, by the city of their capital or, where nobody would expect that one, of most people.
_CAPITALS = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CN": "Asia/Shanghai",
    "ES": "Europe/Madrid",
    "EU": "Europe/Brussels",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
    "VN": "Asia/Ho_Chi_Minh",
}
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
SHORT = {"en": "EEE d MMM", "ko": "M월 d일 (EEE)", "vi": "EEE dd/MM", "km": "EEE d MMM", "zh": "M月d日 EEE"}
LONG = {
    "en": "EEEE d MMMM y",
    "ko": "y년 M월 d일 EEEE",
    "vi": "EEEE, dd/MM/y",
    "km": "EEEE d MMMM y",
    "zh": "y年M月d日 EEEE",
}
# Smallest unit -> places after the point. Assets that aren't here are told in their smallest unit.
PLACES = {"USDT": 6, "USDC": 6, "BTC": 8, "ETH": 18, "KRW": 0, "USD": 2, "EUR": 2, "KHR": 2, "VND": 0, "CNY": 2}


def zone_of(country: str) -> str:
    """The zone in which a country's desk is most likely read; UTC when nothing is known."""
    return _zones().get(country, UTC_ZONE)


@lru_cache(maxsize=1)
def _zones() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for zone, country in sorted(get_global("zone_territories").items()):
        found.setdefault(country, zone)
    return {**found, **_CAPITALS}


def zones_known() -> list[str]:
    """Zones that a reader may choose, one for each country that we know, and UTC."""
    return sorted({UTC_ZONE, *_zones().values()})


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


@dataclass(frozen=True)
class Spoken:
    """How one reader is told of times and amounts, at one moment.

    zone  the reader's own
    now   the node's clock when the page was asked for
    """

    words: Words
    zone: str
    now: Instant

    # ---- times

    def instant(self, said: str) -> Instant:
        """What a `datetime-local` field says, in the reader's zone; ValueError when it says no time."""
        moment = datetime.fromisoformat(said)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=_zone(self.zone) or UTC)
        return Instant(int(moment.timestamp() * 1000))

    def local(self, instant: Instant, zone: str | None = None) -> datetime:
        moment = datetime.fromtimestamp(instant / 1000, UTC)
        return moment.astimezone(_zone(zone or self.zone) or UTC)

    def city(self, zone: str | None = None) -> str:
        """The zone's city in the reader's language."""
        name = zone or self.zone
        if name == UTC_ZONE or _zone(name) is None:
            return "UTC"
        return str(get_timezone_location(name, locale=self.words.locale, return_city=True))

    def clock(self, instant: Instant, zone: str | None = None, *, seconds: bool = False) -> str:
        """`14:32`, or with seconds."""
        return format_time(self.local(instant, zone), "HH:mm:ss" if seconds else "HH:mm", locale=self.words.locale)

    def day(self, instant: Instant, zone: str | None = None) -> str:
        """`Sat 21 Nov`, with the year where it isn't this one."""
        moment = self.local(instant, zone)
        text = str(format_date(moment, SHORT[self.words.lang], locale=self.words.locale))
        return text if moment.year == self.local(self.now, zone).year else f"{text} {moment.year}"

    def long_day(self, instant: Instant) -> str:
        """`Saturday 21 November 2026`."""
        return str(format_date(self.local(instant), LONG[self.words.lang], locale=self.words.locale))

    def full(self, instant: Instant, zone: str | None = None) -> str:
        """Day and time, whatever day it is."""
        return f"{self.day(instant, zone)} {self.clock(instant, zone)}"

    def at(self, when: str | Instant | None, zone: str | None = None, *, seconds: bool = False) -> Markup:
        """A `time` element: the clock alone today, else with the day. Nothing for nothing."""
        if when is None or when == "":
            return Markup("")
        instant = instant_from(when) if isinstance(when, str) else when
        moment = self.local(instant, zone)
        today = moment.date() == self.local(self.now, zone).date()
        text = self.clock(instant, zone, seconds=seconds)
        said = text if today else f"{self.day(instant, zone)} {text}"
        title = format_datetime(moment, "y-MM-dd HH:mm:ss", locale="en")
        return Markup('<time datetime="{}" title="{} {}">{}</time>').format(
            moment.isoformat(timespec="seconds"), title, self.city(zone), said
        )

    def both(self, when: str | Instant | None, other: str | None = None) -> Markup:
        """The reader's time with the city, then that of the country `other`, where its clock differs."""
        if when is None or when == "":
            return Markup("")
        instant = instant_from(when) if isinstance(when, str) else when
        said = Markup("<span>{} {}</span>").format(self.at(instant), self.city())
        there = zone_of(other) if other else self.zone
        if self.local(instant, there).utcoffset() != self.local(instant).utcoffset():
            said += self._there(instant, there)
        return Markup('<span class="zones">{}</span>').format(said)

    def _there(self, instant: Instant, zone: str) -> Markup:
        same = self.local(instant, zone).date() == self.local(instant).date()
        text = self.clock(instant, zone) if same else self.full(instant, zone)
        return Markup("<span>{} {}</span>").format(text, self.city(zone))

    def span(self, milliseconds: int) -> Markup:
        """A length of time in its two largest units: `3 h 12 min`, `2 days`."""
        left = abs(milliseconds) // 1000
        say = self.words.say
        if left >= 2 * _DAY:
            return say("span.days", n=left // _DAY)
        if left >= _DAY:
            return say("span.day_hours", hours=(left - _DAY) // _HOUR)
        if left >= _HOUR:
            return say("span.hours", hours=left // _HOUR, minutes=left % _HOUR // _MINUTE)
        return say("span.minutes", n=left // _MINUTE)

    def left(self, due: str | Instant) -> Markup:
        """`2 h 5 min left`, or by how much it is over."""
        instant = instant_from(due) if isinstance(due, str) else due
        over = instant <= self.now
        return self.words.say("clock.over" if over else "clock.left", span=self.span(instant - self.now))

    def ago(self, when: str | Instant) -> Markup:
        instant = instant_from(when) if isinstance(when, str) else when
        return self.words.say("clock.ago", span=self.span(self.now - instant))

    def tone(self, due: str | Instant, since: str | Instant | None = None) -> str:
        """Of a clock that runs: `stop` over or within the hour, `wait` in its last quarter, none before."""
        instant = instant_from(due) if isinstance(due, str) else due
        left = instant - self.now
        if left < _HOUR * 1000:
            return "stop"
        begun = instant_from(since) if isinstance(since, str) else since
        whole = instant - begun if begun is not None else int(timedelta(days=1).total_seconds() * 4000)
        return "wait" if left * 4 < whole else ""

    # ---- amounts

    def number(self, value: int) -> str:
        """Grouped by thin spaces, from four digits on."""
        return f"{value:,}".replace(",", THIN)

    def money(self, amount: str | int, asset: str) -> Markup:
        """From the smallest unit; no float anywhere. `1 250.50 USDT`."""
        units, places = int(amount), PLACES.get(asset.upper())
        if not places:
            return Markup("{}{}{}").format(self.number(units), "\u00a0", asset)
        whole, part = divmod(units, 10**places)
        tail = f"{part:0{places}d}".rstrip("0")
        tail = tail.ljust(2, "0") if tail else ""
        point = "," if self.words.lang in ("vi", "km") else "."
        return Markup("{}{}{}{}").format(self.number(whole), point + tail if tail else "", "\u00a0", asset)

    def size(self, count: int) -> str:
        """Of a file: bytes up to a thousand, then kB, MB."""
        for unit, many in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
            if count >= many:
                return f"{count / many:.1f}\u00a0{unit}"
        return f"{count}\u00a0B"


def digest(hexadecimal: str, groups: int = 0) -> str:
    """Groups of four digits; the first `groups` of them, all for 0."""
    parts = [hexadecimal[i : i + 4] for i in range(0, len(hexadecimal), 4)]
    return " ".join(parts[:groups] if groups else parts)
