"""An IPE sheet shows where a list comes from, and names what it cannot show."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from soc2_warehouse import ledger
from soc2_warehouse.cli import app
from soc2_warehouse.extract import land_file
from soc2_warehouse.facts import population_hash
from soc2_warehouse.judgements import Record
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt
from soc2_warehouse.settings import Settings

DAY, BEFORE = date(2026, 7, 2), date(2026, 7, 1)
USERS = [{"id": f"00uacme{n:04}", "profile": {"login": f"p{n}@acme.example"}} for n in range(8)]
MODEL = "ctl_ac_03__accounts_are_used"


def soc2(*options: str) -> Result:
    return CliRunner().invoke(app, ["ipe", "AC-03", *options])


def land(home: Settings, table: str, day: date, records: Iterable[Any], kind: str) -> Receipt:
    lines = enumerate((json.dumps(record) for record in records), 1)
    return land_file(home, "directory", table, day, lines, "file.jsonl", kind)


def manifest(home: Settings) -> None:
    """What dbt writes of a control over one model over two raw tables."""

    def node(name: str, parents: list[str], **more: Any) -> dict[str, Any]:
        return {
            "resource_type": "model",
            "name": name,
            "unique_id": f"model.w.{name}",
            "schema": "controls",
            "description": "Accounts are used. Grain: account.",
            "config": {"meta": {}},
            "original_file_path": f"models/{name}.sql",
            "checksum": {"checksum": f"sha-of-{name}"},
            "compiled_code": "select 1",
            "depends_on": {"nodes": parents},
            "columns": {},
        } | more

    meta = {
        "id": "AC-03",
        "title": "Accounts are used",
        "criteria": ["CC6.2"],
        "category": "Security",
        "owner": "security",
        "severity": "medium",
        "frequency": "daily",
        "mode": "snapshot",
        "sources": {"required": ["directory.users"]},
        "codes": {"STALE": {"effect": "deviation", "when": "idle"}},
        "remediation": "Disable it.",
    }
    nodes = [
        node(MODEL, ["model.w.stg_users", "seed.w.map"], config={"meta": meta}),
        node("stg_users", ["source.w.directory.users"]),
        {"resource_type": "seed", "name": "map", "unique_id": "seed.w.map", "original_file_path": "seeds/map.csv"}
        | {"depends_on": {"macros": []}, "checksum": {"checksum": "sha-of-map"}},
    ]
    tables = {f"source.w.directory.{name}": {"source_name": "directory", "name": name} for name in ("users", "logins")}
    home.dbt_target.mkdir(parents=True)
    content = {"nodes": {item["unique_id"]: item for item in nodes}, "sources": tables}
    (home.dbt_target / "manifest.json").write_text(json.dumps(content))


def judged(home: Settings, receipts: Iterable[Receipt], **changes: Any) -> Path:
    """A judgement of AC-03 over the users, two of them excluded."""
    rows = [
        {
            "control_id": "AC-03",
            "entity_key": f"directory|{user['id']}",
            "entity_name": user["profile"]["login"],
            "result": "excluded" if number < 2 else "pass",
            "codes": [],
            "reason": "fine",
            "owner_key": None,
            "evidence": {"last_seen_at": "2026-06-30T10:00:00.000000Z", "kind": "human"},
        }
        for number, user in enumerate(USERS)
    ]
    run = {
        "control_id": "AC-03",
        "run_id": "judge-2",
        "logical_date": DAY,
        "as_of": datetime(2026, 7, 2, 2, tzinfo=UTC),
        "started_at": datetime(2026, 7, 2, 3, tzinfo=UTC),
        "status": "pass",
        "reason": None,
        "detail": "",
        "evaluated_ok": True,
        "environment": "prod",
        **dict.fromkeys(("evaluated", "passed", "population_count"), 6),
        **dict.fromkeys(("unknown", "pending", "deviation_count"), 0),
        "excluded": 2,
        "excluded_reasons": {"Suspended.": 2},
        "population_hash": population_hash(row["entity_key"] for row in rows if row["result"] != "excluded"),
        "input_run_ids": [receipt.run_id for receipt in receipts],
        "code_sha": "abc",
        "dirty": False,
        "params_sha": "p",
        "sql_sha256": None,
    } | changes
    check = {"control_id": "AC-03", "check_name": "users_listed", "scope": "directory.users", "detail": "listed"}
    with ledger.entry(home.ledger, DAY, "judge-2") as folder:
        ledger.write_lines(folder / ledger.RUNS, [run])
        ledger.write_lines(folder / ledger.ROWS, rows)
        ledger.write_lines(folder / ledger.CHECKS, [check | {"expected": 8, "actual": 8, "passed": True}])
    now = datetime.now(UTC)
    record = Record("judge-2", DAY, now, now, now, "schedule", "prod")
    Landing(home.landing_url).create(record.uri, record.to_json())
    return home.ledger / f"day={DAY}" / "run=judge-2"


@pytest.fixture
def receipts(home: Settings) -> list[Receipt]:
    """A snapshot of users, and logins of two days."""
    manifest(home)
    land(home, "logins", BEFORE, [{"user": USERS[0]["id"]}], "event")
    logins = land(home, "logins", DAY, [{"user": USERS[1]["id"]}], "event")
    users = land(home, "users", DAY, USERS, "snapshot")
    # Of later days, nothing belongs to the population.
    land(home, "logins", date(2026, 7, 3), [{"user": "later"}], "event")
    return [users, logins]


def sheet(home: Settings, *options: str) -> tuple[int, dict[str, Any]]:
    file = home.home / "sheet.json"
    done = soc2("--out", str(file), *options)
    return done.exit_code, json.loads(file.read_text())


def test_a_complete_sheet(home: Settings, receipts: list[Receipt]) -> None:
    judged(home, receipts)
    status, found = sheet(home)
    assert (status, found["complete"], found["problems"]) == (0, True, [])
    content = found["sheet"]
    users = content["Sources"][0]
    assert (users["rows"], users["raw file sha256"], users["extract"]) == (8, receipts[0].sha256, receipts[0].run_id)
    assert users["query"] == receipts[0].query and users["denied"] == 0
    assert [line["logical date"] for line in content["Earlier extracts the population rests on"]] == ["2026-07-01"]
    assert [line["model"] for line in content["Transformations"]] == ["stg_users", "map", MODEL]
    assert content["Transformations"][0]["sha256 of its SQL"] == "sha-of-stg_users"
    assert content["Exclusions"] == [{"reason": "Suspended.", "rows": 2}]
    assert content["Reference counts"][0]["difference"] == 0
    assert content["Review"] == {"reviewer": "", "date": "", "signature": ""}
    assert content["Population"]["population hash"] and content["Purpose"]["statement"].startswith("Accounts are used")


def test_rows_are_traced_both_ways(home: Settings, receipts: list[Receipt]) -> None:
    judged(home, receipts)
    content = sheet(home)[1]["sheet"]
    down, up = content["Five rows traced to the source"], content["Five records of the source traced to the list"]
    assert len(down) == len(up) == 5
    landed = {f"{receipts[0].run_id} row {number}": user["id"] for number, user in enumerate(USERS)}
    for line in down:
        assert line["entity_key"] == f"directory|{landed[line['record']]}" and line["by"] in line["entity_key"]
    assert [line["entity_key"] for line in up] == [f"directory|{landed[line['record']]}" for line in up]
    assert all(line["source_id"] == "directory.users" for line in down + up)


def test_a_record_without_a_row_is_shown_as_that(home: Settings, receipts: list[Receipt]) -> None:
    folder = judged(home, receipts)
    rows = folder / ledger.ROWS
    rows.write_text("".join(line for line in rows.read_text().splitlines(True) if '"excluded"' not in line))
    up = sheet(home)[1]["sheet"]["Five records of the source traced to the list"]
    lost = {f"{receipts[0].run_id} row {number}" for number in (0, 1)}
    assert {line["record"] for line in up if line["entity_key"] is None} == lost & {line["record"] for line in up}


def test_what_is_missing_is_named(home: Settings, receipts: list[Receipt]) -> None:
    judged(home, [*receipts, Receipt.from_json(receipts[0].to_json().replace(b"directory.users-", b"gone-"))])
    status, found = sheet(home)
    assert status == 1 and not found["complete"]
    (problem,) = found["problems"]
    assert problem.startswith("the receipt of the extract gone-") and problem.endswith("is missing")


def test_an_altered_and_a_missing_raw_file_are_named(home: Settings, receipts: list[Receipt]) -> None:
    judged(home, receipts)
    place = Path(home.landing_url)
    file = place / str(receipts[0].object_uri)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    (place / str(receipts[1].object_uri)).unlink()
    problems = sheet(home)[1]["problems"]
    assert problems == [
        f"the raw file of the extract {receipts[0].run_id} is not the one that was landed",
        f"the raw file of the extract {receipts[1].run_id} is missing",
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"population_hash": "other"}, "do not give the population_hash"),
        ({"sql_sha256": "other"}, "the control's SQL is another by now"),
        ({"input_run_ids": []}, "names no extract"),
        ({"evaluated_ok": False, "reason": "NO_DATA", "detail": "x"}, "not evaluated (NO_DATA)"),
    ],
)
def test_other_problems(home: Settings, receipts: list[Receipt], changes: dict[str, Any], told: str) -> None:
    judged(home, receipts, **changes)
    status, found = sheet(home)
    assert status == 1 and any(told in problem for problem in found["problems"])


def test_counts_that_differ_or_were_not_kept(home: Settings, receipts: list[Receipt]) -> None:
    checks = judged(home, receipts) / ledger.CHECKS
    checks.write_text(checks.read_text().replace('"expected":8', '"expected":9').replace("true", "false"))
    status, found = sheet(home)
    assert status == 1 and found["sheet"]["Reference counts"][0]["difference"] == -1
    assert found["problems"] == ["the check users_listed of directory.users does not agree: 8 of 9"]
    checks.unlink()
    assert sheet(home)[1]["problems"] == ["the judgement recorded no reference counts"]


def test_pages_for_people(home: Settings, receipts: list[Receipt]) -> None:
    judged(home, receipts)
    told = soc2("--day", str(DAY))
    assert told.exit_code == 0 and "| directory.users |" in told.output and "## Review" in told.output
    page = home.home / "sheet.html"
    assert soc2("--out", str(page)).exit_code == 0
    text = page.read_text()
    assert "Complete: " in text and "http" not in text.split("</style>")[0] and receipts[0].run_id in text
    (home.dbt_target / "manifest.json").unlink()
    assert soc2("--out", str(page)).exit_code == 1 and "NOT COMPLETE" in page.read_text()
    assert soc2("--out", "sheet.pdf").exit_code == 2


def test_no_population_no_sheet(home: Settings, receipts: list[Receipt]) -> None:
    assert soc2().exit_code == 2
    judged(home, receipts)
    assert soc2("--day", "2026-07-09").exit_code == 2
    assert CliRunner().invoke(app, ["ipe", "AC-99"]).exit_code == 2
