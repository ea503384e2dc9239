"""An auditor's sample: the same seed draws the same rows for anybody, and nobody can shape the population to a seed."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from soc2_warehouse import ledger
from soc2_warehouse.cli import app
from soc2_warehouse.evidence import sampling
from soc2_warehouse.evidence.sampling import SamplingError, allocate, read_sizes, size_statistical, upper_limit
from soc2_warehouse.settings import Settings

FROM, TO = "2026-01-01", "2026-06-30"
KEYS = [f"ledger-api#{number}" for number in range(101, 116) if number != 114]
HASH = "dd6a25c31dbfdcb1df33bff6d5b4b8702a010ff3bcc732348d4fab8983bec703"


def night(
    home: Settings,
    day: date,
    keys: Iterable[str] = (),
    control_id: str = "CM-03",
    mode: str = "event",
    severity: str = "high",
    evaluated: bool = True,
    codes: Iterable[str] = (),
    number: int = 1,
) -> None:
    """A judgement of one control in the ledger. codes: of keys that end in ``!``."""
    run_id = f"judge-{day}-{number}"
    run = {
        "control_id": control_id,
        "run_id": run_id,
        "logical_date": day,
        "started_at": datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=2, minutes=number),
        "mode": mode,
        "severity": severity,
        "status": "pass" if evaluated else "not_tested",
        "reason": None if evaluated else "NO_DATA",
        "detail": "" if evaluated else "github.pull_requests has no usable extract",
        "evaluated_ok": evaluated,
        "deviation_severities": {"NO_APPROVAL": "critical"},
        "population_count": 1,
        "population_hash": "",
        "code_sha": "c",
        "params_sha": "p",
        "input_run_ids": [],
    }
    rows = [
        {
            "control_id": control_id,
            "entity_key": key,
            "entity_name": key,
            "result": "exception" if key.endswith("!") else "excluded" if key.endswith("~") else "pass",
            "codes": list(codes) if key.endswith("!") else [],
            "reason": f"judged on {day}",
            "owner_key": None,
            "evidence": {"repo": "acme/" + key.split("#")[0]},
        }
        for key in keys
    ]
    with ledger.entry(home.ledger, day, run_id) as folder:
        ledger.write_lines(folder / ledger.RUNS, [run])
        ledger.write_lines(folder / ledger.ROWS, rows)


def soc2(control: str, *options: str, window: tuple[str, str] = (FROM, TO)) -> Result:
    return CliRunner().invoke(app, ["sample", control, "--from", window[0], "--to", window[1], *options])


def files(home: Settings, pattern: str) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted((home.home / "samples").rglob(pattern))]


@pytest.fixture
def halves(home: Settings) -> Settings:
    """The fourteen merges of the first half of 2026, in two judgements that each show a part of them."""
    night(home, date(2026, 1, 1), KEYS[:8])
    night(home, date(2026, 6, 30), [*KEYS[5:], "ledger-api#999~"])
    night(home, date(2026, 7, 1), ["ledger-api#500"])
    return home


def test_the_published_vector_is_drawn(halves: Settings) -> None:
    frozen = soc2("CM-03", "--freeze")
    assert frozen.exit_code == 0 and HASH in frozen.output
    assert soc2("CM-03", "--seed", "AUDITOR-SEED-7").exit_code == 0
    (drawn,) = files(halves, "draw-v1-01.json")
    assert [item["key"] for item in drawn["sample"]] == [f"ledger-api#{n}" for n in (110, 107, 103, 112, 104)]
    assert drawn["sample"][0]["rank"] == "1a53c18074190dc3158b7f9a3e701e06781053167186c207d56531d46fd64307"
    assert drawn["population"]["population_hash"] == HASH and drawn["size"]["n"] == 5


def test_a_sampled_item_carries_its_newest_row_and_that_run(halves: Settings) -> None:
    soc2("CM-03", "--freeze")
    soc2("CM-03", "--seed", "AUDITOR-SEED-7", "--size", "14")
    items = {item["key"]: item for item in files(halves, "draw-*.json")[0]["sample"]}
    assert items.keys() == set(KEYS)
    both = items[KEYS[6]]
    assert (both["run_id"], both["row"]["reason"]) == ("judge-2026-06-30-1", "judged on 2026-06-30")
    assert items[KEYS[0]]["run_id"] == "judge-2026-01-01-1"


def test_no_seed_before_the_freeze(halves: Settings, tmp_path: Path) -> None:
    refused = soc2("CM-03", "--seed", "S")
    assert refused.exit_code == 1 and "not frozen" in refused.output
    early = tmp_path / "seed.txt"
    early.write_text("S\n")
    os.utime(early, (1_700_000_000, 1_700_000_000))
    both = soc2("CM-03", "--freeze", "--seed", "S")
    assert both.exit_code == 1 and not files(halves, "*.json")
    soc2("CM-03", "--freeze")
    for options in (("--seed-file", str(early)), ("--seed", "S", "--seed-at", "2026-01-01T00:00:00Z")):
        refused = soc2("CM-03", *options)
        assert refused.exit_code == 1 and "could have shaped the population" in refused.output
    assert "future" in soc2("CM-03", "--seed", "S", "--seed-at", "2999-01-01").output
    assert "empty" in soc2("CM-03", "--seed", " ").output
    assert not files(halves, "draw-*.json")
    os.utime(early)
    assert soc2("CM-03", "--seed-file", str(early)).exit_code == 0
    assert files(halves, "draw-*.json")[0]["seed"] == "S"


def test_nothing_that_was_written_changes(halves: Settings) -> None:
    soc2("CM-03", "--freeze")
    soc2("CM-03", "--seed", "one")
    before = {path: path.read_bytes() for path in (halves.home / "samples").rglob("*.json")}
    night(halves, date(2026, 6, 29), ["ledger-api#777"])
    assert "another population by now, of 15" in soc2("CM-03", "--seed", "two").output.replace("\n", " ")
    assert soc2("CM-03", "--freeze").exit_code == 0
    soc2("CM-03", "--seed", "two")
    assert all(path.read_bytes() == content and path.stat().st_mode & 0o222 == 0 for path, content in before.items())
    first, second = files(halves, "population-v*.json")
    assert (first["population_count"], second["population_count"]) == (14, 15)
    assert second["frozen_before"]["sha256"] == hashlib.sha256(before[sorted(before)[-1]]).hexdigest()
    assert files(halves, "draw-v1-02.json")[0]["draws_before"] == [{"file": "draw-v1-01.json", "seed": "one"}]
    assert files(halves, "draw-v2-01.json")[0]["draws_before"] == []


def test_an_altered_population_and_altered_rows_are_refused(halves: Settings) -> None:
    soc2("CM-03", "--freeze")
    (file,) = (halves.home / "samples").rglob("population-v1.json")
    kept = file.read_text()
    file.chmod(0o644)
    file.write_text(kept.replace('  "ledger-api#104",\n', ""))
    refused = soc2("CM-03", "--seed", "S")
    assert refused.exit_code == 1 and "was altered" in refused.output
    file.write_text(kept)
    (rows,) = halves.ledger.glob("day=2026-01-01/*/control_rows.jsonl")
    rows.write_text(rows.read_text().replace('"pass"', '"excluded"'))
    refused = soc2("CM-03", "--seed", "S")
    assert refused.exit_code == 1 and "judge-2026-01-01-1 (2026-01-01) are not those that were frozen" in refused.output


def test_a_replacement_is_the_next_in_rank_and_needs_a_reason(halves: Settings) -> None:
    soc2("CM-03", "--freeze")
    soc2("CM-03", "--seed", "AUDITOR-SEED-7")
    (drawn,) = files(halves, "draw-v1-01.json")
    assert "reason" in soc2("CM-03", "--replace", "ledger-api#110").output
    assert "not in the sample" in soc2("CM-03", "--replace", "ledger-api#101", "--reason", "r").output
    assert soc2("CM-03", "--replace", "ledger-api#110", "--reason", "no access to the repository").exit_code == 0
    again = soc2("CM-03", "--replace", "ledger-api#110", "--reason", "again")
    assert again.exit_code == 1 and "replaced already" in again.output
    assert soc2("CM-03", "--replace", "ledger-api#107", "--reason", "other").exit_code == 0
    first, second = files(halves, "*-replaced-*.json")
    assert [first["replaced_by"]["key"], second["replaced_by"]["key"]] == drawn["reserve"]["all"][:2]
    assert first["reason"] == "no access to the repository" and first["replaced_by"]["row"]["result"] == "pass"
    whole = soc2("CM-03", "--seed", "B", "--size", "14")
    assert whole.exit_code == 0
    nothing = soc2("CM-03", "--seed", "B", "--replace", "ledger-api#101", "--reason", "r")
    assert nothing.exit_code == 1 and "nothing is left" in nothing.output


def test_days_are_the_units_of_a_control_of_states(home: Settings) -> None:
    for number in range(40):
        night(home, date(2026, 1, 1) + timedelta(days=number), ["a!", "b"], "AC-01", "snapshot", codes=["NO_APPROVAL"])
    night(home, date(2026, 2, 10), [], "AC-01", "snapshot", evaluated=False)
    window = ("2026-01-01", "2026-02-11")
    assert soc2("AC-01", "--freeze", window=window).exit_code == 0
    (frozen,) = files(home, "population-v1.json")
    assert (frozen["unit"], frozen["population_count"]) == ("day", 40)
    gaps = frozen["days_without_a_result"]
    assert gaps.keys() == {"2026-02-10", "2026-02-11"} and "NO_DATA" in gaps["2026-02-10"]
    soc2("AC-01", "--seed", "S", "--by", "month", window=window)
    (drawn,) = files(home, "draw-v1-01.json")
    # 42 days of the 250 that the table's 25 are meant for; but not less than for a weekly control.
    assert drawn["size"]["n"] == 10
    assert drawn["strata"] == [
        {"name": "2026-01", "population": 31, "sample": 8},
        {"name": "2026-02", "population": 9, "sample": 2},
    ]
    item = drawn["sample"][0]
    assert item["run"]["run_id"] == item["run_id"] and [row["entity_key"] for row in item["rows"]] == ["a!"]
    assert "entity-day" in soc2("AC-01", "--seed", "S", "--by", "severity", window=window).output
    soc2("AC-01", "--freeze", "--unit", "entity-day", window=window)
    soc2("AC-01", "--seed", "S", "--by", "severity", window=window)
    (rows,) = files(home, "draw-v2-01.json")
    assert [line["name"] for line in rows["strata"]] == ["critical", "no deviation"]
    assert (rows["size"]["n"], rows["population"]["population_count"]) == (20, 80)
    assert rows["sample"][0]["row"]["reason"] == f"judged on {rows['sample'][0]['day']}"


def test_no_population_no_sample(home: Settings) -> None:
    night(home, date(2026, 1, 1), [], evaluated=False)
    night(home, date(2026, 1, 2), [])
    assert "evaluated on no day" in soc2("CM-03", "--freeze", window=("2026-01-01", "2026-01-01")).output
    assert "empty population" in soc2("CM-03", "--freeze", window=("2026-01-01", "2026-01-02")).output
    assert "has no unit 'day'" in soc2("CM-03", "--freeze", "--unit", "day", window=("2026-01-02", "2026-01-02")).output
    assert "is no control" in soc2("../x", "--seed", "s").output
    assert not files(home, "*.json")


def test_only_the_newest_judgement_of_a_day_counts(home: Settings) -> None:
    night(home, date(2026, 1, 1), ["old"])
    night(home, date(2026, 1, 1), ["new"], number=2)
    soc2("CM-03", "--freeze")
    assert files(home, "population-v1.json")[0]["keys"] == ["new"]


@pytest.mark.parametrize(
    ("population", "default", "high"),
    [
        (3, 3, 3),
        (5, 5, 5),
        (6, 5, 5),
        (15, 5, 5),
        (16, 10, 10),
        (51, 20, 20),
        (101, 25, 25),
        (250, 25, 25),
        (251, 40, 60),
    ],
)
def test_sizes_per_occurrence(population: int, default: int, high: int) -> None:
    sizes = read_sizes()
    assert sampling.size_by_population(sizes, "default", population).n == default
    assert sampling.size_by_population(sizes, "high", population).n == high


@pytest.mark.parametrize(
    ("frequency", "risk", "population", "days", "n"),
    [
        ("daily", "default", 366, 366, 25),
        ("daily", "default", 250, 250, 25),
        ("daily", "default", 181, 181, 19),
        ("daily", "high", 90, 90, 15),
        ("daily", "default", 7, 7, 7),
        ("weekly", "default", 26, 182, 5),
        ("weekly", "low", 52, 365, 5),
        ("quarterly", "default", 2, 181, 2),
        ("annual", "high", 1, 365, 1),
    ],
)
def test_sizes_of_the_calendar(frequency: str, risk: str, population: int, days: int, n: int) -> None:
    assert sampling.size_by_frequency(read_sizes(), frequency, risk, population, days).n == n


def test_the_auditors_sizes_replace_ours(halves: Settings, tmp_path: Path) -> None:
    own = tmp_path / "own.yml"
    own.write_text("by_population: [{up_to: null, low: 1, default: 7, high: 9}]\n")
    soc2("CM-03", "--freeze")
    refused = soc2("CM-03", "--seed", "S", "--sizes", str(own))
    assert refused.exit_code == 1 and "no origin" in refused.output
    own.write_text(own.read_text() + "origin: the firm's manual\n")
    soc2("CM-03", "--seed", "S", "--sizes", str(own))
    soc2("CM-03", "--seed", "S", "--sizes", str(own), "--risk", "high")
    assert [drawn["size"]["n"] for drawn in files(halves, "draw-*.json")] == [7, 9]
    assert "cannot be drawn" in soc2("CM-03", "--seed", "S", "--size", "15").output


@pytest.mark.parametrize(
    ("confidence", "tolerable", "n"),
    [("0.90", "0.10", 22), ("0.95", "0.10", 29), ("0.90", "0.05", 45), ("0.95", "0.05", 59)],
)
def test_statistical_sizes(confidence: str, tolerable: str, n: int) -> None:
    assert size_statistical(100_000, confidence, tolerable).n == n
    # Smallest: one less does not do.
    for population in (10, 37, 300):
        found = size_statistical(population, confidence, tolerable).n
        deviating = math.ceil(round(float(tolerable) * population, 9))
        chances = [math.comb(population - deviating, k) / math.comb(population, k) for k in (found - 1, found)]
        assert chances[0] > 1 - float(confidence) + 1e-12 >= chances[1] - 1e-12


def test_statistical_edges(halves: Settings) -> None:
    # Of 20 one may deviate: (20 - n)/20 <= 1/20 holds with 19 exactly.
    assert size_statistical(20, "0.95", "0.05").n == 19
    assert size_statistical(1, "0.95", "0.05").n == 1
    with pytest.raises(SamplingError, match="between 0 and 1"):
        size_statistical(10, "95", "0.05")
    soc2("CM-03", "--freeze")
    assert soc2("CM-03", "--seed", "S", "--statistical", "--confidence", "0.95").exit_code == 0
    assert "statistical: confidence 0.95, tolerable 0.1" in files(halves, "draw-*.json")[0]["size"]["rule"]


@pytest.mark.parametrize(
    ("n", "deviations", "percent"),
    [(25, 0, 8.8), (25, 1, 14.7), (40, 0, 5.6), (40, 1, 9.4), (60, 0, 3.8), (60, 1, 6.3)],
)
def test_upper_limits(n: int, deviations: int, percent: float) -> None:
    assert round(100 * upper_limit(n, deviations), 1) == percent


def test_largest_remainders() -> None:
    assert allocate({"a": 50, "b": 30, "c": 20}, 7) == {"a": 4, "b": 2, "c": 1}
    assert allocate({"b": 1, "a": 1, "c": 1}, 2) == {"a": 1, "b": 1, "c": 0}
    assert allocate({"a": 3, "b": 4}, 7) == {"a": 3, "b": 4}
