"""Frozen populations and draws are in the hash chain: what is changed, deleted or slipped in shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from soc2_warehouse import chain
from soc2_warehouse.evidence import export, freezing, samples, seals, verify_evidence
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.evidence.verify_evidence import Result
from soc2_warehouse.settings import Settings

from .conftest import FIRST, nights
from .conftest import night as sealed_night
from .test_samples import night as judged_night

WINDOW = date(2026, 1, 1), date(2026, 6, 30)
FROZEN = datetime(2026, 7, 2, 9, 0, tzinfo=UTC)
SAMPLE = "samples/CM-03/2026-01-01_2026-06-30"


def verified(settings: Settings) -> Result:
    return verify_evidence.verify(Home(settings))


def freeze(settings: Settings, at: datetime = FROZEN) -> freezing.Frozen:
    return freezing.freeze(settings, "CM-03", *WINDOW, at)


@pytest.fixture
def sampled(home: Settings) -> Settings:
    """Two sealed nights, then a frozen population and a draw, then the night that seals them."""
    nights(home, 2)
    judged_night(home, date(2026, 6, 30), [f"ledger-api#{number}" for number in range(101, 121)])
    # Its run is of no sealed night of this home: chained here, so that nothing else is found.
    folder = next((home.ledger / "day=2026-06-30").iterdir())
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith("_")]
    chain._append(
        home.ledger,
        [(f"ledger/{path.relative_to(home.ledger)}", chain._sha256(path), chain._text(FROZEN)) for path in files],
    )
    source = freeze(home)
    samples.draw(home, source, samples.Wish("SEED-1", FROZEN + timedelta(hours=1)), FROZEN + timedelta(hours=2))
    assert sealed_night(home, FIRST + timedelta(days=2)) == []
    return home


def test_what_is_frozen_and_drawn_is_chained_at_once_and_sealed_by_the_next_night(sampled: Settings) -> None:
    entries = {entry.object_uri: entry for entry in chain.entries(sampled.ledger)}
    assert {uri for uri in entries if uri.startswith("samples/")} == {
        f"{SAMPLE}/population-v1.json",
        f"{SAMPLE}/draw-v1-01.json",
    }
    assert entries[f"{SAMPLE}/population-v1.json"].created_at == "2026-07-02T09:00:00.000000Z"
    seal = seals.load(sampled.ledger, 3)
    assert all(entry.seq <= seal.last_seq for entry in entries.values())
    found = verified(sampled)
    assert (found.problems, found.notes) == ([], [])


def test_a_sample_that_the_next_night_has_not_sealed_yet_is_told(sampled: Settings) -> None:
    freeze(sampled, FROZEN + timedelta(days=3))
    found = verified(sampled)
    assert found.problems == []
    assert any("1 entries" in note and "not sealed yet" in note for note in found.notes)


@pytest.mark.parametrize("name", ["population-v1.json", "draw-v1-01.json"])
def test_a_changed_or_deleted_sample_is_named(sampled: Settings, name: str) -> None:
    file = sampled.home / SAMPLE / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    [problem] = verified(sampled).problems
    assert (problem.code, problem.file) == ("HASH_MISMATCH", f"{SAMPLE}/{name}")
    file.unlink()
    [problem] = verified(sampled).problems
    assert (problem.code, problem.file) == ("OBJECT_MISSING", f"{SAMPLE}/{name}")


def test_a_population_that_is_dated_back_and_slipped_in_is_named(sampled: Settings) -> None:
    """It claims to be older than the draw that is chained."""
    freezing._create(sampled.home / SAMPLE / "population-v2.json", {"frozen_at": FROZEN, "keys": ["only-good-ones"]})
    [problem] = verified(sampled).problems
    assert (problem.code, problem.file) == ("CHAIN_BROKEN", f"{SAMPLE}/population-v2.json")
    assert chain.append_samples(sampled) == 0


def test_what_a_crash_kept_out_of_the_chain_joins_in_the_next_night(sampled: Settings) -> None:
    late = sampled.home / SAMPLE / "population-v2.json"
    freezing._create(late, {"frozen_at": FROZEN + timedelta(days=2), "keys": ["k"]})
    found = verified(sampled)
    assert found.problems == []
    assert any("1 files of samples" in note for note in found.notes)
    chain.append_samples(sampled)
    assert chain.entries(sampled.ledger)[-1].object_uri == f"{SAMPLE}/population-v2.json"
    assert sealed_night(sampled, FIRST + timedelta(days=3)) == []
    assert verified(sampled).problems == []


def test_an_export_takes_them_along(sampled: Settings, tmp_path: Path) -> None:
    done = export.export_chain(sampled, tmp_path / "export")
    assert done.result.problems == []
    assert (tmp_path / "export" / SAMPLE / "draw-v1-01.json").is_file()


def test_a_rebuild_has_them_where_they_were(sampled: Settings, tmp_path: Path) -> None:
    scratch = replace(sampled, home=tmp_path / "scratch")
    third = f"judge-{FIRST + timedelta(days=2)}"
    chain.lend_samples(sampled, scratch, f"judge-{FIRST}")
    assert chain.entries(scratch.ledger) == []
    chain.lend_samples(sampled, scratch, third)
    chain.lend_samples(sampled, scratch, third)
    lent = [(entry.object_uri, entry.object_sha256) for entry in chain.entries(scratch.ledger)]
    mine = [entry for entry in chain.entries(sampled.ledger) if entry.object_uri.startswith("samples/")]
    assert len(mine) == 2
    assert lent == [(entry.object_uri, entry.object_sha256) for entry in mine]
