"""People: everybody, and one person with every account, grant, key, review line and the leaver's clock.

Personal data: for the data team and auditors.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard.access import only
from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.findings import findings_of
from soc2_warehouse.dashboard.listing import PageNumber, chosen, listed
from soc2_warehouse.dashboard.pages.exceptions import DATED
from soc2_warehouse.dashboard.reading import Published, Reader
from soc2_warehouse.dashboard.rendering import page as rendered

ROLES = ("data_team", "auditor")
router = APIRouter(dependencies=[only(*ROLES)])
LINK = Link("People", "/people", 50, ROLES)

#: The newest version of each account that was ever somebody's, with how it was found to be theirs.
ACCOUNTS = """
    with linked as (
        select * from bridge_account_person
        where person_key is not null
        qualify row_number() over (partition by source_id, account_id, person_key order by valid_from desc) = 1
    ),

    newest as (
        select * from dim_account
        qualify row_number() over (partition by source_id, account_id order by valid_from desc, version_no desc) = 1
    )

    select
        newest.*,
        linked.person_key,
        linked.match_rule,
        linked.confidence,
        linked.valid_to as link_ended_at,
        newest.valid_to is null and linked.valid_to is null and coalesce(newest.can_sign_in, true) as is_enabled
    from linked
    inner join newest on newest.source_id = linked.source_id and newest.account_id = linked.account_id
"""
FILTERED = f"""
    with accounts as (
        select person_key, count(*) as accounts, count(*) filter (where is_enabled) as enabled,
            max(last_activity_at) as last_activity_at
        from ({ACCOUNTS}) group by person_key
    ),

    raised as (
        select owner_key, count(*) as open_exceptions from fct_exception where state = 'open' group by owner_key
    )

    select
        people.person_key, people.display_name, people.work_email, people.kind, people.current_status,
        people.manager_key, managers.display_name as manager_name, accounts.last_activity_at,
        coalesce(accounts.accounts, 0) as accounts, coalesce(accounts.enabled, 0) as enabled,
        coalesce(raised.open_exceptions, 0) as open_exceptions
    from dim_person as people
    left join dim_person as managers on managers.person_key = people.manager_key
    left join accounts on accounts.person_key = people.person_key
    left join raised on raised.owner_key = people.person_key
    where ($status = '' or people.current_status = $status)
        and ($kind = '' or people.kind = $kind)
        and ($left = '' or (people.current_status = 'ended' and accounts.enabled > 0))
        and ($text = '' or contains(
            lower(concat_ws(' ', people.display_name, people.work_email, people.person_key,
                array_to_string(people.employee_numbers, ' '))), lower($text)
        ))
"""
ORDERS = {
    "name": "display_name, person_key",
    "exceptions": "open_exceptions desc, display_name, person_key",
    "accounts": "enabled desc, display_name, person_key",
    "last_active": "last_activity_at desc nulls last, display_name, person_key",
}
#: An entity of the access controls is theirs when one part of its key is a name of theirs.
OF_PERSON = """
    (starts_with({table}.control_id, 'AC-') or {table}.control_id = 'EV-05')
    and list_has_any(string_split({table}.entity_key, '|'), cast($names as varchar[]))
