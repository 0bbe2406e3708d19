"""The pages say what the node does: their examples run, their codes, limits, measures and resources are the node's own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from comity.adapters.catalog import FileCatalog
from comity.adapters.store import marks
from comity.domain.ledger import TILE_WIDTH, VerifierKey, open_checkpoint, parse_checkpoint, parse_note, parse_policy
from comity.domain.receipt import PROVES_NOT, verify_receipt
from comity.domain.record import CLOSED, decode_bundle, decode_fields, filed, kinds, open_record, read_marking, seal
from comity.domain.record import limits as node_limits
from comity.domain.terms import Instant
from comity.faces.api import exchange
from comity.faces.api.exchange import exchange_app
from comity.flows import carry, fetch
from comity.flows.invitation import fingerprint, read_invitation
from tests.spec import second_invitation, second_reader, second_records
from tests.spec.make_vectors import SPEC
from tests.spec.making import RECEIPT, key
from tests.spec.vectors_receipts import REQUEST
from tests.spec.vectors_requests import MACHINES

PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(SPEC.glob("*.md"))}
FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A fenced block: its words after `example`, and its text."""

    page: str
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def line(self) -> bytes:
        """The text without the LF that the fence needs."""
        return self.text.removesuffix("\n").encode()


def _examples() -> Iterator[Example]:
    for page, text in PAGES.items():
        for found in FENCE.finditer(text):
            word, *words = found[2].split()
            assert word == "example", f"{page}: a fenced block that isn't run"
            yield Example(page, found[1], tuple(words), found[3])


EXAMPLES = list(_examples())


def one(what: str) -> Example:
    (found,) = [example for example in EXAMPLES if example.words[0] == what]
    return found


def _record(example: Example) -> None:
    fields = bytes.fromhex(one("fields").text)
    origin = json.loads(example.line)["issuer"] + "/ch/00000000000f1c70"
    assert filed(origin, example.line, fields).fault is None
    opened = decode_fields(fields)
    assert [f"fields={field.pointer}" for field in opened] == [*example.words[1:]]
    assert open_record(example.line, opened).absent == frozenset()
    assert second_records.file_record(origin, example.line, fields).code is None


def _fields(example: Example) -> None:
    assert len(decode_fields(bytes.fromhex(example.text))) == 1


def _body(example: Example) -> None:
    body = msgspec.json.decode(example.line, type=kinds()[example.words[1]].body)
    made = seal(
        body,
        id="0193a5d1-0004-7000-8000-00000000f1c7",
        issuer="police.kr.example",
        made=Instant(0),
        marking=CLOSED,
        purpose="example",
        salt=lambda: bytes(32),
    )
    assert open_record(made.envelope, made.fields).body == body


def _marking(example: Example) -> None:
    read = read_marking(example.line)
    assert read != CLOSED
    assert msgspec.json.encode(read) == example.line
    assert second_records.read_marking(example.line)["tlp"] == read.tlp


def _vkey(example: Example) -> None:
    text = example.line.decode()
    assert VerifierKey.parse(text).text == text
    assert second_reader.read_key(text).name == VerifierKey.parse(text).name


def _checkpoint(example: Example) -> None:
    raw = example.text.encode()
    signed = open_checkpoint(raw, VerifierKey.parse(one("vkey").line.decode()))
    assert signed.text() == parse_note(raw).text
    assert len(parse_note(raw).signatures) == 2


def _message(example: Example) -> None:
    time_s = int(example.text.split("\n")[1].removeprefix("time "))
    text = example.text.split("\n", 2)[2].encode()
    assert parse_checkpoint(text).text() == text
    signed = f"{example.text.split(chr(10), 2)[2]}\n{_line_of(one('checkpoint').text, RECEIPT)}\n".encode()
    _, good = second_reader.open_note(signed, [second_reader.read_key(key(RECEIPT).text)])
    assert good == {RECEIPT: time_s}


