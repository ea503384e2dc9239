"""A home as the verification reads it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from soc2_warehouse.evidence import verify_evidence
from soc2_warehouse.landing import Landing
from soc2_warehouse.settings import Settings


class Home:
    """A ``verify_evidence.Store``: ``landing/…`` in the landing zone, ``ledger/…`` and ``samples/…`` in the home."""

    def __init__(self, settings: Settings) -> None:
        self.landing = Landing(settings.landing_url)
        self.ledger = settings.ledger
        is_local = "://" not in settings.landing_url
        self.folders = {"ledger": settings.ledger, "samples": settings.samples}
        self.folders |= {"landing": Path(settings.landing_url)} if is_local else {}

    def path(self, uri: str) -> Path | None:
        """The file of an uri; None when it is not on this machine's disk."""
        place, _, path = uri.partition("/")
        return self.folders[place] / path if place in self.folders else None

    def read(self, uri: str) -> bytes | None:
        if not _is_below(uri):
            return None
        try:
            path = self.path(uri)
            return path.read_bytes() if path else self.landing.read(uri.partition("/")[2])
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def digest(self, uri: str) -> str | None:
        if _is_below(uri) and (path := self.path(uri)):
            try:
                return verify_evidence.file_sha256(path)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None
        content = self.read(uri)
        return None if content is None else hashlib.sha256(content).hexdigest()

    def names(self) -> Iterator[str]:
        for place, root in self.folders.items():
            for folder, _, files in os.walk(root):
                below = os.path.relpath(folder, root).replace(os.sep, "/")
                prefix = f"{place}/" if below == "." else f"{place}/{below}/"
                yield from (prefix + name for name in files)
        if "landing" not in self.folders:
            yield from (f"landing/{uri}" for uri in self.landing.list(""))


def _is_below(uri: str) -> bool:
    """Whether an uri, which anybody may have written into a chain, stays where evidence lies."""
    return uri.partition("/")[0] in verify_evidence.PLACES and ".." not in uri.split("/")
