"""`comity doctor`: what is wrong with this node, where, and how it is mended."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer
from rich.console import Console

from comity.errors import ComityError
from comity.faces.cli.exits import REFUSED, Failed, failed, nearest
from comity.faces.cli.session import session
from comity.faces.cli.wording import WORDS as WORDING
from comity.faces.cli.wording import told, told_plainly

ORDER = 120


def command(context: typer.Context) -> None:
    """Look at settings, files, keys, store, clock, certificates, channels and peers. Exit code 1 if something is wrong."""
    from comity.node.doctor import examine_files  # here: it costs a second that other commands needn't pay

    here = session(context)
    config = here.config()
    found: list[dict[str, Any]] = [asdict(each) for each in examine_files(config)]
    # A store without its high-water file must not be opened: that would make an empty one.
    if not any(each["code"] == "marks-missing" for each in found):
        try:
            with here.desk(inspect=True) as desk:
                found += desk.get("/doctor")
        except ComityError as fault:
            found.append(_as_finding(failed(fault), str(config.home)))
        except Failed as failure:
            found.append(_as_finding(failure, str(config.home)))
    bad = [each for each in found if not each["good"]]
    for each in found:
        each["what"], each["mend"] = _words(each)

    def human(console: Console) -> None:
        for each in bad:
            console.print(f"BAD {each['step']} {each['where']}", style="red", markup=False)
            console.print(f"    {each['what']}", markup=False)
            if each["mend"]:
                console.print(f"    {each['mend']}", markup=False)
        console.print(f"{len(found) - len(bad)} of {len(found)} things are as they should be.")

    here.show({"findings": found, "bad": len(bad)}, human)
    if bad:
        raise typer.Exit(REFUSED)


def _as_finding(failure: Failed, where: str) -> dict[str, Any]:
    mend = nearest(failure.kind)[2] if failure.kind is not None else ""
    facts = dict(failure.facts)
    return {"step": "node", "where": where, "good": False, "code": failure.code, "facts": facts, "mend": mend}


def _words(finding: dict[str, Any]) -> tuple[str, str]:
    facts = {"where": finding["where"], **finding["facts"]}
    plainly = (told_plainly(finding["code"], finding["facts"]), finding.get("mend", ""))
    return told(finding["code"], facts, WORDING) or plainly
