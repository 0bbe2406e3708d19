"""Another key for what is sealed in the database: everything is sealed anew under it, and the old one is destroyed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from comity.adapters.at_rest import AtRest
from comity.adapters.store import resealing, schema
from comity.adapters.store import tables as t
from comity.config import Config
from comity.errors import Misconfigured, NotFound
from comity.node.presence import running
from comity.node.storing import database, own_keyring


@dataclass(frozen=True)
class Rotated:
    """What was done.

    before, now  ids of the keys
    rows         by table, those that were sealed anew by this call
    """

    before: str
    now: str
    rows: dict[str, int]


def rotate_at_rest(config: Config, step: Callable[[str], None] = lambda _: None) -> Rotated:
    """Seals all of it anew, or goes on where an earlier call broke off; the node must not run.

    step   hears of each block, once it is committed
    Misconfigured when the node runs, the schema is another one, or a key is lacking: then nothing has changed.
    """
    if running(config) is not None:
        raise Misconfigured("node-runs-already", file=str(config.presence))
    if not config.store_url and not (config.store / "node.db").exists():
        raise NotFound("database", file=str(config.store / "node.db"))
    keyring, there = own_keyring(config), database(config)
    sealing, old, rows = AtRest(keyring), AtRest(keyring), dict[str, int]()
    there.seal_with(sealing)
    try:
        connection = there.writer(0.0)
        found = schema.version_of(connection)
        if found != t.SCHEMA_VERSION:
            raise Misconfigured("schema-older", found=found, known=t.SCHEMA_VERSION, mend=schema.MEND)
        before = resealing.rotate(
            connection,
            lambda: there.begin(connection),
            sealing,
            old,
            keyring.create_at_rest_key,
            lambda table, count: rows.update({table: count}),
            step,
        )
        there.scrub()  # what was sealed under the old key goes from the files
    finally:
        there.close()
    for each in keyring.at_rest_keys():
        if each != sealing.current:
            keyring.forget_at_rest_key(each)
    return Rotated(before, sealing.current, rows)
