#!/usr/bin/env python3
"""Verify evidence without trusting whoever kept it: one file, Python 3.9 or newer, nothing to install.

    python verify_evidence.py FOLDER                     an exported folder (landing/, ledger/, samples/), or an
                                                         auditor's package: then every file of its manifest, too
    python verify_evidence.py FOLDER --anchor COPIES     a folder with what you fetched from an anchor yourself
    python verify_evidence.py FOLDER --anchor git:PATH   a git repository with the tags evidence/*
    python verify_evidence.py FOLDER --key PUBLIC.pem    only this key may have signed (ask for its fingerprint)
    python verify_evidence.py --proof PROOF.json [--object FILE]

Everything is computed again: each landed file, receipt, judgement, ledger file, frozen population and draw, each link
of the chain, the Merkle tree and the signature of each seal, timestamps, anchors. The first broken link is named with
its file, what was expected and what was found. Exit status: 0 everything verifies; 1 something is broken; 2 wrong use;
3 nothing is broken, but signatures were not checked because the package `cryptography` is missing.

How it fits together
    ledger/chain.jsonl          an entry a line: entry_hash = sha256(seq|prev_hash|object_uri|object_sha256|created_at)
    ledger/seals/00001/         one per night, numbered: merkle.txt has the leaves (RFC 6962) of the night's entries
                                and of each line of control_runs.jsonl and exception_events.jsonl; seal.json is a DSSE
                                envelope (Ed25519) over an in-toto statement with the head of the chain, the Merkle
                                root and the hash of the seal before; timestamp.tsr is an RFC 3161 answer over it
    ledger/keys/, ledger/tsa/   public keys, named by their fingerprint; certificates of the timestamping authority
    ledger/anchors.jsonl        what was anchored where and when, and what could not be
    samples/                    frozen populations and what was drawn from them: entries of the chain like any other

Whoever holds the key can write everything here anew. Only an anchor that you read yourself shows that.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    CAN_SIGN = True
except ImportError:  # pragma: no cover - shown by a test in a process without it
    CAN_SIGN = False

GENESIS = "0" * 64
#: Where evidence lies: what the uris of the chain begin with.
PLACES = ("landing", "ledger", "samples")
CHAIN = "ledger/chain.jsonl"
ANCHORS = "ledger/anchors.jsonl"
KEYS = "ledger/keys"
TSA = "ledger/tsa"
SEALS = "ledger/seals"
SEAL_FILES = ("seal.json", "merkle.txt", "timestamp.tsr")
#: Files whose lines are leaves of their own, so that one control run can be shown without the others.
BY_LINE = ("control_runs.jsonl", "exception_events.jsonl")
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:soc2-warehouse:evidence-seal:v1"
#: Of an auditor's package: every file with its hash, and the signature over that.
MANIFEST = "manifest.json"
MANIFEST_SIGNATURE = "manifest.sig.json"
MANIFEST_TYPE = "urn:soc2-warehouse:auditor-package:v1"

HASH_MISMATCH = "HASH_MISMATCH"
CHAIN_BROKEN = "CHAIN_BROKEN"
OBJECT_MISSING = "OBJECT_MISSING"
SIGNATURE_INVALID = "SIGNATURE_INVALID"
UNREADABLE = "UNREADABLE"


# What is read


class Store(Protocol):
    """Where evidence lies. Uris begin with one of ``PLACES``; what is not there is None."""

    def read(self, uri: str) -> bytes | None: ...

    def digest(self, uri: str) -> str | None: ...

    def names(self) -> Iterable[str]: ...


class Folder:
    """An exported folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, uri: str) -> Path | None:
        """The file of an uri; None for one that would lead out of the folder."""
        parts = uri.split("/")
        is_below = parts[0] in PLACES and ".." not in parts
        return self.root.joinpath(*parts) if is_below else None

    def read(self, uri: str) -> bytes | None:
        path = self.path(uri)
        return path.read_bytes() if path and path.is_file() else None

    def digest(self, uri: str) -> str | None:
        path = self.path(uri)
        return file_sha256(path) if path and path.is_file() else None

    def names(self) -> Iterator[str]:
        for place in PLACES:
            for folder, _, files in os.walk(self.root / place):
                for name in files:
                    yield (Path(folder) / name).relative_to(self.root).as_posix()


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def canonical(value: Any) -> str:
    """Sorted keys, no spaces, UTF-8: the one way in which a value may be written."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Entry:
    """object_uri: ``landing/…``, ``ledger/…`` or ``samples/…``, never a machine path. created_at: when a receipt was
    finished, a judgement started or a population frozen, as recorded."""

    seq: int
    prev_hash: str
    object_uri: str
    object_sha256: str
    created_at: str
    entry_hash: str = ""

    def text(self) -> str:
        return f"{self.seq}|{self.prev_hash}|{self.object_uri}|{self.object_sha256}|{self.created_at}"

    def hashed(self) -> str:
        return sha256(self.text().encode())

    def line(self) -> str:
        # Not asdict, which copies: a half year has fifty thousand entries.
        return canonical(vars(self))


def chain_lines(content: bytes | None) -> list[bytes]:
    """The lines of a chain. A last one without its end was cut short by a crash and is no entry."""
    return [] if not content else content.split(b"\n")[:-1]


def parse_entry(line: bytes) -> Entry | None:
    """None for a line that is no entry, or not written as an entry is."""
    try:
        entry = Entry(**json.loads(line))
        _moment(entry.created_at)
        return entry if isinstance(entry.seq, int) and isinstance(entry.object_uri, str) else None
    except (ValueError, TypeError, AttributeError):
        return None


# Merkle trees, as RFC 6962 has them


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two below ``size`` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    half = _split(len(leaves))
    return node_hash(merkle_root(leaves[:half]), merkle_root(leaves[half:]))


def merkle_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes beside the way from a leaf to the root, from the bottom."""
    if len(leaves) < 2:
        return []
    half = _split(len(leaves))
    if index < half:
        return [*merkle_path(index, leaves[:half]), merkle_root(leaves[half:])]
    return [*merkle_path(index - half, leaves[half:]), merkle_root(leaves[:half])]


