"""The window that a package is about: engagement, days and controls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from soc2_warehouse import ledger
from soc2_warehouse.coverage import Coverage
from soc2_warehouse.dashboard.reading import Reader
from soc2_warehouse.package import Refused
from soc2_warehouse.settings import Settings


@dataclass(frozen=True)
class Window:
    """first, last: days, both inclusive; for a report of Type I the as-of day is ``last``.

    controls: ids that are reported. criteria: those that were asked for, () for all. made_at: start of the newest
    judgement in the ledger, aware UTC; it stands for the time at which the package is made. judged: day → run that
    counts.
    """

    engagement: dict[str, Any]
    first: date
    last: date
    criteria: tuple[str, ...]
    controls: tuple[str, ...]
    made_at: datetime
    judged: dict[date, ledger.Run]

    @property
    def name(self) -> str:
        parts = [self.engagement["engagement_id"], str(self.first), str(self.last), *self.criteria]
        return re.sub(r"[^A-Za-z0-9._-]+", "-", "_".join(parts))[:120]

    @property
    def is_type_1(self) -> bool:
        return bool(self.engagement["report_type"] == "type_1")

    @property
    def effective(self) -> date:
        """The first day on which results are expected."""
        return max(self.first, self.engagement["controls_effective_from"])

    @property
    def days(self) -> list[date]:
        """Every day on which results are expected."""
        first = self.last if self.is_type_1 else self.effective
        return [first + timedelta(days=n) for n in range((self.last - first).days + 1)]

    @property
    def given(self) -> dict[str, Any]:
        """Parameters of queries."""
        return {"first": self.days[0], "last": self.last, "controls": list(self.controls)}


def resolve(
    settings: Settings, published: Reader, covered: Coverage, first: date, last: date, criteria: Sequence[str]
) -> Window:
    """The window as the register `engagement` declares it. Raises Refused when nothing can be reported of it."""
    if last < first:
        raise Refused(f"the window ends ({last}) before it starts ({first})")
    engagement = published.row("select * from dim_engagement")
    if engagement is None:
        raise Refused("the register `engagement` declares no engagement: type and window of the report are not known")
    start, end = engagement["window_start"], engagement["window_end"]
    if first < start or last > end:
        raise Refused(f"{first} to {last} is not within the window of {engagement['engagement_id']}, {start} to {end}")
    if last < engagement["controls_effective_from"]:
        raise Refused(f"the controls are in effect from {engagement['controls_effective_from']} on, after {last}")
    runs = ledger.runs(settings.ledger)
    judged = {run.day: run for run in ledger.current(runs)}
    if not judged:
        raise Refused("nothing is judged yet: run a night first")
    if last > max(judged):
        raise Refused(f"{last} is not judged yet, the newest judged day is {max(judged)}: end the window there")
    if engagement["report_type"] == "type_1" and last not in judged:
        raise Refused(f"a report of Type I is about one day, and {last} was not judged")
    inside = {day: run for day, run in judged.items() if first <= day <= last}
    if not inside:
        raise Refused(f"no day from {first} to {last} was judged")
    return Window(
        engagement=engagement,
        first=first,
        last=last,
        criteria=tuple(criteria),
        controls=_controls(covered, criteria),
        made_at=max(run.started_at for run in runs),
        judged=inside,
    )


def _controls(covered: Coverage, criteria: Sequence[str]) -> tuple[str, ...]:
    """Ids of the controls that support one of the criteria. Raises Refused for a criterion that nothing supports."""
    supported = {criterion.id: criterion.built for criterion in covered.criteria}
    if unknown := [one for one in criteria if one not in supported]:
        raise Refused(f"{', '.join(unknown)}: no such criterion; the criteria are {', '.join(sorted(supported))}")
    chosen = {control for one in criteria for control in supported[one]}
    found = tuple(sorted(control.id for control in covered.controls if not criteria or control.id in chosen))
    if not found:
        raise Refused(f"no control supports {', '.join(criteria)}: there is no result to report")
    return found
