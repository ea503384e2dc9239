"""Raw tables: what no module fetches is there and empty until somebody lands it."""

from __future__ import annotations

import json
from datetime import date

from soc2_warehouse import extract, sources, warehouse
from soc2_warehouse.settings import Settings

DAY = date(2026, 7, 1)


def findings(home: Settings) -> list[tuple[str, str]]:
    with warehouse.connect(home, read_only=True) as connection:
        rows = connection.execute("select _run_id, record from raw_macie.findings").fetchall()
    return [(str(run), str(record)) for run, record in rows]


def test_adapters_are_what_no_module_fetches(home: Settings) -> None:
    found = warehouse.adapters(home)
    assert "macie.findings" in found
    assert {name.split(".")[0] for name in found} & {*sources.names(), "meta", "ledger"} == set()


def test_an_adapters_table_is_empty_until_a_file_is_landed(home: Settings) -> None:
    warehouse.load(home, DAY)
    assert findings(home) == []
    line = json.dumps({"id": "f1", "type": "SensitiveData:S3Object/Personal", "archived": False})
    receipt = extract.land_file(home, "macie", "findings", DAY, enumerate([line], 1), "macie.jsonl")
    assert receipt.usable
    warehouse.load(home, DAY)
    [(run, record)] = findings(home)
    assert run == receipt.run_id and json.loads(record)["id"] == "f1"
