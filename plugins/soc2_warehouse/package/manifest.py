"""The manifest of a package, its signature, and the zip: the same bytes whenever they are made of the same files."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from securesystemslib.dsse import Envelope

from soc2_warehouse.evidence import keys
from soc2_warehouse.evidence import verify_evidence as form
from soc2_warehouse.package import Refused
from soc2_warehouse.package.window import Window
from soc2_warehouse.settings import Settings

#: Compressed already.
STORED = (".parquet", ".xlsx", ".pdf", ".tsr")


def files(folder: Path) -> list[dict[str, Any]]:
    """Every file of the folder: ``path, sha256, size``, sorted."""
    return [line(folder, path) for path in sorted(folder.rglob("*")) if path.is_file()]


def line(folder: Path, path: Path) -> dict[str, Any]:
    """One file of the folder."""
    name, size = path.relative_to(folder).as_posix(), path.stat().st_size
    return {"path": name, "sha256": form.file_sha256(path), "size": size}


def write(window: Window, signers: Iterable[Any], listed: Iterable[dict[str, Any]], folder: Path) -> None:
    """Write manifest.json over ``listed``, all that is in the folder, and its signature."""
    content = {
        "package": window.name,
        "engagement_id": window.engagement["engagement_id"],
        "report_type": window.engagement["report_type"],
        "from": window.first.isoformat(),
        "to": window.last.isoformat(),
        "criteria": list(window.criteria),
        "made_at": window.made_at.isoformat(),
        "files": sorted(listed, key=lambda one: str(one["path"])),
    }
    text = (form.canonical(content) + "\n").encode()
    (folder / form.MANIFEST).write_bytes(text)
    envelope = Envelope(form.manifest_statement(text), form.PAYLOAD_TYPE, {})
    for signer in signers:
        envelope.sign(signer)
    (folder / form.MANIFEST_SIGNATURE).write_bytes((form.canonical(envelope.to_dict()) + "\n").encode())


def signers(settings: Settings, signed_before: tuple[str, ...]) -> list[Any]:
    """Who signs. signed_before: fingerprints that signed the newest seal.

    Raises Refused when none of these keys is here: a key that the chain does not know says nothing.
    """
    if not settings.signing_keys and not (settings.keys / keys.SIGNING).exists():
        raise Refused("the manifest cannot be signed: the key that signs the nights is not on this machine")
    try:
        every = keys.signers(settings, signed_before)
    except keys.KeyProblem as problem:
        raise Refused(f"the manifest cannot be signed: {problem}") from None
    known = [signer for signer in every if signer.public_key.keyid in signed_before]
    if not known:
        raise Refused(
            f"the manifest cannot be signed: none of the keys here signed the newest seal ({', '.join(signed_before)})"
        )
    return known


def pack(window: Window, folder: Path, target: Path) -> None:
    """The folder as a zip; every file has the time of the newest judgement, no owner and the same rights."""
    moment = window.made_at.timetuple()[:6]
    with zipfile.ZipFile(target, "x", allowZip64=True) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", moment)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_STORED if path.suffix in STORED else zipfile.ZIP_DEFLATED
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w") as sink:
                while block := source.read(1 << 20):
                    sink.write(block)
