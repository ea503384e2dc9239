"""Great Expectations' Data Docs as they lie in the home: which page is whose, and which file an address means."""

from __future__ import annotations

from pathlib import Path

from soc2_warehouse.settings import settings


def folder() -> Path:
    """Where the last judgement left them. May not be there."""
    return settings().quality / "docs"


def pages_of(control_id: str) -> dict[str, str]:
    """``expectations`` and ``validation``: paths within the folder, empty for what is not there."""
    root = folder()
    suite = root / "expectations" / f"{control_id}.html"
    validations = sorted((root / "validations" / control_id).rglob("*.html"))
    return {
        "expectations": suite.relative_to(root).as_posix() if suite.is_file() else "",
        "validation": validations[-1].relative_to(root).as_posix() if validations else "",
    }


def file_of(path: str) -> Path | None:
    """The file that an address means; None for one that is not there or not within the folder."""
    root = folder().resolve()
    try:
        file = (root / path).resolve()
        file = file / "index.html" if file.is_dir() else file
        return file if file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError):
        return None