def root_of_path(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to; None when the path does not fit a tree of that size."""
    if size < 2:
        return leaf if size == 1 and index == 0 and not path else None
    if not path or not 0 <= index < size:
        return None
    half = _split(size)
    if index < half:
        below = root_of_path(index, half, leaf, path[:-1])
        return None if below is None else node_hash(below, path[-1])
    below = root_of_path(index - half, size - half, leaf, path[:-1])
    return None if below is None else node_hash(path[-1], below)


def entry_leaf(entry: Entry) -> bytes:
    return b"entry|" + entry.text().encode()


def line_leaf(uri: str, number: int, line: bytes) -> bytes:
    return f"line|{uri}|{number}|".encode() + line


def is_by_line(uri: str) -> bool:
    return uri.startswith("ledger/") and uri.rpartition("/")[2] in BY_LINE


def leaves_of(entries: Iterable[Entry], read: Callable[[str], bytes | None]) -> Iterator[bytes]:
    """What the Merkle tree of some entries is made of: each entry, and behind it the lines of its file that count."""
    for entry in entries:
        yield entry_leaf(entry)
        if is_by_line(entry.object_uri):
            for number, line in enumerate((read(entry.object_uri) or b"").splitlines(), 1):
                yield line_leaf(entry.object_uri, number, line)


# What is found


@dataclass(frozen=True)
class Problem:
    """One thing that does not verify. seq: where in the chain; behind its end for what is in no entry."""

    seq: int
    code: str
    file: str
    expected: str | None
    found: str | None
    why: str


@dataclass
class Link:
    """One line of the chain, computed again. actual: None when the object is missing, or was not asked for."""

    position: int
    entry: Entry | None
    actual: str | None = None
    problem: Problem | None = None
    is_asked: bool = True


@dataclass(frozen=True)
class Seal:
    """One seal as its envelope says. signers: fingerprints whose signature verifies (or, unchecked, is claimed)."""

    number: int
    day: str
    first_seq: int
    last_seq: int
    head: str
    sealed_at: str
    sha256: str
    signers: tuple[str, ...]
    signature: str
    timestamp: str | None = None


@dataclass
class Anchor:
    """What an anchor outside holds. heads: seal → (sha256 of its seal.json, address). whole: whether all was read."""

    name: str
    heads: dict[int, tuple[str, str]] = field(default_factory=dict)
    error: str | None = None
    whole: bool = True


@dataclass
class Result:
    links: list[Link] = field(default_factory=list)
    seals: dict[int, Seal] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    anchored: list[dict[str, Any]] = field(default_factory=list)
    objects: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, seq: int, code: str, file: str, expected: str | None, found: str | None, why: str) -> Problem:
        problem = Problem(max(seq, 1), code, file, expected, found, why)
        self.problems.append(problem)
        return problem

    @property
    def first(self) -> Problem | None:
        return min(self.problems, key=lambda problem: problem.seq) if self.problems else None

    @property
    def status(self) -> int:
        return 1 if self.problems else 3 if self.unchecked else 0

    def as_json(self) -> dict[str, Any]:
        last = self.links[-1].entry if self.links else None
        return {
            "status": self.status,
            "entries": len(self.links),
            "objects": self.objects,
            "head": last.entry_hash if last else None,
            "seals": [asdict(seal) for _, seal in sorted(self.seals.items())],
            "first": asdict(self.first) if self.first else None,
            "problems": [asdict(problem) for problem in sorted(self.problems, key=lambda problem: problem.seq)],
            "notes": self.notes,
            "unchecked": self.unchecked,
        }

    def told(self) -> str:
        """The answer as a person reads it."""
        lines = [f"{len(self.links)} entries in the chain, {self.objects} objects computed again"]
        if self.seals:
            newest = self.seals[max(self.seals)]
            stamped = sum(1 for seal in self.seals.values() if seal.timestamp)
            lines.append(f"{len(self.seals)} seals, {stamped} with a timestamp; the newest is of {newest.day}")
            for key in sorted({key for seal in self.seals.values() for key in seal.signers}):
                mine = [number for number, seal in self.seals.items() if key in seal.signers]
                lines.append(f"  signed by {key}: seals {min(mine)} to {max(mine)}")
        lines += self.notes
        lines += [f"NOT CHECKED  {text}" for text in self.unchecked]
        first = self.first
        if first is None:
            return "\n".join([*lines, "Nothing is broken." if self.unchecked else "Everything verifies."])
        lines += [
            f"BROKEN  {first.file} (entry {first.seq}): {first.why} [{first.code}]",
            f"  expected {first.expected if first.expected is not None else 'nothing'}",
            f"  found    {first.found if first.found is not None else 'nothing'}",
        ]
        if len(self.problems) > 1:
            lines.append(f"  and {len(self.problems) - 1} more")
        return "\n".join(lines)


# The verification


def verify(
    store: Store,
    *,
    anchors: Sequence[Anchor] = (),
    keys: Mapping[str, bytes] | None = None,
    tsa: bytes | None = None,
    days: tuple[str | None, str | None] = (None, None),
    known_until: datetime | None = None,
) -> Result:
    """Compute everything again.

    keys: the only public keys (fingerprint → PEM) that may have signed; default: the first seal's, and those it handed
    over to. tsa: certificates (PEM) that timestamps must lead to, default those that were kept. days: compute again
    only objects of logical days from … to … (ISO, inclusive); links, seals and anchors are always checked.
    known_until: records of anchors made later (aware) are not looked at.
    """
    found = Result(names=sorted(store.names()))
    _links(store, found, days)
    _seals(store, found, keys, _certificates(store, found, tsa))
    _records(store, found, known_until)
    for anchor in anchors:
        _anchor(found, anchor)
    _extras(store, found, days)
    return found


def is_asked(uri: str, days: tuple[str | None, str | None]) -> bool:
    day = re.search(r"day=(\d{4}-\d\d-\d\d)", uri)
    first, last = days
    return day is None or ((first is None or day[1] >= first) and (last is None or day[1] <= last))


def _links(store: Store, found: Result, days: tuple[str | None, str | None]) -> None:
    previous: str | None = GENESIS
    for position, line in enumerate(chain_lines(store.read(CHAIN)), 1):
        entry = parse_entry(line)
        link = Link(position, entry)
        found.links.append(link)
        if entry is None:
            told = line[:100].decode("utf-8", "replace")
            link.problem = found.add(position, CHAIN_BROKEN, CHAIN, "an entry", told, "this line is no entry")
            previous = None
            continue
        link.is_asked = is_asked(entry.object_uri, days)
        if link.is_asked:
            link.actual = store.digest(entry.object_uri)
            found.objects += 1
        broken = _broken(entry, position, previous, line)
        previous = entry.entry_hash
        if broken:
            link.problem = found.add(position, CHAIN_BROKEN, CHAIN, *broken)
        elif link.is_asked and link.actual is None:
            link.problem = found.add(
                position, OBJECT_MISSING, entry.object_uri, entry.object_sha256, None, "the object is gone"
            )
        elif link.is_asked and link.actual != entry.object_sha256:
            why = "the object no longer has the hash that was recorded"
            link.problem = found.add(position, HASH_MISMATCH, entry.object_uri, entry.object_sha256, link.actual, why)


def _broken(entry: Entry, position: int, previous: str | None, line: bytes) -> tuple[str, str, str] | None:
    """Why a line is no link of the chain: expected, found, sentence."""
    if entry.seq != position:
        return str(position), str(entry.seq), "entries are not numbered one by one: one was removed, added or moved"
    if previous is not None and entry.prev_hash != previous:
        return previous, entry.prev_hash, "the entry does not follow from the one before it"
    if entry.entry_hash != entry.hashed():
        return entry.hashed(), entry.entry_hash, "the entry does not have its own hash: something in it was altered"
    if line != entry.line().encode():
        return entry.line(), line.decode("utf-8", "replace"), "the entry is not written as entries are"
    return None


def _seals(store: Store, found: Result, keys: Mapping[str, bytes] | None, roots: Sequence[Any]) -> None:
    numbers = {int(match[1]) for uri in found.names if (match := re.match(rf"{SEALS}/(\d{{5,}})/", uri))}
    trusted = set(keys) if keys is not None else None
    before, last = GENESIS, 0
    for number in range(1, max(numbers, default=0) + 1):
        uri = f"{SEALS}/{number:05}/seal.json"
        content = store.read(uri)
        if content is None:
            found.add(last + 1, OBJECT_MISSING, uri, "a seal: a later one is here", None, "the seal is gone")
            before = ""
            continue
        seal = _seal(store, found, number, uri, content, keys or {}, before, last)
        before = sha256(content)
        if seal is None:
            continue
        found.seals[number] = seal
        if trusted is not None and seal.signers and not trusted & set(seal.signers):
            why = "the signer is not known: a new key must be signed for by the one before it"
            found.add(seal.last_seq, SIGNATURE_INVALID, uri, " or ".join(sorted(trusted)), ", ".join(seal.signers), why)
        elif seal.signers:
            trusted = set(seal.signers) | (set(keys) if keys is not None else set())
        _coverage(store, found, seal, last)
        last = max(last, seal.last_seq)
        _timestamp(store, found, seal, content, roots)
    _tail(found, last, max(numbers, default=0) + 1, keys is not None)


def _tail(found: Result, last: int, number: int, must_be_signed: bool) -> None:
    """What no seal covers yet. A judgement is sealed in its own night."""
    tail = [link.entry for link in found.links[last:] if link.entry]
    if not found.seals and not must_be_signed:
        if found.links:
            found.notes.append("NOT SIGNED: there is no seal; the hashes only agree with each other")
        return
    if any(entry.object_uri.startswith("landing/_judgements/") for entry in tail):
        file = f"{SEALS}/{number:05}/seal.json"
        expected = f"a signature over entries {tail[0].seq} to {tail[-1].seq}"
        found.add(len(found.links), SIGNATURE_INVALID, file, expected, None, "a judgement is not sealed")
    elif tail:
        found.notes.append(f"{len(tail)} entries since {tail[0].created_at[:10]} are not sealed yet")


class Invalid(Exception):
    """expected, found, sentence."""


def _seal(
    store: Store,
    found: Result,
    number: int,
    uri: str,
    content: bytes,
    keys: Mapping[str, bytes],
    before: str,
    last: int,
) -> Seal | None:
    """A seal whose signatures verify, or None with the problem added."""
    at = last + 1
    try:
        envelope, payload, predicate = parse_seal(content)
        at = predicate["last_seq"]
        signers = []
        for signature in envelope["signatures"]:
            signers.append(signer(store, signature, pae(envelope["payloadType"], payload), keys))
        if not CAN_SIGN:
            text = "signatures and timestamps: the Python package `cryptography` is not installed"
            if text not in found.unchecked:
                found.unchecked.append(text)
        if predicate["seal"] != number:
            raise Invalid(str(number), str(predicate["seal"]), "the seal has another number than its folder")
        if before and predicate["previous_seal"] != before:
            raise Invalid(before, predicate["previous_seal"], "the seal does not follow from the one before it")
    except Invalid as invalid:
        found.add(at, SIGNATURE_INVALID, uri, *invalid.args)
        return None
    return Seal(
        number=number,
        day=predicate["day"],
        first_seq=predicate["first_seq"],
        last_seq=predicate["last_seq"],
        head=predicate["head"],
        sealed_at=predicate["sealed_at"],
        sha256=sha256(content),
        signers=tuple(signers),
        signature=envelope["signatures"][0]["sig"],
    )


def parse_seal(content: bytes) -> tuple[dict[str, Any], bytes, dict[str, Any]]:
    """(envelope, payload, predicate) of a seal.json. Raises Invalid when it is not one, or not written as they are."""
    try:
        envelope = json.loads(content)
        payload = base64.b64decode(envelope["payload"], validate=True)
        statement = json.loads(payload)
        predicate = statement["predicate"]
        names = {"seal": int, "day": str, "first_seq": int, "last_seq": int, "head": str, "merkle_root": str}
        names |= {"leaves": int, "previous_seal": str, "sealed_at": str, "witnessed": dict}
        is_right = (
            envelope["payloadType"] == PAYLOAD_TYPE
            and statement["_type"] == STATEMENT_TYPE
            and statement["predicateType"] == PREDICATE_TYPE
            and all(type(predicate[name]) is kind for name, kind in names.items())
            and statement["subject"] == subjects(predicate)
            and len(envelope["signatures"]) > 0
            # Nothing in the file may be written in two ways: what is not signed must not be free to change.
            and base64.b64encode(payload).decode() == envelope["payload"]
            and all(set(one) == {"keyid", "sig"} for one in envelope["signatures"])
            and (canonical(envelope) + "\n").encode() == content
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("a signed seal", f"{type(error).__name__}: {error}", "this is no seal") from None
    if not is_right:
        raise Invalid("a signed seal", content[:80].decode("utf-8", "replace"), "the seal is not written as seals are")
    return envelope, payload, predicate


def subjects(predicate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the in-toto statement of a seal is about: the head of the chain and the Merkle root."""
    merkle = f"{SEALS}/{predicate['seal']:05}/merkle.txt"
    return [
        {"name": f"{CHAIN}#{predicate['last_seq']}", "digest": {"sha256": predicate["head"]}},
        {"name": merkle, "digest": {"merkleRoot": predicate["merkle_root"]}},
    ]


def pae(payload_type: str, payload: bytes) -> bytes:
    """What is signed, as DSSE has it."""
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)


