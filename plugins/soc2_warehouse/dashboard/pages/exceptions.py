"""Exceptions: what deviates, who answers for it and until when; and one exception with its history and evidence."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.dated_exceptions import DATED
from soc2_warehouse.dashboard.evidence import evidence_of
from soc2_warehouse.dashboard.listing import PageNumber, chosen, listed
from soc2_warehouse.dashboard.reading import Published
from soc2_warehouse.dashboard.rendering import page as rendered

router = APIRouter()
LINK = Link("Exceptions", "/exceptions", 40)

#: Texts of filters are looked for as they are: no pattern, no operator.
FILTERED = f"""
    select * from ({DATED})
    where ($state = '' or state = $state)
        and ($control = '' or control_id = $control)
        and ($owner = '' or owner_key = $owner or ($owner = 'nobody' and owner_key is null))
        and ($severity = '' or severity = $severity)
        and ($code = '' or code = $code)
        and ($overdue = '' or is_overdue)
        and ($text = '' or contains(
            lower(concat_ws(' ', entity_name, entity_key, reason, title, owner_name)), lower($text)
        ))
"""
SEVERITY = "case severity when 'critical' then 0 when 'high' then 1 when 'medium' then 2 when 'low' then 3 else 4 end"
ORDERS = {
    "due": f"state <> 'open', due_at, {SEVERITY}, control_id, exception_id",
    "severity": f"{SEVERITY}, due_at, control_id, exception_id",
    "oldest": "age_days desc, due_at, exception_id",
    "newest": "opened_at desc, due_at, exception_id",
    "control": "control_id, code, entity_name, exception_id",
    "owner": "owner_name is null, owner_name, due_at, exception_id",
}
STATES = ("open", "accepted", "mitigated", "false_positive", "remediated", "closed_entity_removed")
SEVERITIES = ("critical", "high", "medium", "low")


@router.get("/exceptions")
def exceptions(
    request: Request,
    published: Published,
    page: PageNumber,
    state: str = "",
    control: str = "",
    owner: str = "",
    severity: str = "",
    code: str = "",
    overdue: str = "",
    text: str = "",
    sort: str = "due",
) -> HTMLResponse:
    """overdue: anything but nothing asks for open ones past their day. owner: a person's key, or ``nobody``."""
    filters = {
        "state": state,
        "control": control.strip().upper(),
        "owner": owner,
        "severity": severity,
        "code": code.strip().upper(),
        "overdue": overdue,
        "text": text.strip(),
    }
    found = listed(published, FILTERED, filters, chosen(ORDERS, sort), page)
    return rendered(
        request,
        "exceptions.html",
        title="Exceptions",
        day=published.day,
        listing=found,
        filters=filters,
        sort=sort if sort in ORDERS else "due",
        choices=_choices(published),
    )


def _choices(published: Published) -> dict[str, list[Any]]:
    """What the filters offer: what occurs."""
    owners = published.rows(
        """
        select distinct people.person_key as key, people.display_name as name
        from fct_exception as exceptions
        inner join dim_person as people on people.person_key = exceptions.owner_key
        order by name, key
        """
    )
    columns = {
        name: [row[name] for row in published.rows(f"select distinct {name} from fct_exception order by all")]
        for name in ("control_id", "code")
    }
    return {"states": list(STATES), "severities": list(SEVERITIES), "orders": list(ORDERS), "owners": owners, **columns}


@router.get("/exceptions/{exception_id}")
def exception(request: Request, published: Published, exception_id: str) -> HTMLResponse:
    """One exception. 404 when there is none of that id."""
    found = published.row(f"select * from ({DATED}) where exception_id = ?", [exception_id])
    if found is None:
        raise HTTPException(404, "there is no such exception")
    events = published.rows("select * from fct_exception_event where exception_id = ? order by seq", [exception_id])
    newest = published.row(
        """
        select * from fct_control_row
        where control_id = $control and entity_key = $entity
        order by logical_date desc, run_id desc
        limit 1
        """,
        {"control": found["control_id"], "entity": found["entity_key"]},
    )
    return rendered(
        request,
        "exception.html",
        title=f"{found['control_id']}: {found['entity_name']}",
        day=published.day,
        exception=found,
        events=events,
        row=newest,
        evidence=evidence_of(newest),
        condition=_condition(published, found),
        remediation=published.value("select remediation from dim_control where control_id = ?", [found["control_id"]]),
    )


def _condition(published: Published, found: dict[str, Any]) -> str:
    """What the code means, as the control declares it."""
    declared = published.value("select codes from dim_control where control_id = ?", [found["control_id"]])
    return str((json.loads(declared or "{}").get(found["code"]) or {}).get("when") or "")
