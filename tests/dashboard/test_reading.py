"""The published file as requests see it: the newest one, also while somebody still reads the one before."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pytest

from soc2_warehouse.dashboard.reading import Files, NotPublished


def write(file: Path, night: int) -> None:
    draft = file.with_suffix(".draft")
    with duckdb.connect(str(draft)) as connection:
        connection.execute(f"create table fct_control_run as select {night} as night")
    draft.replace(file)


def night(cursor: duckdb.DuckDBPyConnection) -> int:
    row = cursor.execute("select night from fct_control_run").fetchone()
    assert row
    return int(row[0])


def test_who_asks_after_a_publish_gets_the_new_file(tmp_path: Path) -> None:
    file, files = tmp_path / "warehouse.duckdb", Files()
    with pytest.raises(NotPublished, match="nothing was published"):
        files.cursor(file)
    write(file, 1)
    early = files.cursor(file)
    write(file, 2)
    late = files.cursor(file)
    assert (night(early), night(late)) == (1, 2)


def test_requests_at_the_same_time_do_not_meet(tmp_path: Path) -> None:
    file, files = tmp_path / "warehouse.duckdb", Files()
    write(file, 1)
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(night(files.cursor(file)))) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 40


@pytest.mark.parametrize(
    "statement",
    [
        "create table t as select 1",
        "delete from fct_control_run",
        "select * from read_csv('/etc/passwd')",
        "copy fct_control_run to '/tmp/fct_control_run.csv'",
        "attach '/tmp/other.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_a_reader_reads_and_that_is_all(tmp_path: Path, statement: str) -> None:
    file = tmp_path / "warehouse.duckdb"
    write(file, 1)
    cursor = Files().cursor(file)
    with pytest.raises(duckdb.Error):
        cursor.execute(statement)
