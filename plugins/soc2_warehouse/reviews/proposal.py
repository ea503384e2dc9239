"""An access review of a system, as a file for the register ``access_review_lines``, to be decided line by line."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TextIO

import duckdb

from soc2_warehouse.registers import registers
from soc2_warehouse.reviews.campaign import ReviewProblem
from soc2_warehouse.settings import Settings

MART = "fct_access_review_line_proposed"
QUERY = f"""
    select line_no, source_id, account_id, name, role, last_login, permissions, status, action_required, snapshot_at
    from {MART}
    where system_id = ?
    order by line_no
"""


class NothingToReview(ReviewProblem):
    """The published warehouse proposes no line for the system."""


def write(settings: Settings, system_id: str, review_id: str, out: TextIO) -> tuple[int, datetime]:
    """Write the lines that are proposed for a system as CSV. Returns (lines, moment they show).

    Raises NothingToReview when there are none, or when no night was published yet.
    """
    if not settings.published_file.exists():
        raise NothingToReview(f"{settings.published_file} is not there; run a night first")
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        try:
            found = connection.execute(QUERY, [system_id]).fetchall()
            names = [column[0] for column in connection.description or []]
        except duckdb.CatalogException:
            raise NothingToReview(f"the published warehouse has no {MART}; run a night first") from None
        known = [row[0] for row in connection.execute(f"select distinct system_id from {MART} order by 1").fetchall()]
    if not found:
        raise NothingToReview(f"no line is proposed for {system_id!r}; systems that are reviewed: {', '.join(known)}")
    writer = csv.DictWriter(out, list(registers()["access_review_lines"].columns), lineterminator="\n")
    writer.writeheader()
    for row in found:
        line = dict(zip(names, row, strict=True))
        snapshot_at: datetime = line.pop("snapshot_at")
        # The register keeps a list with ; between the items, and [] where there is none.
        line["permissions"] = ";".join(line["permissions"]) or "[]"
        line["last_login"] = f"{line['last_login']:%Y-%m-%dT%H:%M:%SZ}" if line["last_login"] else None
        writer.writerow(line | {"review_id": review_id})
    return len(found), snapshot_at.replace(tzinfo=UTC)
