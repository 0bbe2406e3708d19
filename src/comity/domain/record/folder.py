"""The folder of kinds: reads one module per kind and holds it to the rules that strict and fast reading rest on."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, inspect

from comity.domain.record import kinds as kinds_folder
from comity.domain.record.forms import KIND_NAME, Check, checker
from comity.domain.record.limits import DEPTH_MAX, INTEGER_MAX
from comity.domain.record.opened import Record, Said, Trace
from comity.domain.record.pointer import pointer_to
from comity.domain.record.whole import Whole, whole_of
from comity.errors import Misconfigured

_ATOMS = (inspect.StrType, inspect.BoolType, inspect.NoneType, inspect.EnumType, inspect.LiteralType)


class Kind(Struct, frozen=True):
    """One kind with one version of its body.

    personal   pointer → member, of every place that is sealed
    sealable   all values in personal places of a body, in the order of `personal`
    whole      reads envelope and body in one go
    check      raises for a text without its form; None if the body has no such text
    traces     what finds a record of this kind
    files      the files that a body names, each with `sha256` and `bytes`; None if the kind names none
    gap        what is missing for good in a body with these pointers absent; None if nothing can be
    carries    envelope and fields of a record inside a body, if they are here; None if the kind carries none
    texts      what a body says, for those who search; None if nobody searches this kind
    """

    name: str
    body: type[Struct]
    example: Struct
    personal: Mapping[str, str]
    sealable: Callable[[Struct], tuple[object, ...]]
    decode: Callable[[bytes], Struct]
    check: Check | None
    whole: Whole
    traces: Callable[[Record[Any]], Iterable[Trace]]  # Any: each kind file names its own Body
    files: Callable[[Any], Iterable[Any]] | None
    gap: Callable[[Any, frozenset[str]], str | None] | None
    carries: Callable[[Any], tuple[bytes, bytes] | None] | None
    texts: Callable[[Any], Iterable[Said]] | None


def kinds_from(place: ModuleType | Path) -> dict[str, Kind]:
    """The kinds in a package, or in a folder of plain files; a file that breaks the rules raises Misconfigured."""
    found: dict[str, Kind] = {}
    modules = _of_package(place) if isinstance(place, ModuleType) else _of_folder(place)
    for module in modules:
        kind = kind_of(module)
        if kind.name in found:
            raise Misconfigured("kind-twice", kind=kind.name)
        found[kind.name] = kind
    return found


def kinds() -> Mapping[str, Kind]:
    """Every kind whose file lies in the folder `kinds`."""
    return _KINDS


def kind_of(module: ModuleType) -> Kind:
    """The kind that one module defines."""
    try:
        name, body, example, traces = module.KIND, module.Body, module.EXAMPLE, module.traces
    except AttributeError as fault:
        raise Misconfigured("kind-file-incomplete", file=module.__name__, lacks=fault.name) from fault
    if KIND_NAME.fullmatch(name) is None:
        raise Misconfigured("kind-name", kind=name)
    if type(example) is not body:
        raise Misconfigured("kind-example-not-a-body", kind=name)
    shape = inspect.type_info(body)
    if not isinstance(shape, inspect.StructType):
        raise Misconfigured("kind-body-not-a-struct", kind=name)
    _check_shape(name, shape, depth=2)  # the body is the second level of the envelope
    personal = {pointer_to(field.encode_name): field.name for field in shape.fields if _is_personal(field.type)}
    for member in msgspec.structs.fields(body):
        if member.name in personal.values() and member.default is not UNSET:
            raise Misconfigured("personal-place-not-optional", kind=name, place=member.name)
    return Kind(
        name=name,
        body=body,
        example=example,
        personal=personal,
        sealable=_getter(tuple(personal.values())),
        decode=msgspec.json.Decoder(body).decode,
        check=checker(shape),
        whole=whole_of(body),
        traces=traces,
        files=getattr(module, "files", None),
        gap=getattr(module, "gap", None),
        carries=getattr(module, "carries", None),
        texts=getattr(module, "texts", None),
    )


def _getter(members: tuple[str, ...]) -> Callable[[Struct], tuple[object, ...]]:
    if len(members) > 1:
        several: Callable[[Struct], tuple[object, ...]] = attrgetter(*members)  # with two or more it gives a tuple
        return several
    if not members:
        return lambda _body: ()
    alone = attrgetter(members[0])
    return lambda body: (alone(body),)


def _of_package(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{package.__name__}.{found.name}")


def _of_folder(folder: Path) -> Iterator[ModuleType]:
    for file in sorted(folder.glob("*.py")):
        if file.name == "__init__.py":
            continue
        spec = importlib.util.spec_from_file_location(f"comity_kind_{file.stem}", file)
        if spec is None or spec.loader is None:
            raise Misconfigured("kind-file-unreadable", file=file.name)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def _is_personal(type_: inspect.Type) -> bool:
    return isinstance(type_, inspect.Metadata) and bool((type_.extra_json_schema or {}).get("personal"))


def _check_shape(kind: str, type_: inspect.Type, depth: int) -> None:
    """What fast reading rests on: no floats, bounded integers and depth, nothing untyped; personal only at the top."""
    if depth > DEPTH_MAX:
        raise Misconfigured("kind-too-deep", kind=kind)
    if isinstance(type_, inspect.Metadata):
        if _is_personal(type_) and depth != 3:
            raise Misconfigured("personal-place-too-deep", kind=kind)
        _check_shape(kind, type_.type, depth)
    elif isinstance(type_, inspect.UnionType):
        if sum(not isinstance(one, inspect.NoneType) for one in type_.types) > 1:
            raise Misconfigured("kind-type-ambiguous", kind=kind)
        for one in type_.types:
            _check_shape(kind, one, depth)
    elif isinstance(type_, inspect.StructType):
        if not (type_.forbid_unknown_fields and type_.cls.__struct_config__.frozen):
            raise Misconfigured("kind-not-strict", kind=kind, struct=type_.cls.__name__)
        for field in type_.fields:
            _check_shape(kind, field.type, depth + 1)
    elif isinstance(type_, inspect.IntType):
        if (type_.ge is None or type_.ge < -INTEGER_MAX) or (type_.le is None or type_.le > INTEGER_MAX):
            raise Misconfigured("kind-unbounded-integer", kind=kind)
    elif isinstance(type_, inspect.VarTupleType):
        _check_shape(kind, type_.item_type, depth + 1)
    elif isinstance(type_, inspect.DictType):
        if not isinstance(type_.key_type, inspect.StrType):
            raise Misconfigured("kind-key-not-text", kind=kind)
        _check_shape(kind, type_.value_type, depth + 1)
    elif not isinstance(type_, _ATOMS):
        raise Misconfigured("kind-type-not-allowed", kind=kind, type=type(type_).__name__)


_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(kinds_from(kinds_folder))
