"""What a browser sends with a form: read once, told apart field by field, and every fault kept beside the value that was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from comity.faces.api.asking import Asking

FIELDS_MAX = 2000


@dataclass
class Form:
    """The fields of one form.

    values  name -> what was typed, in the order in which it came
    faults  (field, message key, facts) of what doesn't fit; a page shows them in a summary and beside the field
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, tuple[UploadFile, ...]] = field(default_factory=dict)
    faults: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)

    def text(self, name: str, *, most: int = 4096) -> str:
        """The field without blanks around it, empty when it wasn't sent."""
        said = (self.values.get(name) or ("",))[0].strip()
        if len(said) > most:
            self.fault(name, "fault.long", most=most)
        return said

    def must(self, name: str, *, most: int = 4096) -> str:
        """A field that may not be empty."""
        said = self.text(name, most=most)
        if not said:
            self.fault(name, "fault.empty")
        return said

    def one_of(self, name: str, offered: Iterable[str]) -> str:
        """One of the words that were offered; the first of them together with a fault, else."""
        words = list(offered)
        said = self.text(name)
        if said not in words:
            self.fault(name, "fault.choice")
            return words[0]
        return said

    def all(self, name: str) -> tuple[str, ...]:
        """Every value under one name, blanks left out."""
        return tuple(value.strip() for value in self.values.get(name, ()) if value.strip())

    def ticked(self, name: str) -> bool:
        return bool(self.values.get(name))

    def fault(self, name: str, key: str, **facts: object) -> None:
        """Says what doesn't fit, and where."""
        self.faults.append((name, key, facts))

    @property
    def good(self) -> bool:
        return not self.faults

    def kept(self, name: str, otherwise: str = "") -> str:
        """What was typed, for the field when the page is shown again."""
        return (self.values.get(name) or (otherwise,))[0]

    def fault_of(self, name: str) -> tuple[str, dict[str, object]] | None:
        """(message key, facts) of the field's first fault."""
        return next(((key, facts) for where, key, facts in self.faults if where == name), None)


Sent: TypeAlias = NamedDependency[SkipValidation[Form]]
"""Type of a handler's parameter `form`."""


async def the_form(request: Asking) -> Form:
    """The form of a POST; an empty one for whatever else."""
    if request.method != "POST":
        return Form()
    values: dict[str, list[str]] = {}
    files: dict[str, list[UploadFile]] = {}
    sent: Any = await request.form()
    for name, value in sent.multi_items():
        if isinstance(value, UploadFile):
            files.setdefault(name, []).append(value)
        else:
            values.setdefault(name, []).append(str(value))
    return Form({k: tuple(v) for k, v in values.items()}, {k: tuple(v) for k, v in files.items()})
