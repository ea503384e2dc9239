"""A control in the PDF: what is tested, how, on what, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reportlab.platypus import Flowable

from soc2_warehouse.package import wording
from soc2_warehouse.package.pdf import HEAD, SMALL, WIDTH, Strip, cell, fields, heading, marked, table, tags, text
from soc2_warehouse.package.results import PRINTED, Result
from soc2_warehouse.package.window import Window


def control(one: Result, window: Window) -> Iterator[Flowable]:
    """Its heading, its facts, its deviations."""
    declared = one.control
    yield heading(f"{one.id} · {declared['title']}", 3)
    yield fields(
        [
            ("Conclusion", tags(one)),
            ("Control", [cell(declared["statement"]), cell(_facts(declared), SMALL)]),
            ("Test performed", [cell(wording.test(one, window)), *_codes(declared)]),
            ("Population", wording.population(one, window)),
            ("Sample", wording.sample(one)),
            ("Result", [*_outcome(one, window)]),
            ("One instance", _walked(one)),
        ]
    )
    if len(one.segments) > 1:
        yield table(
            ["Segment", "Passed", "Failed", "Not tested", "Query", "Parameters"],
            [
                [
                    wording.span(part["first"], part["last"]),
                    *(part[name] for name in ("pass", "fail", "not_tested")),
                    (part["sql_sha256"] or "none")[:12],
                    part["params_sha"][:12],
                ]
                for part in one.segments
            ],
            [26, 10, 10, 12, 16, 16],
            (1, 2, 3),
        )
    if one.exceptions:
        yield table(
            ["Deviation", "Code", "Severity", "Stood (UTC)", "State", "Finding"],
            [_exception(found) for found in one.exceptions[:PRINTED]],
            [24, 23, 8, 21, 11, 34],
        )
    if len(one.exceptions) > PRINTED:
        told = f"{PRINTED} of {len(one.exceptions):,} are printed, those still open first; all are in "
        yield cell(f"{told}workbooks/{one.area}.xlsx.", SMALL)


def _facts(control: dict[str, Any]) -> str:
    return (
        f"Criteria {', '.join(control['criteria']) or 'none'} · owner {control['owner']} · severity "
        f"{control['severity']} · {control['frequency']}, {wording.MODES[control['mode']]}"
    )


def _codes(control: dict[str, Any]) -> Iterator[Flowable]:
    for code in control["codes"]:
        severity = f", {code['severity']}" if code.get("severity") else ""
        yield marked(f"<b>{text(code['name'])}</b> {text(code['when'])} ({text(code['effect'] + severity)})", SMALL)
    if control["parameters"]:
        told = "; ".join(
            f"{one['name']} = {wording.plain(one['value'])} {one['unit'] or ''} "
            f"({'register' if one['overridden'] else one['origin']})"
            for one in control["parameters"]
        )
        yield cell(f"Parameters: {told}", SMALL)


def _outcome(one: Result, window: Window) -> Iterator[Flowable]:
    yield cell(wording.outcome(one))
    if not window.is_type_1:
        gaps = f" Without a result: {wording.gaps(one)}." if one.coverage.gaps else ""
        yield cell(f"Coverage: {wording.covered(one)}.{gaps}")
        yield Strip(one.days, WIDTH * 0.8)
    if one.is_insufficient:
        yield cell(f"Not tested: {wording.why_not_tested(one)}")


def _walked(one: Result) -> str:
    found = one.sheet and one.sheet["walked"]
    if not found:
        return ""
    codes = f" ({', '.join(found['codes'])})" if found["codes"] else ""
    return (
        f"{found['entity_name'] or found['entity_key']}: {found['result']}{codes}. {found['reason'] or ''} "
        f"Shown by the record {found['record']}, which has {found['by']}."
    )


def _exception(found: dict[str, Any]) -> list[Any]:
    decided = wording.decision(found)
    return [
        found["entity_name"] or found["entity_key"],
        found["code"],
        found["severity"],
        [cell(wording.interval(line)) for line in found["intervals"]],
        wording.STATES[found["state"]],
        [cell(found["reason"]), *([cell(decided, HEAD)] if decided else [])],
    ]
