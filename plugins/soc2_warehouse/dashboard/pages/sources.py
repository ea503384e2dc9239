"""Sources: the receipt of every extract, newest first, and what is known of how each list was made (IPE)."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard.access import only
from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.listing import PageNumber, chosen, listed
from soc2_warehouse.dashboard.reading import Published
from soc2_warehouse.dashboard.rendering import page as rendered

ROLES = ("data_team", "auditor")
router = APIRouter(dependencies=[only(*ROLES)])
LINK = Link("Sources", "/sources", 90, ROLES)

#: What a receipt says against itself: nothing here is repaired or left out.
RECEIPTS = """
    with judged as (select max(logical_date) as day from fct_control_run where is_current)
    select
        receipts.*,
        row_number() over (
            partition by receipts.source_id
            order by receipts.logical_date desc, receipts.is_selected desc, receipts.started_at desc, receipts.run_id
        ) = 1 as is_newest,
        receipts.api_reported_total is not null and receipts.api_reported_total <> receipts.rows as differs,
        receipts.status <> 'complete' or receipts.permission_denied > 0 or receipts.object_errors > 0
            or len(receipts.errors) > 0
            or coalesce(receipts.api_reported_total <> receipts.rows, false) as is_troubled,
        receipts.logical_date < judged.day as is_old
    from fct_extract_run as receipts
    cross join judged
"""
FILTERED = f"""
    select * from ({RECEIPTS})
    where (($table = '' and is_newest) or source_id = $table)
        and ($source = '' or source = $source)
        and ($status = '' or status = $status)
        and ($kind = '' or kind = $kind)
        and ($trouble = '' or is_troubled)
        and ($text = '' or contains(lower(concat_ws(' ', source_id, query, credential_identity, tenant)), lower($text)))
"""
ORDERS = {
    "table": "source_id, logical_date desc, started_at desc, run_id",
    "trouble": "is_troubled desc, permission_denied desc, source_id, logical_date desc, run_id",
    "newest": "logical_date desc, started_at desc, source_id, run_id",
    "rows": "rows desc, source_id, logical_date desc, run_id",
}


@router.get("/sources")
def sources(
    request: Request,
    published: Published,
    page: PageNumber,
    table: str = "",
    source: str = "",
    status: str = "",
    kind: str = "",
    trouble: str = "",
    text: str = "",
    sort: str = "table",
) -> HTMLResponse:
    """table: every receipt of this one (``okta.users``) instead of the newest of each."""
    filters = {
        "table": table,
        "source": source,
        "status": status,
        "kind": kind,
        "trouble": trouble,
        "text": text.strip(),
    }
    choices = {
        name: [row[name] for row in published.rows(f"select distinct {name} from fct_extract_run order by all")]
        for name in ("source", "status", "kind", "source_id")
    }
    return rendered(
        request,
        "sources.html",
        title="Sources",
        day=published.day,
        listing=listed(published, FILTERED, filters, chosen(ORDERS, sort), page),
        filters=filters,
        sort=sort if sort in ORDERS else "table",
        choices={**choices, "orders": list(ORDERS)},
    )


@router.get("/sources/{run_id}")
def receipt(request: Request, published: Published, run_id: str) -> HTMLResponse:
    """One extract. 404 when there is none of that id."""
    found = published.row(f"select * from ({RECEIPTS}) where run_id = ?", [run_id])
    if found is None:
        raise HTTPException(404, "there is no such extract")
    return rendered(
        request,
        "source.html",
        title=f"{found['source_id']} on {found['logical_date']}",
        day=published.day,
        receipt=found,
        history=published.rows(
            f"""
            select * from ({RECEIPTS}) where source_id = ?
            order by logical_date desc, started_at desc, run_id
            limit 100
            """,
            [found["source_id"]],
        ),
        populations=published.rows(
            """
            select runs.control_id, runs.logical_date, runs.status, runs.reason, runs.population_count, runs.excluded,
                runs.unknown, runs.population_hash, runs.code_sha, runs.run_id, controls.title, controls.sql_path,
                controls.completeness
            from fct_control_run as runs
            inner join dim_control as controls on controls.control_id = runs.control_id
            where runs.is_current and list_contains(runs.input_run_ids, $run)
            order by runs.control_id, runs.logical_date
            limit 500
            """,
            {"run": run_id},
        ),
        readers=published.rows(
            "select control_id, title from dim_control where list_contains(sources, ?) order by control_id",
            [found["source_id"]],
        ),
    )
