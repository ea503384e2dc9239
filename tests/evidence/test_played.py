"""Real nights of the sandbox company are signed, verify, and are found to be altered when they are."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from soc2_warehouse import ledger
from soc2_warehouse.evidence import export, seals, verify_evidence
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.settings import Settings

pytestmark = pytest.mark.slow(minutes=3)


@pytest.fixture
def copy(played: Settings, tmp_path: Path) -> Settings:
    for name in ("landing", "ledger", "keys"):
        shutil.copytree(played.home / name, tmp_path / name)
    return replace(played, home=tmp_path, landing_url=str(tmp_path / "landing"))


def test_each_played_night_has_its_seal(played: Settings) -> None:
    found = verify_evidence.verify(Home(played))
    assert found.problems == [] and found.status == 0
    days = [run.day.isoformat() for run in ledger.runs(played.ledger)]
    assert [seal.day for seal in found.seals.values()] == days
    assert found.objects == len(found.links) > 500
    assert max(seal.last_seq for seal in found.seals.values()) == len(found.links)
    for run in ledger.runs(played.ledger):
        lines = (run.folder / ledger.RUNS).read_text().splitlines()
        (verdict,) = (line for line in map(json.loads, lines) if line["control_id"] == "EV-03")
        assert (verdict["status"], verdict["population_count"] > 0) == ("pass", True)


def test_a_byte_of_a_played_night_is_found_here_and_by_the_verifier(copy: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "package"
    assert export.export_chain(copy, folder).result.status == 0
    uri = next(iter(sorted(path for path in copy.home.glob("landing/github/*/day=*/run=*/records.parquet"))))
    name = uri.relative_to(copy.home).as_posix()
    for root in (copy.home, folder):
        content = bytearray((root / name).read_bytes())
        content[len(content) // 2] ^= 1
        (root / name).write_bytes(content)
    here = verify_evidence.verify(Home(copy)).first
    assert here and (here.file, here.code) == (name, "HASH_MISMATCH")
    told = subprocess.run(
        [sys.executable, str(folder / "verify_evidence.py"), str(folder), "--json"], capture_output=True, text=True
    )
    assert told.returncode == 1
    assert json.loads(told.stdout)["first"] == json.loads(json.dumps(vars(here)))


def test_one_played_control_run_is_proved_alone(played: Settings) -> None:
    (run, *_) = ledger.runs(played.ledger)
    uri = f"ledger/{run.folder.relative_to(played.ledger).as_posix()}/{ledger.RUNS}"
    proof = seals.prove(played, uri, "EV-03")
    assert verify_evidence.check_proof(proof, None) == []
    assert len(proof["path"]) < 12
