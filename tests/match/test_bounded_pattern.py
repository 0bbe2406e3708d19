"""Foreign patterns: what is accepted ends soon, counted in ways to match and not in seconds."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.match.bounded_pattern import TEXT_MAX, WAYS_MAX, _Count, php_pattern
from comity.errors import Malformed


@pytest.mark.parametrize(
    "pattern",
    [
        "/(a+)+$/", "/(a*)*b/", "/(a|a)*b/", "/(a|aa)+$/", "/(.*)(.*)(.*)$/", "/a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaa/",
        "/(a?){30}a{30}/", "/(?=a+)+/", "/(a)\\1+/", "/(a{1,30}){1,30}/", "/((a|b)+c)+/", "/(?P<n>a)/", "/(?i)a/", "/[a]+[a]+[a]+b/",
        "/(x+x+)+y/", "/.*.*.*=/", "/(?<!a)b/", "/(a?){,40}b/", "/(a?){,}b/", "/.{,9999}.{0,99999}.{,}b/",
    ],
)  # fmt: skip
def test_a_pattern_that_could_run_away_is_refused(pattern: str) -> None:
    with pytest.raises(Malformed) as refused:
        php_pattern(pattern)
    assert refused.value.code == "pattern-unbounded"


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("/^(security|abuse)\\@.*\\..*$/i", "ABUSE@bad.example", True),
        ("/((?:\\+|00)44)?0770090([0-9]{4})/g", "+4407700900123", True),
        ("~[)(|*]{2}~", "a)|b", True),
        ("/[]a]b/", "]b", True),
        ("/\\d+\\.x/u", "12.x", True),
        ("/a{,2}b/", "a{,2}b", None),
        ("/a{2}/", "a", False),
    ],
)
def test_an_ordinary_pattern_means_what_it_says(pattern: str, text: str, found: bool | None) -> None:
    compiled = php_pattern(pattern)
    if found is not None:
        assert (compiled.search(text) is not None) is found
    assert compiled.pattern == pattern[1 : pattern.rindex(pattern[0])]


@pytest.mark.parametrize(
    ("pattern", "ways"),
    [
        ("abc", 1),
        ("a?", 2),
        ("(a|b|c)", 3),
        ("(a|b){3}", 8),
        ("a?b?", 4),
        ("(a?|b)c?", 6),
        ("a{2,4}", 3),
        ("[ab]*", TEXT_MAX + 1),
    ],
)
def test_the_ways_to_match_are_counted(pattern: str, ways: int) -> None:
    assert _Count(pattern).ways() == ways


Node = tuple[str, "list[Node] | str", int, int]
LETTER = st.sampled_from("ab").map(lambda letter: ("letter", letter, 0, 0))
NODES: st.SearchStrategy[Node] = st.recursive(
    LETTER,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda held: ("row", held, 0, 0)),
        st.lists(inner, min_size=2, max_size=3).map(lambda held: ("choice", held, 0, 0)),
        st.tuples(inner, st.integers(0, 2), st.integers(0, 2)).map(lambda t: ("times", [t[0]], t[1], t[1] + t[2])),
    ),
    max_leaves=6,
)


def spelled(node: Node) -> str:
    """The tree as a pattern."""
    word, held, low, high = node
    if isinstance(held, str):
        return held
    if word == "times":
        repeat = "?" if (low, high) == (0, 1) else f"{{{low}}}" if low == high else f"{{{low},{high}}}"
        return f"({spelled(held[0])}){repeat}"
    return f"({('|' if word == 'choice' else '').join(map(spelled, held))})"


def paths(node: Node) -> Iterator[str]:
    """Every way through the tree, walked one by one."""
    word, held, low, high = node
    if isinstance(held, str):
        yield held
    elif word == "choice":
        for branch, inner in enumerate(held):
            yield from (f"{branch}{path}" for path in paths(inner))
    else:
        rows = [held] if word == "row" else [held * count for count in range(low, high + 1)]
        for row in rows:
            yield from ("".join(path) for path in itertools.product(*(list(paths(inner)) for inner in row)))


@settings(deadline=None)
@given(NODES.filter(lambda node: _Count(spelled(node)).ways() < 20_000))
def test_the_count_is_never_below_the_paths_that_exist(node: Node) -> None:
    assert _Count(spelled(node)).ways() >= sum(1 for _ in paths(node))
    assert php_pattern(f"/{spelled(node)}/").pattern == spelled(node)


def test_all_real_patterns_are_far_below_the_bound(shared_data: Path) -> None:
    for name in ("phone_numbers", "common-contact-emails"):
        for pattern in json.loads((shared_data / "warninglists" / f"{name}.json").read_text())["list"]:
            compiled = php_pattern(pattern)
            assert _Count(compiled.pattern).ways() < WAYS_MAX / 4
