-- The schema of version 1, as its program made it on SQLite.
CREATE TABLE schema (
    version INTEGER NOT NULL,
    PRIMARY KEY (version)
);
CREATE TABLE channel (
    ch INTEGER NOT NULL,
    origin VARCHAR NOT NULL,
    vkey VARCHAR NOT NULL,
    writer VARCHAR NOT NULL,
    audience VARCHAR NOT NULL,
    lane VARCHAR NOT NULL,
    opened BIGINT NOT NULL,
    standing VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    size BIGINT NOT NULL,
    peaks BLOB NOT NULL,
    note BLOB NOT NULL,
    pending BIGINT NOT NULL,
    pending_note BLOB NOT NULL,
    pending_leaves BLOB NOT NULL,
    drained BIGINT NOT NULL,
    line_size BIGINT NOT NULL,
    line_time BIGINT NOT NULL,
    line_name VARCHAR NOT NULL,
    line BLOB NOT NULL,
    PRIMARY KEY (ch),
    UNIQUE (origin)
);
CREATE TABLE entry (
    ch INTEGER NOT NULL,
    idx BIGINT NOT NULL,
    leaf BLOB NOT NULL,
    state INTEGER NOT NULL,
    salt BLOB,
    envelope BLOB,
    fields BLOB,
    order_origin VARCHAR,
    order_index BIGINT,
    settled BOOLEAN NOT NULL,
    id VARCHAR,
    kind VARCHAR,
    issuer VARCHAR,
    made BIGINT,
    fault VARCHAR,
    PRIMARY KEY (ch, idx)
);
CREATE INDEX entry_kind ON entry (kind, made);
CREATE INDEX entry_id ON entry (id);
CREATE TABLE known (
    ch INTEGER NOT NULL,
    id VARCHAR NOT NULL,
    idx BIGINT NOT NULL,
    PRIMARY KEY (ch, id)
);
CREATE TABLE tile (
    ch INTEGER NOT NULL,
    level INTEGER NOT NULL,
    n BIGINT NOT NULL,
    hashes BLOB NOT NULL,
    root BLOB NOT NULL,
    PRIMARY KEY (ch, level, n)
);
CREATE TABLE checkpoint (
    ch INTEGER NOT NULL,
    size BIGINT NOT NULL,
    note BLOB NOT NULL,
    PRIMARY KEY (ch, size)
);
CREATE TABLE cosignature (
    ch INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    size BIGINT NOT NULL,
    time_s BIGINT NOT NULL,
    line BLOB NOT NULL,
    PRIMARY KEY (ch, name, size)
);
CREATE TABLE trace (
    name VARCHAR NOT NULL,
    "key" BLOB NOT NULL,
    ch INTEGER NOT NULL,
    idx BIGINT NOT NULL,
    PRIMARY KEY (name, "key", ch, idx)
);
CREATE INDEX trace_entry ON trace (ch, idx);
CREATE TABLE tombstone (
    issuer VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    order_origin VARCHAR NOT NULL,
    order_index BIGINT NOT NULL,
    PRIMARY KEY (issuer, id)
);
CREATE TABLE acted (
    issuer VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    at BIGINT NOT NULL,
    outcome VARCHAR NOT NULL,
    PRIMARY KEY (issuer, id)
);
CREATE TABLE peer (
    name VARCHAR NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE warning (
    name VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    raw BLOB NOT NULL,
    "by" VARCHAR NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE notice (
    seq INTEGER NOT NULL,
    "key" VARCHAR NOT NULL,
    at BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    about BLOB NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE ("key")
);
CREATE TABLE evidence (
    seq INTEGER NOT NULL,
    ch INTEGER NOT NULL,
    at BIGINT NOT NULL,
    why VARCHAR NOT NULL,
    note BLOB NOT NULL,
    PRIMARY KEY (seq)
);
