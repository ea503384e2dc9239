"""Judgements on a small warehouse: from control tables to the ledger, night after night."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from soc2_warehouse import chain, ledger
from soc2_warehouse.controls import Control
from soc2_warehouse.declaration import Code, Parameter, Source
from soc2_warehouse.evidence.exceptions import exception_id
from soc2_warehouse.facts import population_hash
from soc2_warehouse.judge import Judgement, judge
from soc2_warehouse.judgements import records
from soc2_warehouse.settings import Settings

D0 = date(2026, 7, 1)
SCHEMA = """
create schema raw_meta; create schema staging; create schema intermediate; create schema controls;
create table raw_meta.run (logical_date date, as_of timestamp, run_id varchar);
create table raw_meta.extract_runs (run_id varchar, source_id varchar, finished_at timestamp, sha256 varchar);
create table raw_meta.selected_runs (run_id varchar, source_id varchar, kind varchar, logical_date date);
create table intermediate.int_control_sources
    (control_id varchar, source_id varchar, in_use boolean, state varchar, usable_run_id varchar);
create table intermediate.dim_scope (engagement_id varchar, category varchar, in_scope boolean, rationale varchar);
create table intermediate.int_person_refs (ref varchar, person_key varchar);
insert into intermediate.int_person_refs values ('E1', 'hris:1'), ('E2', 'hris:2');
create table intermediate.dim_person (person_key varchar);
insert into intermediate.dim_person values ('hris:1'), ('hris:2'), ('hris:3');
create table intermediate.bridge_account_person (source_id varchar, account_id varchar, person_key varchar);
insert into intermediate.bridge_account_person values ('okta', 'u2', 'hris:2');
create table staging.stg_registers__exception_decisions (_day date, _run_id varchar, _seq bigint,
    exception_id varchar, control_id varchar, entity_key varchar, code varchar, decision varchar, decided_by varchar,
    owner_id varchar, reason varchar, compensating_control varchar, decided_at timestamp, expires_at timestamp,
    evidence_uri varchar, rule_fix_ref varchar);