def _line_of(note: str, name: str) -> str:
    (line,) = [line for line in note.split("\n") if line.startswith(f"\u2014 {name} ")]
    return line


def _bundle(example: Example) -> None:
    entries = decode_bundle(bytes.fromhex(example.text), 0, 256)
    assert [entry.state.name for entry in entries] == ["WITHHELD", "ERASED"]


def _policy(example: Example) -> None:
    assert parse_policy(example.text).text() == example.text


def _receipt(example: Example) -> None:
    policy = parse_policy(one("policy").text)
    shown = verify_receipt(example.text.encode(), policy=policy, envelope=REQUEST.envelope)
    assert shown.keys_proven
    assert [who.name for who in shown.delivered] == [RECEIPT]


def _well_known(example: Example) -> None:
    told = msgspec.json.decode(example.line, type=carry.WellKnown)
    assert msgspec.json.encode(told) == example.line
    own = {"exchange": carry.EXCHANGE_VERSION, "envelope": carry.ENVELOPE_VERSION, "custody": carry.CUSTODY_VERSION}
    assert told.formats == own
    assert VerifierKey.parse(told.keys[0]).name == f"{told.node}/receipt"


def _channels(example: Example) -> None:
    (told,) = msgspec.json.decode(example.line, type=list[carry.Readable])
    assert msgspec.json.encode([told]) == example.line
    assert VerifierKey.parse(told.vkey).name == told.origin


def _invitation(example: Example) -> None:
    read = read_invitation(example.text.encode())
    assert second_invitation.read_invitation(example.text.encode())["node"] == read.node


def _fingerprint(example: Example) -> None:
    assert fingerprint(one("invitation").text.encode()) == example.line.decode()


RUN: dict[str, Callable[[Example], None]] = {
    "record": _record,
    "fields": _fields,
    "body": _body,
    "marking": _marking,
    "vkey": _vkey,
    "checkpoint": _checkpoint,
    "message": _message,
    "bundle": _bundle,
    "policy": _policy,
    "receipt": _receipt,
    "well-known": _well_known,
    "channels": _channels,
    "invitation": _invitation,
    "fingerprint": _fingerprint,
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.page}-{'-'.join(example.words)}")
def test_every_example_runs(example: Example) -> None:
    RUN[example.words[0]](example)
    assert example.text.endswith("\n")


def test_no_way_to_run_an_example_is_left_over() -> None:
    assert {example.words[0] for example in EXAMPLES} == RUN.keys()