def raw_key(pem: bytes) -> bytes:
    """The 32 bytes of an Ed25519 public key in PEM. Raises ValueError."""
    der = base64.b64decode(b"".join(line for line in pem.splitlines() if not line.startswith(b"-----")), validate=True)
    if not der.startswith(bytes.fromhex("302a300506032b6570032100")) or len(der) != 44:
        raise ValueError("not an Ed25519 public key")
    return der[12:]


def fingerprint(pem: bytes) -> str:
    """sha256 of the public key as DER: ``openssl pkey -pubin -in KEY -outform DER | sha256sum`` says the same."""
    return sha256(bytes.fromhex("302a300506032b6570032100") + raw_key(pem))


def signer(store: Store, signature: Mapping[str, str], signed: bytes, keys: Mapping[str, bytes]) -> str:
    """The fingerprint of the key that made a signature. Raises Invalid."""
    keyid = signature["keyid"]
    uri = f"{KEYS}/{keyid}.pem"
    pem = keys.get(keyid) or store.read(uri)
    if pem is None:
        raise Invalid(uri, None, "the public key of the signer is not here")
    try:
        actual, key = fingerprint(pem), raw_key(pem)
    except ValueError as error:
        actual, key = str(error), b""
    if actual != keyid:
        raise Invalid(keyid, actual, f"{uri} is not the key it is named after")
    try:
        sig = base64.b64decode(signature["sig"], validate=True)
        if base64.b64encode(sig).decode() != signature["sig"]:
            raise ValueError("written in another way")
    except ValueError as error:
        raise Invalid("a signature in base64", str(error), "the signature cannot be read") from None
    if CAN_SIGN:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(sig, signed)
        except (InvalidSignature, ValueError):
            raise Invalid(f"a signature by {keyid}", signature["sig"], "the signature does not verify") from None
    return keyid


