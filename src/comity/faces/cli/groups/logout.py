"""`comity logout`: ends the login of this command line."""

from __future__ import annotations

import typer

from comity.faces.cli.exits import Failed
from comity.faces.cli.own_token import forget_token, own_token
from comity.faces.cli.session import session
from comity.faces.cli.showing import say

ORDER = 15


def command(context: typer.Context) -> None:
    """End this login, here and at the node."""
    here = session(context)
    node = here.config().name
    there = own_token(node) is not None
    if there:
        try:
            with here.desk() as desk:
                desk.delete("/session")
        except Failed as failure:
            if failure.code != "session-ended":  # then it opens nothing any more, and only the file is left
                raise
    forget_token(node)
    told = "You are logged out." if there else "Nobody was logged in here."
    here.show({"logged_out": there}, lambda console: say(console, told))
