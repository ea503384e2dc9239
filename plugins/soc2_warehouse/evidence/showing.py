"""What the auditor's commands print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from soc2_warehouse.evidence.freezing import Frozen
from soc2_warehouse.evidence.listing import Listing
from soc2_warehouse.evidence.replay import Change, Replay

_UNITS = {
    "occurrence": "one row of the control, wherever in the window it was judged",
    "day": "one night on which the whole state was tested",
    "entity-day": "one row on one night",
}


def show_frozen(console: Console, found: Frozen) -> None:
    content = found.content
    console.print(
        f"{content['control_id']} from {content['window_start']} to {content['window_end']}: "
        f"{content['population_count']} × {content['unit']} ({_UNITS[content['unit']]})"
    )
    console.print(f"population_hash  {content['population_hash']}", soft_wrap=True)
    console.print(f"frozen           {content['frozen_at']}, version {content['version']}")
    console.print(f"file             {found.file}", soft_wrap=True)
    gaps = content["days_without_a_result"]
    if gaps:
        console.print(f"[yellow]{len(gaps)} days of the window give nothing[/], the file names them; the first:")
        for day, why in list(gaps.items())[:3]:
            console.print(Text(f"  {day}: {why}"))


def show_draw(console: Console, file: Path) -> None:
    drawn = _read(file)
    size, population = drawn["size"], drawn["population"]
    console.print(Text(f"{size['n']} of {population['population_count']}: {size['rule']}"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("stratum", "#", "key", "day", "result", "codes", "rank"):
        table.add_column(name, overflow="fold" if name == "key" else "ellipsis")
    for item in drawn["sample"]:
        row = item.get("row") or {"result": item["run"]["status"], "codes": []}
        line = (item["stratum"], str(item["position"]), item["key"], item["day"], row["result"])
        table.add_row(*line, ", ".join(row["codes"] or ()), item["rank"][:12])
    console.print(table)
    limit = drawn["upper_limit_at_90_percent_without_deviations"]
    console.print(f"Without a deviation in it, at most {limit:.1%} of the population deviate (90 % confidence).")
    if drawn["draws_before"]:
        seeds = ", ".join(repr(line["seed"]) for line in drawn["draws_before"])
        console.print(Text(f"Drawn before from the same population, with: {seeds}"), style="yellow")
    console.print(Text(f"{drawn['population_now'].capitalize()}."))
    console.print(f"file  {file}", soft_wrap=True)


def show_replacement(console: Console, file: Path) -> None:
    made = _read(file)
    new = made["replaced_by"]
    console.print(Text(f"{made['replaced']} is replaced by {new['key']} (rank {new['rank'][:12]}): {made['reason']}"))
    console.print(f"file  {file}", soft_wrap=True)


def show_replay(console: Console, found: Replay) -> None:
    """Every difference: verdicts first, then rows, then what the runs rest on that is another."""
    console.print(f"{found.record.logical_date} {found.record.run_id}", soft_wrap=True)
    console.print(f"judged again by {found.code}: {found.controls} controls, {found.rows} rows", soft_wrap=True)
    for change in found.changes:
        console.print(Text(_change(change)), soft_wrap=True)
    by_cause: dict[tuple[str, ...], list[str]] = {}
    for control, names in found.causes.items():
        by_cause.setdefault(names, []).append(control)
    for names, controls in by_cause.items():
        told = "every control" if len(controls) == found.controls else ", ".join(controls)
        console.print(Text(f"another {', '.join(names)}: {told}"), style="dim")
    for name, (kept, again) in found.files.items():
        state = "identical" if kept == again else "other bytes" if kept and again else "only on one side"
        console.print(f"  {name:28} {state}  {(again or '–')[:16]}", style="" if kept == again else "yellow")
    console.print("equal" if found.equal else f"DIFFERENT: {len(found.changes)} differences")


def show_exceptions(console: Console, found: Listing, limit: int) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("control", "code", "entity", "severity", "state", "since", "due", "owner"):
        table.add_column(name, overflow="fold" if name == "entity" else "ellipsis")
    for item in found.exceptions[:limit]:
        late = found.overdue(item)
        since, due = f"{item.opened_at:%Y-%m-%d}", f"{item.due_at:%Y-%m-%d}" + (" overdue" if late else "")
        line = (item.control_id, item.code, item.entity_name, item.severity, item.state, since, due)
        table.add_row(*(Text(cell) for cell in line), Text(item.owner_key or "–"), style="red" if late else "")
    console.print(table)
    shown = min(limit, len(found.exceptions))
    console.print(
        f"{shown} of {len(found.exceptions)} shown as of {found.as_of:%Y-%m-%d %H:%M} UTC; {found.hidden} not asked for"
    )
    for standing in found.decisions:
        decision = standing.decision
        what = Text(f"{decision.decision} by {decision.decided_by or 'nobody'}: {decision.reason}: {standing.effect}")
        console.print(what, style="" if standing.in_force else "yellow")


def _change(change: Change) -> str:
    named = f"{change.control_id} {change.entity_key or 'run'}"
    if change.what in ("added", "removed"):
        fields = ", ".join(f"{name} {value}" for name, value in (change.before or change.after).items() if value)
        return f"{'+' if change.what == 'added' else '-'} {named}: {fields}: {change.reason}"
    fields = "; ".join(f"{name} was {change.before[name]!r}, is {change.after[name]!r}" for name in change.before)
    return f"~ {named}: {fields}" + ("" if "reason" in change.before else f": {change.reason}")


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