def _coverage(store: Store, found: Result, seal: Seal, last: int) -> None:
    """Whether a seal covers its entries: all since the seal before, the head, and the Merkle tree over them."""
    uri = f"{SEALS}/{seal.number:05}/seal.json"
    _, _, predicate = parse_seal(store.read(uri) or b"")
    if seal.first_seq != last + 1 or seal.last_seq < seal.first_seq:
        expected, actual = f"entries from {last + 1} on", f"entries {seal.first_seq} to {seal.last_seq}"
        found.add(seal.last_seq, CHAIN_BROKEN, uri, expected, actual, "the seal leaves entries out")
    if seal.last_seq > len(found.links):
        expected, actual = f"{seal.last_seq} entries", f"{len(found.links)} entries"
        found.add(len(found.links) + 1, CHAIN_BROKEN, CHAIN, expected, actual, f"the end that {uri} covers is gone")
        return
    link = found.links[seal.last_seq - 1]
    if link.entry is None or link.entry.entry_hash != seal.head:
        head = link.entry.entry_hash if link.entry else None
        found.add(seal.last_seq, CHAIN_BROKEN, CHAIN, seal.head, head, f"the chain is not the one that {uri} covers")
        return
    _merkle(store, found, seal, predicate)
    _witnessed(store, found, seal, predicate["witnessed"])


def _merkle(store: Store, found: Result, seal: Seal, predicate: Mapping[str, Any]) -> None:
    uri = f"{SEALS}/{seal.number:05}/merkle.txt"
    content = store.read(uri)
    if content is None:
        found.add(seal.last_seq, OBJECT_MISSING, uri, predicate["merkle_root"], None, "the Merkle file is gone")
        return
    try:
        leaves = [bytes.fromhex(line) for line in content.decode("ascii").split("\n")[:-1]]
        root = merkle_root(leaves).hex() if merkle_text(leaves) == content else "not a list of leaves"
    except ValueError:
        root = "not a list of leaves"
    if root != predicate["merkle_root"] or len(leaves) != predicate["leaves"]:
        why = "the Merkle file does not have the root that was signed"
        found.add(seal.last_seq, HASH_MISMATCH, uri, predicate["merkle_root"], root, why)
        return
    links = found.links[seal.first_seq - 1 : seal.last_seq]
    if any(link.problem for link in links):
        return  # said already, and the tree cannot agree with it
    if any(not link.is_asked and is_by_line(link.entry.object_uri) for link in links if link.entry):
        return  # the lines of files that were not asked for may not be here
    made = [leaf_hash(leaf) for leaf in leaves_of((link.entry for link in links if link.entry), store.read)]
    if made != leaves:
        why = "the tree that was signed is not the one of these entries"
        found.add(seal.last_seq, HASH_MISMATCH, uri, merkle_root(made).hex(), root, why)


def merkle_text(leaves: Sequence[bytes]) -> bytes:
    """merkle.txt: a leaf hash a line."""
    return "".join(leaf.hex() + "\n" for leaf in leaves).encode()


def _witnessed(store: Store, found: Result, seal: Seal, witnessed: Mapping[str, Any]) -> None:
    """The records of anchors and timestamps that were there when the seal was made must still be."""
    lines = (store.read(ANCHORS) or b"").split(b"\n")[: witnessed.get("lines", 0)]
    actual = sha256(b"".join(line + b"\n" for line in lines)) if lines else sha256(b"")
    if actual != witnessed.get("sha256"):
        why = f"its first {witnessed.get('lines')} lines are not those that seal {seal.number} covers"
        found.add(seal.last_seq, HASH_MISMATCH, ANCHORS, str(witnessed.get("sha256")), actual, why)


# Anchors


def _records(store: Store, found: Result, known_until: datetime | None) -> None:
    """What ledger/anchors.jsonl says was anchored or stamped must agree with what is here."""
    stamps: set[int] = set()
    for number, line in enumerate((store.read(ANCHORS) or b"").split(b"\n")[:-1], 1):
        try:
            record = json.loads(line)
            kind = record.get("kind", "anchor")
            if kind == "anchor":
                _recorded(found, record, known_until)
            elif kind == "timestamp":
                stamps.add(record["seal"])
                _stamped(store, found, record)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"line {number} is no record: {type(error).__name__}"
            found.add(len(found.links), HASH_MISMATCH, ANCHORS, "a record", line[:80].decode("utf-8", "replace"), why)
    for seal in found.seals.values():
        if seal.timestamp and seal.number not in stamps:
            uri = f"{SEALS}/{seal.number:05}/timestamp.tsr"
            found.add(seal.last_seq, HASH_MISMATCH, ANCHORS, f"the record of {uri}", None, "the record is gone")


