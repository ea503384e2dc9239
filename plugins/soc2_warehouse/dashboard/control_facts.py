"""What the page of one control reads: its run of a day, its past, its exceptions, its rows and its inputs."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from soc2_warehouse.dashboard.charts import over_days
from soc2_warehouse.dashboard.dated_exceptions import DATED
from soc2_warehouse.dashboard.listing import Listing, listed
from soc2_warehouse.dashboard.reading import Reader


def declaration(published: Reader, control_id: str) -> dict[str, Any] | None:
    """The control as declared, ``parameters`` and ``codes`` as lists; ``hash_agrees``: whether the SQL shown is what
    the hash says, None when no SQL was compiled.
    """
    found = published.row("select * from dim_control where control_id = ?", [control_id])
    if found is None:
        return None
    text = found["sql_text"]
    return found | {
        "parameters": list(json.loads(found["parameters"] or "{}").values()),
        "codes": list(json.loads(found["codes"] or "{}").values()),
        "hash_agrees": hashlib.sha256(text.encode()).hexdigest() == found["sql_sha256"] if text else None,
    }


def run_of(published: Reader, control_id: str, day: date | None) -> dict[str, Any] | None:
    """The judgement that counts for the day, with the number of judgements of that day; None when it was not judged."""
    return published.row(
        """
        select *, (
                select count(*) from fct_control_run where control_id = $control and logical_date = $day
            ) as judgements
        from fct_control_run
        where control_id = $control and logical_date = $day and is_current
        """,
        {"control": control_id, "day": day},
    )


def days_around(published: Reader, control_id: str, day: date | None) -> dict[str, Any]:
    """The control's judged days: the newest, and the ones before and after ``day``."""
    return (
        published.row(
            """
            select
                max(logical_date) as newest,
                max(logical_date) filter (where logical_date < $day) as before,
                min(logical_date) filter (where logical_date > $day) as after
            from fct_control_run where control_id = $control and is_current
            """,
            {"control": control_id, "day": day},
        )
        or {}
    )


def trend(published: Reader, control_id: str) -> dict[str, Any]:
    """Population and its results on each judged day; ``rows`` for a table, ``option`` for the chart."""
    rows = published.rows(
        """
        select logical_date as day, status, reason, population_count, passed, evaluated - passed as failed, unknown,
            pending, excluded
        from fct_control_run
        where control_id = ? and is_current
        order by logical_date
        """,
        [control_id],
    )
    series: list[dict[str, Any]] = [
        {"type": "bar", "stack": "rows", "name": word, "token": token, "data": [row[name] for row in rows]}
        for name, word, token in (
            ("passed", "pass", "pass-fill"),
            ("failed", "exception", "fail-fill"),
            ("unknown", "unknown", "open-fill"),
        )
    ]
    series.append(
        {
            "type": "line",
            "name": "population",
            "token": "ink",
            "symbol": "none" if len(rows) > 40 else "circle",
            "step": "middle" if len(rows) > 40 else False,
            "data": [row["population_count"] for row in rows],
        }
    )
    return {"rows": rows, "option": over_days([row["day"] for row in rows], series)}


def exceptions(published: Reader, control_id: str, state: str, page: int) -> Listing:
    """A hundred of the control's exceptions, open ones first, each with its ``events``."""
    found = listed(
        published,
        f"select * from ({DATED}) where control_id = $control and ($state = '' or state = $state)",
        {"control": control_id, "state": state},
        "state <> 'open', due_at, entity_name, exception_id",
        page,
    )
    history: dict[str, list[dict[str, Any]]] = {}
    for event in published.rows(
        """
        select * from fct_exception_event
        where control_id = $control and list_contains($ids, exception_id)
        order by exception_id, seq
        """,
        {"control": control_id, "ids": [row["exception_id"] for row in found.rows]},
    ):
        history.setdefault(event["exception_id"], []).append(event)
    for row in found.rows:
        row["events"] = history.get(row["exception_id"], [])
    return found


def rows(published: Reader, run: dict[str, Any], result: str, code: str, text: str, page: int) -> Listing:
    """A hundred rows of the run, exceptions first. Only rows of the newest judgement are published."""
    return listed(
        published,
        """
        select * from fct_control_row
        where control_id = $control and run_id = $run
            and ($result = '' or result = $result)
            and ($code = '' or list_contains(codes, $code))
            and ($text = '' or contains(lower(concat_ws(' ', entity_name, entity_key, reason)), lower($text)))
        """,
        {"control": run["control_id"], "run": run["run_id"], "result": result, "code": code, "text": text},
        "list_position(['exception', 'unknown', 'pending', 'pass', 'excluded'], result), entity_name, entity_key",
        page,
    )


def inputs(published: Reader, run: dict[str, Any]) -> list[dict[str, Any]]:
    """The extracts that the run read, with what their receipts say; ``source_id`` None when a receipt is lost."""
    return published.rows(
        """
        select input.run_id as input_id, receipts.*
        from (select unnest(input_run_ids) as run_id from fct_control_run where control_id = $control and run_id = $run)
            as input
        left join fct_extract_run as receipts on receipts.run_id = input.run_id
        order by receipts.source_id, input.run_id
        """,
        {"control": run["control_id"], "run": run["run_id"]},
    )
