"""The catalog of a node, and the catalog alone for whoever reads the law without one: on a desk that has none, on a train."""

from __future__ import annotations

from pathlib import Path

from comity.adapters.catalog import FileCatalog
from comity.config import Config, read_config
from comity.errors import Misconfigured


def catalog_here(home: Path) -> FileCatalog:
    """The catalog with what the node of this home lays over it; where there is no node, what the package brings."""
    try:
        return catalog_of(read_config(home))
    except Misconfigured as fault:
        if fault.code != "no-config":
            raise
        return FileCatalog()


def catalog_of(config: Config) -> FileCatalog:
    """What the package brings, and what a node's settings lay over it.

    The catalog passes over a folder that isn't there; settings that name one must not be passed over: `catalog-overlay-missing`.
    """
    for folder in config.overlays:
        if not folder.is_dir():
            raise Misconfigured("catalog-overlay-missing", folder=str(folder))
    return FileCatalog(config.overlays)
