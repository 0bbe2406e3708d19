"""Who may do what with which thing: roles, cases, purposes and markings, decided in one place and told with every reason."""

from comity.domain.access.acts import ACTS, READS, Act
from comity.domain.access.case import (
    ENDED,
    GLASS_MS,
    GLASS_REASON_MIN,
    REVIEW_MS,
    STATES,
    CaseFile,
    CaseMoved,
    CaseState,
    Grant,
    Link,
    Member,
    Thing,
)
from comity.domain.access.decide import AGAINST_CRIME, IN_COURT, Basis, Context, Standing, decide
from comity.domain.access.role import Role, check_role
from comity.domain.access.sight import VICTIM_POINTERS, Sight, sight_of
from comity.domain.access.subject import DESK, Subject

__all__ = [
    "ACTS",
    "AGAINST_CRIME",
    "DESK",
    "ENDED",
    "GLASS_MS",
    "GLASS_REASON_MIN",
    "IN_COURT",
    "READS",
    "REVIEW_MS",
    "STATES",
    "VICTIM_POINTERS",
    "Act",
    "Basis",
    "CaseFile",
    "CaseMoved",
    "CaseState",
    "Context",
    "Grant",
    "Link",
    "Member",
    "Role",
    "Sight",
    "Standing",
    "Subject",
    "Thing",
    "check_role",
    "decide",
    "sight_of",
]
