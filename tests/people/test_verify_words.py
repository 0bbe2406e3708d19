"""`comity verify` says in words who signed with a passkey, and what that doesn't show."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from comity.domain.ledger import TlogProof, inclusion_proof
from comity.domain.record.kinds import decision_2
from comity.faces.cli.app import run
from comity.flows.filing import desk, letter, sealed
from tests.people.house import House


def receipt(house: House, body: decision_2.Body, file: Path) -> Path:
    """A receipt over this body, without anybody's cosignature."""
    world, origin = house.world, desk(house.world)
    (place,) = world.store.keep([letter(origin, sealed(world, body, purpose="crime"))])
    size = world.store.position(origin).size
    (entry,) = world.store.entries(origin, place.index, place.index + 1)
    hashes = inclusion_proof(place.index, size, lambda level, n, width: world.store.tile(origin, level, n, width))
    extra = (entry.salt or b"") + (entry.envelope or b"")
    file.write_bytes(TlogProof(extra, place.index, hashes, world.store.note(origin, size)).to_bytes())
    return file


def test_who_signed_is_said_with_what_it_does_not_show(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = receipt(house, decision_2.EXAMPLE, tmp_path / "a.tlog-proof")
    assert run(["verify", str(file)]) == 5
    said = " ".join(capsys.readouterr().out.split())
    assert "with a passkey (Ed25519) that the issuer enrolled for the account of fictional officer" in said
    assert "whose hand unlocked the device that signed" in said
    assert decision_2.EXAMPLE.signed.client not in said


def test_a_signature_that_fails_is_refused_by_name(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = decision_2.EXAMPLE
    for changed in ({"subject": "0" * 64}, {"signature": "00" * 64}, {"key": "a0"}, {"rp": "evil.example"}):
        forged = structs.replace(body, signed=structs.replace(body.signed, **changed))
        assert run(["verify", str(receipt(house, forged, tmp_path / "b.tlog-proof"))]) in (1, 3)
        assert "the passkey's signature inside the record" in " ".join(capsys.readouterr().err.split())
