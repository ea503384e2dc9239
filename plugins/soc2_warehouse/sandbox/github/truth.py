"""Writes to ``sandbox/truth`` what the change controls must find: the stories know it, nobody keeps a list.

``python -m soc2_warehouse.sandbox.github.truth`` after a story was added or moved.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from soc2_warehouse.sandbox import timetable
from soc2_warehouse.sandbox.aws import trail
from soc2_warehouse.sandbox.github.model import Fact, at, first_day
from soc2_warehouse.sandbox.github.pipeline import Pipeline
from soc2_warehouse.sandbox.github.rules import required_contexts
from soc2_warehouse.sandbox.github.world import LAST, World

FOLDER = Path(__file__).parent.parent / "truth"
WINDOW_END = at(date(2027, 1, 1), "00:00")  # what happens later is outside the engagement
CONTROLS = ("CM-01", "CM-02", "CM-03", "CM-04", "CM-08")
KINDS = ("violations", "near_misses", "absent", "unknown", "excluded")
HEAD = (
    "# from, until: first and last logical day (judged at 02:00 UTC) on which the row shows the code; "
    "until null = for good.\n"
)
# The verdict of the first day and, where something else than the row list decides it, why.
VERDICTS = {
    "CM-01": "{status: fail, incomplete: false}",
    "CM-02": "{status: fail, incomplete: false}",
    "CM-03": "{status: fail, incomplete: true}  # EV-05 has open blocking codes",
    "CM-04": "{status: fail, incomplete: false}",
    "CM-08": "{status: fail, incomplete: false, days: {2026-07-06: {status: fail, incomplete: true}}}"
    "  # LG-09 is blocked",
}
CLOUD = {
    "manual_console": ("violations", "MANUAL_CHANGE", "a person in the console"),
    "manual_cli": ("violations", "MANUAL_CHANGE", "a person with an access key"),
    "break_glass_unregistered": ("violations", "MANUAL_CHANGE", "emergency role used, no session registered"),
    "pipeline_without_record": ("violations", "DEPLOY_WITHOUT_RECORD", "the pipeline's role, and no deployment"),
    "break_glass": ("near_misses", None, "approved emergency session"),
    "manual_denied": ("absent", None, "refused by the cloud: nothing changed"),
    "autoscaling": ("excluded", None, "made by the cloud's own scaling"),
    "maintenance": ("excluded", None, "the provider's maintenance"),
}


def facts(company: Any) -> list[Fact]:
    """Everything planted for the change controls, by control, kind and entity."""
    world = World(company)
    found = world.facts() + Pipeline(world).facts() + _without_checks(world) + _cloud(company)
    return sorted(found, key=lambda fact: (fact.control, KINDS.index(fact.kind), fact.entity, fact.first or LAST))


def _without_checks(world: World) -> list[Fact]:
    """Every merge into a branch that requires no check."""
    moment, why = WINDOW_END, "merged into a branch that requires no check"
    return [
        Fact(
            "CM-04",
            "violations",
            f"{repo.id}|{pull.number}|NO_CONTEXT",
            why,
            "NO_REQUIRED_CHECKS",
            first_day(pull.merged_at),
        )
        for repo in world.repos.values()
        if not required_contexts(repo.name, "main", True, moment)
        for pull in repo.builder.pulls
        if pull.base == repo.builder.trunk and pull.merged_at and pull.merged_at < WINDOW_END
    ]


def _cloud(company: Any) -> list[Fact]:
    """Calls that changed production past the pipeline, by the id of their event."""
    events = {(event.at, event.name): event for event in trail.history(company)}
    found = []
    for change in timetable.RUNTIME_CHANGES:
        kind, code, why = CLOUD[change.kind]
        for (moment, _), event in events.items():
            if moment == change.at:
                found.append(Fact("CM-08", kind, event.event_id, why, code, first_day(moment)))  # type: ignore[arg-type]
    return found


def text(control: str, known: list[Fact]) -> str:
    """The truth file of one control."""
    lines = [HEAD, f"control: {control}\n"]
    for kind in KINDS:
        rows = [fact for fact in known if (fact.control, fact.kind) == (control, kind)]
        lines.append(f"{kind}:\n" if rows else f"{kind}: []\n")
        for fact in rows:
            code = f", code: {fact.code}" if fact.code else ""
            days = f", from: {fact.first or 'null'}, until: {fact.last or 'null'}" if fact.first or fact.last else ""
            lines.append(f'  - {{entity: "{fact.entity}"{code}{days}, why: {json.dumps(fact.why)}}}\n')
    return "".join([*lines, f"verdict: {VERDICTS[control]}\n"])


def main() -> None:
    """Rewrite the files."""
    from soc2_warehouse.sandbox.company import Company

    known = facts(Company())
    for control in CONTROLS:
        (FOLDER / f"{control}.yml").write_text(text(control, known))


if __name__ == "__main__":
    main()
