"""Sentences that the report, the workbooks and the OSCAL file share: each thing is said in one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from soc2_warehouse.package.results import Result
from soc2_warehouse.package.window import Window

NO_OPINION = (
    "This document states tests, results and deviations. It gives no opinion: whether the controls were suitably "
    "designed and operated effectively is for the auditor to conclude."
)
DEMO = "Environment: demo. The systems tested are those of the sandbox company; nothing here is about a real one."
MODES = {
    "snapshot": "tests the whole state every night",
    "event": "tests every occurrence",
    "periodic": "tests what each period owes",
}
STATES = {
    "open": "open",
    "accepted": "accepted",
    "mitigated": "mitigated",
    "remediated": "remediated",
    "closed_entity_removed": "entity removed",
    "false_positive": "false positive",
}


def when(value: Any) -> str:
    """A day, or an instant to the minute, UTC; nothing for None."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)


def share(value: float | None) -> str:
    """0 to 1 as per cent; cut, never rounded up: 99.96 % is not everything."""
    return "–" if value is None else f"{int(value * 1000) / 10:g}\u00a0%"


def plain(value: Any) -> str:
    """A declared value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {plain(item)}" for name, item in value.items())
    return "" if value is None else str(value)


def number(value: Any) -> str:
    return "–" if value is None else f"{value:,}"


def count(value: int, what: str) -> str:
    """``1 day``, ``3 days``; what: the singular, with ``y`` at its end for ``ies``."""
    many = f"{what[:-1]}ies" if what.endswith("y") and not what.endswith("day") else f"{what}s"
    return f"{value:,} {what if value == 1 else many}"


def kind(window: Window) -> str:
    return "Type I" if window.is_type_1 else "Type II"


def period(window: Window) -> str:
    return f"as of {window.last}" if window.is_type_1 else f"{window.first} to {window.last}"


def test(result: Result, window: Window) -> str:
    """What was done, in the words of a report's second column."""
    control, night = result.control, result.population["night"]
    hour = f" at {night['as_of']:%H:%M} UTC" if night else ""
    often = f"As of {window.last}{hour}" if window.is_type_1 else f"Every night{hour}"
    told = (
        f"{often} the whole population was read from {plain(control['sources']) or 'the records of the warehouse'} and "
        f"each member was evaluated by the query code/{result.id}.sql; no sample was taken by the warehouse."
    )
    if control["completeness"]:
        names = ", ".join(name.replace("_", " ") for name in control["completeness"])
        told += f" The population was compared with independent counts ({names})."
    return told


def population(result: Result, window: Window) -> str:
    found, night = result.population, result.population["night"]
    if night is None:
        return "No night of the window could evaluate the control: there is no population."
    if result.control["mode"] == "snapshot" or window.is_type_1:
        told = f"{count(found['judged'], 'member')} on {night['logical_date']}"
        if found["smallest"] != found["largest"]:
            told += f", between {found['smallest']:,} and {found['largest']:,} over the window"
    else:
        told = f"{count(found['judged'], 'member')} judged on any night of the window, each counted once"
    if found["excluded"]:
        told += f"; {found['excluded']:,} excluded with reasons"
    return f"{told}. Population hash of {night['logical_date']}: {night['population_hash']}."


def sample(result: Result) -> str:
    if not result.samples:
        return "None was drawn: the whole population was tested."
    drawn = [
        f"{len(one['sample'])} of {one['population']['population_count']:,} ({one['file']})" for one in result.samples
    ]
    return f"{count(len(drawn), 'draw')}: {'; '.join(drawn)}."


def outcome(result: Result) -> str:
    """The results in numbers: days, members, deviations."""
    days = Counter(result.days)
    parts = [
        f"{count(days['p'], 'day')} passed, {days['f']:,} failed, {days['n']:,} not tested"
        + (f", {days['o']:,} without occurrence" if days["o"] else "")
        + (f", {days['-']:,} not judged" if days["-"] else "")
    ]
    parts.append(deviations(result))
    return ". ".join(parts) + "."


def deviations(result: Result) -> str:
    """How many stood in the window, and how much of the population deviates at its end."""
    found = result.population
    if not result.exceptions:
        return "No deviation"
    states = Counter(STATES[one["state"]] for one in result.exceptions)
    told = ", ".join(f"{many} {state}" for state, many in sorted(states.items(), key=lambda item: (-item[1], item[0])))
    rate = (
        f"; {found['failed']:,} of {found['judged']:,} members deviate ({share(result.rate)})"
        if found["judged"]
        else ""
    )
    return f"{count(len(result.exceptions), 'deviation')} ({told}){rate}"


def covered(result: Result) -> str:
    found = result.coverage
    if not found.expected:
        return "no unit was due in the window"
    told = f"{found.covered} of {found.expected} units ({share(found.share)})"
    return told if not found.gaps else f"{told}, longest gap {count(found.longest, 'day')}"


def gaps(result: Result, limit: int = 8) -> str:
    """The days without a result, with their causes."""
    found = [
        f"{span(gap.first, gap.last)} ({gap.cause}{f', {gap.replay}' if gap.replay else ''})"
        for gap in result.coverage.gaps
    ]
    more = f" and {len(found) - limit} more in the workbook" if len(found) > limit else ""
    return "; ".join(found[:limit]) + more


def span(first: date, last: date) -> str:
    return str(first) if first == last else f"{first} to {last}"


def interval(line: dict[str, Any]) -> str:
    """A stretch of a deviation: since when, until when, and how it ended."""
    if not line["until"]:
        return f"since {when(line['since'])}"
    return f"{when(line['since'])} – {when(line['until'])} ({STATES.get(line['ended_as'], line['ended_as'])})"


def decision(one: dict[str, Any]) -> str:
    """Who decided what about an exception, and why, as it holds after the window."""
    if not one["decided_by"]:
        return ""
    told = f"{STATES[one['state']]} by {one['decided_by']} on {when(one['decided_at'])[:10]}: {one['decision_reason']}"
    return told + _terms(one)


def decided(one: dict[str, Any]) -> str:
    """A decision that was in force in the window."""
    told = (
        f"{STATES[one['state']]} by {one['by']}, in force from {when(one['since'])[:10]}: {one['reason']}{_terms(one)}"
    )
    return told + (f"; no longer in force since {when(one['until'])[:10]}" if one["until"] else "")


def _terms(one: dict[str, Any]) -> str:
    told = f"; compensated by {one['compensating_control']}" if one["compensating_control"] else ""
    told += f"; rule mended by {one['rule_fix_ref']}" if one["rule_fix_ref"] else ""
    return told + (f"; until {when(one['expires_at'])[:10]}" if one["expires_at"] else "")


def why_not_tested(result: Result) -> str:
    """Reason and detail of the newest judgement that says so."""
    last: Sequence[dict[str, Any]] = [run for run in result.runs if run["status"] == "not_tested"]
    if last:
        run = last[-1]
        return f"{run['reason']} on {run['logical_date']}: {run['detail'] or 'no detail'}"
    return "no day of the window was judged" if not result.runs else "too few days have a result"
