"""The file that page_speed.py measures on is one that the pages can read, with the columns of the real one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from soc2_warehouse.settings import PROJECT, Settings

sys.path.insert(0, str(PROJECT / "benchmarks"))
import published_file

pytestmark = pytest.mark.slow(minutes=0.5)


def test_the_large_file_is_one_that_the_pages_read(
    played: Settings,
    pages_home: Path,
    tmp_path: Path,
    republished: Callable[..., None],
    client: Callable[..., Any],
) -> None:
    large = tmp_path / "large.duckdb"
    published_file.make(played.published_file, large, controls=140, days=20, exceptions=1000)
    with duckdb.connect(str(large), read_only=True) as connection:
        counts = {
            table: (connection.execute(f"select count(*) from {table}").fetchone() or (0,))[0]
            for table in ("dim_control", "fct_exception", "fct_control_run")
        }
    assert counts["dim_control"] == 140 and counts["fct_exception"] == 1000
    assert 140 * 20 * 0.9 < counts["fct_control_run"] < 140 * 20
    republished()
    shutil.copyfile(large, pages_home / "published" / "draft.duckdb")
    (pages_home / "published" / "draft.duckdb").replace(pages_home / "published" / "warehouse.duckdb")
    for page in ("/", "/window", "/controls/AC-01", "/controls/ZZ-139", "/exceptions"):
        assert client("dan").get(f"/soc2{page}").status_code == 200, page
