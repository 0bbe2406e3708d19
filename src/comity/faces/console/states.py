"""Which icon and tone a state has. The word comes from the locale (`state.<code>`); icon and tone only help."""

from __future__ import annotations

_SHOWN = {
    "rest": {
        "draft": "draft",
        "withdrawn": "undo",
        "closed": "lock",
        "released": "lock",
        "feedback": "doc",
        "lapsed": "clock",
        "nothing_held": "cross",
    },
    "terms": {
        "legal_check": "scale",
        "in_consultation": "terms",
        "conditional": "terms",
        "appealed": "ask",
        "aftercare": "help",
    },
    "move": {
        "approved": "pen",
        "approved_ex_post": "pen",
        "sent": "sent",
        "acknowledged": "stored",
        "forwarded": "swap",
        "accepted": "tick",
        "in_execution": "gear",
        "preserved_pending_decision": "hold",
        "hold_ordered": "hold",
        "notified": "sent",
        "escalated": "up",
        "moved": "sent",
        "under_review": "eye",
        "triaged": "list",
        "reported": "doc",
        "release_asked": "ask",
    },
    "wait": {
        "clarification_asked": "ask",
        "partially_accepted": "part",
        "partially_effective": "part",
        "partly_held": "part",
        "postponed": "pause",
        "delayed": "clock",
        "preserve_wait": "hold",
        "need_location": "pin",
    },
    "go": {
        "preserved": "hold",
        "executed": "tick",
        "returned": "back",
        "receipt_confirmed": "tick",
        "decided": "tick",
        "acted": "tick",
        "verified": "eye",
        "held": "hold",
        "under_order": "scale",
    },
    "stop": {
        "delivery_failed": "off",
        "wrong_authority": "swap",
        "refused": "block",
        "impossible": "cross",
        "expired": "clock",
        "declined": "block",
        "reappeared": "again",
        "reversed": "undo",
        "not_found": "cross",
        "rejected": "block",
    },
    "life": {
        "located": "pin",
        "handed_over": "swap",
        "operation_sealed": "lock",
        "rescued": "tick",
        "screened": "shield",
        "repatriated": "back",
    },
}
_FLAT = {state: (tone, icon) for tone, states in _SHOWN.items() for state, icon in states.items()}


def shown_state(code: str) -> tuple[str, str]:
    """(tone, icon); a state that an overlay brought is at rest, with a sheet of paper."""
    return _FLAT.get(code, ("rest", "doc"))
