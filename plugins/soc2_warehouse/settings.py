"""One frozen settings object, read once from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent.parent


@dataclass(frozen=True)
class Settings:
    """Where a run writes and how it judges.

    home: folder that holds everything a run writes (``SOC2_HOME``, default ``./var``).
    landing_url: address of the landing zone: a folder or ``s3://bucket/prefix`` (``SOC2_LANDING``).
    observed_at: time of day, UTC, at which a logical day is judged (``SOC2_OBSERVED_AT``, default 02:00).
        ``as_of`` of day D is D at this time: fixed, so that judging a day again gives the same verdicts.
    signing_keys: private keys that sign each night (``SOC2_SIGNING_KEY_FILE``; several, joined as in PATH, all sign:
        a new key and, for one night, the old one). Default: one made on first use in ``keys/``.
    tsa_url, tsa_certificates: timestamping authority and its certificates in PEM (``SOC2_TSA_URL``,
        ``SOC2_TSA_CERT_FILE``); no timestamps without them.
    anchors: where each seal is written down outside: ``s3://bucket/prefix`` (``SOC2_ANCHOR``, several with blanks
        between) and ``git:/path`` (``SOC2_ANCHOR_GIT``).
    git_key: ssh private key that signs the tags (``SOC2_ANCHOR_GIT_KEY``, default the signing key).
    retention_days: how long a locked bucket keeps a seal (``SOC2_ANCHOR_RETENTION_DAYS``, default 400).
    """

    home: Path
    landing_url: str
    observed_at: time
    signing_keys: tuple[Path, ...] = ()
    tsa_url: str | None = None
    tsa_certificates: Path | None = None
    anchors: tuple[str, ...] = ()
    git_key: Path | None = None
    retention_days: int = 400

    @property
    def ledger(self) -> Path:
        return self.home / "ledger"

    @property
    def samples(self) -> Path:
        """Frozen populations and what was drawn from them; in the hash chain like the ledger's files."""
        return self.home / "samples"

    @property
    def build_file(self) -> Path:
        """The DuckDB file that one writer at a time builds. A cache: may be deleted."""
        return self.home / "build" / "warehouse.duckdb"

    @property
    def published_file(self) -> Path:
        """The DuckDB file that readers open; replaced atomically."""
        return self.home / "published" / "warehouse.duckdb"

    @property
    def keys(self) -> Path:
        """Private keys made here. Nothing of this folder may leave the machine."""
        return self.home / "keys"

    @property
    def dbt_target(self) -> Path:
        return self.home / "dbt"

    @property
    def quality(self) -> Path:
        """Great Expectations' context, results and Data Docs."""
        return self.home / "quality"

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    @property
    def sandbox(self) -> Path:
        return self.home / "sandbox"

    @property
    def dbt_project(self) -> Path:
        return PROJECT / "dbt_project"


def from_environment(environ: dict[str, str] | os._Environ[str] = os.environ) -> Settings:
    """Settings from environment variables.

    Raises ValueError naming the variable when one cannot be read.
    """
    home = Path(environ.get("SOC2_HOME") or PROJECT / "var").absolute()
    observed = environ.get("SOC2_OBSERVED_AT", "02:00")
    try:
        observed_at = time.fromisoformat(observed)
    except ValueError as error:
        raise ValueError(f"SOC2_OBSERVED_AT={observed!r}: write a time of day in UTC such as 02:00") from error
    retention = environ.get("SOC2_ANCHOR_RETENTION_DAYS", "400")
    if not retention.isdecimal():
        raise ValueError(f"SOC2_ANCHOR_RETENTION_DAYS={retention!r}: write a number of days")
    anchors = environ.get("SOC2_ANCHOR", "").split()
    if unknown := [anchor for anchor in anchors if not anchor.startswith("s3://")]:
        raise ValueError(f"SOC2_ANCHOR={' '.join(unknown)!r}: write s3://bucket/prefix")
    if repository := environ.get("SOC2_ANCHOR_GIT"):
        anchors.append(f"git:{Path(repository).absolute()}")
    return Settings(
        home=home,
        landing_url=environ.get("SOC2_LANDING") or str(home / "landing"),
        observed_at=observed_at,
        signing_keys=tuple(Path(part) for part in environ.get("SOC2_SIGNING_KEY_FILE", "").split(os.pathsep) if part),
        tsa_url=environ.get("SOC2_TSA_URL") or None,
        tsa_certificates=_path(environ.get("SOC2_TSA_CERT_FILE")),
        anchors=tuple(anchors),
        git_key=_path(environ.get("SOC2_ANCHOR_GIT_KEY")),
        retention_days=int(retention),
    )


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return from_environment()
