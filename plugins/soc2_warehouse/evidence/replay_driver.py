"""Judges one past day again, in a process of its own, with whatever version of the package its path leads to.

Run as a script, with a job on standard input. It uses only what the package has had from the beginning, because it is
today's script over the code of that day.
"""

from __future__ import annotations

import json
import sys
from datetime import time
from pathlib import Path
from typing import Any


def main(job: dict[str, Any]) -> None:
    """job: home, landing_url, observed_at; record (JSON text); parameters ({control: {name: value}}), or null to judge
    by the register as it is in the landing zone."""
    from soc2_warehouse import judge, transform, warehouse
    from soc2_warehouse.judgements import Record
    from soc2_warehouse.settings import Settings

    settings = Settings(Path(job["home"]), job["landing_url"], time.fromisoformat(job["observed_at"]))
    record = Record.from_json(job["record"].encode())
    with warehouse.writing(settings):
        warehouse.load(settings, record.logical_date, record.known_until, record.run_id)
        if job["parameters"] is not None:
            with warehouse.connect(settings) as connection:
                put_parameters(connection, record.logical_date.isoformat(), job["parameters"])
        judge.prepare(settings)
        transform.evaluate(settings)
        judge.judge(settings, record.logical_date, record=record, docs=False)


def put_parameters(connection: Any, day: str, parameters: dict[str, dict[str, Any]]) -> None:
    """Let the scratch warehouse hold these overrides instead of the register's."""
    connection.execute("create schema if not exists raw_registers")
    connection.execute(
        "create table if not exists raw_registers.parameters (_day date, _run_id varchar, _seq bigint, "
        "_fetched_at timestamp, record varchar, parent varchar, error varchar)"
    )
    connection.execute("delete from raw_registers.parameters")
    rows = [(control, name, value) for control, values in parameters.items() for name, value in values.items()]
    for seq, (control, name, value) in enumerate(rows):
        record = json.dumps({"control_id": control, "name": name, "value": value})
        connection.execute(
            "insert into raw_registers.parameters (_day, _run_id, _seq, record) values (?, 'replay', ?, ?)",
            [day, seq, record],
        )


if __name__ == "__main__":
    main(json.load(sys.stdin))