"""


@router.get("/people")
def people(
    request: Request,
    published: Published,
    page: PageNumber,
    status: str = "",
    kind: str = "",
    left: str = "",
    text: str = "",
    sort: str = "name",
) -> HTMLResponse:
    """left: anything but nothing asks for those who left and have an enabled account."""
    filters = {"status": status, "kind": kind, "left": left, "text": text.strip()}
    choices = {
        name: [row[name] for row in published.rows(f"select distinct {name} from dim_person order by all")]
        for name in ("current_status", "kind")
    }
    return rendered(
        request,
        "people.html",
        title="People",
        day=published.day,
        listing=listed(published, FILTERED, filters, chosen(ORDERS, sort), page),
        filters=filters,
        sort=sort if sort in ORDERS else "name",
        choices={**choices, "orders": list(ORDERS)},
    )


@router.get("/people/{person_key}")
def person(request: Request, published: Published, person_key: str) -> HTMLResponse:
    """One person. 404 when nobody has that key."""
    found = published.row(
        """
        select people.*, managers.display_name as manager_name
        from dim_person as people
        left join dim_person as managers on managers.person_key = people.manager_key
        where people.person_key = ?
        """,
        [person_key],
    )
    if found is None:
        raise HTTPException(404, "there is no such person")
    accounts = published.rows(
        f"select * from ({ACCOUNTS}) where person_key = ? order by not is_enabled, source_id, login", [person_key]
    )
    spells = published.rows("select * from dim_employment_spell where person_key = ? order by start_date", [person_key])
    keys = _access_keys(published, accounts)
    ssh_keys = published.rows(
        "select * from dim_ssh_key where owner_key = ? order by source_id, label, key_id", [person_key]
    )
    names = {
        "names": [
            person_key,
            *(account[name] for account in accounts for name in ("account_id", "login") if account[name]),
            *(key["access_key_id"] for key in keys),
            *(key["key_id"] for key in ssh_keys),
            *(spell["spell_id"] for spell in spells),
        ]
    }
    return rendered(
        request,
        "person.html",
        title=found["display_name"] or person_key,
        day=published.day,
        person=found,
        accounts=accounts,
        spells=spells,
        offboarding=published.rows(
            "select * from fct_offboarding_access where person_key = ? order by end_date, source_id, login",
            [person_key],
        ),
        access_keys=keys,
        ssh_keys=ssh_keys,
        grants=_grants(published, accounts),
        permissions=published.rows(
            "select * from fct_effective_permission where person_key = ? order by permission", [person_key]
        ),
        reviews=_reviews(published, person_key),
        about=published.rows(
            f"select * from ({DATED}) as raised where state not in ('remediated', 'closed_entity_removed') "
            f"and {OF_PERSON.format(table='raised')} order by due_at, control_id, exception_id",
            names,
        ),
        answers_for=published.value(
            "select count(*) from fct_exception where state = 'open' and owner_key = ?", [person_key]
        ),
        findings=findings_of(published, OF_PERSON.format(table="rows"), names),
    )


def _places(accounts: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {"places": [f"{account['source_id']}|{account['account_id']}" for account in accounts]}


def _grants(published: Reader, accounts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return published.rows(
        """
        select grants.*, accounts.login
        from fct_access_grant as grants
        left join dim_account as accounts
            on accounts.source_id = grants.source_id and accounts.account_id = grants.account_id
            and accounts.valid_to is null
        where grants.is_current
            and list_contains(cast($places as varchar[]), grants.source_id || '|' || grants.account_id)
        order by grants.source_id, grants.effect desc, grants.entitlement, grants.resource, grants.grant_path
        limit 1000
        """,
        _places(accounts),
    )


def _access_keys(published: Reader, accounts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keys of their cloud accounts, each in its newest version. valid_to: last day on which it was listed."""
    return published.rows(
        """
        select * from dim_access_key
        where list_contains(cast($users as varchar[]), user_id)
        qualify row_number() over (partition by account_id, access_key_id order by valid_from desc) = 1
        order by created_at, access_key_id
        """,
        {"users": [account["account_id"] for account in accounts if account["source_id"] == "aws_iam"]},
    )


def _reviews(published: Reader, person_key: str) -> list[dict[str, Any]]:
    return published.rows(
        """
        select lines.*, people.display_name as decider_name
        from fct_access_review_line as lines
        left join dim_person as people on people.person_key = lines.decider_key
        where lines.person_key = ?
        order by lines.review_period desc, lines.system_id, lines.login, lines.line_no
        limit 500
        """,
        [person_key],
    )
