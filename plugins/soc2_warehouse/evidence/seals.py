"""Seals: each night's end of the chain, its Merkle root, signed. What they say is in verify_evidence.py.

    ledger/seals/00001/seal.json       DSSE envelope over an in-toto statement, signed with Ed25519
                       merkle.txt      the leaves of the night's tree
                       timestamp.tsr   an authority's answer, when it has come
    ledger/keys/<fingerprint>.pem      public keys

A seal covers the entries since the seal before, so its cost follows the night. It appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner

from soc2_warehouse import chain
from soc2_warehouse.evidence import keys
from soc2_warehouse.evidence import verify_evidence as form
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.settings import Settings


@dataclass(frozen=True)
class Sealed:
    """One seal in a ledger. seal: its number; day: the night it was made in; signers: fingerprints."""

    seal: int
    day: date
    last_seq: int
    head: str
    folder: Path
    content: bytes
    signers: tuple[str, ...]

    @property
    def sha256(self) -> str:
        return form.sha256(self.content)

    @property
    def name(self) -> str:
        """What the seal is called at an anchor."""
        return f"{self.seal:05}-{self.day}"


def numbers(ledger: Path) -> list[int]:
    return sorted(int(path.name) for path in (ledger / "seals").glob("[0-9]*") if path.is_dir())


def load(ledger: Path, number: int) -> Sealed:
    """Raises ValueError for a seal that is none (verify_evidence says what is wrong with it), OSError without one."""
    folder = ledger / "seals" / f"{number:05}"
    content = (folder / "seal.json").read_bytes()
    try:
        envelope, _, predicate = form.parse_seal(content)
    except form.Invalid as invalid:
        raise ValueError(f"{folder / 'seal.json'}: {invalid.args[2]}") from None
    day = date.fromisoformat(predicate["day"])
    signers = tuple(one["keyid"] for one in envelope["signatures"])
    return Sealed(number, day, predicate["last_seq"], predicate["head"], folder, content, signers)


def seal(settings: Settings, day: date, now: datetime) -> Sealed | None:
    """Sign what the chain gained since the last seal. now: aware UTC. None when it gained nothing.

    Under ``warehouse.writing``. Raises keys.KeyProblem; ValueError when the end of the chain or the seal before it is
    damaged: what is damaged is not signed.
    """
    known = numbers(settings.ledger)
    before = load(settings.ledger, known[-1]) if known else None
    head = chain.head(settings.ledger)
    first = before.last_seq + 1 if before else 1
    if head is None or head.seq < first:
        return None
    signers = keys.signers(settings, before.signers if before else ())
    entries = list(entries_from(settings.ledger, first))
    home = Home(settings)
    leaves = [form.leaf_hash(leaf) for leaf in form.leaves_of(entries, home.read)]
    number = (known[-1] if known else 0) + 1
    predicate = {
        "seal": number,
        "day": day.isoformat(),
        "first_seq": first,
        "last_seq": head.seq,
        "head": head.entry_hash,
        "merkle_root": form.merkle_root(leaves).hex(),
        "leaves": len(leaves),
        "previous_seal": before.sha256 if before else form.GENESIS,
        "sealed_at": now.isoformat(),
        "witnessed": _witnessed(settings.ledger),
    }
    content = _signed(predicate, signers)
    for signer in signers:
        keep_key(settings.ledger, signer)
    _write(settings.ledger, number, {"seal.json": content, "merkle.txt": form.merkle_text(leaves)})
    return load(settings.ledger, number)


def entries_from(ledger: Path, first: int) -> Iterator[form.Entry]:
    """Entries from number ``first`` on; what lies before is passed over unparsed."""
    with (ledger / chain.CHAIN).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if number >= first and line.endswith(b"\n"):
                entry = form.parse_entry(line[:-1])
                if entry is None:
                    raise ValueError(f"{chain.CHAIN}: line {number} is no entry: it cannot be signed")
                yield entry


def _witnessed(ledger: Path) -> dict[str, Any]:
    """The records of anchors and timestamps so far: signed, they cannot be taken away later."""
    file = ledger / chain.ANCHORS
    content = file.read_bytes() if file.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    return {"lines": whole.count(b"\n"), "sha256": form.sha256(whole)}


def _signed(predicate: dict[str, Any], signers: list[Any]) -> bytes:
    """seal.json."""
    statement = {
        "_type": form.STATEMENT_TYPE,
        "subject": form.subjects(predicate),
        "predicateType": form.PREDICATE_TYPE,
        "predicate": predicate,
    }
    envelope = Envelope(form.canonical(statement).encode(), form.PAYLOAD_TYPE, {})
    for signer in signers:
        envelope.sign(signer)
    return (form.canonical(envelope.to_dict()) + "\n").encode()


def _keep(path: Path, content: bytes) -> None:
    """Write a file of the ledger once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".{path.name}")
        draft.write_bytes(content)
        draft.replace(path)


def keep_key(ledger: Path, signer: CryptoSigner) -> None:
    """A signer's public key, under its fingerprint, for whoever verifies."""
    _keep(ledger / "keys" / f"{signer.public_key.keyid}.pem", keys.public_pem(signer))


def keep_certificates(ledger: Path, pem: bytes) -> None:
    """The authority's certificates, beside the timestamps that lead to them."""
    _keep(ledger / "tsa" / f"{hashlib.sha256(pem).hexdigest()}.pem", pem)


def _write(ledger: Path, number: int, files: dict[str, bytes]) -> None:
    draft = ledger / f".draft-seal-{number}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name, content in files.items():
        (draft / name).write_bytes(content)
    (ledger / "seals").mkdir(exist_ok=True)
    draft.rename(ledger / "seals" / f"{number:05}")


def prove(settings: Settings, uri: str, control_id: str | None = None) -> dict[str, Any]:
    """The proof that one object was sealed, or, with ``control_id``, one line of its control_runs.jsonl.

    uri: ``landing/…`` or ``ledger/…``. It holds without any other evidence: see ``verify_evidence.py --proof``.
    Raises LookupError when the object (or line) is in no seal.
    """
    home = Home(settings)
    for number in numbers(settings.ledger):
        found = load(settings.ledger, number)
        first = form.parse_seal(found.content)[2]["first_seq"]
        entries = [entry for entry in entries_from(settings.ledger, first) if entry.seq <= found.last_seq]
        if not any(entry.object_uri == uri for entry in entries):
            continue
        leaves = list(form.leaves_of(entries, home.read))
        for index, leaf in enumerate(leaves):
            if _is_asked(leaf, uri, control_id):
                hashes = [form.leaf_hash(one) for one in leaves]
                return {
                    "leaf": leaf.decode(),
                    "index": index,
                    "path": [step.hex() for step in form.merkle_path(index, hashes)],
                    "seal": found.content.decode(),
                    "keys": {
                        name: pem.decode() for name, pem in form.public_keys(home).items() if name in found.signers
                    },
                }
    raise LookupError(f"{uri}{f' of {control_id}' if control_id else ''} is in no seal")


def _is_asked(leaf: bytes, uri: str, control_id: str | None) -> bool:
    if control_id is None:
        return leaf.startswith(b"entry|") and leaf.split(b"|")[3] == uri.encode()
    return leaf.startswith(f"line|{uri}|".encode()) and f'"control_id":"{control_id}"'.encode() in leaf
