"""Which controls a page is about: the same filters, by the same names in the address, on every page that has them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, HTTPException

from soc2_warehouse.dashboard.reading import Reader

#: Controls that the filters leave. Takes the parameters of a `ChosenControls`.
CHOSEN = """
    select control_id, title, category, owner, severity, mode, max_age_hours
    from dim_control
    where ($category = '' or category = $category)
        and ($owner = '' or owner = $owner)
        and ($severity = '' or severity = $severity)
        and starts_with(control_id, upper(trim($control)))
"""
SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True)
class ChosenControls:
    """What the address asks for. Empty: all. control: the beginning of its id, as ``AC`` or ``AC-03``."""

    category: str = ""
    owner: str = ""
    severity: str = ""
    control: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        """For SQL, and to say the same again in an address."""
        return asdict(self)


Choice = Annotated[ChosenControls, Depends()]


def offered(reader: Reader) -> dict[str, list[str]]:
    """What the fields offer: what controls have."""
    found = {
        name: [row[name] for row in reader.rows(f"select distinct {name} from dim_control order by all")]
        for name in ("category", "owner")
    }
    return {**found, "severity": list(SEVERITIES)}


def day_in(text: str) -> date | None:
    """The day that the address names; None when it names none. 422 when it is no date."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise HTTPException(422, "A day is written as 2026-07-01") from error
