"""Every kind keeps what its file promises; the kinds are found, not listed."""

from __future__ import annotations

import importlib
import re
import sys
from hashlib import blake2b
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from comity.domain.indicator import Indicator, broader, guess, indicator, kinds, kinds_from
from comity.domain.indicator.registry import FOLDER
from comity.errors import Malformed, Misconfigured

KINDS = kinds()
EXAMPLES = [(kind.kind, raw, normal) for kind in KINDS.values() for raw, normal in kind.examples]
REFUSED = [(kind.kind, raw, code) for kind in KINDS.values() for raw, code in kind.refused]
FILES = sorted(path for home in FOLDER.__path__ for path in Path(home).glob("*.py") if path.stem != "__init__")

COLOUR = """
from comity.errors import Malformed
KIND, LABEL, EXAMPLES, REFUSED, MISP_TYPES = "colour", "Colour", [("Red", "red")], [("", "colour-empty")], ("colour",)
def normalise(raw):
    if not raw: raise Malformed("colour-empty")
    return raw.lower()
def recognise(raw): return raw.lower() in ("red", "green")
"""


@pytest.mark.parametrize(("kind", "raw", "normal"), EXAMPLES)
def test_an_example_has_its_normal_form_and_keeps_it(kind: str, raw: str, normal: str) -> None:
    assert indicator(kind, raw) == Indicator(kind, normal)
    assert indicator(kind, normal) == Indicator(kind, normal)


@pytest.mark.parametrize(("kind", "raw", "code"), REFUSED)
def test_a_refused_text_is_refused_with_its_code_and_not_recognised(kind: str, raw: str, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        indicator(kind, raw)
    assert refused.value.code == code
    assert not KINDS[kind].recognise(raw)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_fault_a_kind_names_has_an_example_that_raises_it(file: Path) -> None:
    kind = next(kind for kind in KINDS.values() if kind.kind == file.stem)
    named = set(re.findall(rf'"({kind.kind}-[a-z-]+)"', file.read_text()))
    # What the shared host and address readers raise carries the kind's name, and counts for every kind that uses them.
    for part in ("hostname", "ip_address"):
        if f"indicator.{part} import" in file.read_text():
            source = (file.parents[1] / f"{part}.py").read_text()
            named |= {kind.kind + code for code in re.findall(r'f"\{kind\}(-[a-z0-9-]+)"', source)}
    unused = {"domain": {"domain-ipv4", "domain-ipv6"}, "email": {"email-ipv4", "email-ipv6"}}.get(kind.kind, set())
    assert named - unused - set(kind.misp_types) == {code for _, code in kind.refused}


def test_the_folder_is_read_and_nothing_lists_it() -> None:
    assert set(KINDS) == {file.stem for file in FILES}
    assert set(KINDS) >= {"url", "domain", "phone", "wallet", "handle", "email"}


def test_misp_types_belong_to_one_kind_each() -> None:
    types = [name for kind in KINDS.values() for name in kind.misp_types]
    assert len(types) == len(set(types))


@pytest.fixture
def colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    (tmp_path / "more_kinds").mkdir()
    (tmp_path / "more_kinds" / "__init__.py").write_text("")
    (tmp_path / "more_kinds" / "colour.py").write_text(COLOUR)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "more_kinds"]:
        monkeypatch.delitem(sys.modules, name)
    return importlib.import_module("more_kinds")


def test_one_more_file_in_another_folder_is_one_more_kind(colours: ModuleType) -> None:
    known = kinds_from(FOLDER, colours)
    assert set(known) == {*KINDS, "colour"}
    assert indicator("colour", "RED", known) == Indicator("colour", "red")
    assert guess("Green", known) == (Indicator("colour", "green"),)
    assert broader(Indicator("colour", "red"), known) == ()


