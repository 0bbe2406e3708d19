"""Runs benches by name, or all of them: `python -m bench.run [--tiny] [NAME...]`.

One line of JSON for each on stdout, words on stderr. Exit 1 when answers disagree, 2 when there is no such bench; never for time.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

import bench
from bench.apparatus.result import Result, say

NOT_BENCHES = ("run",)


def benches() -> dict[str, ModuleType]:
    """Every bench in the folder, by the name of its file."""
    names = [found.name for found in pkgutil.iter_modules(bench.__path__) if not found.ispkg]
    return {name: importlib.import_module(f"bench.{name}") for name in sorted(names) if name not in NOT_BENCHES}


def main(arguments: Sequence[str] | None = None) -> int:
    known = benches()
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="Measure beside the best peer.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(known)}; all unless named")
    parser.add_argument("--tiny", action="store_true", help="only show that it runs: figures mean nothing")
    chosen = parser.parse_args(arguments)
    if unknown := [name for name in chosen.names if name not in known]:
        say(f"no such bench: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    agreed = True
    for name in chosen.names or known:
        say(f"-- {name}: {(known[name].__doc__ or '').splitlines()[0]}")
        result: Result = known[name].measure(**(known[name].TINY if chosen.tiny else {}))
        print(result.line(), flush=True)
        say(
            f"   {result.ratio:.3g} times the peer, {result.floor:.3g} times the floor; load {result.machine.load_after:.2f}"
        )
        if not result.agree:
            say("   THE ANSWERS DISAGREE: the figures mean nothing")
            agreed = False
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
