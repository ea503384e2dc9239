"""A home in which only some controls and sources are played: cheap nights of the sandbox company, many of them.

Only what is selected is fetched, built and judged; the other controls are not in such a home at all, so nothing in it
says anything of them. The choice is made with the home's first night and stands for ever: no whole night joins it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from soc2_warehouse.settings import Settings

if TYPE_CHECKING:
    from soc2_warehouse.controls import Control

FILE = "selection.json"
#: What a judgement, the pages and the auditor's package read besides the models of the controls.
ALWAYS = (
    "+int_control_sources",
    "+int_control_days_covered",
    "+int_person_refs",
    "+dim_person",
    "+dim_scope",
    "+fct_milestone",
    "+stg_registers__exception_decisions",
)


@dataclass(frozen=True)
class Selection:
    """Control ids and source modules; empty: all of them."""

    controls: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.controls or self.sources)

    def of(self, declared: Iterable[Control]) -> tuple[Control, ...]:
        """The selected ones of the declared controls. Raises ValueError for one that is not declared."""
        known = {control.id: control for control in declared}
        if unknown := sorted(set(self.controls) - known.keys()):
            raise ValueError(f"there is no control {', '.join(unknown)}")
        return tuple(control for control in known.values() if not self.controls or control.id in self.controls)

    def models(self) -> list[str]:
        """dbt's selection of what the selected controls read; empty when all are selected."""
        if not self.controls:
            return []
        stems = (f"ctl_{control_id.lower().replace('-', '_')}__*" for control_id in self.controls)
        return [*(f"+{stem}" for stem in stems), *ALWAYS]

    def notice(self) -> str:
        """A sentence for those who read results of such a home; empty when nothing is left out."""
        return f"Played {self.told()}." if self else ""

    def told(self) -> str:
        """What the run is no evidence of, in words."""
        controls = ", ".join(self.controls) or "all controls"
        return f"in part: {controls} over {', '.join(self.sources) or 'all sources'}, no evidence of anything else"


def read(settings: Settings) -> Selection:
    """What this home is limited to; everything when nobody limited it."""
    file = settings.home / FILE
    if not file.exists():
        return Selection()
    content = json.loads(file.read_text(encoding="utf-8"))
    return Selection(tuple(content["controls"]), tuple(content["sources"]))


def write(settings: Settings, selection: Selection) -> Path:
    """Limit this home."""
    settings.home.mkdir(parents=True, exist_ok=True)
    file = settings.home / FILE
    file.write_text(json.dumps(asdict(selection), sort_keys=True) + "\n", encoding="utf-8")
    return file


def parse(controls: str, sources: str) -> Selection:
    """From lists with commas. Raises ValueError for a source that there is not."""
    from soc2_warehouse import sources as modules

    chosen = tuple(sorted({part.strip() for part in sources.split(",") if part.strip()}))
    if unknown := sorted(set(chosen) - set(modules.names())):
        raise ValueError(f"there is no source {', '.join(unknown)}: there are {', '.join(modules.names())}")
    return Selection(tuple(sorted({part.strip().upper() for part in controls.split(",") if part.strip()})), chosen)
