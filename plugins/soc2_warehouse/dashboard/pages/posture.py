"""Posture: what is in order today, what changed since the day before, what is overdue, and which source is missing."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.charts import verdicts_by_day
from soc2_warehouse.dashboard.choices import CHOSEN, Choice, offered
from soc2_warehouse.dashboard.reading import Published, Reader
from soc2_warehouse.dashboard.rendering import page
from soc2_warehouse.dashboard.sources_health import health

router = APIRouter()
LINK = Link("Posture", "/", 10)

#: Overdue exceptions that the page shows; the rest is on the page of exceptions.
OVERDUE_SHOWN = 10
DAYS_SHOWN = 90


@router.get("/")
def posture(request: Request, published: Published, choice: Choice, verdict: str = "") -> HTMLResponse:
    """``verdict`` chooses rows of the list of controls; the other filters choose what all figures are about."""
    newest = published.row(
        "select max(logical_date) as day, max(as_of) as as_of from fct_control_run where is_current"
    ) or {"day": None, "as_of": None}
    day: date | None = newest["day"]
    before = published.value(
        "select max(logical_date) from fct_control_run where is_current and logical_date < ?", [day]
    )
    parameters = {**choice.parameters, "day": day}
    controls = _controls(published, {**parameters, "before": before})
    return page(
        request,
        "posture.html",
        title="Posture",
        day=day,
        before=before,
        skipped_days=(day - before).days - 1 if day and before else 0,
        as_of=newest["as_of"],
        engagement=published.row("select * from dim_engagement order by window_end desc limit 1"),
        choice=choice,
        offered=offered(published),
        verdict=verdict,
        total=_counts(controls),
        categories=_categories(published, controls),
        controls=[one for one in controls if verdict in ("", one["status"])],
        changed=[one for one in controls if before and one["status_before"] != one["status"]],
        moved=_moved(published, parameters),
        overdue=_overdue(published, {**choice.parameters, "as_of": newest["as_of"]}),
        health=health(published, {**parameters}),
        trend=verdicts_by_day(published, {**parameters, "days": DAYS_SHOWN}),
    )


def _controls(published: Reader, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The chosen controls with the verdict of the newest day and of the judged day before; severe and failed first."""
    return published.rows(
        f"""
        with chosen as ({CHOSEN})
        select
            chosen.control_id, chosen.title, chosen.category, chosen.owner, chosen.severity,
            coalesce(runs.status, 'gap') as status, runs.reason, runs.incomplete, runs.detail,
            runs.population_count, runs.deviation_count, runs.open_exception_count,
            earlier.status as status_before, earlier.reason as reason_before
        from chosen
        left join fct_control_run as runs
            on runs.control_id = chosen.control_id and runs.is_current and runs.logical_date = $day
        left join fct_control_run as earlier
            on earlier.control_id = chosen.control_id and earlier.is_current and earlier.logical_date = $before
        order by chosen.control_id
        """,
        parameters,
    )


def _counts(controls: list[dict[str, Any]]) -> dict[str, int]:
    """Controls in scope by verdict, and readiness in percent: pass / (pass + fail + not_tested), so that what was not
    tested, or not judged at all, lowers it. Rounded down: 100 only when all pass.
    """
    inside = [one for one in controls if one["reason"] != "OUT_OF_SCOPE"]
    passed = sum(one["status"] == "pass" for one in inside)
    failed = sum(one["status"] == "fail" for one in inside)
    return {
        "pass": passed,
        "fail": failed,
        "not_tested": len(inside) - passed - failed,
        "all": len(inside),
        "out_of_scope": len(controls) - len(inside),
        "readiness": 100 * passed // len(inside) if inside else 0,
    }


def _categories(published: Reader, controls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each category of the report or of a control, with its counts; ``in_scope`` None for what is of no report."""
    scope = {
        row["category"]: row["in_scope"]
        for row in published.rows("select category, bool_or(in_scope) as in_scope from dim_scope group by category")
    }
    names = sorted({one["category"] for one in controls} | scope.keys())
    return [
        {
            "name": name,
            "in_scope": scope.get(name),
            **_counts([one for one in controls if one["category"] == name]),
        }
        for name in names
    ]


def _moved(published: Reader, parameters: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """state → how many exceptions of each control came into it on the newest day."""
    moved: dict[str, list[dict[str, Any]]] = {}
    for row in published.rows(
        f"""
        with chosen as ({CHOSEN})
        select events.control_id, events.to_state, count(*) as number
        from fct_exception_event as events
        inner join chosen on chosen.control_id = events.control_id
        where events.logical_date = $day
        group by events.control_id, events.to_state
        order by events.to_state, events.control_id
        """,
        parameters,
    ):
        moved.setdefault(row["to_state"], []).append(row)
    return moved


def _overdue(published: Reader, parameters: dict[str, Any]) -> dict[str, Any]:
    """Open exceptions past the day promised, oldest promise first; ``number`` of all, ``rows`` of the first."""
    late = f"""
        with chosen as ({CHOSEN})
        select exceptions.*
        from fct_exception as exceptions
        inner join chosen on chosen.control_id = exceptions.control_id
        where exceptions.state = 'open' and exceptions.due_at < $as_of
    """
    rows = published.rows(
        f"""
        select
            late.exception_id, late.control_id, late.entity_name, late.code, late.severity, late.due_at,
            people.display_name as owner_name,
            date_diff('day', cast(late.due_at as date), cast($as_of as date)) as days_over
        from (select * from ({late}) order by due_at, control_id, exception_id limit {OVERDUE_SHOWN}) as late
        left join dim_person as people on people.person_key = late.owner_key
        order by late.due_at, late.control_id, late.exception_id
        """,
        parameters,
    )
    return {"rows": rows, "number": published.value(f"select count(*) from ({late})", parameters)}
