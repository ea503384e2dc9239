"""What the ledger has of a window, as tables of a database of its own, read by set and not night by night.

runs        the judgement that counts for each control and day of the window
reruns      how many judgements of a day there were beside it
rows        of a control of states: its population on the last evaluated night; of one of events or periods: each
            member that any night of the window judged, as the newest of these nights has it
intervals   each stretch of time in which a deviation stood, clipped to nothing; `until` is null while it stands
exceptions  as they stood after the last night of the window
decisions   acceptances, mitigations and false positives that were in force in the window
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from soc2_warehouse import ledger
from soc2_warehouse.dashboard.reading import Reader
from soc2_warehouse.evidence.history import History
from soc2_warehouse.package import Refused
from soc2_warehouse.package.window import Window
from soc2_warehouse.settings import Settings

#: Verdicts of the published file that must be those of the ledger.
COMPARED = "run_id, control_id, logical_date, status, reason, population_count, population_hash, deviation_count"
INTERVALS = """
    create table intervals as
    with spells as (
        select
            *,
            lead("at") over (partition by exception_id order by seq) as until,
            lead(logical_date) over (partition by exception_id order by seq) as until_day,
            lead(to_state) over (partition by exception_id order by seq) as next_state,
            -- A state that ends a deviation also ends the stretch.
            count(*) filter (where to_state in ('remediated', 'closed_entity_removed', 'false_positive'))
                over (partition by exception_id order by seq) as stretch
        from raw_ledger.exception_events
    ),
    standing as (
        select * from spells where to_state in ('open', 'accepted', 'mitigated')
    )
    select
        exception_id,
        control_id,
        entity_key,
        code,
        min("at") as since,
        min(logical_date) as since_day,
        case when bool_or(next_state is null) then null else max(until) end as until,
        case when bool_or(next_state is null) then null else max(until_day) end as until_day,
        case when bool_or(next_state is null) then null else arg_max(next_state, seq) end as ended_as,
        string_agg(distinct to_state, ', ' order by to_state) as states
    from standing
    group by exception_id, control_id, entity_key, code, stretch
    having until_day is null or until_day >= $first
"""


#: What somebody decided about an exception, in force at any time of the window. `until`: when it ended, or null.
DECISIONS = """
    create table decisions as
    with spells as (
        select
            *,
            lead("at") over (partition by exception_id order by seq) as until,
            lead(logical_date) over (partition by exception_id order by seq) as until_day
        from raw_ledger.exception_events
    )
    select
        spells.exception_id, spells.control_id, spells.entity_key, spells.code, spells.to_state as state,
        spells."at" as since, spells.until, spells."by", spells.reason, found.entity_name,
        case when spells.until is null then found.compensating_control end as compensating_control,
        case when spells.until is null then found.expires_at end as expires_at,
        case when spells.until is null then found.rule_fix_ref end as rule_fix_ref
    from spells
    inner join exceptions as found using (exception_id)
    where spells.to_state in ('accepted', 'mitigated', 'false_positive')
        and (spells.until_day is null or spells.until_day >= $first)
    order by spells.control_id, spells.entity_key, spells.code, spells.seq
