"""
### Judge the day that was landed, and publish

Starts when **soc2_extract** closes a day, with that day as its partition. `load` fills the DuckDB build file from the
landing zone, `evaluate` runs dbt, `judge` runs Great Expectations, decides every control's verdict, appends it to the
ledger, and signs, stamps and anchors the night (what of that fails is told, and done in the next), `publish` builds
the marts and swaps the file that readers open. Nothing here fetches: judging a day again is safe and changes no
verdict.

**A failing control never fails this DAG**: it is red in **soc2_verdicts**. What is red here is broken.

#### Triage
| red task | means | do |
|---|---|---|
| `load` | landing zone not readable, or the disk is full | the file is a cache: mend the cause, clear `load` |
| `evaluate` | dbt could not start (project does not parse) | the task's log has dbt's own words; mend the SQL or YAML |
| `judge` | a declaration is wrong (the error names file, field, fix), or the ledger not writable | clear `load` |
| `publish` | a mart does not build, or the published folder cannot be written | readers still have yesterday's file |

To judge a past day again: `POST /api/v2/dags/soc2_controls/dagRuns` with
`{"logical_date": null, "partition_key": "2026-07-02"}`, or `soc2 rebuild`.

DuckDB has one writer: one run at a time, and every task goes to the queue `duckdb`, whose one worker takes one task.
"""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.sdk import DAG, Asset, ExceptionRetryPolicy, PartitionedAssetTimetable, RetryAction, RetryRule, task

from soc2_warehouse import steps, tasks

LANDED = Asset(*tasks.LANDED)
JUDGED = Asset(*tasks.JUDGED)

RETRY = ExceptionRetryPolicy(
    [
        RetryRule(steps.PipelineBroken, RetryAction.FAIL, reason="the same code would fail the same way"),
    ]
)

with DAG(
    dag_id="soc2_controls",
    schedule=PartitionedAssetTimetable(assets=LANDED),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "compliance",
        "retries": 1,
        "retry_delay": tasks.retry_delay(),
        "retry_policy": RETRY,
        "queue": "duckdb",
    },
    doc_md=__doc__,
    tags=["soc2"],
):

    @task
    def load() -> int:
        return tasks.load(tasks.current_day())

    @task
    def evaluate() -> dict[str, int]:
        return tasks.evaluate(tasks.current_day())

    @task
    def judge() -> dict[str, str]:
        return tasks.judge(tasks.current_day())

    @task(outlets=[JUDGED])
    def publish(verdicts: Any, *, outlet_events: Any = None) -> str:
        day = tasks.current_day()
        published = tasks.publish(day)
        outlet_events[JUDGED].extra = {"day": day.isoformat(), "verdicts": verdicts, "published": published}
        outlet_events[JUDGED].add_partitions(day.isoformat())
        return published

    judged = judge()
    load() >> evaluate() >> judged
    publish(judged)
