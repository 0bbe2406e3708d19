"""Policies: read as the specification says, satisfied as a recursive reading would say, refused for their reasons."""

from __future__ import annotations

from hashlib import sha256
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.ledger import (
    COSIGNATURE,
    ED25519,
    MLDSA44,
    Policy,
    PolicyGroup,
    PolicyLog,
    PolicyWitness,
    VerifierKey,
    parse_policy,
)
from comity.errors import MalformedNote


def _key(name: str, kind: int = COSIGNATURE) -> VerifierKey:
    public = sha256(name.encode()).digest()
    return VerifierKey(name, kind, public if kind != MLDSA44 else public * 41)


LOG = _key("log.example", ED25519)
KEYS = {name: _key(f"{name}.example") for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3")}

EXAMPLE = "\n".join(
    [
        f"log {LOG.text}",
        "",
        *(f"witness {name} {KEYS[name].text}" for name in ("X1", "X2", "X3")),
        "group X-witnesses 2 X1 X2 X3",
        "",
        *(f"witness {name} {KEYS[name].text}" for name in ("Y1", "Y2", "Y3")),
        "group Y-witnesses any Y1 Y2 Y3",
        "",
        "group X-and-Y all X-witnesses Y-witnesses",
        "quorum X-and-Y",
        "",
    ]
)


def test_the_example_of_the_specification_asks_for_two_of_x_and_one_of_y() -> None:
    policy = parse_policy(EXAMPLE)
    for count in range(7):
        for names in combinations(KEYS, count):
            wanted = sum(name[0] == "X" for name in names) >= 2 and any(name[0] == "Y" for name in names)
            assert policy.satisfied(set(names)) is wanted
            good = [LOG, *(KEYS[name] for name in names)]
            assert policy.names(good) == set(names)
            assert policy.accepts("log.example", good) is wanted
    assert policy.keys() == (LOG, *KEYS.values())


def test_a_checkpoint_needs_a_listed_log_of_its_own_origin() -> None:
    policy = parse_policy(f"log {LOG.text}\nquorum none\n")
    assert policy.accepts("log.example", [LOG])
    assert not policy.accepts("other.example", [LOG])
    assert not policy.accepts("log.example", [_key("other.example", ED25519)])
    assert not parse_policy("quorum none\n").accepts("log.example", [LOG])
    assert parse_policy("quorum none\n").satisfied(set())


def test_a_name_that_is_no_witness_satisfies_nothing() -> None:
    policy = parse_policy(EXAMPLE)
    assert not policy.satisfied({"X-witnesses", "Y-witnesses", "X-and-Y", "none"})


def test_blanks_comments_tabs_urls_and_foreign_letters_are_read() -> None:
    name = "증인\u212a"
    text = (
        f"# a comment with é\n \t # another\n\t log \t {LOG.text}  https://log.example/ \n\n"
        f"witness {name} {KEYS['X1'].text} https://w.example/\nquorum {name}"
        " \t\n"
    )
    policy = parse_policy(text.encode())
    assert policy == parse_policy(text)
    assert policy.logs == (PolicyLog(LOG, "https://log.example/"),)
    assert policy.witnesses == (PolicyWitness(name, KEYS["X1"], "https://w.example/"),)
    assert policy.quorum == name
    assert parse_policy(policy.text()) == policy


def test_logs_and_witnesses_may_use_the_second_algorithm() -> None:
    policy = parse_policy(
        f"log {_key('log.example', MLDSA44).text}\nwitness w {_key('w.example', MLDSA44).text}\nquorum w\n"
    )
    assert policy.satisfied({"w"})


def test_at_least_32_of_each_are_read() -> None:
    lines = [f"log {_key(f'log{n}.example', ED25519).text}" for n in range(40)]
    lines += [f"witness w{n} {_key(f'w{n}.example').text}" for n in range(40)]
    lines += [f"group g{n} any w{n}" for n in range(40)]
    lines += ["group top 39 " + " ".join(f"g{n}" for n in range(40)), "quorum top", ""]
    policy = parse_policy("\n".join(lines))
    assert policy.satisfied({f"w{n}" for n in range(39)})
    assert not policy.satisfied({f"w{n}" for n in range(38)})


X1, X2 = (f"witness {name} {KEYS[name].text}\n" for name in ("X1", "X2"))


@pytest.mark.parametrize(
    ("why", "code", "text"),
    [
        ("nothing", "policy-quorum-missing", ""),
        ("no quorum", "policy-quorum-missing", X1),
        ("two quorums", "policy-quorum-twice", X1 + "quorum X1\nquorum none\n"),
        ("quorum undefined", "policy-name-undefined", "quorum X1\n"),
        ("quorum before its witness", "policy-name-undefined", "quorum X1\n" + X1),
        ("quorum of two names", "policy-line", X1 + X2 + "quorum X1 X2\n"),
        ("group before its members", "policy-name-undefined", "group g any X1\n" + X1 + "quorum g\n"),
        ("group of itself", "policy-name-undefined", "group g any g\nquorum g\n"),
        ("group of none", "policy-name-undefined", "group g any none\nquorum g\n"),
        ("group without members", "policy-line", "group g any\nquorum g\n"),
        ("need of zero", "policy-group-need", X1 + "group g 0 X1\nquorum g\n"),
        ("need beyond the members", "policy-group-need", X1 + "group g 2 X1\nquorum g\n"),
        ("need with leading zero", "policy-group-need", X1 + "group g 01 X1\nquorum g\n"),
        ("need in words", "policy-group-need", X1 + "group g most X1\nquorum g\n"),
        ("member twice in a group", "policy-member-twice", X1 + "group g 2 X1 X1\nquorum g\n"),
        ("member of two groups", "policy-member-twice", X1 + "group g any X1\ngroup h any X1\nquorum h\n"),
        ("name taken by a witness", "policy-name-taken", X1 + X2.replace("X2", "X1", 1) + "quorum X1\n"),
        ("name taken by a group", "policy-name-taken", X1 + "group X1 any X1\nquorum X1\n"),
        ("witness called none", "policy-name-taken", X1.replace("X1", "none", 1) + "quorum none\n"),
        ("one key for two witnesses", "policy-key-twice", X1 + X1.replace("X1", "X9", 1) + "quorum X1\n"),
        ("one log twice", "policy-key-twice", f"log {LOG.text}\n" * 2 + "quorum none\n"),
        (
            "one key under two names",
            "policy-key-twice",
            X1 + f"witness X9 {VerifierKey('else.example', COSIGNATURE, KEYS['X1'].public).text}\nquorum X1\n",
        ),
        (
            "one key as log and witness",
            "policy-key-twice",
            X1 + f"log {VerifierKey('else.example', ED25519, KEYS['X1'].public).text}\nquorum X1\n",
        ),
        ("cosigner's key as log", "policy-key-kind", f"log {KEYS['X1'].text}\nquorum none\n"),
        ("writer's key as witness", "policy-key-kind", f"witness w {LOG.text}\nquorum w\n"),
        ("key that is none", "key-shape", "log hello\nquorum none\n"),
        ("too many words", "policy-line", f"log {LOG.text} https://a.example b\nquorum none\n"),
        ("unknown word", "policy-line", "trust everybody\nquorum none\n"),
        ("capital letters", "policy-line", "QUORUM none\n"),
        ("no final LF", "policy-final-newline", "quorum none"),
        ("CR LF", "policy-control-character", "quorum none\r\n"),
        ("DEL", "policy-control-character", "# \x7f\nquorum none\n"),
        ("no-break space", "policy-line", "quorum\u00a0none\n"),
        ("too large", "policy-too-large", "#" * (1 << 20) + "\nquorum none\n"),
    ],
)
def test_a_bad_policy_is_refused_for_its_reason(why: str, code: str, text: str) -> None:
    with pytest.raises(MalformedNote) as fault:
        parse_policy(text)
    assert fault.value.code == code, why


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(MalformedNote) as fault:
        parse_policy("# first\n\n" + X1 + "nonsense\nquorum X1\n")
    assert fault.value.facts["line"] == 4


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(MalformedNote) as fault:
        parse_policy(b"# \xff\nquorum none\n")
    assert fault.value.code == "policy-not-utf8"


WITNESS_NAMES = [f"w{number}" for number in range(6)]
WITNESSES = tuple(PolicyWitness(name, _key(f"{name}.example")) for name in WITNESS_NAMES)


@st.composite
def _policies(draw: st.DrawFn) -> Policy:
    free, groups = list(WITNESS_NAMES), []
    for number in range(draw(st.integers(0, 5))):
        if not free:
            break
        members = draw(st.lists(st.sampled_from(free), min_size=1, max_size=len(free), unique=True))
        groups.append(PolicyGroup(f"g{number}", draw(st.integers(1, len(members))), tuple(members)))
        free = [name for name in free if name not in members] + [f"g{number}"]
    quorum = draw(st.none() | st.sampled_from(WITNESS_NAMES + [group.name for group in groups]))
    return Policy((PolicyLog(LOG),), WITNESSES, tuple(groups), quorum)


@given(_policies())
def test_a_policy_reads_back_as_what_was_written(policy: Policy) -> None:
    assert parse_policy(policy.text()) == policy
    assert parse_policy(parse_policy(policy.text()).text()).text() == policy.text()


@given(_policies(), st.sets(st.sampled_from(WITNESS_NAMES)), st.sampled_from(WITNESS_NAMES))
def test_a_quorum_is_met_as_a_recursive_reading_says_and_one_more_witness_never_unmakes_it(
    policy: Policy, names: set[str], more: str
) -> None:
    groups = {group.name: group for group in policy.groups}

    def stands(name: str) -> bool:
        if name in groups:
            return sum(map(stands, groups[name].members)) >= groups[name].need
        return name in names

    met = policy.quorum is None or stands(policy.quorum)
    assert policy.satisfied(names) is met
    assert not met or policy.satisfied(names | {more})
