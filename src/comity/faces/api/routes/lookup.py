"""Look-up: what is known here about a value, who said so and when."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from comity.domain.indicator import Indicator, is_open
from comity.domain.terms import Reason, Refused
from comity.faces.api.asking import Here, granted
from comity.faces.api.views import VALUE_CHARACTERS_MAX, GivenValue, KnownView, known_view
from comity.flows.lookup import look_up, read_value
from comity.ports import World

Asked = Annotated[str, QueryParameter(name="value", min_length=1, max_length=VALUE_CHARACTERS_MAX)]
AskedKind = Annotated[str | None, QueryParameter(name="kind", max_length=40)]


@get("/lookup", sync_to_thread=True, opt={"act": "look-up"})
def lookup(world: Here, asked: Asked, asked_kind: AskedKind = None) -> KnownView:
    """What is known about a value that is nobody's own. Personal kinds go into a body: addresses of requests get written down."""
    value = read_value(asked_kind, asked)
    if not is_open(value.kind):
        mend = "send it in a body: POST /lookup"
        granted(Refused((Reason("personal-value-in-address", {"field": "value", "mend": mend, "kind": value.kind}),)))
    return _answer(world, value)


@post("/lookup", sync_to_thread=True, status_code=200, opt={"act": "look-up"})
def lookup_any(world: Here, data: JSONBody[GivenValue]) -> KnownView:
    """What is known about a value of any kind."""
    return _answer(world, read_value(data.kind, data.value))


def _answer(world: World, value: Indicator) -> KnownView:
    (known,) = look_up(world, [value])
    return known_view(known)


routes = [lookup, lookup_any]
