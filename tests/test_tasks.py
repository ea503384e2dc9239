"""The task functions: what they raise, what they leave to data, and what they tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from soc2_warehouse import extract, sources, steps, tasks, transform, warehouse
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt
from soc2_warehouse.settings import Settings
from soc2_warehouse.steps import PipelineBroken, Step
from soc2_warehouse.unreadable import CredentialsRefused, NightIncomplete, SourceUnreadable, WrongDay

DAY = date(2026, 7, 1)


def receipt(table: str, status: str = "complete", *errors: str, hour: int = 2, source: str = "okta") -> Receipt:
    moment = datetime(2026, 7, 1, hour, tzinfo=UTC)
    return Receipt(
        run_id=f"{source}.{table}-{hour}",
        source=source,
        table_name=table,
        kind="snapshot",
        logical_date=DAY,
        status=status,
        collection_method="api",
        started_at=moment,
        finished_at=moment,
        query="GET",
        rows=10,
        api_calls=3,
        errors=list(errors),
    )


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Step]]:
    found: list[Step] = []
    monkeypatch.setattr(steps, "observers", [lambda step: found.append(step) if step.state != "started" else None])
    yield found


@pytest.fixture
def answers(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def set_to(*receipts: Receipt) -> None:
        monkeypatch.setattr(extract, "run_source", lambda *_: list(receipts))

    return set_to


def test_a_read_source_is_told_in_numbers(answers: Callable[..., None], seen: list[Step]) -> None:
    answers(receipt("users"), receipt("apps", "partial"))
    found = tasks.extract("okta", DAY)
    assert (found["rows"], found["api_calls"], found["unusable"]) == (20, 6, [])
    assert (seen[-1].state, seen[-1].name) == ("done", "okta")


@pytest.mark.parametrize(
    ("errors", "raised"),
    [
        (["Refused: HTTP 401 E0000011: Invalid token provided"], CredentialsRefused),
        (["ClientError: An error occurred (InvalidClientTokenId) when calling GetCallerIdentity"], CredentialsRefused),
        (["PastSnapshot: okta.users is a snapshot: the API tells today's state"], WrongDay),
        (["Refused: HTTP 503 Service Unavailable"], SourceUnreadable),
        (["ConnectionError: connection refused"], SourceUnreadable),
    ],
)
def test_why_a_source_failed_decides_whether_to_ask_again(
    answers: Callable[..., None], seen: list[Step], errors: list[str], raised: type[Exception]
) -> None:
    follower = receipt("factors", "failed", "TableNotLanded: okta.users is needed first")
    if raised is WrongDay:
        follower = receipt("factors", "failed", *errors)
    answers(receipt("users", "failed", *errors), follower)
    with pytest.raises(raised, match=r"okta\.users failed"):
        tasks.extract("okta", DAY)
    assert seen[-1].state == "failed"
    assert raised.__name__ in seen[-1].note


def test_one_denied_and_one_broken_table_are_worth_another_attempt(answers: Callable[..., None]) -> None:
    answers(receipt("users", "failed", "Refused: HTTP 403 x"), receipt("apps", "incomplete", "a page is missing"))
    with pytest.raises(SourceUnreadable):
        tasks.extract("okta", DAY)


def test_a_source_without_a_connection_is_no_failure(answers: Callable[..., None], seen: list[Step]) -> None:
    answers(receipt("users", "failed", "NotConfigured: no connection okta_default: set AIRFLOW_CONN_OKTA_DEFAULT"))
    assert "AIRFLOW_CONN_OKTA_DEFAULT" in tasks.extract("okta", DAY)["not_configured"]
    assert seen[-1].state == "skipped"


def test_close_lists_every_table_of_every_source(home: Settings) -> None:
    landing = Landing(home.landing_url)
    names = list(sources.load("okta").tables)
    landing.write_receipt(receipt(names[0]))
    landing.write_receipt(receipt(names[0], "failed", "later", hour=5))
    landing.write_receipt(receipt(names[1], "failed", "NotConfigured: none"))
    found = tasks.close(DAY)
    assert found[f"okta.{names[0]}"]["status"] == "complete"
    assert found[f"okta.{names[1]}"]["status"] == "not configured"
    assert found[f"okta.{names[2]}"] == {"status": "missing"}
    assert set(found) == {f"{name}.{table}" for name in sources.names() for table in sources.load(name).tables}


def test_a_source_module_that_cannot_be_imported_is_missing(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> Any:
        raise ImportError("no module named x")

    monkeypatch.setattr(sources, "load", load)
    assert tasks.close(DAY) == {f"{name}.*": {"status": "missing"} for name in sources.names()}


def test_a_night_with_a_missing_table_is_incomplete() -> None:
    tasks.complete({"okta.users": {"status": "complete"}, "pagerduty.incidents": {"status": "not configured"}})
    with pytest.raises(NightIncomplete, match=r"1 of 2 tables .*okta\.apps \(failed\)"):
        tasks.complete({"okta.users": {"status": "partial"}, "okta.apps": {"status": "failed"}})


def test_the_build_file_of_another_day_is_not_judged(home: Settings, seen: list[Step]) -> None:
    warehouse.load(home, date(2026, 7, 2))
    for stage in (tasks.evaluate, tasks.judge, tasks.publish):
        with pytest.raises(PipelineBroken, match="holds 2026-07-02, not 2026-07-01"):
            stage(DAY)
    assert [step.state for step in seen] == ["failed"] * 3


def test_a_model_that_fails_is_a_result_and_dbt_that_cannot_start_is_not(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from soc2_warehouse import judge

    bad = transform.NodeResult("model.soc2_warehouse.ctl_ac_01__x", "error", "Binder Error", 0.1)
    monkeypatch.setattr(judge, "prepare", lambda settings: ())
    monkeypatch.setattr(transform, "evaluate", lambda settings, **options: transform.DbtRun((bad,), False, "", 1.0))
    warehouse.load(home, DAY)
    assert tasks.evaluate(DAY) == {"nodes": 1, "not_ok": 1}
    monkeypatch.setattr(
        transform, "evaluate", lambda settings, **options: transform.DbtRun((), False, "Compilation Error", 1.0)
    )
    with pytest.raises(PipelineBroken, match="Compilation Error"):
        tasks.evaluate(DAY)
