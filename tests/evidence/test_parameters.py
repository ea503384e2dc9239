"""What the life cycle of exceptions promises and what EV-06 tests are the same figures."""

from __future__ import annotations

import yaml

from soc2_warehouse.evidence import decisions, exceptions
from soc2_warehouse.settings import PROJECT

YML = PROJECT / "dbt_project/models/controls/evidence/ctl_ev_06__exceptions_are_governed.yml"


def test_the_defaults_of_ev_06_are_those_of_the_life_cycle() -> None:
    meta = yaml.safe_load(YML.read_text())["models"][0]["config"]["meta"]
    values = {name: spec["value"] for name, spec in meta["parameters"].items()}
    assert {name: values[f"due_days_{name}"] for name in exceptions.DUE_DAYS} == exceptions.DUE_DAYS
    assert values["acceptance_max_days"] == decisions.ACCEPTANCE_MAX_DAYS
    assert values["false_positive_days"] == decisions.RULE_FIX_DAYS