def _recorded(found: Result, record: dict[str, Any], known_until: datetime | None) -> None:
    seq, uri = int(record["seq"]), record["anchor_uri"]
    moment = _moment(record["anchored_at"])
    if known_until is not None and moment > known_until:
        return
    found.anchored.append(record)
    link = found.links[seq - 1] if 0 < seq <= len(found.links) else None
    actual = link.entry.entry_hash if link and link.entry else None
    if actual != record["entry_hash"]:
        why = f"the chain is not the one that was anchored at {uri}"
        problem = found.add(seq, CHAIN_BROKEN, CHAIN, record["entry_hash"], actual, why)
        if link and (link.problem is None or link.problem.code != CHAIN_BROKEN):
            link.problem = problem
    elif "seal" in record:
        seal = found.seals.get(record["seal"])
        if seal is None or seal.sha256 != record["seal_sha256"]:
            file = f"{SEALS}/{record['seal']:05}/seal.json"
            why = f"the seal is not the one that was anchored at {uri}"
            found.add(seq, CHAIN_BROKEN, file, record["seal_sha256"], seal.sha256 if seal else None, why)


def _stamped(store: Store, found: Result, record: dict[str, Any]) -> None:
    uri = f"{SEALS}/{record['seal']:05}/timestamp.tsr"
    seal = found.seals.get(record["seal"])
    actual = store.digest(uri)
    if actual != record["sha256"]:
        code = OBJECT_MISSING if actual is None else HASH_MISMATCH
        why = "the timestamp is gone" if actual is None else "the timestamp is not the one that was received"
        found.add(seal.last_seq if seal else len(found.links), code, uri, record["sha256"], actual, why)


def _anchor(found: Result, anchor: Anchor) -> None:
    """What an anchor holds against what is here."""
    end = len(found.links) + 1
    if anchor.error is not None:
        found.add(end, UNREADABLE, anchor.name, "an anchor that can be read", anchor.error, "nothing can be compared")
        return
    for number, (expected, address) in sorted(anchor.heads.items()):
        seal = found.seals.get(number)
        file = f"{SEALS}/{number:05}/seal.json"
        if seal is None:
            found.add(end, OBJECT_MISSING, file, expected, None, f"{address} has this seal, and it is not here")
        elif seal.sha256 != expected:
            why = f"{address} has another seal: what is here was written anew"
            found.add(seal.first_seq, CHAIN_BROKEN, file, expected, seal.sha256, why)
    for record in found.anchored if anchor.whole else ():
        if is_at(record, anchor.name) and record["seal"] not in anchor.heads:
            why = "by the record it was anchored there, and it is not there"
            seq = int(record["seq"])
            found.add(seq, OBJECT_MISSING, record["anchor_uri"], record.get("seal_sha256"), None, why)
    missing = [number for number in sorted(found.seals) if number > max(anchor.heads, default=0)]
    if missing:
        found.notes.append(f"{anchor.name}: not anchored since {found.seals[missing[0]].day} (seal {missing[0]})")


def is_at(record: Mapping[str, Any], name: str) -> bool:
    """Whether a record says that a seal was written down at this anchor."""
    return "seal" in record and str(record.get("anchor_uri")).startswith((f"{name.rstrip('/')}/", f"{name}#"))


def copies(folder: Path, name: str | None = None) -> Anchor:
    """The anchor that a folder (or one file) of seals is: copies that somebody fetched, under whatever names."""
    anchor = Anchor(name or str(folder))
    files = sorted(path for path in folder.rglob("*.json")) if folder.is_dir() else [folder]
    if not any(path.is_file() for path in files):
        anchor.error = "there is no seal in it"
        return anchor
    for path in files:
        hold(anchor, path.read_bytes(), str(path))
    return anchor


def hold(anchor: Anchor, content: bytes, address: str) -> None:
    """Add one seal that an anchor holds. The first one of a number counts: later ones cannot replace it."""
    try:
        number = parse_seal(content)[2]["seal"]
    except Invalid as invalid:
        anchor.error = f"{address}: {invalid.args[2]}"
        return
    if number in anchor.heads and anchor.heads[number][0] != sha256(content):
        anchor.error = f"{address}: a second seal {number} that differs from {anchor.heads[number][1]}"
    anchor.heads.setdefault(number, (sha256(content), address))


def git_anchor(repository: str, public_keys: Iterable[bytes], newest_only: bool = False) -> Anchor:
    """Tags ``evidence/<seal>-<day>`` of a git repository, each signed with ssh and pointing at the seal's bytes.

    public_keys: lines of ssh public keys (or Ed25519 keys in PEM) that may have signed. Where the repository has a
    remote ``origin``, its tags are asked for too: one that was removed here is still there.
    """
    anchor = Anchor(f"git:{repository}", whole=not newest_only)
    with tempfile.TemporaryDirectory(prefix="soc2-git-") as folder:
        signers = Path(folder) / "signers"
        signers.write_text("".join(f'* namespaces="git" {ssh_key(key)}\n' for key in public_keys))

        def git(*arguments: str) -> bytes:
            options = ("-c", "gpg.format=ssh", "-c", f"gpg.ssh.allowedSignersFile={signers}")
            run = subprocess.run(
                [shutil.which("git") or "git", "-C", repository, *options, *arguments], capture_output=True, timeout=120
            )
            if run.returncode:
                raise OSError(run.stderr.decode("utf-8", "replace").strip() or f"git {arguments[0]} failed")
            return run.stdout

        try:
            if b"origin" in git("remote").split():
                git("fetch", "--quiet", "--no-tags", "origin", "refs/tags/evidence/*:refs/tags/evidence/*")
            tags = git("tag", "--list", "evidence/*").decode().split()
            for tag in sorted(tags)[-1:] if newest_only else sorted(tags):
                git("verify-tag", tag)
                hold(anchor, git("cat-file", "blob", f"{tag}^{{blob}}"), f"{anchor.name}#{tag}")
        except (OSError, subprocess.SubprocessError) as error:
            anchor.error = str(error)
    return anchor


