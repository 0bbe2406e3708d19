"""The `comity` command: groups are the files in `groups/`, found by reading that folder.

A file exports either `group`, a Typer app that becomes `comity <file's name> ...`, or `command`, a function that becomes
`comity <file's name>`. Optional: `ORDER` (its place in the help), `WORDS` (code: (what, mend)). A name that Python reserves takes an
underscore at its end: `import_.py` is `comity import`.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import comity
from comity.errors import ComityError
from comity.faces.cli import groups as groups_folder
from comity.faces.cli.exits import USAGE, Failed, failed
from comity.faces.cli.session import err, json_text, new_session
from comity.faces.cli.wording import WORDS, lines_for

VALUED = ("--home", "--as")
GLOBAL = (*VALUED, "--json")
BEFORE = ("--case", "--purpose", "--basis", "--why")
"""Stand before the command's name: some commands have options of these names for themselves."""


def main() -> None:
    """Entry point of the installed command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit code; says on stderr what went wrong, where, and how to mend it."""
    # What goes wrong is told once, in words; `node run` lets the log speak again.
    logging.getLogger("comity").setLevel(logging.CRITICAL + 1)
    ordered = hoisted(arguments)
    found = modules(_first_word(ordered))
    try:
        code = app(found)(ordered, prog_name="comity", standalone_mode=False)
    except typer.TyperException as fault:
        if type(fault).__name__ == "NoArgsIsHelpError":  # it has printed the help itself, and has no public name
            return USAGE
        err().print(f"comity: {fault.format_message()}", style="red", markup=False)
        return USAGE
    except typer.Abort:
        return 130
    except ComityError as fault:
        return _tell(failed(fault), found, as_json="--json" in ordered)
    except Failed as failure:
        return _tell(failure, found, as_json="--json" in ordered)
    return code if isinstance(code, int) else 0


def modules(word: str | None = None) -> list[ModuleType]:
    """The files of the folder, in the order of the help; the one that `word` names alone, since reading all of them takes a second."""
    names = [module.name for module in pkgutil.iter_modules(groups_folder.__path__)]
    names = [name for name in names if _spelt(name) == word] or names
    loaded = [importlib.import_module(f"{groups_folder.__name__}.{name}") for name in names]
    return sorted(loaded, key=lambda module: (getattr(module, "ORDER", 100), module.__name__))


def app(found: Sequence[ModuleType]) -> typer.Typer:
    """The whole command."""
    names = [_name(module) for module in found]
    whole = typer.Typer(
        name="comity",
        cls=_ordered(names),
        help="Nodes of different countries act together: report, match, request, action, receipt.",
        epilog="--home, --json and --as may stand anywhere in a command; --case, --purpose, --basis and --why before its name.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    whole.callback()(_root)
    for name, module in zip(names, found, strict=True):
        if hasattr(module, "group"):
            whole.add_typer(module.group, name=name)
        else:
            whole.command(name=name)(module.command)
    return whole


def _first_word(ordered: Sequence[str]) -> str | None:
    """The command in hoisted arguments; None when options are all there is, or help or version are asked for."""
    left = list(ordered)
    while left:
        word = left.pop(0)
        if not word.startswith("-"):
            return word
        if word in (*VALUED, *BEFORE) and left:
            left.pop(0)
        elif word.partition("=")[0] in BEFORE:
            continue
        elif word.partition("=")[0] not in GLOBAL:
            return None
    return None


def _name(module: ModuleType) -> str:
    return _spelt(module.__name__.rpartition(".")[2])


def _spelt(file: str) -> str:
    return file.rstrip("_").replace("_", "-")


def _ordered(names: Sequence[str]) -> type[TyperGroup]:
    """The parser lists plain commands before groups; officers read them in the order of the work."""

    class Ordered(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            """`Any`: the parser's context has no public name."""
            return list(names)

    return Ordered


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The same arguments with the global options in front, where the parser wants them."""
    front: list[str] = []
    rest: list[str] = []
    left = list(arguments)
    while left:
        word = left.pop(0)
        if word == "--":
            rest += [word, *left]
            break
        if word.partition("=")[0] not in GLOBAL:
            rest.append(word)
        elif word in VALUED and left:
            front += [word, left.pop(0)]
        else:
            front.append(word)
    return front + rest


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(comity.__version__)
        raise typer.Exit


def _root(
    context: typer.Context,
    home: Annotated[str | None, typer.Option(help="The node's folder; else COMITY_HOME, else ~/.comity.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    officer: Annotated[str | None, typer.Option("--as", help="The officer who acts; else COMITY_AS.")] = None,
    case: Annotated[
        str | None, typer.Option(envvar="COMITY_CASE", help="Id of the case in which you act.", show_envvar=True)
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(envvar="COMITY_PURPOSE", help="What you act for; crime without it.", show_envvar=True)
    ] = None,
    basis: Annotated[
        str | None, typer.Option(envvar="COMITY_BASIS", help="Legal basis of the act.", show_envvar=True)
    ] = None,
    why: Annotated[
        str | None,
        typer.Option(
            envvar="COMITY_WHY", help="Why you act in that case, for that purpose or on that basis; journalled."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Tell the version.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None:
    told = {"case": case, "purpose": purpose, "basis": basis, "reason": why}
    context.obj = new_session(home, as_json, officer, told)


def _words(failure: Failed, found: Sequence[ModuleType]) -> dict[str, tuple[str, str]]:
    """Every wording that the loaded files have; of all files, when one of the codes is in none of these."""
    words = {**WORDS, **{code: each for module in found for code, each in getattr(module, "WORDS", {}).items()}}
    codes = {failure.code, *(code for code, _ in failure.reasons)}
    return words if codes <= words.keys() or len(found) > 1 else _words(failure, modules())


def _tell(failure: Failed, found: Sequence[ModuleType], *, as_json: bool) -> int:
    lines = lines_for(failure, _words(failure, found))
    if as_json:
        kind = "Refused" if failure.kind is None else failure.kind.__name__
        told = [{"what": what, "mend": mend} for what, mend in lines]
        reasons = [{"code": code, "facts": facts} for code, facts in failure.reasons]
        fault = {"kind": kind, "code": failure.code, "facts": failure.facts, "reasons": reasons, "told": told}
        sys.stdout.write(json_text({"error": fault, "exit": failure.exit_code}) + "\n")
    console = err()
    if failure.kind is None:
        console.print("comity: refused", style="red")
    for what, mend in lines:
        console.print(f"{'  - ' if failure.kind is None else 'comity: '}{what}", style="red", markup=False)
        if mend:
            console.print(f"{'      ' if failure.kind is None else '        '}{mend}", markup=False)
    return failure.exit_code
