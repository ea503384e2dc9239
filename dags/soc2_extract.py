"""
### Fetch every source and land it

Runs daily at 02:00 UTC. One task per module in `sources/`; each lands its tables as immutable Parquet with a receipt
per table, then `close` says what the night holds and starts **soc2_controls** for the same day.

`close` runs whatever happened to the sources: a source that is down must show as *not tested*, not as a night that
never was. `complete` is red when a table is missing, so that somebody looks.

#### Triage
| red task | means | do |
|---|---|---|
| a source, `CredentialsRefused` | token wrong or expired, permission missing | mend the connection, clear the task |
| a source, `SourceUnreadable` | provider down, page dropped, counts disagree | clear the task while the day lasts |
| a source, `WrongDay` | today's state was asked for under a past day | nothing: the past cannot be fetched |
| `complete` | lists the tables that cannot be used | the above; controls that need them are *not tested* |

A second run of a day lands beside the first; the newest complete one counts. Nothing is overwritten.
"""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.sdk import (
    DAG,
    Asset,
    CronPartitionTimetable,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    TriggerRule,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException

from soc2_warehouse import tasks, unreadable

LANDED = Asset(*tasks.LANDED)

RETRY = ExceptionRetryPolicy(
    [
        RetryRule(unreadable.CredentialsRefused, RetryAction.FAIL, reason="the credentials must be mended first"),
        RetryRule(unreadable.WrongDay, RetryAction.FAIL, reason="a past day's state cannot be fetched"),
        RetryRule(unreadable.NightIncomplete, RetryAction.FAIL, reason="the sources have had their attempts"),
        RetryRule(
            unreadable.SourceUnreadable, RetryAction.RETRY, tasks.retry_delay(), "the provider may be back by then"
        ),
    ]
)

with DAG(
    dag_id="soc2_extract",
    schedule=CronPartitionTimetable("0 2 * * *", timezone="UTC", key_format="%Y-%m-%d"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "compliance", "retries": 2, "retry_delay": tasks.retry_delay(), "retry_policy": RETRY},
    doc_md=__doc__,
    tags=["soc2"],
):

    @task
    def extract(source: str) -> dict[str, Any]:
        result = tasks.extract(source, tasks.current_day())
        if reason := result.get("not_configured"):
            raise AirflowSkipException(reason)
        return result

    @task(trigger_rule=TriggerRule.ALL_DONE, outlets=[LANDED])
    def close(*, outlet_events: Any = None) -> dict[str, dict[str, Any]]:
        day = tasks.current_day()
        landed = tasks.close(day)
        outlet_events[LANDED].extra = {"day": day.isoformat(), "tables": landed}
        # A run started by hand has no partition of its own; the judging run must know its day all the same.
        outlet_events[LANDED].add_partitions(day.isoformat())
        return landed

    @task
    def complete(landed: Any) -> None:
        tasks.complete(landed)

    closed = close()
    complete(closed)
    for name in tasks.source_names():
        extract.override(task_id=name)(name) >> closed
