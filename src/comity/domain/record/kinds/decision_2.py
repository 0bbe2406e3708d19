"""A decision that is signed with a passkey: by a key which the issuer enrolled for the account of who decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from comity.domain.record.kinds import decision_1
from comity.domain.record.opened import Record, Said, Trace, said, uuid_trace
from comity.domain.record.places import Personal
from comity.domain.record.signed import Signed

KIND: Final = "decision/2"


class Body(decision_1.Decided, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The members of `decision/1`, and the signature."""

    signed: Signed
    reason: Personal[str] = UNSET


def traces(record: Record[Body]) -> Iterator[Trace]:
    yield uuid_trace("request", record.body.request)


def texts(body: Body) -> Iterator[Said]:
    yield from said("/reason", body.reason)
    yield from decision_1.plain_texts(body)


EXAMPLE: Final = Body(
    request="0193a5d1-0000-7000-8000-00000000f1c7",
    event="countersign",
    by="fictional officer",
    role="approver",
    at="2026-11-25T08:00:00.000Z",
    reason="FICTIONAL: seen again after the alert.",
    signed=Signed(
        account="0193a5d2-0000-7000-8000-00000000f1c7",
        subject="1e7fe15aee251944e3a552f478d0f928c07048138d5e4fdd3b4dc1735aa481b9",
        rp="localhost",
        credential="3c06ac6373db907d2bed827fd877a5e4",
        key="a401010327200621582052d7df640e587bb5e4cbb16520db6107da624cefe30724d720df86d94b968d95",
        authenticator="49960de5880e8c687434170f6476605b8fe4aeb9a28632c7995cf3ba831d97630500000007",
        client="7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224d44665f3141625964586a34366450754e6e314e3030386478546f6255536952307245724b694d46727a67222c226f726967696e223a22687474703a2f2f6c6f63616c686f73743a38373130222c2263726f73734f726967696e223a66616c73657d",
        signature="9c3f54ac776aeabc340fbacea41878157c1e76af41ad68af17a55dd8770ea7a62e09475f3a8d84b897a379a93bcda030799f7a9a04ebef3d753a6b9938f7a20a",
    ),
)
"""Made by police.kr.example; the key is a published test key."""
