"""Coverage says what the manifest says, and the README what coverage says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from soc2_warehouse import coverage
from soc2_warehouse.coverage import Coverage
from soc2_warehouse.settings import PROJECT, from_environment


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coverage]:
    yield coverage.load(from_environment({"SOC2_HOME": str(tmp_path_factory.mktemp("coverage"))}))


def test_everything_there_is_to_answer_is_listed(found: Coverage) -> None:
    assert (len(found.planned), len(found.rows), len(found.demands)) == (120, 123, 129)
    assert len({criterion.id for criterion in found.criteria}) == len(found.criteria) == 61


def test_controls_and_the_plan_agree(found: Coverage) -> None:
    """A control names the rows it answers, and the plan the controls of a row: neither has what the other lacks."""
    settings = from_environment({"SOC2_HOME": "unused"})
    nothing_built = coverage.of(settings, ())
    planned = {(row.id, name) for row in nothing_built.rows for name in row.missing}
    built = {control.id for control in found.controls}
    named = {(row, control.id) for control in found.controls for row in control.handbook_rows}
    assert named
    assert {(row, name) for row, name in named if name in found.planned} == {
        (row, name) for row, name in planned if name in built
    }


def test_controls_name_demands_and_criteria_that_exist(found: Coverage) -> None:
    demands = {demand.id for demand in found.demands}
    criteria = {criterion.id for criterion in found.criteria} | {"n/a"}
    for control in found.controls:
        assert control.demands.keys() <= demands, control.id
        assert set(control.criteria) <= criteria, control.id
    assert not [demand.id for demand in found.demands if demand.built and demand.out_of_scope]


def test_a_control_that_is_gone_uncovers_its_rows(found: Coverage) -> None:
    settings = from_environment({"SOC2_HOME": "unused"})
    without = coverage.of(settings, [control for control in found.controls if control.id != "EN-06"])
    row = next(row for row in without.rows if row.id == "CHK-07")
    assert "EN-06" in row.missing and "EN-06" not in row.built and row.state == "in part"
    demand = next(demand for demand in without.demands if demand.id == "ebs_volume_encrypted")
    assert demand.state == "untested"
    assert replace(demand, out_of_scope="not in use").state == "out of scope"


def test_the_printed_tables_name_what_is_untested(found: Coverage) -> None:
    out = io.StringIO()
    coverage.show(Console(file=out, width=200), found)
    text = out.getvalue()
    for criterion in found.criteria:
        assert criterion.id in text
    for row in found.rows:
        assert row.id in text
    for demand in found.demands:
        assert demand.id in text


def test_a_demand_answered_by_codes_that_do_not_exist_is_refused(found: Coverage) -> None:
    from soc2_warehouse.declaration import Declaration, Problems, read_demands

    problems = Problems()
    meta = Declaration("ctl.yml", {"demands": {"kms_rotation": ["NO_SUCH"], "root_mfa": "X"}}, problems)
    read_demands(meta, next(control.codes for control in found.controls if control.id == "EN-11"))
    assert [problem.split(";")[0] for problem in problems.found] == [
        "ctl.yml: demands.kms_rotation names NO_SUCH, which is no code of the control",
        "ctl.yml: demands.root_mfa is 'X'",
    ]


def test_the_readme_shows_these_figures(found: Coverage) -> None:
    readme = (PROJECT / "README.md").read_text()
    shown = readme.split("<!-- coverage -->")[1].split("<!-- /coverage -->")[0].strip()
    assert shown == found.markdown(), "write what `soc2 coverage --figures` prints"
