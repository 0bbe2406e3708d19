"""Where a node keeps what it knows: SQLite, and a reference in memory that the same tests hold to account."""
