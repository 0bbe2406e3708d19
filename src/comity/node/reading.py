"""The catalog alone, for whoever reads the law without a node: on a desk that has none, on a train, before a node is made."""

from __future__ import annotations

from pathlib import Path

from comity.config import read_config
from comity.errors import Misconfigured
from comity.node.assembly import catalog_of
from comity.ports import Catalog


def catalog_here(home: Path) -> Catalog:
    """The catalog with what the node of this home lays over it; where there is no node, what the package brings."""
    try:
        config = read_config(home)
    except Misconfigured as fault:
        if fault.code != "no-config":
            raise
        return catalog_of(None)
    return catalog_of(config)
