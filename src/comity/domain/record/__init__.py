"""Records: immutable envelopes of exact bytes, personal values sealed beside them."""

from comity.domain.record.codec import Sealed, kinds, open_record, schema, schemas, seal
from comity.domain.record.entry import Entry, Order, State, decode_bundle, encode_bundle
from comity.domain.record.envelope import About, Envelope, Header, header_of, read_envelope
from comity.domain.record.fields import Field, check_fields, decode_fields, encode_fields, field_commitment
from comity.domain.record.folder import Kind, kinds_from
from comity.domain.record.index import Told, index_of
from comity.domain.record.marking import CLOSED, Marking, read_marking, strictest
from comity.domain.record.opened import Record, Trace
from comity.domain.record.orders import (
    ABOUT,
    AMEND,
    CLEAR,
    ERASE,
    ORDERS,
    PROPOSAL,
    WITHDRAW,
    Commanded,
    about_key,
    filed,
    order_in,
    postings,
)

__all__ = [
    "ABOUT",
    "AMEND",
    "CLEAR",
    "CLOSED",
    "ERASE",
    "ORDERS",
    "PROPOSAL",
    "WITHDRAW",
    "About",
    "Commanded",
    "Entry",
    "Envelope",
    "Field",
    "Header",
    "Kind",
    "Marking",
    "Order",
    "Record",
    "Sealed",
    "State",
    "Told",
    "Trace",
    "about_key",
    "check_fields",
    "decode_bundle",
    "decode_fields",
    "encode_bundle",
    "encode_fields",
    "field_commitment",
    "filed",
    "header_of",
    "index_of",
    "kinds",
    "kinds_from",
    "open_record",
    "order_in",
    "postings",
    "read_envelope",
    "read_marking",
    "schema",
    "schemas",
    "seal",
    "strictest",
]
