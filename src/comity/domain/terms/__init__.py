"""Words that all parts of the house share."""

from comity.domain.terms.instant import Instant, instant_from, instant_text, seconds
from comity.domain.terms.names import Actor, Country, NodeName, country, node_name
from comity.domain.terms.outcome import Granted, Reason, Refused

__all__ = [
    "Actor",
    "Country",
    "Granted",
    "Instant",
    "NodeName",
    "Reason",
    "Refused",
    "country",
    "instant_from",
    "instant_text",
    "node_name",
    "seconds",
]
