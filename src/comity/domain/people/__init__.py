"""People at this node: accounts, how they show who they are, and how long that holds."""

from comity.domain.people.account import (
    ADMINISTRATOR,
    LANGUAGES,
    Account,
    Standing,
    against_account,
    login_as_typed,
    name_key,
)
from comity.domain.people.passkey import PASSKEY_NAME_MAX, PASSKEYS_MAX, Passkey, count_goes_on
from comity.domain.people.password import LENGTH_MAX, LENGTH_MIN, against_password, as_typed
from comity.domain.people.session import TOUCH_MS, How, Scope, Session
from comity.domain.people.throttle import Tries, account_key, device_key, source_key, wait_ms
from comity.domain.people.ticket import (
    CHALLENGE_MS,
    CODE_MS,
    CODES,
    DEVICE_MS,
    INVITATION_MS,
    RESET_MS,
    Ticket,
    TicketKind,
    code_as_typed,
    code_from,
    key_of,
    secret_from,
)

__all__ = [
    "ADMINISTRATOR",
    "CHALLENGE_MS",
    "CODES",
    "CODE_MS",
    "DEVICE_MS",
    "INVITATION_MS",
    "LANGUAGES",
    "LENGTH_MAX",
    "LENGTH_MIN",
    "PASSKEYS_MAX",
    "PASSKEY_NAME_MAX",
    "RESET_MS",
    "TOUCH_MS",
    "Account",
    "How",
    "Passkey",
    "Scope",
    "Session",
    "Standing",
    "Ticket",
    "TicketKind",
    "Tries",
    "account_key",
    "against_account",
    "against_password",
    "as_typed",
    "code_as_typed",
    "code_from",
    "count_goes_on",
    "device_key",
    "key_of",
    "login_as_typed",
    "name_key",
    "secret_from",
    "source_key",
    "wait_ms",
]
