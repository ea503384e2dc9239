"""Publishing: readers have the old file or the new one, whole, whatever goes wrong in between."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from soc2_warehouse.publish import PublishError, publish, swap
from soc2_warehouse.settings import Settings
from soc2_warehouse.transform import DbtRun, NodeResult


@pytest.fixture
def build(tmp_path: Path) -> Path:
    file = tmp_path / "build.duckdb"
    fill(file, 1)
    return file


def fill(file: Path, night: int, rows: int = 10) -> None:
    with duckdb.connect(str(file)) as connection:
        for schema in ("marts", "intermediate", "staging", "controls"):
            connection.execute(f"create schema if not exists {schema}")
        connection.execute(
            f"create or replace table marts.fct_control_run as select {night} as night, i, md5(i::varchar) as hash "
            f"from range({rows}) as t(i)"
        )
        connection.execute("create or replace table marts.dim_person as select 'mart' as origin")
        connection.execute("create or replace table intermediate.dim_person as select 'intermediate' as origin")
        connection.execute("create or replace table intermediate.bridge_account_person as select 1 as i")
        connection.execute("create or replace table intermediate.int_helper as select 1 as i")
        connection.execute("create or replace table staging.stg_okta__users as select 'secret' as i")
        connection.execute("comment on table marts.fct_control_run is 'Grain: run'")
        connection.execute("comment on column marts.fct_control_run.night is 'It''s the night'")


def night(file: Path) -> int:
    with duckdb.connect(str(file), read_only=True) as connection:
        row = connection.execute("select any_value(night) from fct_control_run").fetchone()
    assert row
    return int(row[0])


def leftovers(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir() if path != target)


def test_readers_see_marts_and_the_entity_model_and_nothing_else(build: Path, tmp_path: Path) -> None:
    target = swap(build, tmp_path / "out" / "warehouse.duckdb", ["fct_control_run", "dim_person"])
    with duckdb.connect(str(target), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables() order by 2").fetchall()
        origin = connection.execute("select origin from dim_person").fetchone()
        comments = connection.execute(
            "select comment from duckdb_tables() where comment is not null union all "
            "select comment from duckdb_columns() where comment is not null"
        ).fetchall()
        version = connection.execute(
            "select tags->>'storage_version' from duckdb_databases() where not internal"
        ).fetchone()
    assert tables == [("main", "bridge_account_person"), ("main", "dim_person"), ("main", "fct_control_run")]
    assert origin == ("mart",)
    assert comments == [("Grain: run",), ("It's the night",)]
    assert version and version[0].startswith("v1.2.0")
    assert leftovers(target) == []


def test_whoever_holds_the_old_file_keeps_reading_it(build: Path, tmp_path: Path) -> None:
    target = swap(build, tmp_path / "out" / "warehouse.duckdb")
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys\n"
            f"c = duckdb.connect({str(target)!r}, read_only=True)\n"
            "print(c.execute('select any_value(night) from fct_control_run').fetchone()[0], flush=True)\n"
            "sys.stdin.readline()\n"
            "print(c.execute('select any_value(night), count(*) from fct_control_run').fetchone(), flush=True)\n",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout and reader.stdout.readline() == "1\n"
    fill(build, 2)
    swap(build, target)
    out, _ = reader.communicate("\n", timeout=60)
    assert out == "(1, 10)\n"
    assert night(target) == 2


@pytest.mark.parametrize("required", [["fct_exception"], ["fct_control_run", "int_helper"]])
def test_a_missing_table_keeps_the_old_file(build: Path, tmp_path: Path, required: list[str]) -> None:
    target = swap(build, tmp_path / "out" / "warehouse.duckdb")
    fill(build, 2)
    with pytest.raises(PublishError, match=f"lacks {required[-1]}"):
        swap(build, target, required)
    assert night(target) == 1 and leftovers(target) == []


def test_an_empty_warehouse_is_not_published(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(PublishError, match="empty"):
        swap(tmp_path / "empty.duckdb", tmp_path / "out" / "warehouse.duckdb")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_at_the_end_keeps_the_old_file(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    target = swap(build, tmp_path / "out" / "warehouse.duckdb")
    fill(build, 2)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(call, full)
        with pytest.raises(OSError, match="No space left"):
            swap(build, target)
    assert night(target) == 1 and leftovers(target) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes, where the tests may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no permission to mount a file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_while_copying_keeps_the_old_file(build: Path, small_disk: Path) -> None:
    target = swap(build, small_disk / "warehouse.duckdb")
    fill(build, 2, rows=200_000)
    with pytest.raises(PublishError, match="cannot be written"):
        swap(build, target)
    assert night(target) == 1 and leftovers(target) == []


def test_a_process_that_may_write_little_keeps_the_old_file(build: Path, tmp_path: Path) -> None:
    """The same without a mount: the file size limit of the process stands in for the disk."""
    target = swap(build, tmp_path / "out" / "warehouse.duckdb")
    fill(build, 2, rows=200_000)
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from soc2_warehouse.publish import PublishError, swap\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))\n"
        "try:\n"
        f"    swap(Path({str(build)!r}), Path({str(target)!r}))\n"
        "except PublishError as error:\n"
        "    print('refused', error)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=120)
    assert done.stdout.startswith("refused"), done.stderr
    assert night(target) == 1 and leftovers(target) == []


def test_marts_that_do_not_build_keep_the_old_file(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    home.build_file.parent.mkdir(parents=True)
    fill(home.build_file, 1)
    good = NodeResult("model.p.fct_control_run", "success", "", 0.1)
    bad = NodeResult("model.p.fct_exception", "error", "no such column", 0.1)
    runs = [DbtRun((good,), True, "", 0.1), DbtRun((good, bad), False, "", 0.1)]
    monkeypatch.setattr("soc2_warehouse.transform.build_marts", lambda _: runs.pop(0))
    assert publish(home) == home.published_file
    fill(home.build_file, 2)
    with pytest.raises(PublishError, match="fct_exception: no such column"):
        publish(home)
    assert night(home.published_file) == 1
