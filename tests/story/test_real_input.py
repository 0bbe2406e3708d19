"""Real public lists go through the whole sentence: shared by one country, found by another, acted on by a platform, proven.

The lists are public data that lies beside the checkout; what is reported in the test is fictional.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
import tldextract

from comity.adapters.catalog import FileCatalog
from comity.domain.indicator import Indicator
from comity.domain.ledger import Lane, Peer, parse_policy
from comity.domain.match import Line, Listing, read_host_list, read_plain_list, read_tag_pack
from comity.domain.receipt import verify_receipt
from comity.domain.terms import Actor, Country, Granted, NodeName
from comity.flows.answer import Said, act, answer
from comity.flows.certify import certify_request, policy_text
from comity.flows.drain import Drainer
from comity.flows.import_list import import_listings
from comity.flows.lookup import look_up, read_value
from comity.flows.receive import Pulled, Puller, pull_all
from comity.flows.request import Ask, approve, attest, draft, send, submit
from comity.flows.request_state import dossier
from comity.flows.suppress import import_suppressing_list, import_warning_list
from comity.flows.take_report import Submission, Taken, take_report
from comity.ports import World
from tests.worlds import DirectCourier, channel_to, introduce, node_world

KIM = Actor("kim (fictional)", NodeName("police.kr.example"), "officer")
LEE = Actor("lee (fictional)", NodeName("police.kr.example"), "approver")
SOK = Actor("sok (fictional)", NodeName("taskforce.kh.example"), "officer")
HAN = Actor("han (fictional)", NodeName("jobs.kr.example"), "officer")

pytestmark = pytest.mark.shared


@dataclass(frozen=True)
class Three:
    """Police in Korea, the Cambodian side of a task force, and a Korean job platform; all fictional."""

    kr: World
    kh: World
    jobs: World
    peers: dict[tuple[str, str], Peer]

    def exchange(self) -> None:
        for _ in range(2):
            for reader, writer in ((self.kr, self.kh), (self.jobs, self.kr), (self.kr, self.jobs)):
                puller, drainer = (
                    Puller(reader, self.peers[reader.me.name, writer.me.name]),
                    Drainer(reader, writer.me.name),
                )
                while any(isinstance(each, Pulled) and each.fresh for each in pull_all(puller).values()):
                    drainer.drain_all()


STORES = {"police.kr.example": "postgres", "taskforce.kh.example": "sqlite", "jobs.kr.example": "sqlite"}
"""Every record of the lists goes through both: one writes them all, the other reads them all."""
REFUSED_DOMAINS = {"duplicate": 836, "domain-public-suffix": 10, "domain-is-address": 4}


@pytest.fixture(scope="module")
def three(postgres_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    folder, worlds, catalog = tmp_path_factory.mktemp("three"), {}, FileCatalog()
    made = {}
    for seed, (name, country) in enumerate(
        (("police.kr.example", "KR"), ("taskforce.kh.example", "KH"), ("jobs.kr.example", "KR"))
    ):
        courier = DirectCourier(NodeName(name), worlds)
        made[name] = worlds[NodeName(name)] = node_world(
            folder / name, name, country, courier, catalog, seed=seed * 1000, store=STORES[name]
        )
    kr, kh, jobs = made.values()
    channels = {
        (kh, kr): [channel_to(kh, kr.me.name, Lane.URGENT, "1" * 16), channel_to(kh, kr.me.name, Lane.BULK, "2" * 16)],
        (kr, kh): [channel_to(kr, kh.me.name, Lane.URGENT, "3" * 16)],
        (kr, jobs): [channel_to(kr, jobs.me.name, Lane.URGENT, "4" * 16)],
        (jobs, kr): [channel_to(jobs, kr.me.name, Lane.URGENT, "5" * 16)],
    }
    peers = {
        (reader.me.name, writer.me.name): introduce(reader, writer, channels[writer, reader])
        for writer, reader in channels
    }
    yield Three(kr, kh, jobs, peers)
    for world in made.values():
        world.store.close()


@dataclass(frozen=True)
class Listed:
    """What was shared: every value, and every line that gave none, by file."""

    values: list[Indicator]
    refused: dict[str, tuple[Line, ...]]
    lines: dict[str, int]


@pytest.fixture(scope="module")
def shared_lists(three: Three, shared_data: Path) -> Listed:
    """What the Cambodian side shares: public lists of scam domains, sanctioned and attributed addresses, image hashes, whole.

    Image hashes are of public test pictures.
    """
    found = Listed([], {}, {})
    domains = (shared_data / "domains" / "polkadot-all.json").read_bytes()
    shares = [("domains", domains, "domain", "deny", "", "scam-site")]
    for path in sorted((shared_data / "money" / "ofac").glob("sanctioned_addresses_*.txt")):
        prefix = path.stem.rpartition("_")[2].lower() + ":" if path.stem.endswith("XMR") else ""
        shares.append((path.stem, path.read_bytes(), "wallet", None, prefix, "sanctioned-wallet"))
    pictures = (shared_data / "pdq" / "haystack.txt").read_bytes()
    shares.append(("pdq", pictures, "image_hash", None, "", "test-picture"))
    allowed = read_host_list(domains, key="allow").hosts
    assert len(allowed) == 29
    for world, actor in ((three.kh, SOK), (three.kr, KIM)):
        import_suppressing_list(world, actor, allowed, name="shared hosts", source_sha256=sha256(domains).hexdigest())
        for path in sorted((shared_data / "warninglists").glob("*.json")):
            import_warning_list(world, actor, path.read_bytes())
    for name, raw, kind, key, prefix, role in shares:
        read = read_plain_list(raw, kind, key=key, prefix=prefix)
        _share(three, name, raw, [Listing(value, role) for value in read.indicators])
        found.values.extend(read.indicators)
        found.refused[name] = read.refused
        found.lines[name] = len(json.loads(raw)[key]) if key else len(raw.splitlines())
    for path in sorted((shared_data / "money" / "tagpacks").glob("*.yaml")):
        pack = read_tag_pack(path.read_bytes())
        _share(three, pack.title, path.read_bytes(), pack.listings)
        found.values.extend(listing.value for listing in pack.listings)
        found.refused[path.name] = pack.refused
        found.lines[path.name] = path.read_bytes().count(b"- address:")
    three.exchange()
    return found


def _share(three: Three, name: str, raw: bytes, listings: Sequence[Listing]) -> None:
    digest = sha256(raw).hexdigest()
    for at in range(0, len(listings), 1000):
        part = listings[at : at + 1000]
        import_listings(three.kh, SOK, part, source=name, source_sha256=digest, audience=three.kr.me.name)


@pytest.fixture(scope="module")
def listed(shared_lists: Listed) -> list[Indicator]:
    return shared_lists.values


def granted(result: object) -> object:
    assert isinstance(result, Granted), result
    return result.value


def taken(three: Three, text: str) -> Taken:
    said = Submission("citizen", Country("KR"), "overseas-job-lure", ((None, text),), fictional=True)
    result = granted(take_report(three.kr, KIM, said))
    assert isinstance(result, Taken)
    return result


def test_a_whole_list_arrives_and_each_value_is_found_with_who_said_so_and_when(
    three: Three, listed: list[Indicator]
) -> None:
    assert len(listed) > 54_000
    origin = next(c.origin for c in three.kh.store.channels() if c.lane is Lane.BULK)
    ours, theirs = three.kh.store.position(origin), three.kr.store.position(origin)
    assert (ours.size, ours.root) == (theirs.size, theirs.root)
    assert theirs.drained == theirs.size >= len(set(listed))
    for start in range(0, len(listed), 5000):
        sample = listed[start : start + 20]
        for side in (three.kr, three.kh):
            for known in look_up(side, sample):
                exact = [s for s in known.statements if s.exact]
                assert exact, known.value
                assert {s.said_by for s in exact} == {"taskforce.kh.example"}
                assert all(s.said_at > 0 for s in exact)


def test_each_line_that_gave_nothing_is_told_with_its_reason(shared_lists: Listed) -> None:
    for name, refused in shared_lists.refused.items():
        given = sum(1 for line in refused)
        assert shared_lists.lines[name] >= given, name
        assert [line.number for line in refused] == sorted({line.number for line in refused}), name
        assert all(line.code for line in refused)
    told = shared_lists.refused
    assert Counter(line.code for line in told["domains"]) == REFUSED_DOMAINS
    assert told["pdq"] == ()
    wrong = [(line.number, line.code) for line in told["ofac.yaml"] if line.code != "duplicate"]
    assert wrong == [(397, "wallet-checksum"), (398, "wallet-checksum"), (531, "wallet-chain-mismatch")]


def test_a_tag_is_found_with_what_its_maker_says(three: Three, shared_lists: Listed) -> None:
    (known,) = look_up(three.kr, [read_value("wallet", "1JHdQHkBZiim1cb4hyUh2PbzEbbg6z2TrF")])
    assert ("mixing-service", "sinbad.io") in {(s.role, s.source) for s in known.statements if s.exact}


def test_a_picture_is_found_by_its_hash(three: Three, shared_data: Path, shared_lists: Listed) -> None:
    stored = set((shared_data / "pdq" / "haystack.txt").read_text().split())
    asked = (shared_data / "pdq" / "needles.txt").read_text().split()
    known = look_up(three.kr, [read_value("image_hash", text) for text in asked])
    found = [any(s.exact for s in one.statements) for one in known]
    assert found == [text in stored for text in asked]
    assert sum(found) == 50, "as many as the brute force over the two lists gives at distance nought"


def test_a_shared_host_is_named_and_a_page_below_it_is_not_excused(three: Three, shared_lists: Listed) -> None:
    host, page = look_up(
        three.kr, [read_value("url", f"https://{name}/") for name in ("vercel.app", "x-f1c7.vercel.app")]
    )
    assert "shared hosts" in {s.list_name for s in host.suppressed}
    assert "shared hosts" not in {s.list_name for s in page.suppressed}


def test_sanctioned_addresses_are_found_in_any_notation(three: Three, listed: list[Indicator]) -> None:
    assert {value.kind for value in listed} == {"domain", "wallet", "image_hash"}
    wallets = [value for value in listed if value.value.startswith("evm:")]
    shouted = "0x" + wallets[0].value.rpartition("0x")[2].upper()
    (known,) = look_up(three.kr, [read_value("wallet", shouted)])
    assert ("sanctioned-wallet", True) in {(s.role, s.exact) for s in known.statements}


def test_a_reported_link_on_the_list_becomes_a_takedown_with_a_verified_receipt(
    three: Three, listed: list[Indicator]
) -> None:
    domain = next(v.value for v in listed if v.kind == "domain" and v.value.endswith(".com"))
    report = taken(three, f"https://{domain}/apply?job=driver")
    assert len(report.raised) == 1
    assert {s.said_by for s in report.known[0].statements} == {"taskforce.kh.example"}
    ask = Ask(
        measure="takedown",
        to=three.jobs.me.name,
        route="kr.takedown",
        nature="voluntary",
        offence="ict_fraud",
        targets=(("url", f"https://{domain}/apply?job=driver"),),
        facts="FICTIONAL: an advertisement leads to this page.",
        form={
            "content.kind": "ad",
            "category": "scam_recruitment",
            "legal_ground": "Network Act 44-7",
            "explanation": "FICTIONAL",
            "action_asked": "delete",
        },
        report=report.report,
    )
    request: str = granted(draft(three.kr, KIM, ask)).request  # type: ignore[attr-defined]
    granted(attest(three.kr, KIM, request, "Network Act, read in the official database", "a" * 64))
    granted(submit(three.kr, KIM, request))
    granted(approve(three.kr, LEE, request))
    granted(send(three.kr, KIM, request))
    three.exchange()
    granted(answer(three.jobs, HAN, request, Said("acknowledge")))
    granted(act(three.jobs, HAN, request, "report_action", taken="deleted"))
    three.exchange()
    assert dossier(three.kr, request).view.state == dossier(three.jobs, request).view.state == "acted"
    three.exchange()
    receipts = certify_request(three.kr, request)
    policy = parse_policy(policy_text(three.kr))
    shown = {receipt.kind: verify_receipt(receipt.proof, policy=policy) for receipt in receipts}
    assert set(shown) == {"request", "decision", "action"}
    assert [c.name for c in shown["request"].delivered] == ["jobs.kr.example/receipt"]
    assert [c.name for c in shown["action"].delivered] == ["police.kr.example/receipt"]


def test_a_popular_name_is_known_raises_nothing_and_says_why(
    three: Three, listed: list[Indicator], shared_data: Path
) -> None:
    popular = set(json.loads((shared_data / "warninglists" / "majestic_million.json").read_bytes())["list"])
    split = tldextract.TLDExtract(suffix_list_urls=(), include_psl_private_domains=True, cache_dir=None)
    domains = [v.value for v in listed if v.kind == "domain"]
    both = [name for name in domains if split(name).top_domain_under_public_suffix in popular]
    assert both, "some listed names stand below a popular one"
    report = taken(three, both[0])
    (known,) = report.known
    assert known.statements, "it is known"
    assert report.raised == (), "and raises nothing"
    assert any("majestic" in s.list_name.lower() for s in known.suppressed), "and says why"
    hosted = next(name for name in domains if name.endswith(".pages.dev"))
    assert taken(three, hosted).raised, "a page on a shared host is not popular because its host is"
