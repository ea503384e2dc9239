"""No control without proof: every code is found where it was planted, spared where it nearly applied, and unknown stays
unknown. Proof is a line of the sandbox company's truth file or a row that a dbt unit test expects."""

import re
from pathlib import Path

import pytest
import yaml

from soc2_warehouse import sources
from soc2_warehouse.settings import PACKAGE, PROJECT

MODELS = PROJECT / "dbt_project" / "models" / "controls"
TRUTH = PACKAGE / "sandbox" / "truth"
DECISIVE = ("deviation", "conditional", "unknown")


def controls():
    found = {}
    for path in sorted(MODELS.rglob("ctl_*.yml")):
        document = yaml.safe_load(path.read_text())
        for model in document["models"]:
            meta = model["config"]["meta"]
            if "reconciles" not in meta:
                found[meta["id"]] = (path, model, document.get("unit_tests", []))
    return found


CONTROLS = controls()


def truth(control_id):
    path = TRUTH / f"{control_id}.yml"
    return yaml.safe_load(path.read_text()) if path.exists() else {}


def expected_rows(control_id):
    """Rows that the unit tests of the control model expect."""
    _, model, tests = CONTROLS[control_id]
    rows = []
    for test in tests:
        if test["model"] == model["name"] and isinstance(test["expect"].get("rows"), list):
            rows += test["expect"]["rows"]
    return rows


def test_there_are_controls():
    assert len(CONTROLS) >= 20


@pytest.mark.parametrize("control_id", CONTROLS)
def test_the_file_name_is_the_identity(control_id):
    path, model, _ = CONTROLS[control_id]
    area, number = control_id.lower().split("-")
    assert model["name"].startswith(f"ctl_{area}_{number}__") and path.with_suffix(".sql").exists()
    assert path.stem == model["name"]


@pytest.mark.parametrize(
    ("control_id", "code"),
    [
        (control_id, code)
        for control_id, (_, model, _) in CONTROLS.items()
        for code, spec in model["config"]["meta"]["codes"].items()
        if spec["effect"] in DECISIVE
    ],
)
def test_every_code_is_planted_and_found(control_id, code):
    planted = [line for line in truth(control_id).get("violations") or [] if line["code"] == code]
    in_unit_tests = [row for row in expected_rows(control_id) if code in str(row.get("codes", ""))]
    assert planted or in_unit_tests, f"{control_id} {code}: plant a violation in the sandbox or in a unit test"


@pytest.mark.parametrize("control_id", CONTROLS)
def test_every_control_has_a_near_miss_and_an_unknown(control_id):
    results = [row.get("result") for row in expected_rows(control_id)]
    known = truth(control_id)
    assert known.get("near_misses") or "pass" in results, f"{control_id} has no near-miss twin"
    assert known.get("unknown") or "unknown" in results, f"{control_id} has no unknown"


def built_on(control_id):
    """Controls whose rows the control's model reads."""
    named = re.findall(r"'ctl_([a-z]+_\d\d)__(?!reconciled)", CONTROLS[control_id][0].with_suffix(".sql").read_text())
    return {name.upper().replace("_", "-") for name in named} - {control_id}


def needs(control_id):
    """Raw tables that the control requires, always or while a system is in use."""
    declared = CONTROLS[control_id][1]["config"]["meta"]["sources"]
    return {*declared["required"], *(declared.get("if_enabled") or {})}


def test_a_control_over_findings_of_others_needs_the_events_that_they_need():
    """Else an outage takes findings, and with them rows of it, and nobody is told. Snapshots are left to depends_on:
    were they required, a night of a control over events could not be judged late any more."""
    events = {
        f"{source.name}.{name}"
        for source in sources.load_all()
        for name, function in source.tables.items()
        if function.table.kind == "event"
    }
    builders = [control_id for control_id in CONTROLS if built_on(control_id)]
    assert "CM-10" in builders and "aws_trail.events" in events
    missing = {
        (control_id, other): lacking
        for control_id in builders
        for other in sorted(built_on(control_id))
        if (lacking := (needs(other) & events) - needs(control_id))
    }
    assert missing == {}


def test_each_type_of_log_event_has_its_control():
    """LI-01 and LI-02 ask the control of a type for how long its events are kept."""
    macro = (PROJECT / "dbt_project" / "macros" / "log_streams.sql").read_text()
    types = dict(re.findall(r"'(LG-\d\d)': '(\w+)'", macro))
    assert len(types) == 8
    for control_id, event_type in types.items():
        sql = CONTROLS[control_id][0].with_suffix(".sql").read_text()
        assert f"log_streams_judged('{event_type}')" in sql, control_id


@pytest.mark.parametrize("path", sorted(TRUTH.glob("*.yml")), ids=lambda path: path.stem)
def test_every_truth_is_of_a_control_and_its_codes(path: Path):
    known = yaml.safe_load(path.read_text())
    assert known["control"] == path.stem and path.stem in CONTROLS
    codes = CONTROLS[path.stem][1]["config"]["meta"]["codes"]
    assert {line["code"] for line in known.get("violations") or []} <= codes.keys()
