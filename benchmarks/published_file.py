"""A published file of a large company after a year: 120 controls × 365 days × 100,000 exceptions, for page_speed.py.

    .venv/bin/python benchmarks/published_file.py --like var/published/warehouse.duckdb --out /tmp/large.duckdb

It is made of a real published file: every table keeps its columns, and what is multiplied are that file's own rows.
The same arguments make the same rows.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import duckdb

#: Verdicts come in stretches of a week, as they do: 70 % pass, 20 % fail, 7 % not tested, and 3 % of days are missing.
MADE = """
    create temp table map as
    select
        number,
        case when number < known then control_id else 'ZZ-' || lpad(cast(number as varchar), 3, '0') end as new_id,
        control_id as old_id
    from (select row_number() over (order by control_id) - 1 as place, control_id, count(*) over () as known
        from real.dim_control)
    inner join (select unnest(range($controls)) as number) on number % known = place;

    create temp table days as
    select cast(newest - cast(back as integer) as date) as day
    from (select max(logical_date) as newest from real.fct_control_run), (select unnest(range($days)) as back);

    create table dim_control as
    select declared.* replace (new_id as control_id)
    from real.dim_control as declared inner join map on old_id = control_id;

    create table meta_control_source as
    select source.* replace (
            new_id as control_id,
            case when hash(new_id || source_id) % 60 = 0 then 'stale' else state end as state
        )
    from real.meta_control_source as source inner join map on old_id = control_id;

    create table dim_engagement as
    select * replace (
            (select min(day) from days) as window_start,
            (select max(day) from days) as window_end,
            (select min(day) from days) as controls_effective_from
        )
    from real.dim_engagement;

    create table fct_extract_run as
    select extracts.* replace (
            source_id || '-' || cast(day as varchar) as run_id,
            day as logical_date,
            cast(day as timestamp) + interval 2 hour + interval 5 minute as started_at,
            cast(day as timestamp) + interval 2 hour + interval 10 minute as finished_at,
            case when hash(source_id || cast(day as varchar)) % 50 = 0 then 'failed' else 'complete' end as status,
            hash(source_id || cast(day as varchar)) % 50 <> 0 as is_selected,
            sha256(source_id || cast(day as varchar)) as sha256
        )
    from real.fct_extract_run as extracts cross join days
    where extracts.is_selected and extracts.logical_date = (select max(logical_date) from real.fct_extract_run);
    create table meta_extract_run as select * from fct_extract_run;

    create table fct_control_run as
    select runs.* replace (
            'judge-' || cast(day as varchar) as run_id,
            new_id as control_id,
            day as logical_date,
            cast(day as timestamp) + interval 2 hour as as_of,
            cast(day as timestamp) + interval 125 minute as started_at,
            cast(day as timestamp) + interval 130 minute as finished_at,
            case when luck < 70 then 'pass' when luck < 90 then 'fail' else 'not_tested' end as status,
            case when luck >= 90 then ['NO_DATA', 'STALE', 'PARTIAL', 'RECON_FAILED'][1 + number % 4] end as reason,
            population_count + cast(date_diff('day', date '2020-01-01', day) % 40 as bigint) as population_count,
            list_transform(input_run_ids, id -> regexp_replace(id, '-\\d{8}T.*$', '') || '-' || cast(day as varchar))
                as input_run_ids,
            true as is_current
        )
    from (
        select *, hash(new_id || cast(date_trunc('week', day) as varchar)) % 100 as luck
        from map cross join days
        where hash(new_id || cast(day as varchar)) % 100 >= 3
    )
    inner join real.fct_control_run as runs
        on runs.control_id = old_id and runs.is_current
        and runs.logical_date = (select max(logical_date) from real.fct_control_run);

    create table fct_coverage_day as
    select coverage.* replace (
            runs.control_id as control_id, runs.logical_date as day, runs.logical_date as unit_start,
            runs.status in ('pass', 'fail') as covered, runs.status as status, runs.reason as reason,
            runs.run_id as run_id
        )
    from fct_control_run as runs cross join (select * from real.fct_coverage_day limit 1) as coverage;

    create table fct_control_row as
    select made.* replace (new_id as control_id, 'judge-' || cast(logical_date as varchar) as run_id,
            entity_key || '#' || cast(copy as varchar) as entity_key)
    from real.fct_control_row as made
    inner join map on old_id = control_id
    cross join (select unnest(range(greatest($rows // (select count(*) from real.fct_control_row), 1))) as copy);

    create table fct_exception as
    with people as (select person_key, row_number() over (order by person_key) - 1 as place, count(*) over () as known
        from (select distinct person_key from real.dim_person)),
    example as (select *, row_number() over (order by exception_id) - 1 as place, count(*) over () as known
        from real.fct_exception),
    made as (select unnest(range($exceptions)) as number),
    dated as (
        select number, cast((select max(day) from days) - cast(number % $days as integer) as timestamp)
            + interval 2 hour as seen
        from made
    )
    select example.* exclude (place, known) replace (
            sha256(cast(dated.number as varchar)) as exception_id,
            map.new_id as control_id,
            example.entity_key || '#' || cast(dated.number as varchar) as entity_key,
            case when person_key is not null then person_key end as owner_key,
            case dated.number % 10 when 0 then 'accepted' when 1 then 'mitigated' when 2 then 'open' when 3 then 'open'
                else 'remediated' end as state,
            seen as first_seen_at, seen as opened_at,
            least(seen + interval 9 day, (select max(day) from days) + interval 2 hour) as last_seen_at,
            seen + interval 30 day as due_at,
            case when dated.number % 10 > 3 then seen + interval 10 day end as remediated_at
        )
    from dated
    inner join example on dated.number % example.known = example.place
    inner join map on dated.number % $controls = map.number
    left join people on dated.number % (people.known + 5) = people.place;

    create table fct_exception_event as
    with example as (select * from real.fct_exception_event limit 1),
    told as (
        select exception_id, control_id, entity_key, code, 1 as seq, null as from_state, 'open' as to_state,
            opened_at as moment from fct_exception
        union all
        select exception_id, control_id, entity_key, code, 2, 'open', state, opened_at + interval 10 day
        from fct_exception where state <> 'open'
    )
    select example.* replace (
            told.exception_id as exception_id, cast(told.seq as integer) as seq, told.control_id as control_id,
            told.entity_key as entity_key, told.code as code, told.from_state as from_state,
            told.to_state as to_state, told.moment as "at", cast(told.moment as date) as logical_date,
            'judge-' || cast(cast(told.moment as date) as varchar) as run_id
        )
    from told cross join example;
"""


def make(like: Path, out: Path, controls: int = 120, days: int = 365, exceptions: int = 100_000) -> None:
    """Write ``out``. like: a published file. Raises duckdb.Error when it lacks a table or a column that is needed."""
    out.unlink(missing_ok=True)
    numbers = {"controls": controls, "days": days, "exceptions": exceptions, "rows": exceptions}
    with duckdb.connect(str(out)) as connection:
        connection.execute(f"attach '{like}' as real (read_only)")
        for statement in MADE.split(";"):
            if statement.strip():
                for name, number in numbers.items():
                    statement = statement.replace(f"${name}", str(number))
                connection.execute(statement)
        made = _own(connection)
        held = connection.execute("select table_name from duckdb_tables() where database_name = 'real'").fetchall()
        for (table,) in held:
            if table not in made:
                connection.execute(f'create table "{table}" as from real."{table}"')
        _assert_same_columns(connection)


def _own(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name not in ('real', 'temp')"
    ).fetchall()
    return {row[0] for row in rows}


def _assert_same_columns(connection: duckdb.DuckDBPyConnection) -> None:
    differing = connection.execute(
        """
        select table_name, column_name, data_type from duckdb_columns() where database_name = 'real'
        except
        select table_name, column_name, data_type from duckdb_columns() where database_name not in ('real', 'temp')
        """
    ).fetchall()
    assert not differing, f"columns that are not those of the real file: {differing}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--like", type=Path, required=True, help="a published file")
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--controls", type=int, default=120)
    arguments.add_argument("--days", type=int, default=365)
    arguments.add_argument("--exceptions", type=int, default=100_000)
    given = arguments.parse_args()
    started = time.monotonic()
    make(given.like, given.out, given.controls, given.days, given.exceptions)
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.0f} MB in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
