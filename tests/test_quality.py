"""Great Expectations on DuckDB: a planted failure must FAIL, what cannot be asked must ERROR, never the other way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from soc2_warehouse import quality
from soc2_warehouse.controls import Control, write_meta
from soc2_warehouse.declaration import Code, Source
from soc2_warehouse.quality.suites import asked, expectations
from soc2_warehouse.settings import Settings
from soc2_warehouse.verdict import Outcome

DAY = date(2026, 7, 1)
PASS, FAIL, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.ERROR


def control(control_id: str = "AC-03", *, reconciled: bool = False, proven_by: str | None = None) -> Control:
    name = control_id.lower().replace("-", "_")
    return Control(
        id=control_id,
        title="t",
        statement="s",
        criteria=("CC6.1",),
        category="Security",
        owner="security",
        severity="high",
        frequency="daily",
        mode="snapshot",
        handbook_rows=(),
        sources=(Source("okta.users", True, None), Source("github.audit_log", False, "github_audit_log")),
        max_age_hours=36,
        parameters=(),
        codes=(
            Code("STALE", "deviation", "", "high", True),
            Code("NOTE", "informational", "", "high", False),
        ),
        depends_on=(),
        blocking_codes={},
        zero_proven_by=proven_by,
        completeness=("counted",) if reconciled else (),
        remediation="r",
        model=f"ctl_{name}__x",
        unique_id=f"model.p.ctl_{name}__x",
        schema="controls",
        columns=(),
        sql_path="",
        sql_sha256=None,
        reconciled_model=f"ctl_{name}__reconciled" if reconciled else None,
        reconciled_unique_id=f"model.p.ctl_{name}__reconciled" if reconciled else None,
        unit_tests=(),
        declaration_sha256="",
    )


COLUMNS = "entity_key varchar, entity_name varchar, owner_key varchar, result varchar, codes varchar[], reason varchar"
GOOD = "('a','A',null,'pass',['NOTE'],''), ('b','B',null,'excluded',[]::varchar[],''), ('c','C',null,'pending',[],'')"


class Warehouse:
    """A build file in which everything is in order, until a test changes it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        settings.build_file.parent.mkdir(parents=True)
        self.run(
            "create schema controls; create schema intermediate; create schema judging;"
            "create table judging.exceptions "
            "(control_id varchar, entity_key varchar, code varchar, exception_id varchar, state varchar);"
            "create table intermediate.int_control_sources "
            "(control_id varchar, source_id varchar, in_use boolean, state varchar, usable_run_id varchar)"
        )

    def run(self, sql: str) -> None:
        with duckdb.connect(str(self.settings.build_file)) as connection:
            connection.execute(sql)

    def add(self, item: Control, rows: str = GOOD) -> None:
        self.run(f"create table controls.{item.model} ({COLUMNS})")
        if rows:
            self.run(f"insert into controls.{item.model} values {rows}")
        if item.reconciled_model:
            self.run(
                f"create table controls.{item.reconciled_model} as select 'counted' as check_name, 'x' as scope, "
                "1::bigint as expected, 1::bigint as actual, true as passed, '' as detail"
            )
        self.run(
            f"insert into intermediate.int_control_sources values ('{item.id}', 'okta.users', true, 'usable', 'r1'), "
            f"('{item.id}', 'github.audit_log', false, 'not_in_use', null)"
        )

    def ask(self, *items: Control, docs: bool = False, skip: tuple[str, ...] = ()) -> dict[str, list[quality.Answer]]:
        with duckdb.connect(str(self.settings.build_file)) as connection:
            write_meta(connection, items)
        return quality.examine(self.settings, items, DAY, skip, docs)


@pytest.fixture
def warehouse(home: Settings) -> Iterator[Warehouse]:
    yield Warehouse(home)


def answers(warehouse: Warehouse, item: Control) -> dict[str, Outcome]:
    return {answer.step: answer.outcome for answer in warehouse.ask(item)[item.id]}