def test_a_folder_that_joins_the_package_is_seen_by_everyone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "colour.py").write_text(COLOUR)
    monkeypatch.setattr(FOLDER, "__path__", [*FOLDER.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    assert indicator("colour", "Red").value == "red"
    monkeypatch.undo()
    sys.modules.pop(f"{FOLDER.__name__}.colour", None)
    assert "colour" not in kinds()


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("KIND = 'colour'", "indicator-kind-incomplete"),
        (COLOUR.replace('"colour",', '"url",', 1), "indicator-kind-twice"),
    ],
)
def test_a_file_that_is_no_whole_kind_is_refused(
    source: str, code: str, colours: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(colours.__path__[0], "colour.py").write_text(source)
    importlib.invalidate_caches()
    with pytest.raises(Misconfigured) as refused:
        kinds_from(FOLDER, colours)
    assert refused.value.code == code


def test_an_unknown_kind_is_refused() -> None:
    for act in (lambda: indicator("shoe-size", "42"), lambda: broader(Indicator("shoe-size", "42"))):
        with pytest.raises(Malformed) as refused:
            act()
        assert refused.value.code == "indicator-kind-unknown"


def test_the_key_is_blake2b_of_kind_zero_value() -> None:
    made = indicator("domain", "한국.example")
    assert made.key == blake2b(b"domain\0xn--3e0b707e.example", digest_size=16).digest()
    assert len({Indicator("a", "bc").key, Indicator("ab", "c").key, Indicator("a", "bd").key}) == 3


def tried(kind: str, raw: str) -> tuple[str | None, str]:
    """Normal form and no code, or None and the code."""
    try:
        return KINDS[kind].normalise(raw), ""
    except Malformed as refused:
        return None, refused.code


PIECES = st.sampled_from(
    [part for _, raw, _ in [*EXAMPLES, *REFUSED] for part in (raw, *re.split(r"(?<=[/.:@])", raw))]
    + [
        ".",
        "..",
        "%",
        "%2e",
        "[.]",
        "(dot)",
        "@",
        ":",
        "//",
        "\\",
        "?",
        "#",
        "xn--",
        "+82",
        "０１０",
        "\u200d",
        "İ",
        "ß",
        "ẞ",
        "。",
    ]
)
WILD = st.text(st.characters(exclude_categories=()), max_size=12)
TEXTS = st.lists(st.one_of(PIECES, WILD), max_size=5).map("".join)


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=400, deadline=None)
@given(raw=TEXTS)
@example(raw="\ud800")
@example(raw="%%34%31.example")
def test_normalising_twice_changes_nothing_and_only_malformed_is_raised(kind: str, raw: str) -> None:
    once, code = tried(kind, raw)
    if once is None:
        assert code.startswith(f"{kind}-")
        assert not KINDS[kind].recognise(raw)
        return
    assert KINDS[kind].normalise(once) == once
    once.encode()
    for wider in broader(Indicator(kind, once)):
        assert indicator(wider.kind, wider.value) == wider != Indicator(kind, once)


@settings(max_examples=400, deadline=None)
@given(raw=TEXTS)
def test_a_guess_is_what_the_kinds_themselves_say(raw: str) -> None:
    guessed = guess(raw)
    assert {made.kind for made in guessed} == {kind.kind for kind in KINDS.values() if kind.recognise(raw)}
    assert all(made == indicator(made.kind, raw) for made in guessed)
    assert [KINDS[made.kind].sureness for made in guessed] == sorted(
        (KINDS[m.kind].sureness for m in guessed), reverse=True
    )


@pytest.mark.parametrize(
    ("raw", "readings"),
    [
        ("https://t.me/golden_job", ["handle:telegram:golden_job", "url:https://t.me/golden_job"]),
        ("bad.example", ["domain:bad.example"]),
        ("bad[.]example/win", ["url:https://bad.example/win"]),
        ("hr@bad.example", ["email:hr@bad.example"]),
        ("+82 10-5550-1234", ["phone:+821055501234"]),
        ("KR:010-5550-1234", ["phone:+821055501234"]),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", ["wallet:btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"]),
        ("@golden_job", []),
        ("report.docx", []),
        ("call me tomorrow", []),
    ],
)
def test_what_people_paste_is_read_as_what_it_is(raw: str, readings: list[str]) -> None:
    assert [f"{made.kind}:{made.value}" for made in guess(raw)] == readings


# What was recognised before these kinds came, in the order of its sureness.
FIRST = {name: KINDS[name] for name in ("url", "domain", "phone", "wallet", "handle", "email")}


@pytest.mark.parametrize("raw", [raw for kind in FIRST.values() for raw, _ in (*kind.examples, *kind.refused)])
def test_no_later_kind_changes_how_an_older_kinds_examples_are_read(raw: str) -> None:
    before = guess(raw, FIRST)
    if before:
        assert guess(raw) == before
    else:
        assert {made.kind for made in guess(raw)} <= {"ip"}, "a bare address had no reading, and has one now"


@pytest.mark.parametrize(
    "raw", ["ab" * 16, "ab" * 20, "ab" * 32, "64500", "4000 0000 0000 0002", "jane doe", "10.5, 103.5"]
)
def test_what_may_be_several_things_is_guessed_as_none(raw: str) -> None:
    assert guess(raw) == ()


def test_what_speaks_of_persons_is_sealed_and_what_is_public_is_not() -> None:
    assert {kind.kind for kind in KINDS.values() if not kind.personal} == {
        "asn",
        "domain",
        "file_hash",
        "handle",
        "image_hash",
        "job_ad",
        "transaction",
        "url",
        "wallet",
    }


def test_a_point_told_less_precisely_is_broader_and_cutting_twice_is_cutting_once() -> None:
    wider = [made.value for made in broader(indicator("place", "geo:10.6271,-103.5128"))]
    assert wider == ["geo:10.627,-103.512", "geo:10.62,-103.51", "geo:10.6,-103.5"]


def test_a_network_is_found_from_any_address_in_it() -> None:
    network = indicator("ip", "198.51.100.0/22")
    assert network in broader(indicator("ip", "198.51.101.9"))
    assert network not in broader(indicator("ip", "198.51.96.9"))
