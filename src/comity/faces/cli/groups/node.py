"""`comity node`: makes a node, runs it, and says how it is."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from comity.config import DEFAULT_PORT, fresh_config
from comity.faces.cli import backing_up, recovering, storing
from comity.faces.cli.attack_words import show_attacks
from comity.faces.cli.session import err, session

ORDER = 10
WORDS = {**backing_up.WORDS, **recovering.WORDS, **storing.WORDS}
group = typer.Typer(help="Make a node, run it, see how it is, back it up.", no_args_is_help=True)


@group.command()
def init(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Host name of the node: police.kr.example")],
    country: Annotated[str, typer.Option(help="Two capital letters: KR")],
    title: Annotated[str, typer.Option(help="What partners read: the authority's or company's name.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the exchange.")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="Where the exchange listens.")] = "127.0.0.1",
    address: Annotated[str | None, typer.Option(help="Where partners reach it; else https://NAME:PORT.")] = None,
    desk_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the desk's API; 0 takes a free one.")] = 0,
    marks: Annotated[str | None, typer.Option(help="Folder of the high-water file; else beside the home.")] = None,
    keys: Annotated[
        int, typer.Option(min=1, max=99, help="Number of its first keys: where a node of this name lost its own.")
    ] = 1,
    store: Annotated[
        str, typer.Option(envvar="COMITY_STORE_URL", help="postgresql://user@host/database; else SQLite in the home.")
    ] = "",
) -> None:
    """Make the node's folder: settings, keys, certificate, token, database."""
    from comity.node.assembly import make_node  # here: it costs a second that other commands needn't pay

    here = session(context)
    config = fresh_config(
        here.home,
        name=name,
        country=country,
        title=title,
        port=port,
        address=address,
        host=host,
        desk_port=desk_port,
        marks=marks,
        store_url=store,
    )
    make_node(config, keys)
    made = {"node": config.name, "home": str(config.home), "marks": str(config.marks), "address": config.address}

    def human(console: Console) -> None:
        console.print(f"{config.name} is made in {config.home}", markup=False)
        console.print(f"Never back up nor restore {config.marks}.", markup=False)
        console.print("Next: comity peer invite NAME, and comity node run", markup=False)

    here.show(made, human)


@group.command()
def run(context: typer.Context) -> None:
    """Listen, pull and serve the desk, until SIGTERM or Ctrl-C."""
    # Here: they cost a second that other commands needn't pay.
    from comity.faces.api.serve import serving
    from comity.faces.console.app import above
    from comity.node.assembly import open_node
    from comity.node.presence import read_token

    here = session(context)
    config = here.config()
    log = logging.getLogger("comity")
    log.setLevel(logging.INFO)
    log.addHandler(_handler())

    def tell(what: str, done: int, of: int) -> None:
        here.progress(f"{what.replace('-', ' ')}: {done:,} of {of:,}")

    with (
        _asked_to_end() as ending,
        open_node(config, tell=tell) as node,
        serving(node, read_token(config), above) as told,
    ):
        here.progress(f"{config.name} runs: exchange {told.exchange}, desk {told.desk}; Ctrl-C ends it")
        here.progress(f"For people, in a browser: {told.desk}/")
        if here.as_json:
            here.show(told, lambda console: None)
            sys.stdout.flush()
        ending.wait()
        here.progress(f"{config.name} ends")


@group.command()
def status(context: typer.Context) -> None:
    """Tell who the node is, whether it runs, and how pulling goes."""
    here = session(context)
    with here.desk(inspect=True) as desk:
        told: dict[str, Any] = desk.get("/status")
    here.show(told, lambda console: _status(console, told))


group.command("backup")(backing_up.backup)
group.command("backups")(backing_up.backups)
group.command("backup-keys")(backing_up.keys)
group.command("backup-forget")(backing_up.forget)
group.command("restore")(backing_up.restore)
group.command("recover")(recovering.recover)
group.command("upgrade")(storing.upgrade)
group.command("move")(storing.move)
group.command("scrub")(storing.scrub)


def _status(console: Console, told: dict[str, Any]) -> None:
    console.print(f"{told['node']} ({told['country']}) {told['title']}", markup=False)
    peers = ", ".join(f"{count} {word}" for word, count in told["peers"].items()) or "none"
    console.print(f"{'runs' if told['running'] else 'does not run'}; peers: {peers}; channels: {told['channels']}")
    for left in told["recovery"]:
        waits = f"{len(left['ended'])} of our channels and {len(left['behind'])} of its own wait since the restore"
        console.print(f"{left['peer']}: {waits}", style="yellow", markup=False)
    for origin, reason in told["fences"].items():
        console.print(f"FENCED {origin}: {reason}", style="red", markup=False)
    if told["pulling"]:
        table = Table("peer", "rounds", "last whole round", "last fault", "faults")
        for row in told["pulling"]:
            faults = ", ".join(f"{code} {count}" for code, count in sorted(row["faults"].items()))
            table.add_row(row["peer"], str(row["rounds"]), row["pulled_at"] or "never", row["last_fault"], faults)
        console.print(table)
    show_attacks(console, told["attacks"])


@contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    """Set by SIGTERM or Ctrl-C inside the block."""
    ending = threading.Event()
    before = [(number, signal.signal(number, lambda *_: ending.set())) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        yield ending
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _handler() -> logging.Handler:
    handler = logging.StreamHandler(err().file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler
