"""Vendors: the register and what was seen besides, the assessments that are due, and what the tests found of each."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.findings import findings_of
from soc2_warehouse.dashboard.listing import PageNumber, chosen, listed
from soc2_warehouse.dashboard.reading import Published
from soc2_warehouse.dashboard.rendering import page as rendered

router = APIRouter()
LINK = Link("Vendors", "/vendors", 70)

#: Standing on the judged day. Whether that is in order, with its periods of grace, is what the VM controls say.
DUE = """
    with judged as (select cast(max(as_of) as date) as day from fct_control_run where is_current)
    select
        assessments.*,
        people.display_name as reviewer_name,
        case
            when assessments.performed_at is null and assessments.due_from > judged.day then 'not due yet'
            when assessments.performed_at is null then 'never made'
            when assessments.due_at is null then 'no day known'
            when assessments.due_at < judged.day then 'overdue'
            else 'current'
        end as standing
    from fct_vendor_assessment_due as assessments
    cross join judged
    left join dim_person as people on people.person_key = assessments.reviewer_key
"""
FILTERED = f"""
    with assessments as (
        select vendor_id, min(due_at) as next_due_at, count(*) as required,
            count(*) filter (where standing = 'overdue') as overdue,
            count(*) filter (where standing = 'never made') as missing
        from ({DUE}) group by vendor_id
    ),

    found as (
        select split_part(entity_key, '|', 1) as vendor_id, count(*) filter (where result = 'exception') as exceptions
        from fct_control_row where starts_with(control_id, 'VM-') group by all
    )

    select
        vendors.*,
        people.display_name as owner_name,
        assessments.next_due_at,
        coalesce(assessments.required, 0) as required,
        coalesce(assessments.overdue, 0) as overdue,
        coalesce(assessments.missing, 0) as missing,
        coalesce(found.exceptions, 0) as exceptions
    from dim_vendor as vendors
    left join dim_person as people on people.person_key = vendors.owner_key
    left join assessments on assessments.vendor_id = vendors.vendor_id
    left join found on found.vendor_id = vendors.vendor_id
    where ($tier = '' or vendors.tier = $tier)
        and ($registered = '' or vendors.is_registered = ($registered = 'yes'))
        and ($seen = '' or list_contains(vendors.seen_in, $seen))
        and ($overdue = '' or assessments.overdue + assessments.missing > 0)
        and ($text = '' or contains(lower(concat_ws(' ', vendors.vendor_id, vendors.name)), lower($text)))
"""
TIER = "case tier when 'critical' then 0 when 'high' then 1 when 'medium' then 2 when 'low' then 3 else 4 end"
ORDERS = {
    "tier": f"{TIER}, name, vendor_id",
    "name": "name, vendor_id",
    "due": "next_due_at nulls last, name, vendor_id",
    "findings": "exceptions desc, name, vendor_id",
}
TIERS = ("critical", "high", "medium", "low")


@router.get("/vendors")
def vendors(
    request: Request,
    published: Published,
    page: PageNumber,
    tier: str = "",
    registered: str = "",
    seen: str = "",
    overdue: str = "",
    text: str = "",
    sort: str = "tier",
) -> HTMLResponse:
    """registered: yes or no. seen: a source in which the vendor was seen. overdue: only with an assessment that is
    overdue or was never made.
    """
    filters = {"tier": tier, "registered": registered, "seen": seen, "overdue": overdue, "text": text.strip()}
    sources = published.rows("select distinct unnest(seen_in) as source from dim_vendor order by source")
    return rendered(
        request,
        "vendors.html",
        title="Vendors",
        day=published.day,
        listing=listed(published, FILTERED, filters, chosen(ORDERS, sort), page),
        filters=filters,
        sort=sort if sort in ORDERS else "tier",
        choices={"tiers": TIERS, "seen": [row["source"] for row in sources], "orders": list(ORDERS)},
    )


@router.get("/vendors/{vendor_id}")
def vendor(request: Request, published: Published, vendor_id: str) -> HTMLResponse:
    """One vendor. 404 when there is none of that id."""
    found = published.row(
        """
        select vendors.*, people.display_name as owner_name
        from dim_vendor as vendors
        left join dim_person as people on people.person_key = vendors.owner_key
        where vendors.vendor_id = ?
        order by vendors.valid_from desc
        """,
        [vendor_id],
    )
    if found is None:
        raise HTTPException(404, "there is no such vendor")
    return rendered(
        request,
        "vendor.html",
        title=found["name"] or vendor_id,
        day=published.day,
        vendor=found,
        assessments=published.rows(f"select * from ({DUE}) where vendor_id = ? order by kind", [vendor_id]),
        findings=findings_of(
            published,
            "starts_with(rows.control_id, 'VM-') and split_part(rows.entity_key, '|', 1) = $vendor",
            {"vendor": vendor_id},
        ),
    )
