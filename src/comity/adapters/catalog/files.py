"""The catalog as folders of TOML: what the package brings, and what a node lays over it.

A file of a later folder takes the place of the file of the same name in an earlier one. Countries are the exception: their rows add
up, since knowledge about a country is never edited, only added to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from comity.adapters.catalog.toml import read_toml
from comity.domain.access import Role, check_role
from comity.domain.action import ACT_CHECKS
from comity.domain.law import (
    CountryLaw,
    DataCategory,
    ForbiddenGround,
    Form,
    Instrument,
    LawBook,
    Measure,
    OffenceKind,
    Phrases,
    RefusalCode,
    RightsRow,
    check_book,
    check_rights,
    law_book,
)
from comity.domain.record import ORDERS
from comity.domain.record.custody import OrderRule
from comity.domain.request import Machine, check_machine
from comity.domain.terms import Reason
from comity.errors import Misconfigured, NotFound

T = TypeVar("T")

_ORDERS = tuple(kind.partition("/")[0] for kind in ORDERS)
_FOLDERS = (
    "instruments",
    "countries",
    "forms",
    "refusals",
    "forbidden_grounds",
    "offences",
    "data_categories",
    "phrases",
    "measures",
    "machines",
    "orders",
    "roles",
    "rights",
)


class FileCatalog:
    """Law, measures and machines; read and checked once, when it is made.

    overlays   folders laid over the packaged one, later ones over earlier ones; one that doesn't exist is empty
    raises     Misconfigured: one file or key that can't be read, or `catalog-faulty` with every fault of the whole
    """

    def __init__(self, overlays: Sequence[Path] = ()) -> None:
        packaged = files("comity").joinpath("catalog")
        self._layers: tuple[Traversable, ...] = (packaged, *(path for path in overlays if path.is_dir()))
        _refuse_unknown_folders(packaged, self._layers[1:])
        self._file_of: dict[str, str] = {}
        self._book = law_book(
            self._read("instruments", Instrument, attrgetter("id")).values(),
            self._read_every("countries", CountryLaw, attrgetter("country")),
            self._read("forms", Form, attrgetter("id")).values(),
            self._read("refusals", RefusalCode, attrgetter("code")).values(),
            self._read("forbidden_grounds", ForbiddenGround, attrgetter("ground")).values(),
            offences=self._read("offences", OffenceKind, attrgetter("id")).values(),
            categories=self._read("data_categories", DataCategory, attrgetter("id")).values(),
            phrases=self._read("phrases", Phrases, attrgetter("lang")).values(),
        )
        self._measures = self._read("measures", Measure, attrgetter("id"))
        self._machines = self._read("machines", Machine, attrgetter("name"))
        self._orders = self._read("orders", OrderRule, attrgetter("id"))
        self._rights = self._read("rights", RightsRow, attrgetter("id"))
        self._roles = self._read("roles", Role, attrgetter("id"))
        faults = self.faults()
        if faults:
            raise Misconfigured("catalog-faulty", faults=[self._located(fault) for fault in faults])

    def book(self) -> LawBook:
        """All of the law that was read."""
        return self._book

    def measures(self) -> Mapping[str, Measure]:
        """Measures by id."""
        return dict(self._measures)

    def machine(self, name: str) -> Machine:
        """The machine of this name; NotFound when there is none."""
        if name not in self._machines:
            raise NotFound("machine", name=name)
        return self._machines[name]

    def machines(self) -> Mapping[str, Machine]:
        """Machines by name."""
        return dict(self._machines)

    def orders(self) -> Mapping[str, OrderRule]:
        """Deadlines and answers of each kind of order, by its name without version."""
        return dict(self._orders)

    def roles(self) -> Mapping[str, Role]:
        """Roles by id."""
        return dict(self._roles)

    def rights(self) -> Mapping[str, RightsRow]:
        """Checks of the human-rights gate, by id."""
        return dict(self._rights)

    def wording(self, lang: str) -> Mapping[str, str]:
        """What the catalog itself has words for in this language: `measure.preserve.label`, `country.KH`."""
        words: dict[str, str] = {}
        for measure in self._measures.values():
            texts = {"label": measure.label, "proves_not": measure.proves_not}
            words |= {f"measure.{measure.id}.{part}": text[lang] for part, text in texts.items() if lang in text}
        names = self._book.countries.items()
        return words | {f"country.{code}": name[lang] for code, name in names if lang in name}

    def faults(self) -> tuple[Reason, ...]:
        """Every fault of the whole, beyond what makes a single file unreadable."""
        found = [*check_book(self._book, self._measures)]
        for machine in self._machines.values():
            found += [Reason(why.code, {"machine": machine.name, **why.facts}) for why in check_machine(machine)]
        for measure in self._measures.values():
            runs = self._machines.get(measure.machine)
            if runs is None:
                found.append(Reason("machine-unknown", {"measure": measure.id, "machine": measure.machine}))
                continue
            named = [*measure.acts, *measure.two_persons, *measure.two_persons.values()]
            strange = [event for event in dict.fromkeys(named) if event not in runs.known_events]
            found += [Reason("event-unknown", {"measure": measure.id, "event": event}) for event in strange]
            unknown = [name for name in measure.act_checks if name not in ACT_CHECKS]
            found += [Reason("act-check-unknown", {"measure": measure.id, "check": name}) for name in unknown]
        found += [fault for row in self._rights.values() for fault in check_rights(row)]
        found += [fault for role in self._roles.values() for fault in check_role(role)]
        found += [Reason("order-rule-missing", {"order": name}) for name in _ORDERS if name not in self._orders]
        return tuple(found)

    def _read(self, folder: str, as_type: type[T], id_of: attrgetter[str]) -> dict[str, T]:
        """One value per file name, the last layer's."""
        return {id_of(value): value for value in self._read_every(folder, as_type, id_of)}

    def _read_every(self, folder: str, as_type: type[T], id_of: attrgetter[str]) -> list[T]:
        found = []
        for layer in self._layers:
            for file in _toml_files(layer.joinpath(folder)):
                value = read_toml(file, as_type)
                name, wanted = id_of(value), file.name.removesuffix(".toml")
                if name != wanted:
                    raise Misconfigured(
                        "catalog-file-name", file=str(file), key=name, why="the file has to bear this name"
                    )
                if folder == "machines" and f"{folder}/{name}" in self._file_of:
                    why = "both ends fold by it: a published machine never changes, a new one gets a new name"
                    raise Misconfigured("machine-is-fixed", file=str(file), key=name, why=why)
                self._file_of[f"{folder}/{name}"] = str(file)
                found.append(value)
        return found

    def _located(self, fault: Reason) -> dict[str, object]:
        """The fault with the file it is in, as far as it names a thing that has one."""
        facts = dict(fault.facts)
        route = self._book.route(str(facts.get("route", "")))
        owners = (
            ("measures", facts.get("measure")),
            ("roles", facts.get("role")),
            ("rights", facts.get("rights")),
            ("offences", facts.get("offence")),
            ("machines", facts.get("machine")),
            ("instruments", route.instrument if route else None),
            ("countries", facts.get("state")),
            ("instruments", facts.get("instrument")),
        )
        places = (self._file_of.get(f"{folder}/{name}") for folder, name in owners if name)
        return {"code": fault.code, "file": next((place for place in places if place), None), **facts}


def _toml_files(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=attrgetter("name"))


def _refuse_unknown_folders(packaged: Traversable, overlays: Iterable[Traversable]) -> None:
    """A misspelt folder would be law that nobody reads."""
    known = {*_FOLDERS, *(entry.name for entry in packaged.iterdir() if entry.is_dir())}
    for layer in overlays:
        for entry in layer.iterdir():
            if entry.is_dir() and not entry.name.startswith(".") and entry.name not in known:
                raise Misconfigured("catalog-folder", file=str(entry), key=entry.name, why="no folder of the catalog")
