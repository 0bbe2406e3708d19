"""Every page of the console, and what is looked at on it: in five languages, light and dark, on three widths."""

from __future__ import annotations

from collections.abc import Iterator

from tests.browser.desk import WIDTHS, Looked, Theme, clipped, overflowing, violations

LANGUAGES = ("en", "ko", "vi", "km", "zh")
THEMES: tuple[Theme, ...] = ("light", "dark")
READ = 2
"""Languages in which axe-core reads each page; it sees words as they are, and the width and theme change with each."""
# `{name}` is the id of the work of that name, see work.py. A new page is one more line.
PAGES = (
    "/desk/today",
    "/desk/requests",
    "/desk/requests?view=closed",
    "/desk/requests/{answered}",
    "/desk/requests/{received}",
    "/desk/requests/{draft}",
    "/desk/requests/{rescue}",
    "/desk/requests/{freeze}",
    "/desk/channels",
    "/desk/settings",
    "/desk/search?q=https://lure-hill.example/apply?id=4471",
    "/desk/search?q=a@b.example",
    "/desk/rescue",
    "/desk/rescue/new",
    "/desk/rescue/{rescue}",
    "/desk/reports",
    "/desk/reports/new",
    "/desk/reports/{report}",
    "/desk/requests/new?report={report}",
    "/desk/requests/{draft}/draft",
    "/desk/basis",
    "/desk/basis/offences",
    "/desk/clocks",
    "/desk/check",
    "/desk/signals",
    "/desk/signals/new",
    "/desk/signals/{signal}",
    "/desk/signals/{taken_back}",
    "/desk/custody",
    "/desk/custody/{order}",
    "/desk/custody/{proposal}",
    "/desk/custody/{signal}",
    "/desk/custody/{signal}/amend",
    "/desk/custody/{told_signal}",
    "/desk/people",
    "/desk/people/new",
    "/desk/account",
    "/desk/journal",
    "/desk/journal?view=two",
    "/desk/journal?view=emergency",
    "/desk/journal?view=check",
    "/desk/oversight",
    "/desk/oversight/acts/{asked}",
    "/desk/subject-access",
    "/desk/subject-access/{access}",
    "/desk/cases",
    "/desk/cases/{case}",
    "/desk/emergency",
    "/desk/context",
    "/desk/requests/{gated}/rights",
    "/desk/nothing-here",
)


def looks(path: str) -> Iterator[tuple[str, int, Theme]]:
    """A page in each language, with a width and a theme: six pairs that go on from page to page."""
    pairs = [(width, theme) for width in WIDTHS for theme in THEMES]
    turn = PAGES.index(path)
    for number, lang in enumerate([*LANGUAGES[turn % 5 :], *LANGUAGES[: turn % 5]]):
        yield lang, *pairs[(turn + number) % len(pairs)]


def faults(looked: Looked, path: str) -> dict[str, list[str]]:
    """What is wrong with a page: nothing sticks out in any language at any width; axe-core reads it in some of them."""
    found: dict[str, list[str]] = {}
    for number, (lang, read_at, theme) in enumerate(looks(path)):
        page = looked.open(looked.again(read_at, theme=theme, lang=lang), path.format(**looked.desk.named))
        if number < READ and (wrong := violations(page)):
            found[f"{lang} {read_at} {theme}"] = wrong
        for width in WIDTHS:
            looked.again(width, theme=theme, lang=lang)
            if wrong := [*overflowing(page), *clipped(page)]:
                found[f"{lang} {width}"] = wrong
    looked.forgive(path == "/desk/nothing-here")
    if looked.complaints:
        found["the browser said"] = list(looked.complaints)
        looked.complaints.clear()
    return found
