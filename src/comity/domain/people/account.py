"""An account: one person at this node, what they are called, which roles they have, and whether they may come in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from comity.domain.terms import Instant, Reason

Standing = Literal["invited", "active", "suspended", "gone"]
"""Invited: has never been here. Gone: left for good; the row stays, because records name the person."""

ADMINISTRATOR: Final = "administrator"
LANGUAGES: Final = ("en", "ko", "vi", "km", "zh")
NAME_MAX: Final = 80
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(?:/[A-Za-z0-9_+-]{1,30}){0,2}")


@dataclass(frozen=True)
class Account:
    """One person.

    login     what they type: lower case, unique
    name      how records and pages call them: unique too, because records name whoever decided
    roles     names of roles of the catalog, ordered
    by        id of the account that made this one; empty: whoever has the node's token
    password  a hash in PHC form; empty while there is none
    version   rises with every change
    """

    id: str
    login: str
    name: str
    roles: tuple[str, ...]
    language: str
    zone: str
    standing: Standing
    created: Instant
    by: str
    password: str = ""
    version: int = 1

    @property
    def administers(self) -> bool:
        """Whether this person is here and may manage people."""
        return self.standing == "active" and ADMINISTRATOR in self.roles


def login_as_typed(text: str) -> str:
    """The one spelling of a login name, whatever the keyboard made of it."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def name_key(name: str) -> str:
    """Two names with the same key would be taken for one another."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def against_account(
    login: str, name: str, roles: Collection[str], language: str, zone: str, known_roles: Collection[str]
) -> tuple[Reason, ...]:
    """Everything that is wrong with these words of an account; nothing when they are in order."""
    reasons = []
    if _LOGIN.fullmatch(login) is None:
        mend = "2 to 64 of a-z, 0-9, and . _ @ - after the first"
        reasons.append(Reason("login-name", {"field": "login", "value": login[:80], "mend": mend}))
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > NAME_MAX:
        mend = f"1 to {NAME_MAX} characters, without line breaks"
        reasons.append(Reason("display-name", {"field": "name", "value": name[:NAME_MAX], "mend": mend}))
    if not roles:
        reasons.append(Reason("no-role", {"field": "roles", "known": sorted(known_roles)}))
    reasons += [
        Reason("role-unknown", {"field": "roles", "value": role[:80], "known": sorted(known_roles)})
        for role in sorted(set(roles) - set(known_roles))
    ]
    if language not in LANGUAGES:
        reasons.append(
            Reason("language-unknown", {"field": "language", "value": language[:20], "known": list(LANGUAGES)})
        )
    if _ZONE.fullmatch(zone) is None:
        mend = "a name such as Asia/Seoul"
        reasons.append(Reason("time-zone", {"field": "zone", "value": zone[:80], "mend": mend}))
    return tuple(reasons)