def ssh_key(key: bytes) -> str:
    """A public key as ssh writes it."""
    if not key.startswith(b"-----"):
        return " ".join(key.decode().split()[:2])
    raw = raw_key(key)
    blob = struct.pack(">I", 11) + b"ssh-ed25519" + struct.pack(">I", len(raw)) + raw
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


def public_keys(store: Store) -> dict[str, bytes]:
    """Fingerprint → PEM of the keys that lie with the evidence."""
    names = (uri for uri in store.names() if uri.startswith(f"{KEYS}/") and uri.endswith(".pem"))
    return {Path(uri).stem: store.read(uri) or b"" for uri in names}


# What is too much


#: What may be newer than the chain, and where it says when it was made.
WAITING = {"landing/_receipts": "finished_at", "landing/_judgements": "started_at"}
#: Where the files of a sample say when they were made.
SAMPLE_TIMES = ("frozen_at", "drawn_at", "replaced_at")


def _extras(store: Store, found: Result, days: tuple[str | None, str | None]) -> None:
    """Objects that are in no entry. What came after the newest judgement joins the chain in the next night."""
    chained = {link.entry.object_uri: link.entry for link in found.links if link.entry}
    runs = {_run(uri) for uri in chained} - {None}
    newest = {place: _newest(chained, place) for place in WAITING}
    extras = [uri for uri in found.names if uri not in chained and is_asked(uri, days)]
    waiting: set[str | None] = set()
    newest_sample = max((entry.created_at for uri, entry in chained.items() if uri.startswith("samples/")), default="")
    orphans, samples, end = 0, 0, len(found.links)
    data: list[str] = []
    for uri in extras:
        place = "/".join(uri.split("/")[:2])
        if place in WAITING and _is_later(store, uri, WAITING[place], *newest[place]):
            waiting.add(Path(uri).stem)
        elif place.startswith("samples/") and is_later_sample(store.read(uri), newest_sample):
            samples += 1
        else:
            data.append(uri)
    for uri in data:
        run = _run(uri)
        if run in waiting or _belongs(uri, run, runs, found):
            continue
        if uri.startswith("landing/") and run is not None and run not in runs and "/_" not in uri:
            orphans += 1  # an extract that was killed: without a receipt it is no evidence
            continue
        end += 1
        found.add(end, CHAIN_BROKEN, uri, None, store.digest(uri), "the object is in no entry of the chain")
    if waiting:
        found.notes.append(f"{len(waiting)} receipts or judgements are newer than the chain and join it next")
    if samples:
        found.notes.append(f"{samples} files of samples are newer than the chain and join it next")
    if orphans:
        found.notes.append(f"{orphans} landed files have no receipt: extracts that were killed, no evidence")


def _run(uri: str) -> str | None:
    """The run that an object belongs to."""
    if uri.startswith(("landing/_receipts/", "landing/_judgements/")):
        return Path(uri).stem
    match = re.search(r"/run=([^/]+)/", uri)
    return match[1] if match else None


def _newest(chained: Mapping[str, Entry], place: str) -> tuple[str, str]:
    """Day and time of the newest entry of a place; both empty without one."""
    mine = [entry for uri, entry in chained.items() if uri.startswith(f"{place}/")]
    days = (day[1] for entry in mine if (day := re.search(r"day=([\d-]+)", entry.object_uri)))
    return max(days, default=""), max((entry.created_at for entry in mine), default="")


def _is_later(store: Store, uri: str, name: str, newest_day: str, newest: str) -> bool:
    """Whether an unchained receipt or judgement came after everything that is chained."""
    day = re.search(r"day=([\d-]+)", uri)
    if not newest or (day and day[1] > newest_day):
        return True
    try:
        return _moment(json.loads(store.read(uri) or b"")[name]) > _moment(newest)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def sample_time(content: bytes | None) -> str | None:
    """When a frozen population, a draw or a replacement says that it was made; None when it does not."""
    try:
        values = json.loads(content or b"")
        return next((str(values[name]) for name in SAMPLE_TIMES if name in values), None)
    except (ValueError, TypeError):
        return None


def is_later_sample(content: bytes | None, newest: str) -> bool:
    """Whether a file of a sample that is not chained was made after the newest that is."""
    try:
        made = _moment(sample_time(content) or "")
        return not newest or made > _moment(newest)
    except (ValueError, TypeError):
        return False


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _belongs(uri: str, run: str | None, runs: set[str | None], found: Result) -> bool:
    """Files of the ledger that are not in the chain, and need not be."""
    place, _, name = uri.removeprefix("ledger/").rpartition("/")
    if uri.startswith("samples/"):
        return name.startswith(".")  # a draft that a crash left
    if not uri.startswith("ledger/"):
        return False
    if place.startswith("."):
        return True  # a draft that a crash left: not in the ledger yet
    if run is not None:
        return run in runs and name == "_timings.json"
    if place in ("keys", "tsa"):
        return name.endswith(".pem")
    if place.startswith("seals/"):
        # A seal that could not be read is a problem already.
        return name in SEAL_FILES
    return uri in (CHAIN, ANCHORS)


# Timestamps: RFC 3161, in DER


def _certificates(store: Store, found: Result, tsa: bytes | None) -> list[Any]:
    """The certificates that timestamps must lead to."""
    pems = [tsa] if tsa is not None else []
    if tsa is None:
        for uri in (uri for uri in found.names if uri.startswith(f"{TSA}/")):
            content = store.read(uri) or b""
            pems.append(content)
            if sha256(content) != Path(uri).stem:
                why = "the certificates are not those it is named after"
                found.add(1, HASH_MISMATCH, uri, Path(uri).stem, sha256(content), why)
    if not CAN_SIGN:
        return []
    try:
        return [certificate for pem in pems for certificate in x509.load_pem_x509_certificates(pem)]
    except ValueError as error:
        found.add(1, SIGNATURE_INVALID, TSA, "certificates", str(error), "the certificates cannot be read")
        return []


def _timestamp(store: Store, found: Result, seal: Seal, content: bytes, roots: Sequence[Any]) -> None:
    uri = f"{SEALS}/{seal.number:05}/timestamp.tsr"
    answer = store.read(uri)
    if answer is None:
        return
    try:
        moment = timestamp_time(answer, content, roots)
        found.seals[seal.number] = Seal(**{**asdict(seal), "signers": seal.signers, "timestamp": moment.isoformat()})
    except Invalid as invalid:
        expected, actual, why = invalid.args
        found.add(seal.last_seq, SIGNATURE_INVALID, uri, expected, actual, f"the timestamp does not verify: {why}")


