"""Signed reports of reviews: a DSSE envelope over an in-toto statement, by the key that signs the nights.

    report.html    what people read
    report.json    the envelope; its statement holds everything that the report says, and the report's hash

The register keeps the envelope's SHA-256.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from securesystemslib.dsse import Envelope

from soc2_warehouse.evidence import keys, seals
from soc2_warehouse.evidence import verify_evidence as form
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.reviews.campaign import Campaign, ReviewProblem, load
from soc2_warehouse.settings import Settings

REPORT, ENVELOPE = "report.html", "report.json"
PREDICATE_TYPE = "urn:soc2-warehouse:access-review:v1"


def signed(settings: Settings, predicate: dict[str, Any], subjects: dict[str, str]) -> bytes:
    """The envelope. subjects: name → SHA-256. Raises keys.KeyProblem."""
    statement = {
        "_type": form.STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in subjects.items()],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }
    envelope = Envelope(form.canonical(statement).encode(), form.PAYLOAD_TYPE, {})
    for signer in keys.signers(settings, ()):
        envelope.sign(signer)
        seals.keep_key(settings.ledger, signer)
    return (form.canonical(envelope.to_dict()) + "\n").encode()


def opened(settings: Settings, content: bytes, name: str) -> tuple[dict[str, Any], list[str]]:
    """(statement, fingerprints of the signers) of an envelope whose signatures hold. Raises ReviewProblem."""
    try:
        envelope = json.loads(content)
        payload = base64.b64decode(envelope["payload"], validate=True)
        statement = json.loads(payload)
        is_right = (
            envelope["payloadType"] == form.PAYLOAD_TYPE
            and statement["predicateType"] == PREDICATE_TYPE
            and len(envelope["signatures"]) > 0
            # Nothing may be written in two ways: what is not signed must not be free to change.
            and base64.b64encode(payload).decode() == envelope["payload"]
            and (form.canonical(envelope) + "\n").encode() == content
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ReviewProblem(f"{name}: this is no signed report ({type(error).__name__}: {error})") from None
    if not is_right:
        raise ReviewProblem(f"{name}: it is not written as signed reports are")
    signers = []
    for signature in envelope["signatures"]:
        try:
            signers.append(form.signer(Home(settings), signature, form.pae(envelope["payloadType"], payload), {}))
        except form.Invalid as invalid:
            expected, found, told = invalid.args
            raise ReviewProblem(f"{name}: {told}; expected {expected}, found {found}") from None
    return statement, signers


def verify(settings: Settings, review_id: str) -> list[str]:
    """Check a closed review: its events, the report, the signature, and that all say the same. Returns what was found.

    Raises ReviewProblem naming the first file that is not what was signed.
    """
    campaign = load(settings, review_id)
    if campaign.closed is None:
        raise ReviewProblem(f"{review_id} is not closed, so that nothing is signed yet")
    content = _content(campaign, ENVELOPE)
    _same(campaign.folder / ENVELOPE, campaign.closed["report_sha256"], form.sha256(content))
    statement, signers = opened(settings, content, str(campaign.folder / ENVELOPE))
    named = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    _same(campaign.folder / REPORT, named.get(REPORT), form.sha256(_content(campaign, REPORT)))
    before = [form.sha256(form.canonical(event).encode()) for event in campaign.events[:-1]]
    _same(campaign.file, named.get(f"{campaign.file.name}#{len(before)}"), before[-1] if before else None)
    told = [f"{review_id}: {len(campaign.events)} events, report and signature verify"]
    trusted = {
        name for number in seals.numbers(settings.ledger) for name in seals.load(settings.ledger, number).signers
    }
    for signer in signers:
        known = (
            "signs the nights, too" if signer in trusted else "NOT A KEY OF ANY NIGHT: compare it with what you know"
        )
        told.append(f"signed by {signer} ({known})")
    return told


def _content(campaign: Campaign, name: str) -> bytes:
    path: Path = campaign.folder / name
    if not path.exists():
        raise ReviewProblem(f"{path} is missing")
    return path.read_bytes()


def _same(path: Path, expected: str | None, found: str | None) -> None:
    if expected != found:
        raise ReviewProblem(f"{path} is not what was signed; expected SHA-256 {expected}, found {found}")
