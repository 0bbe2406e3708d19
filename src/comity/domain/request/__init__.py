"""A request's life: states from data, and one reading of what both sides said."""

from comity.domain.request.fold import fold_request
from comity.domain.request.machine import SIDES, Machine, Side, Transition, Walk, check_machine
from comity.domain.request.step import RefusedStep, RequestView, Step, Taken

__all__ = [
    "SIDES",
    "Machine",
    "RefusedStep",
    "RequestView",
    "Side",
    "Step",
    "Taken",
    "Transition",
    "Walk",
    "check_machine",
    "fold_request",
]
