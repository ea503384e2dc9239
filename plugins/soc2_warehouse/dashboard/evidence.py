"""What a control's row says of its entity, as people read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from soc2_warehouse.dashboard.rendering import when


def evidence_of(row: Mapping[str, Any] | None) -> dict[str, str]:
    """Name and text of each column of evidence; an empty text for what is not known. row: of fct_control_row."""
    said = json.loads(row["evidence"] or "{}") if row else {}
    return {name: in_words(value) for name, value in said.items()}


def in_words(value: Any) -> str:
    """A value of JSON: instants to the minute, lists with commas, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(in_words(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.endswith("Z") and "T" in value:
        try:
            return when(datetime.fromisoformat(value))
        except ValueError:
            return value
    return str(value)
