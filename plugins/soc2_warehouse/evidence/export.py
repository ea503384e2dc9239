"""The chain as a folder that anybody can verify: evidence, seals, public keys, copies of anchors, and the verifier."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from soc2_warehouse.evidence import anchors
from soc2_warehouse.evidence import verify_evidence as form
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.settings import Settings

VERIFIER = Path(form.__file__)


@dataclass(frozen=True)
class Export:
    """What was written. problem: the first thing that does not verify in it; size: bytes."""

    folder: Path
    files: int
    size: int
    result: form.Result


def export_chain(settings: Settings, folder: Path, first: date | None = None, last: date | None = None) -> Export:
    """Write the chain to a new ``folder`` and verify it there.

    first, last: with the objects of these logical days only (the chain, seals and anchors are always whole).
    Raises FileExistsError when the folder is there and not empty. A broken chain is exported as it is: the result
    says so, and whoever packs it for an auditor refuses.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is there already: export into a new folder")
    home = Home(settings)
    days = (first.isoformat() if first else None, last.isoformat() if last else None)
    count = size = 0
    for uri in _wanted(home, days):
        content = home.read(uri)
        if content is None:
            continue  # the verification of the folder names it
        target = folder / uri
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        count, size = count + 1, size + len(content)
    found = [_copy(settings, target, folder / "anchors" / str(n)) for n, target in enumerate(settings.anchors, 1)]
    (folder / "export.json").write_text(json.dumps({"from": days[0], "to": days[1]}) + "\n", encoding="utf-8")
    shutil.copyfile(VERIFIER, folder / VERIFIER.name)
    return Export(folder, count, size, form.verify(form.Folder(folder), anchors=found, days=days))


def _wanted(home: Home, days: tuple[str | None, str | None]) -> list[str]:
    """Every object of the chain, and what the ledger keeps about the chain itself. Wall-clock timings stay."""
    lines = form.chain_lines(home.read(form.CHAIN))
    chained = [entry.object_uri for line in lines if (entry := form.parse_entry(line))]
    places = (form.KEYS, form.TSA, form.SEALS)
    about = [uri for uri in home.names() if uri.startswith(tuple(f"{place}/" for place in places))]
    return [
        form.CHAIN,
        form.ANCHORS,
        *(uri for uri in chained if form.is_asked(uri, days)),
        *(uri for uri in sorted(about) if "/." not in uri),
    ]


def _copy(settings: Settings, target: str, folder: Path) -> form.Anchor:
    """Copies of what an anchor holds, so that they can be compared with what somebody else reads there."""
    anchor = anchors.read(settings, target)
    if anchor.error is None:
        folder.mkdir(parents=True)
        (folder / "where.txt").write_text(f"{target}\n", encoding="utf-8")
        for name, content in anchors.held(settings, target):
            (folder / f"{name}.json").write_bytes(content)
    return anchor