@dataclass(frozen=True)
class Node:
    """One element of DER: its tag, its content, and all its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def parts(self) -> list[Node]:
        return list(der(self.content))


def der(data: bytes) -> Iterator[Node]:
    """The elements that follow each other in ``data``. Raises ValueError, IndexError."""
    at = 0
    while at < len(data):
        tag, length, start = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, start = int.from_bytes(data[start : start + size], "big"), start + size
        if start + length > len(data):
            raise ValueError("an element is longer than what holds it")
        yield Node(tag, data[start : start + length], data[at : start + length])
        at = start + length


DIGESTS = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")
MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")


def timestamp_time(answer: bytes, content: bytes, roots: Sequence[Any]) -> datetime:
    """When the authority saw ``content``. Its signature and certificates are checked where `cryptography` is there.

    Raises Invalid.
    """
    try:
        return _timestamp_time(answer, content, roots)
    except Invalid:
        raise
    except Exception as error:
        # Altered bytes lead parsers anywhere.
        told = f"{type(error).__name__}: {error}"
        raise Invalid("an answer of RFC 3161", told, "it cannot be read") from None


def _timestamp_time(answer: bytes, content: bytes, roots: Sequence[Any]) -> datetime:
    (response,) = der(answer)
    status, token = response.parts()[:2]
    if status.parts()[0].content not in (b"\x00", b"\x01"):
        raise Invalid("granted", f"status {status.parts()[0].content.hex()}", "the authority refused")
    kind, wrapped = token.parts()
    if kind.content != SIGNED_DATA:
        raise Invalid("signed data", kind.content.hex(), "it is not signed")
    signed = wrapped.parts()[0].parts()
    encapsulated = signed[2].parts()
    if encapsulated[0].content != TST_INFO:
        raise Invalid("a timestamp", encapsulated[0].content.hex(), "it is something else that was signed")
    stamped = encapsulated[1].parts()[0].content
    info = next(der(stamped)).parts()
    algorithm, imprint = info[2].parts()
    digest = DIGESTS.get(algorithm.parts()[0].content)
    expected = hashlib.new(digest, content).digest() if digest else b""
    if not digest or imprint.content != expected:
        raise Invalid(expected.hex(), imprint.content.hex(), "it stamps something else")
    moment = datetime.strptime(info[4].content.decode()[:14] + "+0000", "%Y%m%d%H%M%S%z")
    if CAN_SIGN:
        _cms(signed, stamped, moment, roots)
    return moment


def _cms(signed: Sequence[Node], stamped: bytes, moment: datetime, roots: Sequence[Any]) -> None:
    """Check the signature over the timestamp, and the way from its certificate to one of ``roots``."""
    kept = [node for part in signed if part.tag == 0xA0 for node in part.parts()]
    certificates = [x509.load_der_x509_certificate(node.whole) for node in kept]
    (signer,) = signed[-1].parts()
    parts = signer.parts()
    issuer, serial = parts[1].parts()
    mine = [
        one
        for one in (*certificates, *roots)
        if one.issuer.public_bytes() == issuer.whole and one.serial_number == int.from_bytes(serial.content, "big")
    ]
    if not mine:
        raise Invalid("the certificate of the signer", None, "it is not there")
    if parts[3].tag != 0xA0:
        raise Invalid("signed attributes", None, "there are none")
    attributes = {node.parts()[0].content: node.parts()[1].parts()[0].content for node in parts[3].parts()}
    digest = DIGESTS.get(parts[2].parts()[0].content, "")
    if not digest or attributes.get(MESSAGE_DIGEST) != hashlib.new(digest, stamped).digest():
        raise Invalid("the digest of what was stamped", "another one", "it was altered")
    text = b"\x31" + parts[3].whole[1:]
    algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[digest]
    key = mine[0].public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(parts[5].content, text, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(parts[5].content, text, ec.ECDSA(algorithm))
        else:
            raise Invalid("RSA or ECDSA", type(key).__name__, "the authority has an unknown kind of key")
    except InvalidSignature:
        raise Invalid("a signature of the authority", "another one", "it does not verify") from None
    _trusted(mine[0], certificates, moment, roots)


def _trusted(leaf: Any, others: Sequence[Any], moment: datetime, roots: Sequence[Any]) -> None:
    """Raise Invalid unless ``leaf`` may stamp times and leads to one of ``roots``, all valid at that moment."""
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        may = usage.critical and list(usage.value) == [x509.ExtendedKeyUsageOID.TIME_STAMPING]
    except x509.ExtensionNotFound:
        may = False
    if not may:
        raise Invalid("a certificate for timestamps only", leaf.subject.rfc4514_string(), "it may not stamp times")
    one = leaf
    for _ in range(8):
        if not one.not_valid_before_utc <= moment <= one.not_valid_after_utc:
            raise Invalid(f"valid at {moment.isoformat()}", one.subject.rfc4514_string(), "the certificate was not")
        if one in roots:
            return
        for other in (*roots, *others):
            if other.subject == one.issuer and other != one and _is_authority(other):
                try:
                    one.verify_directly_issued_by(other)
                except (ValueError, TypeError, InvalidSignature):
                    continue
                one = other
                break
        else:
            break
    raise Invalid("an authority that is trusted", one.issuer.rfc4514_string(), "its certificate is not known here")


def _is_authority(certificate: Any) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


# The manifest of a package


def manifest_statement(manifest: bytes) -> bytes:
    """What is signed of a manifest: an in-toto statement that names its hash."""
    subject = [{"name": MANIFEST, "digest": {"sha256": sha256(manifest)}}]
    statement = {"_type": STATEMENT_TYPE, "subject": subject, "predicateType": MANIFEST_TYPE, "predicate": {}}
    return canonical(statement).encode()


def verify_manifest(root: Path, store: Store, found: Result, keys: Mapping[str, bytes] | None) -> int:
    """Compare every file of a package with its manifest, and the manifest with its signature. Returns the files.

    A key that signed no seal may not have signed it either.
    """
    end = len(found.links) + 1
    content = (root / MANIFEST).read_bytes()
    try:
        listed = {str(line["path"]): str(line["sha256"]) for line in json.loads(content)["files"]}
    except (ValueError, KeyError, TypeError) as error:
        found.add(end, UNREADABLE, MANIFEST, "a list of files", type(error).__name__, "the manifest cannot be read")
        return 0
    here = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    for name in sorted((listed.keys() | here.keys()) - {MANIFEST, MANIFEST_SIGNATURE}):
        expected, actual = listed.get(name), file_sha256(here[name]) if name in here else None
        if actual is None:
            found.add(end, OBJECT_MISSING, name, expected, None, "the file of the manifest is gone")
        elif expected is None:
            found.add(end, HASH_MISMATCH, name, None, actual, "the file is not in the manifest")
        elif actual != expected:
            found.add(end, HASH_MISMATCH, name, expected, actual, "the file is not the one of the manifest")
    try:
        _manifest_signed(root, store, found, content, keys)
    except Invalid as invalid:
        found.add(end, SIGNATURE_INVALID, MANIFEST_SIGNATURE, *invalid.args)
    return len(listed)


def _manifest_signed(root: Path, store: Store, found: Result, content: bytes, keys: Mapping[str, bytes] | None) -> None:
    """Raise Invalid unless the manifest is signed by a key that signed a seal, and by none that is not trusted."""
    file = root / MANIFEST_SIGNATURE
    if not file.is_file():
        raise Invalid("a signature", None, "the manifest is not signed")
    try:
        envelope = json.loads(file.read_bytes())
        payload = base64.b64decode(envelope["payload"], validate=True)
        signatures, kind = list(envelope["signatures"]), envelope["payloadType"]
        expected = manifest_statement(content)
        if payload != expected or kind != PAYLOAD_TYPE:
            raise Invalid(expected.decode(), payload.decode("utf-8", "replace"), "what is signed is another manifest")
        known = {signer for seal in found.seals.values() for signer in seal.signers}
        signers = [signer(store, signature, pae(kind, payload), keys or {}) for signature in signatures]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("a signed manifest", f"{type(error).__name__}: {error}", "it cannot be read") from None
    if not signers or not set(signers) <= (known | set(keys or ())):
        raise Invalid(" or ".join(sorted(known)), ", ".join(signers) or None, "the signer signed no seal")


# Proofs


def check_proof(proof: Mapping[str, Any], content: bytes | None, keys: Mapping[str, bytes] | None = None) -> list[str]:
    """What is wrong with the proof that one object (or one line of it) was sealed; empty when it holds.

    content: the object's bytes, when it is a whole object that is shown. keys: the public keys that are trusted.
    """
    wrong = []
    try:
        leaf = proof["leaf"].encode()
        envelope, payload, predicate = parse_seal(proof["seal"].encode())
        path = [bytes.fromhex(step) for step in proof["path"]]
        root = root_of_path(proof["index"], predicate["leaves"], leaf_hash(leaf), path)
        if root is None or root.hex() != predicate["merkle_root"]:
            wrong.append("the path does not lead to the root that was signed")
        if leaf.startswith(b"entry|"):
            if content is not None and proof["leaf"].split("|")[4] != sha256(content):
                wrong.append("the object does not have the hash that was sealed")
        elif content is not None:
            wrong.append("the proof is of one line, not of an object")
        known = {**{keyid: pem.encode() for keyid, pem in proof["keys"].items()}, **(keys or {})}
        for signature in envelope["signatures"]:
            if keys is not None and signature["keyid"] not in keys:
                wrong.append(f"signed by {signature['keyid']}, which is not the key you gave")
            signer(Folder(Path(os.devnull)), signature, pae(envelope["payloadType"], payload), known)
    except Invalid as invalid:
        wrong.append(str(invalid.args[2]))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        wrong.append(f"this is no proof: {type(error).__name__}: {error}")
    return wrong


# The command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="exported folder with landing/, ledger/ and samples/")
    parser.add_argument("--anchor", action="append", default=[], help="folder of seals you fetched, or git:PATH")
    parser.add_argument("--key", action="append", default=[], type=Path, help="public key (PEM) that may have signed")
    parser.add_argument("--tsa-cert", type=Path, help="certificates (PEM) of the timestamping authority")
    parser.add_argument("--ssh-key", action="append", default=[], type=Path, help="ssh public key of signed tags")
    parser.add_argument("--day", help="compute again only the objects of this day (YYYY-MM-DD)")
    parser.add_argument("--json", action="store_true", help="the answer as JSON")
    parser.add_argument("--proof", type=Path, help="check one inclusion proof instead")
    parser.add_argument("--object", type=Path, help="the object that the proof is about")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    asked = parser.parse_args(arguments)
    keys = {fingerprint(path.read_bytes()): path.read_bytes() for path in asked.key} or None
    if asked.proof:
        content = asked.object.read_bytes() if asked.object else None
        wrong = check_proof(json.loads(asked.proof.read_text(encoding="utf-8")), content, keys)
        told = wrong or ["The proof holds." if CAN_SIGN else "The path holds; NOT CHECKED  the signature"]
        print(json.dumps({"wrong": wrong}) if asked.json else "\n".join(told))  # noqa: T201
        return 1 if wrong else 0 if CAN_SIGN else 3
    if asked.folder is None or not (asked.folder / CHAIN).is_file():
        parser.error(f"{asked.folder or 'FOLDER'} has no {CHAIN}: name an exported folder")
    store = Folder(asked.folder)
    signers = [path.read_bytes() for path in asked.ssh_key] or [*(keys or public_keys(store)).values()]
    anchors = [
        git_anchor(name.removeprefix("git:"), signers) if name.startswith("git:") else copies(Path(name))
        for name in asked.anchor
    ]
    result = verify(
        store,
        anchors=anchors,
        keys=keys,
        tsa=asked.tsa_cert.read_bytes() if asked.tsa_cert else None,
        days=_days(asked.folder, asked.day),
    )
    if (asked.folder / MANIFEST).is_file():
        count = verify_manifest(asked.folder, store, result, keys)
        result.notes.append(f"{count} files of the package compared with its manifest")
    if not anchors:
        result.notes.append("No anchor was compared: whoever holds the key could have written all of this anew.")
    print(json.dumps(result.as_json(), indent=1) if asked.json else result.told())  # noqa: T201
    return result.status


def _days(folder: Path, day: str | None) -> tuple[str | None, str | None]:
    """The days whose objects are in an exported folder, or the one asked for."""
    if day:
        return day, day
    export = folder / "export.json"
    if not export.is_file():
        return None, None
    content = json.loads(export.read_text(encoding="utf-8"))
    return content["from"], content["to"]


if __name__ == "__main__":
    sys.exit(main())
