"""The dbt project as it was parsed before, for processes that read the same project: parsing takes a quarter of a
minute of every process that judges, and nothing of it depends on the home or the day.

Files lie in ``dbt_project/target/parsed``, which ``make clean`` removes: <key>.msgpack is dbt's own serialisation,
<key>.json the manifest.json of that parse. The key is a digest of everything that a parse depends on, so that a file is
either right or not looked at.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from soc2_warehouse.settings import Settings

#: Projects kept; a developer's edits make new ones, and the oldest go.
KEPT = 6


def key_of(settings: Settings, variables: Mapping[str, Any], files: Sequence[Path]) -> str:
    """Digest of dbt's versions, the place and the content of the project's files, and the variables."""
    from dbt.adapters.duckdb.__version__ import version as adapter_version
    from dbt.version import __version__ as dbt_version

    digest = hashlib.sha256()
    told = [dbt_version, adapter_version, str(settings.dbt_project), json.dumps(variables, sort_keys=True, default=str)]
    for path in files:
        told.append(path.relative_to(settings.dbt_project).as_posix())
        told.append(hashlib.sha256(path.read_bytes()).hexdigest())
    digest.update("\n".join(told).encode())
    return digest.hexdigest()


def read(settings: Settings, key: str) -> Any:
    """dbt's manifest of this key, its manifest.json put where dbt would have written it; None when it is not kept."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    folder = _folder(settings)
    try:
        manifest = Manifest.from_msgpack((folder / f"{key}.msgpack").read_bytes(), decoder=extended_mashumuro_decoder)
        settings.dbt_target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / f"{key}.json", settings.dbt_target / "manifest.json")
    except OSError:
        return None
    except Exception:
        # Half a file, or one that another hand wrote: what can be made again is no reason to stop a night.
        _forget(folder, key)
        return None
    # What macros read as `graph`: dbt builds it after parsing and does not keep it.
    manifest.build_flat_graph()
    with contextlib.suppress(OSError):
        os.utime(folder / f"{key}.msgpack")
    return manifest


def write(settings: Settings, key: str, manifest: Any) -> None:
    """Keep what dbt has just parsed. A project folder that cannot be written to keeps nothing."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    folder = _folder(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The .msgpack last: where it is, the other one is too.
        _put(folder / f"{key}.json", (settings.dbt_target / "manifest.json").read_bytes())
        _put(folder / f"{key}.msgpack", manifest.to_msgpack(extended_mashumaro_encoder))
        newest_first = sorted(folder.glob("*.msgpack"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in newest_first[KEPT:]:
            _forget(folder, path.stem)
    except OSError:
        return


def _folder(settings: Settings) -> Path:
    return settings.dbt_project / "target" / "parsed"


def _put(path: Path, content: bytes) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def _forget(folder: Path, key: str) -> None:
    for kind in ("msgpack", "json"):
        (folder / f"{key}.{kind}").unlink(missing_ok=True)
