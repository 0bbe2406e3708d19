"""Every act that somebody may be allowed to do, one word each. A role names some of them; a flow asks for one of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NewType

Act = NewType("Act", str)
"""One of the words in `ACTS`."""

ACTS: Final[Mapping[Act, str]] = MappingProxyType(
    {
        Act(word): says
        for word, says in (
            # reading
            ("view", "read records, requests, reports, messages, custody and notices"),
            ("look-up", "ask what is known about a value"),
            ("search", "search texts and names"),
            ("read-victim", "read who suffers and where they are"),
            ("receipt", "take a receipt, which opens no value"),
            ("export", "take opened values, files or a case out of the node"),
            ("audit", "read about acts: channels, statistics, the journal, evidence against a writer"),
            # the sentence
            ("take-report", "keep a report, and files for it"),
            ("draft", "write a request that stays on the desk"),
            ("attest", "say that one has read the text that applies"),
            ("submit", "hand a draft to whoever approves"),
            ("approve", "let somebody else's request go out"),
            ("send", "put an approved request into a partner's channel"),
            ("answer", "take a step in a partner's request, or in one of ours"),
            ("act", "say what was really done"),
            ("message", "write to the other side about a request"),
            ("open", "tell the other side that one has opened what it sent"),
            ("share", "send indicators to a partner, or import a list"),
            ("subject-access", "answer a person who asks what is held about them, once somebody else has confirmed it"),
            # rescue
            ("alert", "send a rescue alert alone"),
            ("countersign", "give the second signature of an alert"),
            # custody
            ("amend", "put a new record in the place of one that was wrong"),
            ("withdraw", "take a record back"),
            ("erase", "propose that a record be erased"),
            ("clear", "propose that a person be cleared"),
            ("confirm", "confirm or reject what somebody else proposed"),
            ("transfer", "pass another node's record on, or allow a holder to"),
            ("hold", "put a legal hold on a record, or lift it"),
            ("release", "say that a holder of an order is no longer waited for"),
            # cases
            ("open-case", "open a case"),
            ("manage-case", "add and remove members of one's case, and what is in it"),
            ("break-glass", "open a case of others in an emergency, loudly and for hours"),
            ("review-access", "judge whether an emergency access was right"),
            # the node
            ("manage-people", "make accounts and give roles"),
            ("manage-peers", "admit, suspend and remove partners; invitations; channels"),
            ("manage-keys", "change keys and certificates"),
            ("manage-node", "warning lists, pages, outside services, files that nobody names"),
            ("backup", "make a backup and bring one back"),
            ("carry", "write and read what is carried by hand"),
            ("status", "see that the node runs, and what its catalog says"),
        )
    }
)
"""Act and what it lets a person do."""

READS: Final = frozenset(
    {Act("view"), Act("look-up"), Act("search"), Act("read-victim"), Act("receipt"), Act("export")}
)
"""Acts that show content."""
