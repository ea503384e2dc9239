"""``soc2 status``: the page Posture for people who live in a terminal; the same figures from the same queries."""

from __future__ import annotations

from typing import Any, Literal

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from soc2_warehouse.dashboard.choices import ChosenControls
from soc2_warehouse.dashboard.posture_facts import posture
from soc2_warehouse.dashboard.reading import read
from soc2_warehouse.dashboard.rendering import MARKS
from soc2_warehouse.report import shorten
from soc2_warehouse.settings import Settings

STYLES = {"pass": "green", "fail": "bold red", "not_tested": "yellow", "gap": "dim", "open": "bold red"}


def show(settings: Settings, on: Console, choice: ChosenControls, verdict: str = "") -> None:
    """Print the posture of the newest judged day. Raises NotPublished."""
    with read(settings.published_file) as published:
        facts = posture(published, choice, verdict)
    if facts["day"] is None:
        on.print("No day was judged yet.")
        return
    on.print(_head(facts))
    on.print(_categories(facts))
    if facts["before"]:
        on.print(_changed(facts))
    on.print(_overdue(facts))
    on.print(_health(facts))
    on.print(_controls(facts))


def _mark(status: str | None) -> Text:
    """Sign and word: the colour says nothing more."""
    sign, word = MARKS.get(status or "gap", ("·", str(status).replace("_", " ")))
    return Text(f"{sign} {word}", style=STYLES.get(status or "gap", ""), no_wrap=True)


def _table(title: str, *columns: str) -> Table:
    """columns: headings; one that ends with # is a number."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for name in columns:
        is_number = name.endswith("#")
        justify: Literal["right", "left"] = "right" if is_number else "left"
        table.add_column(name.rstrip("#"), justify=justify, no_wrap=is_number, overflow="fold")
    return table


def _head(facts: dict[str, Any]) -> Group:
    total = facts["total"]
    line = Text(f"Readiness {total['readiness']} %  ", style="bold")
    for status in ("pass", "fail", "not_tested"):
        line.append(f" {total[status]} ").append_text(_mark(status))
    line.append(f"  of {total['all']} controls in scope")
    late, waiting = facts["overdue"]["number"], len(facts["health"]["blocked"])
    return Group(
        Text(f"Judged for {facts['day']}, as of {facts['as_of']:%Y-%m-%d %H:%M} UTC", style="dim"),
        line,
        Text(f"{late:,} overdue exceptions, {waiting} controls wait for data"),
    )


def _categories(facts: dict[str, Any]) -> Table:
    table = _table("Readiness by category", "category", "ready#", "pass#", "fail#", "not tested#")
    for one in facts["categories"]:
        if one["all"]:
            counts = (f"{one['readiness']} %", str(one["pass"]), str(one["fail"]), str(one["not_tested"]))
            table.add_row(one["name"], *counts)
        else:
            table.add_row(one["name"], "–", "", "", f"{one['out_of_scope']} out of scope")
    return table


def _changed(facts: dict[str, Any]) -> Table:
    table = _table(f"Changed since {facts['before']}", "what", "before", "now", "")
    for one in facts["changed"]:
        now = _mark(one["status"]).append(f" {one['reason']}" if one["reason"] else "")
        table.add_row(one["control_id"], _mark(one["status_before"]), now, one["title"])
    for state, rows in facts["moved"].items():
        moved = sum(row["number"] for row in rows)
        where = ", ".join(f"{row['control_id']} ×{row['number']}" for row in rows)
        table.add_row(f"{moved} exceptions", "", _mark(state), shorten(where, 80))
    if not table.row_count:
        table.add_row("nothing", "", "", "")
    return table


def _overdue(facts: dict[str, Any]) -> Table:
    late = facts["overdue"]
    title = f"Overdue: the first {len(late['rows'])} of {late['number']:,}"
    table = _table(title, "due", "days over#", "severity", "control", "what", "owner")
    for one in late["rows"]:
        what = f"{one['entity_name']} {one['code']}"
        owner = one["owner_name"] or "nobody"
        table.add_row(
            f"{one['due_at']:%Y-%m-%d}", str(one["days_over"]), one["severity"], one["control_id"], what, owner
        )
    if not late["rows"]:
        table.add_row("none", "", "", "", "", "")
    return table


def _health(facts: dict[str, Any]) -> Table:
    table = _table(
        "Tables that are not as the controls need them", "table", "state", "newest usable", "controls that wait"
    )
    for one in facts["health"]["tables"]:
        day = str(one["usable_day"] or "never")
        table.add_row(one["source_id"], _mark(one["state"]), day, ", ".join(one["blocked"]) or "none")
    if not table.row_count:
        table.add_row("none: every table is there and fresh", "", "", "")
    return table


def _controls(facts: dict[str, Any]) -> Table:
    table = _table("Controls", "control", "verdict", "open#", "population#", "title", "why")
    for one in facts["controls"]:
        verdict = _mark(one["status"]).append(f" {one['reason']}" if one["reason"] else "")
        counts = (
            "" if number is None else f"{number:,}" for number in (one["open_exception_count"], one["population_count"])
        )
        table.add_row(one["control_id"], verdict, *counts, one["title"], shorten(one["detail"] or "", 80))
    return table