"""
COLUMNS = (
    "entity_key varchar, entity_name varchar, owner_key varchar, result varchar, codes varchar[], reason varchar, "
    "last_seen_at timestamp, idle_days integer"
)


def control(control_id: str, **changes: Any) -> Control:
    model = f"ctl_{control_id.lower().replace('-', '_')}"
    made = Control(
        id=control_id,
        title=control_id,
        statement="s",
        criteria=("CC6.1",),
        category="Security",
        owner="security",
        severity="medium",
        frequency="daily",
        mode="snapshot",
        handbook_rows=(),
        sources=(Source("okta.users", True, None),),
        max_age_hours=36,
        parameters=(),
        codes=(Code("STALE", "deviation", "", "medium", True),),
        depends_on=(),
        blocking_codes={},
        zero_proven_by=None,
        completeness=(),
        remediation="r",
        model=f"{model}__x",
        unique_id=f"model.p.{model}__x",
        schema="controls",
        columns=(),
        sql_path="",
        sql_sha256="0" * 64,
        reconciled_model=None,
        reconciled_unique_id=None,
        unit_tests=(),
        declaration_sha256="1" * 64,
    )
    return replace(made, **changes)


class Nights:
    """A warehouse that a test fills and judges, one day after another."""

    def __init__(self, settings: Settings, *controls: Control) -> None:
        self.settings, self.controls = settings, controls
        settings.build_file.parent.mkdir(parents=True)
        self.run(SCHEMA)
        for item in controls:
            self.run(f"create table controls.{item.model} ({COLUMNS})")
            self.sources(item, "usable")

    def run(self, sql: str) -> None:
        with duckdb.connect(str(self.settings.build_file)) as connection:
            connection.execute(sql)

    def sources(self, item: Control, state: str) -> None:
        self.run(
            f"delete from intermediate.int_control_sources where control_id = '{item.id}';"
            f"insert into intermediate.int_control_sources values ('{item.id}', 'okta.users', true, '{state}', 'x-1')"
        )

    def rows(self, item: Control, **results: str) -> None:
        """Entity → result; exceptions carry STALE."""
        self.run(f"delete from controls.{item.model}")
        for key, result in results.items():
            codes = "['STALE']" if result == "exception" else "[]::varchar[]"
            self.run(
                f"insert into controls.{item.model} values ('okta|{key}', '{key}', 'hris:1', '{result}', {codes}, "
                f"'is {result}', timestamp '2026-06-30 10:00:00', 3)"
            )

    def judge(self, number: int = 0, *, hour: int = 3, built: Sequence[str] | None = None) -> Judgement:
        day = D0 + timedelta(days=number)
        self.run(f"delete from raw_meta.run; insert into raw_meta.run values ('{day}', '{day} 02:00:00', '')")
        now = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=hour)
        names = [item.unique_id for item in self.controls] if built is None else built
        return judge(self.settings, day, now=now, environment="demo", declared=self.controls, built=names, docs=False)

    def loaded(self, sql: str) -> list[Any]:
        with duckdb.connect() as connection:
            ledger.load_ledger(connection, self.settings)
            return connection.execute(sql).fetchall()


def verdicts(found: Judgement) -> dict[str, str]:
    return {one.control_id: one.reason or ("fail+" if one.incomplete else one.status) for one in found}


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def test_a_night_of_every_verdict(home: Settings) -> None:
    items = [
        control("AA-01"),
        control("AA-02"),
        control("AA-03", parameters=(Parameter("p", [], [], "", "default", True, False, "longer"),)),
        control("AA-04"),
        control("AA-05"),
        control("AA-06", category="Privacy"),
        control("AA-07"),
        control("AA-08", depends_on=("AA-01", "AA-04")),
        control("AA-09", depends_on=("AA-02",), blocking_codes={"AA-02": ("STALE",)}),
        control("AA-10", depends_on=("AA-02",)),
        control("AA-11", depends_on=("ZZ-01",)),
        control("AA-12"),
        control("AA-13"),
        control("AA-14"),
    ]
    nights = Nights(home, *items)
    for item in items:
        nights.rows(item, a="pass")
    nights.rows(items[1], a="pass", b="exception", c="unknown")
    nights.sources(items[3], "no_data")
    nights.sources(items[4], "stale")
    nights.run(
        "insert into intermediate.dim_scope values ('e', 'Privacy', false, 'no data'), ('e', 'Security', true, '')"
    )
    nights.rows(items[11], a="pending", b="excluded")
    nights.rows(items[12], b="excluded")
    nights.rows(items[13], a="pass", b="unknown")
    found = nights.judge(built=[item.unique_id for item in items if item.id != "AA-07"])
    assert verdicts(found) == {
        "AA-01": "pass",
        "AA-02": "fail+",
        "AA-03": "PARAMETER_MISSING",
        "AA-04": "NO_DATA",
        "AA-05": "STALE",
        "AA-06": "OUT_OF_SCOPE",
        "AA-07": "LOGIC_ERROR",
        "AA-08": "DEPENDENCY",
        "AA-09": "DEPENDENCY",
        "AA-10": "pass",
        "AA-11": "DEPENDENCY",
        "AA-12": "NOT_YET_DUE",
        "AA-13": "ZERO_POPULATION",
        "AA-14": "PARTIAL",
    }
    details = {one.control_id: one.detail for one in found}
    assert details["AA-04"] == "okta.users is no data"
    assert details["AA-07"] == "ctl_aa_07__x was not built"
    assert details["AA-02"] == "1 open deviation; 1 row is unknown"
    assert details["AA-08"] == "depends on AA-04, which is not tested (NO_DATA)"
    assert details["AA-09"] == "depends on AA-02, which has open STALE"
    assert details["AA-11"] == "depends on ZZ-01, which is not in this warehouse"
    assert details["AA-13"] == "no row was evaluated"
    judged = {line["control_id"] for line in lines(found.folder, ledger.ROWS)}
    assert judged == {f"AA-{n:02}" for n in (1, 2, 8, 9, 10, 11, 12, 13, 14)}, "what is not evaluated has no rows"


def test_a_line_of_the_ledger(home: Settings) -> None:
    item = control("AC-03", parameters=(Parameter("days", 30, 45, "days", "default", False, True, "higher"),))
    nights = Nights(home, item)
    nights.run(
        "insert into raw_meta.extract_runs values ('r1', 'registers.vendors', '2026-07-01 02:30:00', 'abc');"
        "insert into raw_meta.selected_runs values ('r1', 'registers.vendors', 'register', '2026-07-01')"
    )
    nights.rows(item, b="pass", a="exception", c="unknown", d="excluded", e="pending")
    found = nights.judge()
    (line,) = lines(found.folder, ledger.RUNS)
    assert line["population_hash"] == population_hash(["okta|a", "okta|b", "okta|c", "okta|e"])
    expected = {
        "status": "fail",
        "incomplete": True,
        "reason": None,
        "population_count": 4,
        "evaluated": 2,
        "passed": 1,
        "unknown": 1,
        "pending": 1,
        "excluded": 1,
        "excluded_reasons": {"is excluded": 1},
        "deviation_count": 1,
        "open_exception_count": 1,
        "input_run_ids": ["x-1"],
        "register_shas": ["registers.vendors=abc"],
        "parameters": {"days": 45},
        # Shape, sources, population, unknown, deviations; there are no reference counts to ask about.
        "expectation_count": 5,
        "environment": "demo",
        "as_of": "2026-07-01T02:00:00.000000Z",
        "started_at": "2026-07-01T03:00:00.000000Z",
    }
    assert {key: line[key] for key in expected} == expected
    assert line["expectation_result_uri"].endswith("expectation_results.jsonl#AC-03")
    assert set(ledger.RUN_COLUMNS) == set(line)
    first = lines(found.folder, ledger.ROWS)[0]
    assert first == {
        "codes": ["STALE"],
        "control_id": "AC-03",
        "entity_key": "okta|a",
        "entity_name": "a",
        "evidence": {"idle_days": 3, "last_seen_at": "2026-06-30T10:00:00.000000Z"},
        "owner_key": "hris:1",
        "reason": "is exception",
        "result": "exception",
    }
    said = {answer["step"]: answer["outcome"] for answer in lines(found.folder, ledger.RESULTS)}
    assert said == {
        "shape": "pass",
        "sources": "pass",
        "population": "pass",
        "unknown": "fail",
        "deviations": "fail",
    }
    (record,) = records(home)
    assert record.known_until == datetime(2026, 7, 1, 2, 30, tzinfo=UTC), "only receipts that were loaded are known"
    written = [path for path in home.ledger.rglob("*") if path.is_file()]
    assert written and not [path for path in written if str(home.home) in path.read_text()]


def test_a_table_left_by_an_earlier_night_is_no_evidence(home: Settings) -> None:
    item = control("AC-03")
    nights = Nights(home, item)
    nights.rows(item, a="pass")
    assert verdicts(nights.judge()) == {"AC-03": "pass"}
    assert verdicts(nights.judge(1, built=[])) == {"AC-03": "LOGIC_ERROR"}
    nights.run(f"drop table controls.{item.model}")
    assert verdicts(nights.judge(2)) == {"AC-03": "LOGIC_ERROR"}


def test_the_build_file_must_hold_the_day(home: Settings) -> None:
    nights = Nights(home, control("AC-03"))
    nights.run("insert into raw_meta.run values ('2026-07-05', '2026-07-05 02:00:00', '')")
    with pytest.raises(ValueError, match="holds 2026-07-05, not 2026-07-01"):
        judge(home, D0, declared=nights.controls, built=[], docs=False)
    assert not list(home.ledger.glob("day=*"))


def test_exceptions_live_through_nights(home: Settings) -> None:
    item = control("AC-03")
    nights = Nights(home, item)
    nights.rows(item, a="exception", b="pass")
    assert verdicts(nights.judge(0)) == {"AC-03": "fail"}
    nights.sources(item, "no_data")
    assert verdicts(nights.judge(1)) == {"AC-03": "NO_DATA"}
    nights.sources(item, "usable")
    nights.rows(item, a="unknown", b="pass")
    assert verdicts(nights.judge(2)) == {"AC-03": "fail+"}, "an exception does not end because it cannot be seen"
    nights.rows(item, a="pass", b="pass")
    assert verdicts(nights.judge(3)) == {"AC-03": "pass"}
    events = nights.loaded(
        'select from_state, to_state, "at", logical_date from raw_ledger.exception_events order by seq'
    )
    assert events == [
        (None, "open", datetime(2026, 7, 1, 2), D0),
        ("open", "remediated", datetime(2026, 7, 4, 2), date(2026, 7, 4)),
    ]
    assert nights.loaded("select state, last_seen_at, due_at, occurrence_count from raw_ledger.exceptions") == [
        ("remediated", datetime(2026, 7, 1, 2), datetime(2026, 8, 30, 2), 1)
    ]


def test_a_day_judged_again_replaces_what_it_contributed(home: Settings) -> None:
    item = control("AC-03")
    nights = Nights(home, item)
    nights.rows(item, a="exception")
    nights.judge(0)
    nights.rows(item, a="pass")
    nights.judge(1)
    nights.judge(0, hour=30)
    assert nights.loaded("select * from raw_ledger.exceptions") == []
    runs = nights.loaded("select logical_date, status, is_current from raw_ledger.control_runs order by started_at")
    assert runs == [(D0, "fail", False), (D0 + timedelta(days=1), "pass", True), (D0, "pass", True)]


def decide(nights: Nights, **changes: Any) -> None:
    values = {
        "_day": "2026-07-01",
        "control_id": "AC-03",
        "entity_key": "okta|a",
        "code": "STALE",
        "decision": "accepted",
        "decided_by": "E2",
        "owner_id": "E1",
        "reason": "planned",
        "compensating_control": "alerts",
        "decided_at": "2026-07-01 01:00:00",
        "expires_at": "2026-07-03 00:00:00",
    } | changes
    names, texts = ", ".join(values), ", ".join(f"'{value}'" for value in values.values())
    nights.run(f"insert into staging.stg_registers__exception_decisions ({names}) values ({texts})")


def test_an_acceptance_turns_a_fail_into_a_pass_until_it_expires(home: Settings) -> None:
    item = control("AC-03")
    nights = Nights(home, item)
    nights.rows(item, a="exception")
    decide(nights)
    found = nights.judge(0)
    assert verdicts(found) == {"AC-03": "pass"}
    (line,) = lines(found.folder, ledger.RUNS)
    assert (line["deviation_count"], line["accepted_count"], line["open_exception_count"]) == (1, 1, 0)
    assert verdicts(nights.judge(2)) == {"AC-03": "fail"}
    assert nights.loaded("select exception_id, state from raw_ledger.exceptions") == [
        (exception_id("AC-03", "okta|a", "STALE"), "open")
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"decided_by": "E1"}, "owns"),
        ({"decided_by": "E7"}, "no known person"),
        ({"owner_id": "E9", "decided_by": "E1"}, "owner or subject"),
        ({"entity_key": "okta|u2"}, "owner or subject"),
        ({"expires_at": "2028-01-01 00:00:00"}, "longer than"),
        ({"entity_key": "okta|*"}, "no such exception"),
    ],
)
def test_an_invalid_acceptance_is_refused_and_listed(home: Settings, changes: dict[str, str], says: str) -> None:
    item = control("AC-03")
    nights = Nights(home, item)
    nights.rows(item, a="exception", u2="exception")
    decide(nights, **changes)
    assert verdicts(nights.judge()) == {"AC-03": "fail"}
    ((refused,),) = nights.loaded("select refused from raw_ledger.exception_decisions")
    assert says in refused


def test_the_same_night_twice_differs_only_in_name_and_time(home: Settings, tmp_path: Path) -> None:
    """What is hashed has no wall clock in it: replaying the record gives the same bytes."""
    item = control("AC-03")
    nights = Nights(home, item)
    nights.rows(item, a="exception", b="pass")
    first = nights.judge()
    other = replace(home, home=tmp_path / "other", landing_url=home.landing_url)
    again = Nights(other, item)
    again.rows(item, b="pass", a="exception")
    again.run(f"insert into raw_meta.run values ('{D0}', '{D0} 02:00:00', '')")
    names = [item.unique_id]
    second = judge(other, D0, record=first.record, declared=[item], built=names, docs=False)
    kept, made = (
        {p.name: p.read_bytes() for p in f.iterdir() if p.name[0] != "_"} for f in (first.folder, second.folder)
    )
    assert len(kept) == 7 and kept == made
    assert chain.entries(home.ledger) == chain.entries(other.ledger)
    with pytest.raises(ledger.AlreadyJudged):
        judge(other, D0, record=first.record, declared=[item], built=names, docs=False)


def test_the_cache_of_history_changes_nothing(home: Settings) -> None:
    item = control("AC-03")
    nights = Nights(home, item)
    query = "select * from raw_ledger.exceptions order by all"
    for number, result in enumerate(("exception", "pass", "exception", "exception")):
        nights.rows(item, a=result, b="exception")
        nights.judge(number)
        with_cache = nights.loaded(query)
        (home.home / "build" / "exceptions.json").unlink()
        assert nights.loaded(query) == with_cache
    assert len(with_cache) == 2


def test_an_expectation_that_cannot_be_asked_makes_the_night_void(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts look fine, the suite raises: no row counts, and no exception is closed by what nobody could ask."""
    item = control("AC-03")
    nights = Nights(home, item)
    nights.rows(item, a="exception")
    nights.judge(0)
    nights.rows(item, a="pass")

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no engine")

    monkeypatch.setattr("soc2_warehouse.quality._ask", broken)
    found = nights.judge(1)
    assert verdicts(found) == {"AC-03": "LOGIC_ERROR"}
    assert lines(found.folder, ledger.ROWS) == []
    assert nights.loaded("select state from raw_ledger.exceptions") == [("open",)]
