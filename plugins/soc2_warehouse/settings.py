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
    """

    home: Path
    landing_url: str
    observed_at: time

    @property
    def ledger(self) -> Path:
        return self.home / "ledger"

    @property
    def build_file(self) -> Path:
        """The DuckDB file that one writer at a time builds. A cache: may be deleted."""
        return self.home / "build" / "warehouse.duckdb"

    @property
    def published_file(self) -> Path:
        """The DuckDB file that readers open; replaced atomically."""
        return self.home / "published" / "warehouse.duckdb"

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
    return Settings(
        home=home,
        landing_url=environ.get("SOC2_LANDING") or str(home / "landing"),
        observed_at=observed_at,
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return from_environment()
