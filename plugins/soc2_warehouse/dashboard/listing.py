"""Long lists: a hundred rows at a time, in an order that the visitor chooses from a list of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends

from soc2_warehouse.dashboard.reading import Reader

#: Rows of a page.
ROWS = 100


@dataclass(frozen=True)
class Listing:
    """One page of a list. page: its number from 1; pages: how many there are, at least 1; total: rows of all."""

    rows: list[dict[str, Any]]
    page: int
    pages: int
    total: int


def page_number(page: str = "") -> int:
    """What the address says, and 1 when that is no number of a page."""
    try:
        return max(int(page), 1)
    except ValueError:
        return 1


PageNumber = Annotated[int, Depends(page_number)]


def chosen(orders: Mapping[str, str], name: str) -> str:
    """The order of that name; the first one when there is none. orders: name and SQL, both ours."""
    return orders.get(name) or next(iter(orders.values()))


def listed(reader: Reader, sql: str, parameters: dict[str, Any], order: str, page: int) -> Listing:
    """Page ``page`` of the rows of ``sql``, and the last page when there are fewer. order: SQL of ours, unambiguous."""
    total = int(reader.value(f"select count(*) from ({sql})", parameters))
    pages = max(-(-total // ROWS), 1)
    page = min(page, pages)
    rows = reader.rows(
        f"select * from ({sql}) order by {order} limit $rows_of_page offset $rows_before",
        {**parameters, "rows_of_page": ROWS, "rows_before": (page - 1) * ROWS},
    )
    return Listing(rows, page, pages, total)
