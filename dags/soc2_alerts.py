"""
### Tell people what has changed

Starts when **soc2_controls** has published. One task a channel: mail (`SOC2_ALERT_EMAIL` and the connection
`smtp_default`) and a webhook that speaks Slack's language (the connection `slackwebhook_default`). One message a night,
with owner, due date and a link, and none when nothing is new: a new deviation, a control that is newly not tested,
evidence that its origin will soon delete, an acceptance that will soon end.

Nothing is told twice: `alerts/<channel>.jsonl` in the home has what was told. A message that could not be sent is sent
by the next attempt, or with the next night's.

#### Triage
| task | means | do |
|---|---|---|
| red | the mail server or the webhook refused | mend the connection, clear the task; nothing was lost |
| pink (skipped) | the channel is not configured | nothing, or configure it |
"""

from __future__ import annotations

import pendulum
from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task
from airflow.sdk.exceptions import AirflowSkipException

from soc2_warehouse import tasks

JUDGED = Asset(*tasks.JUDGED)

with DAG(
    dag_id="soc2_alerts",
    schedule=PartitionedAssetTimetable(assets=JUDGED),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "compliance", "retries": 2, "retry_delay": tasks.retry_delay()},
    doc_md=__doc__,
    tags=["soc2"],
):

    @task
    def tell(channel: str) -> int:
        told = tasks.alert(channel)
        if told is None:
            raise AirflowSkipException(f"{channel} is not configured")
        return told

    for name in tasks.CHANNELS:
        tell.override(task_id=name)(name)
