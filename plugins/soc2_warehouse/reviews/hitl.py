"""Airflow's human-in-the-loop pages of a review. The DAG imports this module when it is parsed: nothing heavy here.

The pages wait in Airflow's state *awaiting input*: no worker, no triggerer. An answer that the rules refuse fails the
try, and the next try asks again; why, its name says (``label``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from soc2_warehouse.reviews.campaign import DECISIONS, PAGES, Campaign, load, now
from soc2_warehouse.settings import settings

FORM = {
    "reason": Param("", type=["string", "null"], title="Reason"),
    "removed_permissions": Param(
        "",
        type=["string", "null"],
        title="Permissions that go",
        description="Only with modify; several with ; between them.",
    ),
}


class LineQuestion(HITLOperator):
    """One line of a review. What the page says is made when it is asked, from the review."""

    # What a system calls an account is never a template.
    template_fields = ()

    def __init__(self, *, review_id: str = "", line_no: int = 0, shown: str = "", **kwargs: Any) -> None:
        # Airflow hands over the DAG's own parameters, which are none of the form's.
        super().__init__(subject="Access review", options=list(DECISIONS), **kwargs | {"params": FORM})
        self.review_id, self.line_no, self.shown = review_id, line_no, shown

    @property
    def label(self) -> str:
        from soc2_warehouse.reviews import asking, deciding

        campaign = load(settings(), self.review_id)
        name = f"{self.review_id} {self.line_no}, {campaign.line(self.line_no).name}"
        return asking.label(name, deciding.last_refusal(campaign, self.line_no))

    def execute(self, context: Any) -> Any:
        from soc2_warehouse.reviews import asking

        campaign = load(settings(), self.review_id)
        if self._is_decided(campaign):
            return "decided already"
        line = campaign.line(self.line_no)
        self.response_timeout = asking.time_left(settings(), campaign)
        self.subject, self.body = asking.question(settings(), campaign, line)
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        from soc2_warehouse.reviews import deciding

        campaign = load(settings(), self.review_id)
        if self._is_decided(campaign):
            return "decided already, in a spreadsheet or by somebody else"
        if "error" in event:
            raise AirflowFailException(
                f"line {self.line_no} of {self.review_id} was not decided by {campaign.due_date}"
            )
        answer = super().execute_complete(context, event)
        given = answer["params_input"]
        removed = str(given.get("removed_permissions") or "").split(";")
        choice = deciding.Choice(
            self.line_no,
            answer["chosen_options"][0],
            _refs(answer),
            str(given.get("reason") or ""),
            tuple(filter(None, (item.strip() for item in removed))),
            self.shown,
        )
        made = deciding.decide(settings(), self.review_id, choice, _at(answer), PAGES)
        return f"{made.decision} by {made.by}"

    def _is_decided(self, campaign: Campaign) -> bool:
        """Raises AirflowFailException when the line is not the one that was to be asked about."""
        if campaign.closed:
            return True
        line = next((line for line in campaign.lines if line.line_no == self.line_no), None)
        if line is None or line.shown != self.shown:
            told = f"{self.review_id} was renewed and shows this line in another way"
            raise AirflowFailException(f'{told}; have it asked anew: {{"reviews": ["{self.review_id}"]}}')
        return line.account in campaign.decisions


class Signature(ApprovalOperator):
    """Approved by the reviewer, a review is closed and its report signed."""

    template_fields = ()

    def __init__(self, *, review_id: str = "", **kwargs: Any) -> None:
        super().__init__(subject="Access review", **kwargs)
        self.review_id = review_id

    @property
    def label(self) -> str:
        return self.review_id

    def execute(self, context: Any) -> Any:
        from soc2_warehouse.reviews import asking

        campaign = load(settings(), self.review_id)
        if campaign.closed:
            return "closed already"
        self.subject, self.body = asking.signature(settings(), campaign)
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        from soc2_warehouse.reviews import closing

        if load(settings(), self.review_id).closed:
            return "closed already"
        answer = HITLOperator.execute_complete(self, context, event)
        if answer["chosen_options"] != [self.APPROVE]:
            raise AirflowSkipException(
                f"not signed; when it is ready: soc2 review close {self.review_id} --by REVIEWER"
            )
        done = closing.close(settings(), self.review_id, _refs(answer), _at(answer))
        return str(done.folder / "report.html")


def _refs(answer: Any) -> tuple[str, ...]:
    """The name under which Airflow knows who answered. Its id may be a number, and an employee number of another."""
    user = answer["responded_by_user"] or {}
    return (str(user.get("name") or ""),)


def _at(answer: Any) -> datetime:
    moment = answer["responded_at"]
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return now(settings(), moment.astimezone(UTC))
