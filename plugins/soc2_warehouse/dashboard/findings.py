"""What the controls found of one entity on the newest judged day."""

from __future__ import annotations

from typing import Any

from soc2_warehouse.dashboard.reading import Reader


def findings_of(reader: Reader, condition: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of controls with the control's title and, as ``exceptions``, (code, id) of what was raised of the entity.

    condition: SQL of ours on ``rows`` (fct_control_row); parameters: what it names.
    """
    found = reader.rows(
        f"""
        select
            rows.*,
            controls.title,
            (
                select list(struct_pack(code := raised.code, id := raised.exception_id) order by raised.code)
                from fct_exception as raised
                where raised.control_id = rows.control_id and raised.entity_key = rows.entity_key
            ) as raised
        from fct_control_row as rows
        inner join dim_control as controls on controls.control_id = rows.control_id
        where {condition}
        order by rows.control_id, rows.entity_name, rows.entity_key
        limit 1000
        """,
        parameters,
    )
    for row in found:
        row["exceptions"] = [(one["code"], one["id"]) for one in row.pop("raised") or []]
    return found
