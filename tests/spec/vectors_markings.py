"""Vectors of markings: how one reads, and what two of them become together."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from comity.domain.record import CLOSED, Marking, read_marking, strictest

READ = (
    ("as small as it gets", '{"tlp":"GREEN"}'),
    (
        "every member",
        '{"tlp":"AMBER","hcodes":["H0","H1"],"pap":"GREEN","source":"A","info":1,"purpose":["prevent-crime"],'
        '"releasable_to":["KR","platform.vn.example"],"expires":"2027-01-01T00:00:00Z","note":"FICTIONAL"}',
    ),
    ("nothing", "null"),
    ("an unknown colour", '{"tlp":"PURPLE"}'),
    ("no colour", '{"hcodes":["H0"]}'),
    ("an unknown code", '{"tlp":"GREEN","hcodes":["H9"]}'),
    ("an unknown member", '{"tlp":"GREEN","mood":"x"}'),
    ("a grade out of range", '{"tlp":"GREEN","info":5}'),
    ("an expiry that is no time", '{"tlp":"GREEN","expires":"tomorrow"}'),
    ("anyone, but not onward", '{"tlp":"CLEAR","hcodes":["H2"]}'),
    ("anyone, but only these", '{"tlp":"CLEAR","releasable_to":["KR"]}'),
    ("anyone, not in court", '{"tlp":"CLEAR","hcodes":["H1"]}'),
)
MEET = (
    ('{"tlp":"GREEN"}', '{"tlp":"AMBER+STRICT","pap":"CLEAR"}'),
    ('{"tlp":"GREEN","hcodes":["H3","H0"]}', '{"tlp":"GREEN","hcodes":["H1"]}'),
    ('{"tlp":"GREEN","source":"A","info":2}', '{"tlp":"GREEN","source":"X"}'),
    ('{"tlp":"GREEN","purpose":["b","a"]}', '{"tlp":"GREEN","purpose":["c","b"]}'),
    ('{"tlp":"GREEN","purpose":["b","a"]}', '{"tlp":"GREEN"}'),
    ('{"tlp":"GREEN","releasable_to":["KR"]}', '{"tlp":"GREEN","releasable_to":["VN"]}'),
    ('{"tlp":"GREEN","expires":"2027-01-01T00:00:00Z"}', '{"tlp":"GREEN","expires":"2026-12-01T00:00:00.000Z"}'),
    ('{"tlp":"GREEN","note":"b\\na"}', '{"tlp":"GREEN","note":"a"}'),
)


def members(marking: Marking) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(marking)
    whole = {name: told.get(name) for name in ("source", "info", "purpose", "releasable_to", "expires", "note")}
    return {"tlp": marking.tlp, "hcodes": list(marking.hcodes), "pap": marking.pap, **whole}


def markings() -> dict[str, Any]:
    return {
        "what": "records.md, Marking: what a reader makes of a marking, and what two of them become where they meet",
        "closed": members(CLOSED),
        "read": [{"name": name, "text": text, "means": members(read_marking(text.encode()))} for name, text in READ],
        "meet": [
            {
                "a": json.loads(a),
                "b": json.loads(b),
                "strictest": members(strictest(read_marking(a.encode()), read_marking(b.encode()))),
            }
            for a, b in MEET
        ],
    }