"""


@contextmanager
def opened(settings: Settings, window: Window, published: Reader) -> Iterator[Reader]:
    """A reader of the tables, for this block. Raises Refused when the published file is not of this ledger."""
    with (
        tempfile.TemporaryDirectory(prefix="soc2-package-") as folder,
        duckdb.connect(f"{folder}/records.duckdb", config={"threads": "2"}) as connection,
    ):
        _load_runs(connection, settings, window)
        _compare(connection, published, window)
        _load_rows(connection, window)
        _load_exceptions(connection, settings, window)
        yield Reader(connection)


def _load_runs(connection: duckdb.DuckDBPyConnection, settings: Settings, window: Window) -> None:
    every = [run for run in ledger.runs(settings.ledger) if window.days[0] <= run.day <= window.last]
    files = [run.folder / ledger.RUNS for run in every]
    connection.execute("create table judged (run_id varchar, day date)")
    connection.executemany("insert into judged values (?, ?)", [[run.run_id, run.day] for run in _counting(window)])
    connection.execute(
        f"""
        create table every_run as
        select * exclude (filename), run_id in (select run_id from judged) as counts
        from {ledger.reading(files, ledger.RUN_COLUMNS)}
        """
    )
    connection.execute(
        "create table runs as select * exclude (counts) from every_run where counts and control_id in "
        "(select unnest($controls))",
        {"controls": list(window.controls)},
    )
    connection.execute(
        """
        create table reruns as
        select logical_date as day, count(distinct run_id) - 1 as reruns from every_run
        group by all having reruns > 0
        """
    )


def _counting(window: Window) -> list[ledger.Run]:
    """The judgements that count, of the days that are reported."""
    return [run for day, run in sorted(window.judged.items()) if window.days[0] <= day]


def _compare(connection: duckdb.DuckDBPyConnection, published: Reader, window: Window) -> None:
    mine = connection.execute(f"select {COMPARED} from every_run where counts").fetchall()
    shown = published.rows(
        f"select {COMPARED} from fct_control_run where is_current and logical_date between $first and $last",
        {"first": window.days[0], "last": window.last},
    )
    if differing := {tuple(row.values()) for row in shown} ^ set(mine):
        run_id, control_id, day, *_ = min(differing, key=lambda row: (row[2], row[1], row[0]))
        raise Refused(
            f"the published file is not what the ledger says: {len(differing)} verdicts differ, the first is "
            f"{control_id} on {day} ({run_id}); judge a night again, so that it is published anew"
        )


def _load_rows(connection: duckdb.DuckDBPyConnection, window: Window) -> None:
    """Twice over the files: a half year has gigabytes of rows, and only those that are shown are kept whole."""
    files = [run.folder / ledger.ROWS for run in _counting(window)]
    run_of = "regexp_extract(filename, 'run=([^/]+)/', 1)"
    connection.execute(
        f"""
        create table members as
        with evaluated as (select run_id, control_id, mode, logical_date from runs where evaluated_ok),
        newest as (select control_id, max(logical_date) as day from evaluated group by control_id)
        select
            lines.control_id,
            lines.entity_key,
            min(evaluated.logical_date) as first_day,
            max(evaluated.logical_date) as day,
            arg_max(evaluated.run_id, evaluated.logical_date) as run_id,
            count(distinct evaluated.logical_date) as nights
        from {ledger.reading(files, {"control_id": "VARCHAR", "entity_key": "VARCHAR"})} as lines
        inner join evaluated
            on evaluated.control_id = lines.control_id and evaluated.run_id = {run_of}
        inner join newest on newest.control_id = lines.control_id
        group by lines.control_id, lines.entity_key
        having any_value(evaluated.mode) <> 'snapshot' or max(evaluated.logical_date) = any_value(newest.day)
        """
    )
    connection.execute(
        f"""
        create table rows as
        select members.day, members.first_day, members.nights, lines.* exclude (filename), members.run_id
        from {ledger.reading(files, ledger.ROW_COLUMNS)} as lines
        inner join members
            on members.control_id = lines.control_id and members.entity_key = lines.entity_key
            and members.run_id = {run_of}
        order by lines.control_id, lines.entity_key
        """
    )


def _load_exceptions(connection: duckdb.DuckDBPyConnection, settings: Settings, window: Window) -> None:
    """Folded from the ledger's own files up to the last night: no cache, and nothing that came later."""
    found = [run.folder for run in ledger.current(ledger.runs(settings.ledger)) if run.day <= window.last]
    connection.execute("create schema raw_ledger")
    History(found).write(connection)
    connection.execute(INTERVALS, {"first": window.days[0]})
    connection.execute(
        "create table exceptions as select * from raw_ledger.exceptions where control_id in (select unnest($controls)) "
        "and exception_id in (select exception_id from intervals union all "
        "select exception_id from raw_ledger.exceptions where state = 'false_positive')",
        {"controls": list(window.controls)},
    )
    connection.execute(DECISIONS, {"first": window.days[0]})
    connection.execute("delete from intervals where exception_id not in (select exception_id from exceptions)")
