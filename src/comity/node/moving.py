"""Taking a node's store to another database: copied whole, verified, and only then named in the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from comity.adapters.at_rest import AtRest
from comity.adapters.keyring.durable import write_secret
from comity.adapters.store.moving import copy_store
from comity.config import FILE_NAME, Config, read_config, with_store
from comity.errors import Conflict, NotFound
from comity.node.storing import database, own_keyring

VARIABLE = "COMITY_STORE_URL"


@dataclass(frozen=True)
class Moved:
    """A store that stands in a new place.

    before, after  the databases, without passwords
    rows           by table
    variable       an environment variable that still names the old place; empty when there is none
    """

    before: str
    after: str
    rows: Mapping[str, int]
    variable: str


def move_store(config: Config, url: str) -> Moved:
    """Copies the store into the empty database at `url` (empty: SQLite in the home) and writes that into `comity.toml`.

    The old database stays as it is, for whoever is responsible to destroy. The marks stay where they are: they are the node's.
    Misconfigured when the node runs or the copy differs; Conflict when the target isn't empty or is where the store is already.
    """
    if url == config.store_url:
        raise Conflict("store-there-already", where=url.rpartition("@")[2] or str(config.store))
    if not config.store_url and not (config.store / "node.db").exists():
        raise NotFound("database", file=str(config.store / "node.db"))
    settings = with_store(config.home, url)
    here = database(config)
    here.seal_with(AtRest(own_keyring(config)))
    try:
        source = here.writer(0.0)
        there = database(replace(config, store_url=url))
        there.seal_with(AtRest(own_keyring(config)))
        try:
            target = there.writer(0.0)
            here.begin(source)
            there.begin(target)
            try:
                rows = copy_store(source, target, there.where)
                there.after_copy(target)
            except BaseException:
                target.exec_driver_sql("rollback")
                raise
            target.exec_driver_sql("commit")
        finally:
            there.close()
        write_secret(config.home / FILE_NAME, settings.encode())
        read_config(config.home, {})
    finally:
        here.close()
    return Moved(here.where, there.where, rows, VARIABLE if os.environ.get(VARIABLE) else "")
