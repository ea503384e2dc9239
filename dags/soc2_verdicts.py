"""
### The control × day grid

One task per control, for each judged day: green passed, **red failed**, pink (skipped) was not tested, with the reason
in the task's log and note. It reads the ledger and decides nothing; it starts when **soc2_controls** has published.

A red control is a finding about the company, not a defect of the pipeline:

1. the task's log has the verdict, the counts and the first open exceptions;
2. every row with its reason is in the published file: `select * from fct_control_row where control_id = 'AC-01'
   and result = 'exception'`;
3. repair, or record a decision in the register `exception_decisions`; the next night shows it.

A task that says *no verdict* means that the control was not judged that day: look at **soc2_controls**.
"""

from __future__ import annotations

import pendulum
from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from soc2_warehouse import results, tasks

JUDGED = Asset(*tasks.JUDGED)

with DAG(
    dag_id="soc2_verdicts",
    schedule=PartitionedAssetTimetable(assets=JUDGED),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    default_args={"owner": "compliance", "retries": 0},
    doc_md=__doc__,
    tags=["soc2"],
):

    @task
    def show(control: str) -> str:
        status, told = results.verdict(control, tasks.current_day())
        if status == "fail":
            raise AirflowFailException(told)
        if status != "pass":
            raise AirflowSkipException(told)
        return told

    for control_id in tasks.control_ids():
        show.override(task_id=control_id)(control_id)
