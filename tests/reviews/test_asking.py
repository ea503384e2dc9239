"""Airflow's tasks of a review: what is opened, what is asked, and that an answer meets the line that was shown."""

from __future__ import annotations

import pytest

from soc2_warehouse.reviews import asking, deciding
from soc2_warehouse.reviews.campaign import ReviewProblem, load, now

from .conftest import REVIEWER, Desk

DUE = "AR-2026-Q2-github"
UNBEGUN = "update fct_access_review set review_id = null where (review_period, system_id) = ('2026-Q2', '{}')"


def test_what_is_due_is_opened_once_and_asked_for_by_the_run_that_opened_it(desk: Desk) -> None:
    assert asking.begin(desk.settings, "night-1") == {"reviews": [], "problems": []}
    desk.publish(UNBEGUN.format("github"), UNBEGUN.format("aws"))
    both = ["AR-2026-Q2-aws", DUE]
    for _ in range(2):
        assert asking.begin(desk.settings, "night-2") == {"reviews": both, "problems": []}
    assert asking.begin(desk.settings, "night-3") == {"reviews": [], "problems": []}
    assert asking.begin(desk.settings, "by-hand", [DUE])["reviews"] == [DUE]
    # AWS is decided in a spreadsheet, as the register of systems says.
    assert asking.in_pages(desk.settings, both) == [DUE]
    asked = asking.questions(desk.settings, both, 1024)
    assert [(one["review_id"], one["line_no"]) for one in asked] == [
        (DUE, line.line_no) for line in load(desk.settings, DUE).lines
    ]
    with pytest.raises(ReviewProblem, match="AIRFLOW__CORE__MAX_MAP_LENGTH"):
        asking.questions(desk.settings, both, len(asked) - 1)


def test_a_review_that_cannot_be_opened_keeps_no_other_from_being_decided(desk: Desk) -> None:
    desk.publish(UNBEGUN.format("github"), UNBEGUN.format("aws"))
    desk.publish("update fct_access_review set access_reviewer = null where system_id = 'aws'")
    begun = asking.begin(desk.settings, "night")
    assert begun["reviews"] == [DUE]
    with pytest.raises(ReviewProblem, match="aws 2026-Q2: nobody is named who reviews aws"):
        asking.complain(begun["problems"])
    asking.complain([])


def test_an_answer_to_a_line_that_a_renewal_changed_does_not_count(desk: Desk) -> None:
    desk.publish(UNBEGUN.format("github"))
    asking.begin(desk.settings, "night")
    first, second, *_ = asking.questions(desk.settings, [DUE], 1024)
    desk.publish(
        "update fct_access_review_line_proposed set snapshot_at = snapshot_at + interval 1 day",
        "update fct_access_review_line_proposed set permissions = ['org:admin'] where line_no = 1",
    )
    desk.does("renew", DUE)
    for asked, counts in ((first, False), (second, True)):
        choice = deciding.Choice(asked["line_no"], "revoke", (REVIEWER,), "left", shown=asked["shown"])
        if counts:
            deciding.decide(desk.settings, DUE, choice, now(desk.settings), "airflow")
            continue
        with pytest.raises(deciding.Refused, match="was renewed since this was asked"):
            deciding.decide(desk.settings, DUE, choice, now(desk.settings), "airflow")
    decided = load(desk.settings, DUE).decisions.values()
    assert [one.decision for one in decided] == ["revoke"]
