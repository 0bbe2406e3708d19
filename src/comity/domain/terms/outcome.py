"""An answer that may be a lawful no."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Reason:
    """One reason, for programs and for readers.

    code   stable, kebab-case; wording lives in the faces
    facts  JSON-able values that the wording may name
    """

    code: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Granted(Generic[T]):
    """Yes, with what was asked for."""

    value: T


@dataclass(frozen=True)
class Refused:
    """No, with every reason; never with just the first one found."""

    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a refusal names its reasons")
