"""The writer's side: checkpoints go to witnesses, their lines come back, and a witness that knows more than we do fences us."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from comity.domain.ledger import Lane, Standing, cosignature_line, open_note, parse_note, parse_policy
from comity.domain.receipt import policy_of, verify_receipt
from comity.domain.record.kinds import witness_1
from comity.errors import Fenced, MalformedNote, UnknownKey
from comity.flows.carry import checkpoint
from comity.flows.certify import certify
from comity.flows.drain import Drainer
from comity.flows.lines import witnessed_sizes
from comity.flows.receive import Puller
from comity.flows.submit import Submitted, wish
from comity.flows.witness import retire_witness_key
from comity.ports import PeerKept, Place, Reply
from tests.witness.circle import WITNESSES, Circle, circle, quorum
from tests.worlds import channel_to, introduce

STORES = pytest.mark.parametrize("store", ["memory", "sqlite"])
HUBS = [name for name, _ in WITNESSES]


@STORES
def test_a_witness_s_line_is_merged_into_the_note_that_is_served(tmp_path: Path, store: str) -> None:
    three = circle(tmp_path, store)
    three.append(three.bulk, 5)
    submitters = [three.submitter(hub) for hub in HUBS]
    assert [each.submit(three.bulk.origin) for each in submitters] == [Submitted.DONE] * 3
    three.append(three.bulk, 300)
    assert [each.submit(three.bulk.origin) for each in submitters] == [Submitted.DONE] * 3
    served = checkpoint(three.kr, three.peer(three.kr, three.kh.me.name), three.bulk.origin)
    assert set(open_note(served, [three.key(hub) for hub in HUBS]).good) == {three.key(hub) for hub in HUBS}
    assert witnessed_sizes(three.kr, three.bulk.origin) == {f"{hub}/witness": 305 for hub in sorted(HUBS)}
    three.close()


def test_nothing_is_asked_twice_and_a_writer_that_starts_anew_learns_where_the_witness_stands(tmp_path: Path) -> None:
    three = circle(tmp_path)
    three.append(three.bulk, 5)
    courier = three.kr.courier
    three.submitter(HUBS[0]).submit(three.bulk.origin)
    asked = courier.requests  # type: ignore[attr-defined]
    assert three.submitter(HUBS[0]).submit(three.bulk.origin) is Submitted.DONE
    assert courier.requests == asked  # type: ignore[attr-defined]
    three.append(three.bulk, 2)
    # A fresh one knows nothing: it starts from nothing, is told, and goes on from there.
    assert three.submitter(HUBS[0]).submit(three.bulk.origin) is Submitted.DONE
    assert courier.requests == asked + 2  # type: ignore[attr-defined]


@dataclass
class Losing:
    """Carries there and loses the answer, once."""

    inner: object
    lost: bool = False

    def post(self, *args: object) -> Reply:
        reply: Reply = self.inner.post(*args)  # type: ignore[attr-defined]
        if not self.lost:
            self.lost = True
            return Reply(503, b"")
        return reply

    def get(self, *args: object) -> bytes:
        found: bytes = self.inner.get(*args)  # type: ignore[attr-defined]
        return found


def test_an_answer_that_got_lost_is_had_by_asking_again(tmp_path: Path) -> None:
    three = circle(tmp_path)
    three.append(three.bulk, 5)
    submitter = three.submitter(HUBS[0])
    submitter.world = replace(three.kr, courier=Losing(three.kr.courier))  # type: ignore[arg-type]
    assert submitter.submit(three.bulk.origin) is Submitted.LATER
    assert submitter.submit(three.bulk.origin) is Submitted.DONE
    line = next(x for x in three.kr.store.lines(three.bulk.origin, 5) if x.name == f"{HUBS[0]}/witness")
    there = three.hubs[HUBS[0]].store.witnessed(three.bulk.origin)
    assert there is not None
    assert there.line == line


def test_a_channel_the_witness_was_not_told_of_waits_and_nothing_else_does(tmp_path: Path) -> None:
    three = circle(tmp_path)
    other = channel_to(three.kr, three.kh.me.name, Lane.RESCUE, "d" * 16)
    three.append(other)
    three.append(three.bulk)
    submitter = three.submitter(HUBS[0])
    assert submitter.submit(other.origin) is Submitted.LATER
    assert submitter.submit(three.bulk.origin) is Submitted.DONE


def test_a_witness_is_told_by_record_which_channels_it_may_cosign_each_once(tmp_path: Path) -> None:
    three = circle(tmp_path)
    hub = three.hubs[HUBS[0]]
    post = channel_to(three.kr, hub.me.name, Lane.URGENT, "e" * 16)
    introduce(hub, three.kr, [post])
    assert wish(three.kr, hub.me.name) == 3
    assert wish(three.kr, hub.me.name) == 0
    channel_to(three.kr, three.kh.me.name, Lane.RESCUE, "f" * 16)
    assert wish(three.kr, hub.me.name) == 1
    Puller(hub, three.peer(hub, three.kr.me.name)).pull(post.origin)
    Drainer(hub, three.kr.me.name).drain_all()
    origins = {log.key.name for log in hub.store.logs()}
    assert origins == {c.origin for c in three.kr.store.channels() if c.audience != three.kr.me.name}
    assert len(three.kr.store.of_kind(witness_1.KIND)) == 2


@dataclass
class Answering:
    """A witness that answers as a test wants."""

    inner: object
    reply: Reply
    note: bytes | None = None

    def post(self, *args: object) -> Reply:
        return self.reply

    def get(self, *args: object) -> bytes:
        if self.note is not None:
            return self.note
        found: bytes = self.inner.get(*args)  # type: ignore[attr-defined]
        return found


def against(three: Circle, reply: Reply, note: bytes | None = None) -> Submitted:
    submitter = three.submitter(HUBS[0])
    submitter.world = replace(three.kr, courier=Answering(three.kr.courier, reply, note))  # type: ignore[arg-type]
    return submitter.submit(three.bulk.origin)


def test_a_lying_number_alone_fences_nothing(tmp_path: Path) -> None:
    three = circle(tmp_path)
    three.append(three.bulk, 3)
    assert against(three, Reply(409, b"1000\n")) is Submitted.REFUSED
    assert three.kr.store.channel(three.bulk.origin).standing is Standing.OPEN
    (notice,) = (n for n in three.kr.store.notices() if n.kind == "witness-refused")
    assert notice.about["code"] == "witness-shows-nothing-of-ours"


@pytest.mark.parametrize("status", [400, 403, 422, 500])
def test_a_refusal_is_noticed_and_fences_nothing(tmp_path: Path, status: int) -> None:
    three = circle(tmp_path)
    three.append(three.bulk, 3)
    three.submitter(HUBS[0]).submit(three.bulk.origin)
    three.append(three.bulk, 3)
    assert against(three, Reply(status, b"")) is Submitted.REFUSED
    assert three.kr.store.channel(three.bulk.origin).standing is Standing.OPEN


def test_our_own_signature_on_what_we_do_not_have_fences_the_channel_with_the_note_as_evidence(tmp_path: Path) -> None:
    three = circle(tmp_path / "now")
    three.append(three.bulk, 7)
    note = three.kr.store.note(three.bulk.origin, 7)
    back = restored(tmp_path / "back", three, 3)
    assert against(back, Reply(409, b"7\n"), note) is Submitted.FENCED
    assert back.kr.store.channel(back.bulk.origin).standing is Standing.FENCED
    assert back.kr.store.evidence(back.bulk.origin) == (note,)
    with pytest.raises(Fenced):
        back.append(back.bulk)


def test_a_writer_that_signed_another_history_since_its_backup_is_fenced_by_what_the_witness_has(
    tmp_path: Path,
) -> None:
    three = circle(tmp_path / "now")
    three.append(three.bulk, 7)
    note = three.kr.store.note(three.bulk.origin, 7)
    back = restored(tmp_path / "back", three, 3)
    back.append(back.bulk, 9)
    assert against(back, Reply(422, b""), note) is Submitted.FENCED
    assert back.kr.store.evidence(back.bulk.origin) == (note,)


def restored(folder: Path, original: Circle, records: int) -> Circle:
    """The writer as a backup brings it back: with its keys, and a store that knows fewer records."""
    shutil.copytree(folder.parent / "now" / original.kr.me.name / "keys", folder / original.kr.me.name / "keys")
    made = circle(folder)
    assert made.bulk.key == original.bulk.key
    made.append(made.bulk, records)
    return made


@pytest.mark.parametrize("fault", ["other-text", "other-key", "nothing", "garbage"])
def test_a_line_that_is_not_the_witness_s_word_on_our_checkpoint_is_not_merged(tmp_path: Path, fault: str) -> None:
    three = circle(tmp_path)
    three.append(three.bulk, 3)
    hub, key = three.hubs[HUBS[0]], three.key(HUBS[0])
    text = parse_note(three.kr.store.note(three.bulk.origin, 3)).text
    if fault == "other-text":
        text = text.replace(b"\n3\n", b"\n4\n")
    signer = three.hubs[HUBS[1]] if fault == "other-key" else hub
    own = three.key(HUBS[1]) if fault == "other-key" else key
    line = cosignature_line(own, lambda message: signer.keyring.sign(own.name, message), text, 1_795_000_000)
    body = {"nothing": b"", "garbage": b"hello\n"}.get(fault, line)
    with pytest.raises((UnknownKey, MalformedNote) if fault != "other-text" else Exception):
        against(three, Reply(200, body))
    assert three.kr.store.lines(three.bulk.origin, 3) == ()


# ---- receipts
def receipt_with(three: Circle, hubs: list[str]) -> bytes:
    three.append(three.bulk, 5)
    for hub in hubs:
        assert three.submitter(hub).submit(three.bulk.origin) is Submitted.DONE
    three.puller().pull(three.bulk.origin)
    return certify(three.kr, Place(three.bulk.origin, 2)).proof


@pytest.mark.parametrize("signed", [HUBS[:2], HUBS[1:], HUBS, HUBS[:1], []])
def test_a_receipt_passes_a_quorum_of_two_of_three_states_with_two_witnesses_and_not_with_one(
    tmp_path: Path, signed: list[str]
) -> None:
    three = circle(tmp_path)
    raw = receipt_with(three, signed)
    policy = quorum(three, 2, f"log {three.bulk.key.text}")
    if len(signed) < 2:
        with pytest.raises(UnknownKey) as fault:
            verify_receipt(raw, policy=policy)
        # Without a single known signer but the writer it's the quorum that lacks all the same.
        assert fault.value.code == "policy-not-met"
        return
    found = verify_receipt(raw, policy=policy)
    assert {c.name for c in found.cosigners if c.capacity == "witness"} == {f"{hub}/witness" for hub in signed}


def test_a_receipt_is_made_at_the_size_where_the_witnesses_have_signed_too(tmp_path: Path) -> None:
    three = circle(tmp_path)
    three.append(three.bulk, 5)
    three.puller().pull(three.bulk.origin)
    three.append(three.bulk, 5)
    for hub in HUBS[:2]:
        three.submitter(hub).submit(three.bulk.origin)
    three.puller().pull(three.bulk.origin)
    receipt = certify(three.kr, Place(three.bulk.origin, 2))
    assert set(receipt.cosigned_by) == {f"{three.kh.me.name}/receipt", *(f"{hub}/witness" for hub in HUBS[:2])}
    # The reader has the witnesses' lines too, and can prove as much.
    assert set(certify(three.kh, Place(three.bulk.origin, 2)).cosigned_by) == set(receipt.cosigned_by)


def test_what_a_retired_key_signed_goes_on_proving(tmp_path: Path) -> None:
    three = circle(tmp_path)
    before = three.key(HUBS[0])
    raw = receipt_with(three, HUBS[:1])
    fresh = retire_witness_key(three.hubs[HUBS[0]])
    three.kr.store.keep([], [PeerKept(replace(three.peer(three.kr, HUBS[0]), witness_key=fresh))])
    three.append(three.bulk)
    assert three.submitter(HUBS[0]).submit(three.bulk.origin) is Submitted.DONE
    assert fresh.name in {line.name for line in three.kr.store.lines(three.bulk.origin, 6)}
    policy = policy_of([three.bulk.key], [before])

    assert [c.name for c in verify_receipt(raw, policy=parse_policy(policy)).cosigners] == [before.name]
