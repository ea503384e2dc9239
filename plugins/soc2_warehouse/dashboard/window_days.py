"""Control × day over the observation window: what each day shows, and what can still be done about days without.

A day without a verdict of weight can be judged again when the landing zone still holds what the control reads: of each
snapshot the extract of that day, taken in time; of each event table and register one that was young enough. Events can
be fetched late; a snapshot that was not taken is lost.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import Any

from soc2_warehouse.dashboard.choices import CHOSEN
from soc2_warehouse.dashboard.reading import Reader

#: Letters of a row of cells. Not tested is a capital letter for each reason, in the order of `reasons`.
LETTERS = {"p": "pass", "f": "fail", "g": "gap"}
#: Letters of what can still be done about a day.
REPLAY = {
    "r": "can be judged again: its receipts are complete",
    "e": "can be judged again once its events are fetched",
    "l": "lost: a snapshot of that day was not taken",
}
#: Verdicts that later evidence could change; the others say what they say, and judging again would repeat them.
REPEATABLE = ("NO_DATA", "STALE", "LOGIC_ERROR")

CELLS = f"""
    chosen as ({CHOSEN}),
    days as (
        select cast(unnest(generate_series(cast($first as date), cast($last as date), interval 1 day)) as date) as day
    ),
    cells as (
        select
            chosen.control_id,
            days.day,
            runs.status,
            runs.reason,
            case
                when runs.status is null then 'g'
                when runs.status = 'pass' then 'p'
                when runs.status = 'fail' then 'f'
                else chr(64 + cast(list_position($reasons, coalesce(runs.reason, '')) as integer))
            end as letter,
            runs.status is null or (runs.status = 'not_tested' and list_contains($repeatable, runs.reason)) as is_open
        from chosen
        cross join days
        left join fct_control_run as runs
            on runs.control_id = chosen.control_id and runs.logical_date = days.day and runs.is_current
    ),
    clock as (
        select arg_max(as_of - cast(logical_date as timestamp), logical_date) as observed_at
        from fct_control_run where is_current
    ),
    needed as (
        select control_id, source_id, kind, max_age_hours from meta_control_source where in_use
    ),
    held as (
        select source_id, kind, logical_date, finished_at
        from fct_extract_run
        where is_selected and (kind <> 'snapshot' or finished_at <= cast(logical_date as timestamp) + interval 36 hour)
    ),
    open_tables as (
        select distinct cells.day, needed.source_id
        from cells
        inner join needed on needed.control_id = cells.control_id
        where cells.is_open
    ),
    newest_held as (
        select open_tables.day, open_tables.source_id, held.logical_date, held.finished_at
        from open_tables
        asof left join held on held.source_id = open_tables.source_id and open_tables.day >= held.logical_date
    ),
    checked as (
        select
            cells.control_id,
            cells.day,
            coalesce(needed.kind = 'event', false) as is_fetched_late,
            coalesce(
                case
                    when needed.source_id is null then true
                    when needed.kind = 'snapshot' then newest_held.logical_date = cells.day
                    else date_diff(
                        'minute', newest_held.finished_at, cast(cells.day as timestamp) + clock.observed_at
                    ) <= 60 * needed.max_age_hours
                end,
                false
            ) as is_held
        from cells
        cross join clock
        left join needed on needed.control_id = cells.control_id
        left join newest_held on newest_held.day = cells.day and newest_held.source_id = needed.source_id
        where cells.is_open
    ),
    replay as (
        select
            control_id,
            day,
            case
                when bool_and(is_held) then 'r'
                when bool_and(is_held or is_fetched_late) then 'e'
                else 'l'
            end as replay
        from checked
        group by control_id, day
    ),
    told as (
        select cells.*, coalesce(replay.replay, '.') as replay
        from cells
        left join replay on replay.control_id = cells.control_id and replay.day = cells.day
    )
"""


def window(published: Reader, asked: tuple[date | None, date | None]) -> tuple[date, date] | None:
    """First and last day to show: what was asked for, within the observation window up to the newest judged day; all
    judged days when no window is declared. None when no day was judged.
    """
    judged = published.row(
        "select min(logical_date) as first, max(logical_date) as last from fct_control_run where is_current"
    )
    if judged is None or judged["last"] is None:
        return None
    declared = published.row(
        """
        select greatest(window_start, controls_effective_from) as first, window_end as last
        from dim_engagement
        where window_start is not null and window_end is not null
        order by window_end desc
        limit 1
        """
    )
    first, last = judged["first"], judged["last"]
    if declared and declared["first"] <= last:
        first, last = declared["first"], min(last, declared["last"])
    wanted_first, wanted_last = asked
    first, last = max(wanted_first or first, first), min(wanted_last or last, last)
    return (first, last) if first <= last else (last, last)


def reasons(published: Reader) -> list[str]:
    """Reasons for not testing that occur, at most 26: one capital letter each."""
    rows = published.rows(
        "select distinct coalesce(reason, '') as reason from fct_control_run "
        "where is_current and status = 'not_tested' order by reason limit 26"
    )
    return [row["reason"] for row in rows]


def parameters(choice: dict[str, Any], days: tuple[date, date], known: list[str]) -> dict[str, Any]:
    """For `CELLS`."""
    return {**choice, "first": days[0], "last": days[1], "reasons": known, "repeatable": list(REPEATABLE)}


def grid(published: Reader, given: dict[str, Any]) -> list[dict[str, Any]]:
    """A row per control: its letters and what can be done, one character a day, and how many days of each."""
    return published.rows(
        f"""
        with {CELLS},
        coverage as (
            select control_id, count(*) filter (where covered) as covered, count(*) as expected
            from fct_coverage_day
            where day between $first and $last
            group by control_id
        )
        select
            told.control_id as id,
            any_value(chosen.title) as title,
            string_agg(told.letter, '' order by told.day) as cells,
            string_agg(told.replay, '' order by told.day) as replay,
            count(*) filter (where told.status = 'pass') as pass,
            count(*) filter (where told.status = 'fail') as fail,
            count(*) filter (where told.status = 'not_tested') as not_tested,
            count(*) filter (where told.status is null) as gap,
            count(*) filter (where told.replay in ('r', 'e')) as replayable,
            any_value(coverage.covered) as covered,
            any_value(coverage.expected) as expected
        from told
        inner join chosen on chosen.control_id = told.control_id
        left join coverage on coverage.control_id = told.control_id
        group by told.control_id
        order by told.control_id
        """,
        given,
    )


def stretches(row: dict[str, Any], first: date) -> list[dict[str, Any]]:
    """Days in a row on which one control showed the same, from a row of `grid`, oldest first."""
    pairs = list(zip(row["cells"], row["replay"], strict=True))
    found, start = [], 0
    for (letter, replay), same in groupby(pairs):
        days = len(list(same))
        found.append(
            {
                "control_id": row["id"],
                "letter": letter,
                "replay": replay,
                "first_day": first + timedelta(days=start),
                "last_day": first + timedelta(days=start + days - 1),
                "days": days,
            }
        )
        start += days
    return found


def longest_hole(cells: str, covered: str = "pf") -> int:
    """The longest stretch of days that show neither of the covered letters."""
    longest = current = 0
    for letter in cells:
        current = 0 if letter in covered else current + 1
        longest = max(longest, current)
    return longest
