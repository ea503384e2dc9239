"""The history of the register repository: a merge is one commit with all it brought; a cut history is incomplete."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from soc2_warehouse.sources import Read, register_history
from soc2_warehouse.sources.registers import Checkout

DAY = date(2026, 7, 1)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@acme.example", "-c", "commit.gpgsign=false")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(("git", *identity, *arguments), cwd=folder, env=environment, check=True, capture_output=True)


def commit(folder: Path, name: str, text: str, subject: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", f"--message={subject}")


def read(folder: Path) -> tuple[list[dict[str, Any]], Read]:
    now = datetime(2026, 7, 1, 2, tzinfo=UTC)
    reading = Read(day=DAY, since=now, until=now)
    return [row.record for row in register_history.commits(Checkout(folder, "registers"), reading)], reading


def test_a_merge_is_one_commit_with_all_it_brought(tmp_path):
    repository = tmp_path / "compliance"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main")
    commit(repository, "registers/roles.yml", "- role: a\n", "start")
    git(repository, "checkout", "--quiet", "-b", "change")
    commit(repository, "registers/roles.yml", "- role: b\n", "first")
    commit(repository, "registers/wörter, und.csv", "a\n", "second")
    git(repository, "checkout", "--quiet", "main")
    git(repository, "merge", "--quiet", "--no-ff", "--message=merged", "change")
    commit(repository, "notes.txt", "no register", "elsewhere")

    commits, reading = read(repository)

    assert [(c["subject"], c["files"]) for c in commits] == [
        ("merged", ["registers/roles.yml", "registers/wörter, und.csv"]),
        ("start", ["registers/roles.yml"]),
    ]
    assert len(commits[0]["parents"]) == 2
    assert (reading.api_total, reading.problems) == (2, [])


def test_a_shallow_clone_is_incomplete(tmp_path):
    repository = tmp_path / "compliance"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main")
    commit(repository, "registers/roles.yml", "- role: a\n", "one")
    commit(repository, "registers/roles.yml", "- role: b\n", "two")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", "shallow")

    _, reading = read(tmp_path / "shallow")

    assert "shallow" in reading.problems[0]
