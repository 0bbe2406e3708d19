"""`python -m conformance.witness --url … --vkey …`: asks a witness everything, prints a table, and says by its exit code how it went.

exit code  0 every promise kept · 1 one is broken · 2 the suite could not begin
"""

from __future__ import annotations

import argparse
import http.client
import secrets
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from conformance.witness.checks import Settings
from conformance.witness.note import Cosigner
from conformance.witness.suite import Result, log_for, run, settings_for, vkeys
from conformance.witness.talk import Witness

PATIENCE_S = 30.0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m conformance.witness", description="Conformance of a tlog-witness.")
    parser.add_argument("--url", help="submission prefix: https://host:port/witness")
    parser.add_argument("--monitor-url", default="", help="monitoring prefix, where it is another")
    parser.add_argument(
        "--vkey", action="append", default=[], help="key of the witness (type 04 or 06); may be repeated"
    )
    parser.add_argument("--seed", default="", help="names the logs; the same seed makes the same ones")
    parser.add_argument("--list", action="store_true", help="print the vkeys to register, and end")
    parser.add_argument(
        "--register-cmd", help="shell command that gets the vkeys to register, one a line, as its input"
    )
    parser.add_argument("--restart-cmd", help="shell command that ends the witness, hard, and starts it again")
    parser.add_argument("--rounds", type=int, default=50, help="of every race")
    parser.add_argument("--only", default="", help="run the checks whose name holds this")
    parser.add_argument("--ca", help="PEM of the server's certificate or of its authority")
    parser.add_argument("--cert", help="PEM of a client certificate")
    parser.add_argument("--key", help="PEM of its private key")
    parser.add_argument("--server-name", default="", help="name in the server's certificate, where it isn't the host")
    return parser.parse_args(argv)


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if not options.url.startswith("https:"):
        return None
    context = ssl.create_default_context(cafile=options.ca)
    if options.cert:
        context.load_cert_chain(options.cert, options.key)
    return context


def _restart(command: str, witness: Witness) -> Callable[[], None]:
    def restart() -> None:
        subprocess.run(command, shell=True, check=True, timeout=PATIENCE_S * 2)  # noqa: S602  the operator's own command
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                witness.send("GET", witness.url)
                return
            except (OSError, http.client.HTTPException):
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    return restart


def _say(line: str = "") -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _told(result: Result) -> str:
    head = f"{result.outcome:<8} {result.name:<20} {result.promise}"
    return head if not result.why else f"{head}\n{'':<30}{result.why}"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the suite."""
    options = _options(argv)
    seed = options.seed or secrets.token_hex(4)
    if options.list:
        _say("\n".join(vkeys(seed)))
        return 0
    try:
        if not options.url or not options.vkey:
            raise ValueError("--url and --vkey are needed; --list prints what to register")
        keys = [Cosigner.parse(vkey) for vkey in options.vkey]
        url, monitor = options.url.rstrip("/"), options.monitor_url.rstrip("/")
        witness = Witness(url, keys, monitor, _tls(options), options.server_name)
        if options.register_cmd:
            told = "\n".join(vkeys(seed)) + "\n"
            subprocess.run(options.register_cmd, shell=True, check=True, text=True, input=told)  # noqa: S602  as above
        probe = log_for("first", seed)
        if witness.add(probe.body(1, 1)).status == 404:
            raise ValueError(f"the witness doesn't know {probe.origin}; register what --seed {seed} --list prints")
    except (ValueError, OSError, subprocess.SubprocessError, http.client.HTTPException) as fault:
        _say(f"can't begin: {fault}")
        return 2
    settings: Settings = settings_for(
        seed, options.rounds, _restart(options.restart_cmd, witness) if options.restart_cmd else None
    )
    _say(f"{witness.url} under {', '.join(key.name for key in keys)}; logs of seed {seed}\n")
    results = []
    for result in run(witness, seed, settings, options.only):
        _say(_told(result))
        results.append(result)
    counts = {outcome: sum(each.outcome == outcome for each in results) for outcome in ("kept", "BROKEN", "unasked")}
    _say("\n" + ", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return 1 if counts["BROKEN"] or not results else 0


if __name__ == "__main__":
    sys.exit(main())
