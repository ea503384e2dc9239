"""
### Review who has access, every quarter

Starts when **soc2_controls** has published, and opens the reviews that have come due: of each system whose access is
reviewed (`access_review_required` in the register `systems`), when its quarter is over. On other nights there is
nothing to do, and all is pink. Each review is a snapshot of the newest night, one line per account, with the
handbook's fields: name, role, last login, permissions, status, action required.

`decide` asks about one line a page (*Required Actions*): confirm, revoke or modify. The reviewer named in the register
decides, the deputy on the reviewer's own accounts; nobody decides on an own account. After an answer that breaks a rule
the page is asked again, and its name says why. The person is Airflow's logged-in user, known by work address, employee
number or contractor id. `sign` closes a review when no line is undecided and no source was incomplete, and signs its
report. Systems with `access_review_in: spreadsheet` are decided without Airflow: `soc2 review export`, `import` and
`close`.

Pages wait without a worker and without a triggerer. The next night lands what was decided; AC-10 to AC-13 judge it,
and AC-12 looks for every revoke in later data.

#### Triage
| task | means | do |
|---|---|---|
| `all_open` red | a review is due and could not be opened | its log says why: mostly nobody is named in the register |
| `decide` red | nobody decided by the due date, or too many answers were refused | decide, then clear the task |
| `sign` red | what is in the way is in its log | decide, renew or reassign (`soc2 review`), then clear it |
| pink (skipped) | nothing is due, or it is decided in a spreadsheet | nothing |

To have the open lines of a review asked again, trigger this DAG with `{"reviews": ["AR-2026-Q2-okta"]}`.
"""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.configuration import conf
from airflow.sdk import DAG, Asset, Param, PartitionedAssetTimetable, get_current_context, task

from soc2_warehouse import tasks
from soc2_warehouse.reviews.hitl import LineQuestion, Signature
from soc2_warehouse.settings import settings

JUDGED = Asset(*tasks.JUDGED)
#: How many refused answers a page takes before somebody should look.
ANSWERS = 20

with DAG(
    dag_id="soc2_access_review",
    schedule=PartitionedAssetTimetable(assets=JUDGED),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    # One worker writes in the home.
    default_args={"owner": "compliance", "queue": "duckdb", "retries": 2, "retry_delay": tasks.retry_delay()},
    params={"reviews": Param([], type="array", items={"type": "string"}, description="Reviews to ask about again.")},
    doc_md=__doc__,
    tags=["soc2"],
):

    @task(multiple_outputs=True)
    def begin() -> dict[str, list[str]]:
        from soc2_warehouse.reviews import asking

        context = get_current_context()
        return asking.begin(settings(), context["dag_run"].run_id, context["params"]["reviews"])

    @task
    def all_open(problems: list[str]) -> None:
        from soc2_warehouse.reviews import asking

        asking.complain(problems)

    @task
    def questions(reviews: list[str]) -> list[dict[str, str | int]]:
        from soc2_warehouse.reviews import asking

        return asking.questions(settings(), reviews, conf.getint("core", "max_map_length"))

    @task
    def signatures(reviews: list[str]) -> list[str]:
        from soc2_warehouse.reviews import asking

        return asking.in_pages(settings(), reviews)

    begun: Any = begin()
    all_open(begun["problems"])
    decide = LineQuestion.partial(
        task_id="decide",
        retries=ANSWERS,
        retry_delay=pendulum.duration(seconds=1),
        map_index_template="{{ task.label }}",
    ).expand_kwargs(questions(begun["reviews"]))
    sign = Signature.partial(
        task_id="sign",
        retries=ANSWERS,
        retry_delay=pendulum.duration(seconds=1),
        trigger_rule="all_done",
        map_index_template="{{ task.label }}",
    ).expand(review_id=signatures(begun["reviews"]))
    decide >> sign
