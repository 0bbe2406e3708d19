"""Invitations, written from docs/spec/invitation.md with the standard library alone."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from tests.spec.second_json import Fault, canonical_base64, need, strict_json
from tests.spec.second_reader import read_key

MEMBERS = {"format", "node", "for", "country", "title", "address", "certificate", "receipt", "channels", "made"}
LATER = {"witness", "seal"}
_NODE = re.compile(r"(?=.{3,120}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", re.ASCII)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n((?:[A-Za-z0-9+/=]{1,64}\n)+)-----END CERTIFICATE-----\n")


def read_invitation(raw: bytes) -> dict[str, Any]:
    """What an invitation says; any breach of its form is a Fault."""
    need(len(raw) <= 65_536, "too-large")
    told = strict_json(raw)
    need(isinstance(told, dict) and told.keys() in (MEMBERS, MEMBERS | LATER), "members")
    one_spelling = json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"
    need(one_spelling == raw, "spelling")
    need(told["format"] == (2 if told.keys() > MEMBERS else 1), "format")
    numbered = "" if told["format"] == 1 else r"(-([2-9]|[1-9][0-9]{1,5}))?"
    host = told["node"]
    need(_NODE.fullmatch(host) and _NODE.fullmatch(told["for"]), "node")
    need(re.fullmatch("[A-Z]{2}", told["country"]), "country")
    title = told["title"]
    need(1 <= len(title) <= 200 and title.strip() and title.isprintable(), "title")
    need(_TIME.fullmatch(told["made"]), "made")
    _check_address(told["address"])
    der = _certificate(told["certificate"])
    need(host in _dns_names(der), "certificate")
    receipt = read_key(told["receipt"])
    need(receipt.kind == 4 and re.fullmatch(re.escape(f"{host}/receipt") + numbered, receipt.name), "receipt")
    if witness := told.get("witness"):
        key = read_key(witness)
        need(key.kind == 4 and re.fullmatch(re.escape(f"{host}/witness") + numbered, key.name), "witness")
    if seal := told.get("seal"):
        need(32 <= len(canonical_base64(seal, "seal")) <= 4096, "seal")
    lanes = ("urgent", "bulk") if told["format"] == 1 else ("rescue", "urgent", "bulk")
    return {
        "node": host,
        "for": told["for"],
        "certificate_sha256": sha256(der).hexdigest(),
        "channels": _channels(told["channels"], host, lanes),
        "fingerprint": re.sub("(.{4})(?=.)", r"\1 ", sha256(raw).hexdigest()),
    }


def _check_address(text: str) -> None:
    parts = urlsplit(text)
    need(text.isascii() and text == f"https://{parts.netloc}" and parts.hostname and "@" not in text, "address")


def _channels(told: list[dict[str, str]], host: str, lanes: tuple[str, ...]) -> list[list[str]]:
    need(1 <= len(told) <= 16 and all(one.keys() == {"lane", "vkey"} for one in told), "channels")
    need(all(one["lane"] in lanes for one in told), "channels")
    keys = [read_key(one["vkey"]) for one in told]
    origin = re.compile(re.escape(host) + "/ch/[0-9a-f]{16}")
    need(all(key.kind == 1 and origin.fullmatch(key.name) for key in keys), "channels")
    need(len({key.name for key in keys}) == len({key.public for key in keys}) == len(keys), "channels")
    return [[key.name, one["lane"]] for key, one in zip(keys, told, strict=True)]


def _certificate(pem: str) -> bytes:
    found = _PEM.fullmatch(pem)
    if found is None:
        raise Fault("certificate")
    return canonical_base64(found[1].replace("\n", ""), "certificate")


def _dns_names(der: bytes) -> list[str]:
    """DNS names of the extension subjectAltName (2.5.29.17), whose parts are all shorter than 128 bytes here."""
    at = der.find(bytes.fromhex("0603551d11")) + 5
    if at < 5:
        return []
    if der[at] == 0x01:
        at += 3  # critical
    names, at, end = [], at + 4, at + 4 + der[at + 3]
    while at < end:
        tag, length = der[at], der[at + 1]
        if tag == 0x82:
            names.append(der[at + 2 : at + 2 + length].decode("ascii"))
        at += 2 + length
    return names
