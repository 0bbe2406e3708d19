"""Which instrument may carry which request, between whom, on which day; and what is missing before it leaves."""

from comity.domain.law.asked import MEMBERS as MEMBERS_OF_TARGETS
from comity.domain.law.book import check_book, gate_allowed, law_book
from comity.domain.law.cases import run_case
from comity.domain.law.checks import CHECKS
from comity.domain.law.grounds import Addressee, Offence, offence_in
from comity.domain.law.lint import Attestation, Draft, Findings, lint, lint_alert, lint_for_sending, lint_refusal
from comity.domain.law.measure import Carrier, Limit, Measure
from comity.domain.law.member_types import choices_of, unfit
from comity.domain.law.opening import would_open
from comity.domain.law.participation import binds, in_force, standing_of
from comity.domain.law.predicates import PREDICATES, Between
from comity.domain.law.rights import RightsRow, check_rights, rights_gate, stops
from comity.domain.law.values import (
    Authority,
    Case,
    Clock,
    CountryLaw,
    DataCategory,
    Fit,
    ForbiddenGround,
    Form,
    FormField,
    Gate,
    Instrument,
    LawBook,
    Nature,
    Need,
    OffenceKind,
    Participation,
    Phrases,
    RefusalCode,
    Reservation,
    Route,
    Standing,
)
from comity.domain.law.weigh import RouteView, usable, weigh, weigh_carriers

__all__ = [
    "CHECKS",
    "MEMBERS_OF_TARGETS",
    "PREDICATES",
    "Addressee",
    "Attestation",
    "Authority",
    "Between",
    "Carrier",
    "Case",
    "Clock",
    "CountryLaw",
    "DataCategory",
    "Draft",
    "Findings",
    "Fit",
    "ForbiddenGround",
    "Form",
    "FormField",
    "Gate",
    "Instrument",
    "LawBook",
    "Limit",
    "Measure",
    "Nature",
    "Need",
    "Offence",
    "OffenceKind",
    "Participation",
    "Phrases",
    "RefusalCode",
    "Reservation",
    "RightsRow",
    "Route",
    "RouteView",
    "Standing",
    "binds",
    "check_book",
    "check_rights",
    "choices_of",
    "gate_allowed",
    "in_force",
    "law_book",
    "lint",
    "lint_alert",
    "lint_for_sending",
    "lint_refusal",
    "offence_in",
    "rights_gate",
    "run_case",
    "standing_of",
    "stops",
    "unfit",
    "usable",
    "weigh",
    "weigh_carriers",
    "would_open",
]