def _codes_in(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        if isinstance(value.get("code"), str):
            yield value["code"]
        for one_ in value.values():
            yield from _codes_in(one_)
    elif isinstance(value, list):
        for one_ in value:
            yield from _codes_in(one_)


def test_every_code_of_the_vectors_is_said_on_a_page() -> None:
    said = {word for text in PAGES.values() for word in re.findall(r"`([a-z0-9-]+)`", text)}
    told = {path.stem: json.loads(path.read_text()) for path in (SPEC / "vectors").glob("*.json")}
    # What is wrong with an invitation is for one officer to read, no matter between nodes.
    codes = {code for name, value in told.items() if name != "invitations" for code in _codes_in(value)}
    assert len(codes) > 60
    assert codes - said == set()


def test_every_kind_has_its_line_and_its_schema() -> None:
    for kind in kinds():
        assert f"`{kind}`" in PAGES["records.md"]
        assert (SPEC / "schemas" / f"{kind.replace('/', '-')}.json").exists()


@pytest.mark.parametrize(
    ("page", "number"),
    [
        ("records.md", node_limits.ENVELOPE_BYTES_MAX),
        ("records.md", node_limits.FIELDS_BYTES_MAX),
        ("records.md", node_limits.FIELDS_MAX),
        ("records.md", node_limits.POINTER_BYTES_MAX),
        ("records.md", node_limits.STRING_CHARS_MAX),
        ("records.md", node_limits.DEPTH_MAX),
        ("records.md", node_limits.ABOUT_MAX),
        ("bundles.md", node_limits.PAYLOAD_BYTES_MAX),
        ("http.md", carry.NOTE_BYTES_MAX),
        ("http.md", fetch.BUNDLE_BYTES_MAX),
        ("sync.md", TILE_WIDTH),
    ],
)
def test_a_limit_is_the_nodes(page: str, number: int) -> None:
    assert f"{number:,}" in PAGES[page]


def test_a_measure_has_the_machine_that_the_page_says() -> None:
    catalog = FileCatalog()
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| \[`machines/(\w+)\.json`\]", PAGES["requests.md"], re.MULTILINE)
    assert {machine for _, machine, _ in rows} == set(MACHINES)
    for measure, machine, file in rows:
        assert catalog.measures()[measure].machine == machine == file


def test_every_resource_has_its_line() -> None:
    app = exchange_app(lambda: pytest.fail("no world"), lambda: ())
    there = {
        (method, re.sub(r"\{(\w+)[^}]*\}", r"{\1}", route.path))
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method in ("GET", "POST")
    }
    said = {
        "GET /.well-known/comity": "/.well-known/comity",
        "GET /channels": "/channels",
        "GET <ch>/checkpoint": "/ch/{channel}/checkpoint",
        "GET <ch>/tile/": "/ch/{channel}/tile/{rest}",
        "GET <ch>/records/": "/ch/{channel}/records/{rest}",
        "GET <ch>/proof/": "/ch/{channel}/proof/{index}",
        "GET <ch>/files/": "/ch/{channel}/files/{sha256}",
        "POST <ch>/cosign": "/ch/{channel}/cosign",
        "GET /events": "/events",
        "GET <ch>/events": "/ch/{channel}/events",
        "POST /witness/add-checkpoint": "/witness/add-checkpoint",
        "GET /witness/": "/witness/{digest}/checkpoint",
        "GET /journal": "/journal",
        "GET /journal/<channel>/checkpoint": "/journal/{channel}/checkpoint",
        "GET /journal/<channel>/page/": "/journal/{channel}/page/{rest}",
        "POST /journal/cosign": "/journal/cosign",
        "GET /held": "/held",
        "GET /held/<id>/checkpoint": "/held/{channel}/checkpoint",
        "GET /held/<id>/tile/": "/held/{channel}/tile/{rest}",
        "GET /held/<id>/records/": "/held/{channel}/records/{rest}",
    }
    assert there == {(name.split(" ")[0], path) for name, path in said.items()}
    assert all(f"| `{name}" in PAGES["http.md"] for name in said)
    for kept in (exchange.FOR_EVER, exchange.FOR_A_MOMENT, exchange.NEVER):
        assert f"`{kept}`" in PAGES["http.md"]


def test_what_a_receipt_does_not_prove_is_said_whole() -> None:
    assert all(f"| `{code}` |" in PAGES["receipts.md"] for code in PROVES_NOT)


def test_the_high_water_file_has_the_lines_that_the_page_says() -> None:
    said = re.findall(r"^    ((?:size|line|gone|seen|lost|back) <(?:origin|node)> .*)$", PAGES["sync.md"], re.MULTILINE)
    gone = marks.Gone("o", 1, "p", 2, ("/facts",))
    written = [marks.size_mark("o", 1, bytes(32)), marks.line_mark("o", 1, 2), marks.gone_mark(gone)]
    written += [marks.seen_mark("o", 1), marks.lost_mark("o", 1), marks.back_mark("n", 1, 2)]
    # A part in angle brackets is one word of the line.
    assert [len(re.sub("<[^>]*>", "x", line).split(" ")) for line in said] == [len(line.split(" ")) for line in written]
    assert [line.split(" ")[0] for line in said] == [line.split(" ")[0] for line in written]


def test_the_index_names_every_page() -> None:
    assert all(f"]({name})" in PAGES["README.md"] for name in PAGES if name != "README.md")