def test_everything_in_order_passes(warehouse: Warehouse) -> None:
    item = control(reconciled=True)
    warehouse.add(item)
    found = warehouse.ask(item)[item.id]
    assert [answer.step for answer in found] == [
        "shape",
        "sources",
        "population",
        "completeness",
        "unknown",
        "deviations",
    ]
    assert {answer.outcome for answer in found} == {PASS}, found
    assert {answer.unexpected for answer in found} == {0}


EXCEPTION = "insert into controls.ctl_ac_03__x values ('z','Z',null,'exception',['STALE'],'idle');"
RAISED = EXCEPTION + "insert into judging.exceptions values ('AC-03','z','STALE','id',"


@pytest.mark.parametrize(
    ("sql", "step"),
    [
        ("insert into controls.ctl_ac_03__x values ('a','A',null,'pass',[],'twice')", "shape"),
        ("insert into controls.ctl_ac_03__x values (null,'A',null,'pass',[],'no key')", "shape"),
        ("insert into controls.ctl_ac_03__x values ('z','A',null,'good',[],'no such result')", "shape"),
        ("insert into controls.ctl_ac_03__x values ('z','A',null,'pass',['STALE'],'passes, yet deviates')", "shape"),
        ("insert into controls.ctl_ac_03__x values ('z','A',null,'pass',['OTHER'],'undeclared')", "shape"),
        ("insert into controls.ctl_ac_03__x values ('z','A',null,'pass',null,'no codes')", "shape"),
        ("update intermediate.int_control_sources set state = 'stale' where source_id = 'okta.users'", "sources"),
        ("update intermediate.int_control_sources set state = null where source_id = 'okta.users'", "sources"),
        ("delete from intermediate.int_control_sources where source_id = 'okta.users'", "sources"),
        ("update intermediate.int_control_sources set in_use = true where source_id = 'github.audit_log'", "sources"),
        ("update intermediate.int_control_sources set in_use = null where source_id = 'github.audit_log'", "sources"),
        ("delete from controls.ctl_ac_03__x where result = 'pass'", "population"),
        ("update controls.ctl_ac_03__reconciled set passed = false", "completeness"),
        ("update controls.ctl_ac_03__reconciled set passed = null", "completeness"),
        ("update controls.ctl_ac_03__reconciled set check_name = 'another'", "completeness"),
        ("delete from controls.ctl_ac_03__reconciled", "completeness"),
        ("insert into controls.ctl_ac_03__x values ('z','Z',null,'unknown',[],'denied')", "unknown"),
        (RAISED + "'open')", "deviations"),
        (EXCEPTION, "deviations"),
        ("insert into judging.exceptions values ('AC-03','gone','STALE','id','open')", "deviations"),
    ],
)
def test_a_planted_failure_fails_its_expectation_and_no_other(warehouse: Warehouse, sql: str, step: str) -> None:
    item = control(reconciled=True)
    warehouse.add(item)
    warehouse.run(sql)
    found = answers(warehouse, item)
    assert {name for name, outcome in found.items() if outcome is not PASS} == {step}
    assert found[step] is FAIL


@pytest.mark.parametrize("state", ["accepted", "mitigated", "false_positive"])
def test_a_decided_exception_is_no_open_deviation(warehouse: Warehouse, state: str) -> None:
    item = control()
    warehouse.add(item)
    warehouse.run(RAISED + f"'{state}')")
    assert answers(warehouse, item)["deviations"] is PASS


@pytest.mark.parametrize(("passed", "outcome"), [("true", PASS), ("false", FAIL), ("null", FAIL)])
def test_an_empty_population_passes_only_when_its_check_proves_it(
    warehouse: Warehouse, passed: str, outcome: Outcome
) -> None:
    item = control(reconciled=True, proven_by="counted")
    warehouse.add(item, rows="")
    warehouse.run(f"update controls.ctl_ac_03__reconciled set passed = {passed}")
    assert answers(warehouse, item)["population"] is outcome
    other = replace(item, zero_proven_by="never made")
    assert answers(warehouse, other)["population"] is FAIL


