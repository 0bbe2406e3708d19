"""Carries steps out over the connection that it is given, inside the transaction that its giver has begun."""

from __future__ import annotations

from alembic import context

from comity.adapters.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
