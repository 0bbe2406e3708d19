"""The error tree that people read is the error tree that programs catch."""

from __future__ import annotations

import inspect
import re

from comity import errors

BRANCH = re.compile(r"(?P<indent>[│ ]*)(?:[├└]── )?(?P<name>[A-Z]\w+)(?:  +(?P<said>\S.*))?")


def drawn() -> dict[str, str | None]:
    """Class -> parent, as the module's docstring draws it."""
    assert errors.__doc__ is not None
    lines = errors.__doc__.splitlines()
    above: list[str] = []
    found: dict[str, str | None] = {}
    for line in lines[lines.index("    ComityError") :]:
        branch = BRANCH.fullmatch(line.removeprefix("    "))
        if branch is None:
            continue
        depth = 0 if branch["name"] == "ComityError" else len(branch["indent"]) // 4 + 1
        above[depth:] = [branch["name"]]
        found[branch["name"]] = above[depth - 1] if depth else None
    return found


def built() -> dict[str, str | None]:
    """Class -> parent, as Python has it."""
    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.ComityError)]
    parents = {kind.__name__: kind.__mro__[1].__name__ for kind in classes}
    return {**parents, "ComityError": None}


def test_the_drawn_tree_is_the_built_tree() -> None:
    assert drawn() == built()


def test_every_error_says_what_it_means() -> None:
    assert [name for name in built() if not (getattr(errors, name).__doc__ or "").strip()] == []


def test_nothing_raises_a_fault_from_outside_the_tree() -> None:
    assert [
        name for name, kind in inspect.getmembers(errors, inspect.isclass) if not issubclass(kind, errors.ComityError)
    ] == []
