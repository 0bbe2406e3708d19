"""Files that only records to be erased name: their keys go first, and the records after them.

In this order because the other way round a crash would leave files that nothing names and nobody asks for again. Here it leaves an
order that is carried out once more.
"""

from __future__ import annotations

from collections.abc import Iterable

from comity.domain.record.orders import Target
from comity.flows.files import forget_unnamed, named_at
from comity.ports import Place, World


def forget_files(world: World, targets: Iterable[Target]) -> tuple[str, ...]:
    """Destroys the files that these records name and no other living record does; returns their SHA-256."""
    gone = {Place(t.origin, t.index) for t in targets if t.pointers is None}
    return forget_unnamed(world, (naming.sha256 for place in gone for naming in named_at(world, place)), gone)
