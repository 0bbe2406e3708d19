"""The same stores as for the port itself: each question is asked of every one."""

from tests.ports.conftest import far, kind, world

__all__ = ["far", "kind", "world"]
