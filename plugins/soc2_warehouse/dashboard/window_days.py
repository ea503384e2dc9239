"""Control × day over the observation window: what each day shows, and what can still be done about days without.

Why a day shows nothing, and whether it can be judged again, is said by `fct_coverage_gap`.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import Any

from soc2_warehouse.dashboard.choices import CHOSEN
from soc2_warehouse.dashboard.reading import Reader

#: Letters of a row of cells. Not tested is a capital letter for each reason, in the order of `reasons`.
LETTERS = {"p": "pass", "f": "fail", "g": "gap"}
#: Letters of what can still be done about a day, by the word of `fct_coverage_gap.replay`.
REPLAY_LETTERS = {"replayable": "r", "replayable_once_fetched": "e", "lost": "l"}
REPLAY = {
    "r": "can be judged again: its receipts are complete",
    "e": "can be judged again once its events are fetched",
    "l": "lost: a snapshot of that day was not taken, or its origin has deleted the events",
}
#: Words of `fct_coverage_gap.cause`.
CAUSES = {
    "run_missing": "no judgement",
    "source_down": "source down",
    "not_fetched": "not fetched",
    "suspect": "unexplained fall of rows",
    "late": "data came late",
    "error": "error of the test itself",
    "parameter_missing": "parameter missing",
    "unknown_rows": "unknown rows",
    "counts_disagree": "counts do not agree",
    "dependency": "another control",
    "not_yet_due": "not yet due",
    "empty": "empty population, not proven",
}

CELLS = f"""
    chosen as ({CHOSEN}),
    days as (
        select cast(unnest(generate_series(cast($first as date), cast($last as date), interval 1 day)) as date) as day
    ),
    told as (
        select
            chosen.control_id,
            days.day,
            runs.status,
            case
                when runs.status is null then 'g'
                when runs.status = 'pass' then 'p'
                when runs.status = 'fail' then 'f'
                else chr(64 + cast(list_position($reasons, coalesce(runs.reason, '')) as integer))
            end as letter,
            case gaps.replay {" ".join(f"when '{word}' then '{letter}'" for word, letter in REPLAY_LETTERS.items())}
                else '.'
            end as replay,
            coalesce(gaps.cause, '') as cause,
            coalesce(gaps.source_ids, []) as source_ids
        from chosen
        cross join days
        left join fct_control_run as runs
            on runs.control_id = chosen.control_id and runs.logical_date = days.day and runs.is_current
        left join fct_coverage_gap as gaps on gaps.control_id = chosen.control_id and gaps.day = days.day
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
    return {**choice, "first": days[0], "last": days[1], "reasons": known}


def grid(published: Reader, given: dict[str, Any]) -> list[dict[str, Any]]:
    """A row per control: its letters and what can be done, one character a day, and how many days of each."""
    return published.rows(
        f"""
        with {CELLS},
        coverage as (
            select
                control_id,
                count(*) filter (where covered) as covered,
                count(*) as expected,
                count(*) filter (where len(restated_source_ids) > 0) as restated
            from fct_coverage_day
            where day between $first and $last
            group by control_id
        )
        select
            told.control_id as id,
            any_value(chosen.title) as title,
            string_agg(told.letter, '' order by told.day) as cells,
            string_agg(told.replay, '' order by told.day) as replay,
            list(told.cause order by told.day) as causes,
            list(told.source_ids order by told.day) as source_ids,
            count(*) filter (where told.status = 'pass') as pass,
            count(*) filter (where told.status = 'fail') as fail,
            count(*) filter (where told.status = 'not_tested') as not_tested,
            count(*) filter (where told.status is null) as gap,
            count(*) filter (where told.replay in ('r', 'e')) as replayable,
            any_value(coverage.covered) as covered,
            any_value(coverage.expected) as expected,
            any_value(coverage.restated) as restated
        from told
        inner join chosen on chosen.control_id = told.control_id
        left join coverage on coverage.control_id = told.control_id
        group by told.control_id
        order by told.control_id
        """,
        given,
    )


def stretches(row: dict[str, Any], first: date) -> list[dict[str, Any]]:
    """Days in a row on which one control showed the same for the same cause, from a row of `grid`, oldest first."""
    cells = list(zip(row["cells"], row["replay"], row["causes"], map(tuple, row["source_ids"]), strict=True))
    found, start = [], 0
    for (letter, replay, cause, source_ids), same in groupby(cells):
        days = len(list(same))
        found.append(
            {
                "control_id": row["id"],
                "letter": letter,
                "replay": replay,
                "cause": cause,
                "source_ids": source_ids,
                "first_day": first + timedelta(days=start),
                "last_day": first + timedelta(days=start + days - 1),
                "days": days,
            }
        )
        start += days
    return found


def gap(published: Reader, control_id: str, day: date) -> dict[str, Any] | None:
    """Why one day shows nothing and what can be done: ``cause`` and ``replay`` in words. None when it shows something
    or nothing can be done.
    """
    row = published.row(
        "select cause, source_ids, replay from fct_coverage_gap where control_id = ? and day = ?", [control_id, day]
    )
    if row is None or row["replay"] is None:
        return None
    return {**row, "cause": CAUSES.get(row["cause"], row["cause"]), "replay": REPLAY[REPLAY_LETTERS[row["replay"]]]}


def restatements(published: Reader, days: tuple[date, date]) -> list[dict[str, Any]]:
    """Versions of landed data that came after a verdict which counts and rests on the one before, newest first."""
    return published.rows(
        "select * from fct_restatement where open_control_days > 0 and day <= ? and last_day >= ? "
        "order by landed_at desc, source_id, reason limit 50",
        [days[1], days[0]],
    )


def longest_hole(cells: str, covered: str = "pf") -> int:
    """The longest stretch of days that show neither of the covered letters."""
    longest = current = 0
    for letter in cells:
        current = 0 if letter in covered else current + 1
        longest = max(longest, current)
    return longest