@pytest.mark.parametrize(
    ("table", "errors"),
    [
        ("controls.ctl_ac_03__x", {"shape", "sources", "population", "completeness", "unknown", "deviations"}),
        ("controls.ctl_ac_03__reconciled", {"completeness"}),
        ("intermediate.int_control_sources", {"sources"}),
        ("judging.exceptions", {"deviations"}),
    ],
)
def test_a_dropped_table_is_an_error_and_never_a_fail(warehouse: Warehouse, table: str, errors: set[str]) -> None:
    item, other = control(reconciled=True), control("EN-04")
    warehouse.add(item)
    warehouse.add(other)
    warehouse.run(f"drop table {table}")
    found = warehouse.ask(item, other)
    assert {answer.step for answer in found["AC-03"] if answer.outcome is ERROR} == errors
    assert not [answer for answer in found["AC-03"] if answer.outcome is FAIL]
    assert all(answer.error for answer in found["AC-03"] if answer.outcome is ERROR)
    shared = errors if table.startswith(("intermediate", "judging")) else set()
    assert {answer.step for answer in found["EN-04"] if answer.outcome is not PASS} == shared


def test_a_table_of_an_earlier_night_is_not_asked(warehouse: Warehouse) -> None:
    item = control()
    warehouse.add(item)
    found = warehouse.ask(item, skip=("AC-03",))["AC-03"]
    assert found and {answer.outcome for answer in found} == {ERROR}
    assert quality.outcomes(found).has_error


def test_a_suite_without_all_its_answers_has_none(warehouse: Warehouse) -> None:
    """A result that did not come back must not read as a pass."""
    item = control()
    found = [quality._answer(item, question, None) for question in expectations(item)]
    assert {answer.outcome for answer in found} == {ERROR}


def test_what_a_suite_asks_is_counted() -> None:
    """EV-07 finds by it that something was taken out: the sibling, or one of several checks."""
    two = replace(control(reconciled=True), completeness=("counted", "listed"))
    assert [asked(item) for item in (control(), control(reconciled=True), two)] == [5, 6, 7]


def test_many_suites_repeatedly_give_no_false_pass_and_no_false_fail(warehouse: Warehouse) -> None:
    """Every third control is planted; the answers must be the same however often they are asked."""
    items = [control(f"AC-{number:02}") for number in range(50)]
    for number, item in enumerate(items):
        warehouse.add(item)
        if number % 3 == 0:
            warehouse.run(f"insert into controls.{item.model} values ('z','Z',null,'unknown',[],'denied')")
    expected = {item.id: FAIL if number % 3 == 0 else PASS for number, item in enumerate(items)}
    for _ in range(2):
        found = warehouse.ask(*items)
        assert {key: quality.outcomes(value).unknown for key, value in found.items()} == expected
        assert not [key for key, value in found.items() if quality.outcomes(value).has_error]


def test_data_docs_open_without_a_network(warehouse: Warehouse) -> None:
    item = control()
    warehouse.add(item)
    for _ in range(2):
        warehouse.ask(item, docs=True)
    pages = list((warehouse.settings.quality / "docs").rglob("*.html"))
    assert len(pages) >= 3
    for page in pages:
        loaded = re.findall(r"<(?:script|link|img|iframe)\b[^>]*", page.read_text())
        assert not [tag for tag in loaded if "http" in tag or "<script" in tag]
    index = (warehouse.settings.quality / "docs" / "index.html").read_text()
    target = re.search(r'<a href="([^"]+)">AC-03</a>', index)
    assert target and "No row is unknown" in (warehouse.settings.quality / "docs" / target[1]).read_text()
    assert not list(Path(warehouse.settings.quality).glob(".*"))
    # The file is free again for its next writer.
    warehouse.run("create table proof (i integer)")
