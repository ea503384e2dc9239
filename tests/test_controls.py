"""dbt's manifest as controls: what is read, what is refused and how the refusal reads."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from soc2_warehouse.controls import Control, ControlError, load, write_meta

META: dict[str, Any] = {
    "id": "AC-03",
    "title": "Stale accounts are disabled",
    "criteria": ["CC6.2", "CC6.3"],
    "category": "Security",
    "owner": "security",
    "severity": "medium",
    "frequency": "daily",
    "mode": "snapshot",
    "handbook_rows": ["ACE-05"],
    "sources": {"required": ["okta.users"], "if_enabled": {"github.audit_log": "github_audit_log"}},
    "max_age_hours": 48,
    "parameters": {
        "stale_days": {"value": 30, "unit": "days", "origin": "seed", "looser": "higher"},
        "strict": {"value": False, "unit": "boolean", "origin": "default", "looser": True},
        "principals": {
            "value": [],
            "unit": "ARN patterns",
            "origin": "default",
            "required": True,
            "looser": "longer",
        },
    },
    "codes": {
        "STALE": {"effect": "deviation", "when": "idle"},
        "OLD_KEY": {"effect": "deviation", "severity": "critical", "when": "old key"},
        "IDLE_SERVICE": {"effect": "conditional", "when_parameter": "strict", "when": "idle service"},
        "NOTE": {"effect": "informational", "when": "noted"},
    },
    "depends_on": ["EV-05"],
    "blocking_codes": {"EV-05": ["AMBIGUOUS"]},
    "zero_population": {"proven_by": "no_accounts"},
    "completeness": ["accounts_counted"],
    "remediation": "Disable the account.",
}


def node(name: str, meta: dict[str, Any], folder: str = "access") -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "unique_id": f"model.soc2_warehouse.{name}",
        "schema": "controls",
        "description": "Accounts are used.\n  Grain: account.",
        "config": {"meta": meta},
        "patch_path": f"soc2_warehouse://models/controls/{folder}/{name}.yml",
        "original_file_path": f"models/controls/{folder}/{name}.sql",
        "compiled_code": "select 1",
        "columns": {"entity_key": {}},
    }


def plain(control_id: str, **changes: Any) -> dict[str, Any]:
    meta = {**copy.deepcopy(META), "id": control_id, "depends_on": [], "blocking_codes": {}, "completeness": []}
    return meta | {"zero_population": "suspicious"} | changes


Write = Callable[..., Path]


@pytest.fixture
def manifest(tmp_path: Path) -> Write:
    def write(*nodes: dict[str, Any]) -> Path:
        content = {
            "nodes": {item["unique_id"]: item for item in nodes},
            "sources": {
                name: {"source_name": name.split(".")[0], "name": name.split(".")[1]}
                for name in ("okta.users", "github.audit_log")
            },
            "unit_tests": {"t": {"name": "planted", "model": "ctl_ac_03__accounts_are_used"}},
        }
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(content))
        return path

    return write


def moving(value: Any, looser: Any = None) -> dict[str, Any]:
    """A parameter that declares, or does not, in which direction it is looser."""
    return {"value": value, "origin": "default"} | ({} if looser is None else {"looser": looser})


SIBLING = node("ctl_ac_03__reconciled", {"reconciles": "AC-03"})


def one(write: Write, meta: dict[str, Any], **overrides: Any) -> Control:
    found = load(
        write(node("ctl_ac_03__accounts_are_used", meta), SIBLING), {"AC-03": overrides} if overrides else None
    )
    return found[0]


def test_a_control_is_read_whole(manifest: Write) -> None:
    control = one(manifest, META)
    assert (control.id, control.statement, control.criteria) == (
        "AC-03",
        "Accounts are used. Grain: account.",
        ("CC6.2", "CC6.3"),
    )
    assert [(s.source_id, s.required, s.system_id) for s in control.sources] == [
        ("okta.users", True, None),
        ("github.audit_log", False, "github_audit_log"),
    ]
    assert control.deviation_severities == {"STALE": "medium", "OLD_KEY": "critical"}
    assert (control.zero_proven_by, control.reconciled_model) == ("no_accounts", "ctl_ac_03__reconciled")
    assert control.sql_sha256 == hashlib.sha256(b"select 1").hexdigest()
    assert control.unit_tests == ("planted",)
    assert control.missing_parameters == ("principals",)
    assert [parameter.looser for parameter in control.parameters] == ["higher", "true", "longer"]
    assert control.depends_on == ("EV-05",), (
        "a dependency outside the warehouse is kept: it makes the control not tested"
    )


def test_overrides_change_values_effects_and_the_hash(manifest: Write) -> None:
    plainly, overridden = one(manifest, META), one(manifest, META, stale_days=45, strict=True, principals=["arn:x"])
    assert [p.value for p in overridden.parameters] == [45, True, ["arn:x"]]
    assert [p.overridden for p in overridden.parameters] == [True, True, True]
    assert overridden.parameters[0].default == 30
    assert "IDLE_SERVICE" in overridden.deviation_severities
    assert overridden.missing_parameters == ()
    assert overridden.effective == {"stale_days": 45, "strict": True, "principals": ["arn:x"]}
    assert overridden.parameters_sha256 != plainly.parameters_sha256
    assert overridden.declaration_sha256 == plainly.declaration_sha256


def test_controls_come_after_what_they_depend_on(manifest: Write) -> None:
    found = load(
        manifest(
            node("ctl_aa_01__x", plain("AA-01", depends_on=["ZZ-01"])),
            node("ctl_mm_01__x", plain("MM-01", depends_on=["AA-01", "ZZ-01"])),
            node("ctl_zz_01__x", plain("ZZ-01")),
        )
    )
    assert [control.id for control in found] == ["ZZ-01", "AA-01", "MM-01"]


def test_managing_an_engagement_supports_no_criterion(manifest: Write) -> None:
    meta = plain("AC-03", criteria=[], category="Engagement")
    (control,) = load(manifest(node("ctl_ac_03__accounts_are_used", meta)))
    assert control.criteria == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "AC-99"}, "id is AC-99 but the model is ctl_ac_03__accounts_are_used; write AC-03"),
        ({"severity": "huge"}, "severity is 'huge'; choose one of critical, high, medium, low"),
        ({"mode": None}, "mode is None; choose one of snapshot, event, periodic"),
        ({"criteria": []}, "criteria is empty"),
        ({"title": ""}, "title is missing"),
        ({"sources": {"required": ["okta.people"]}}, "sources names okta.people, which no staging folder declares"),
        ({"sources": {}}, "sources.required is missing"),
        ({"codes": {"STALE": {"when": "x"}}}, "codes.STALE.effect is missing; choose one of deviation"),
        ({"codes": {"STALE": {"effect": "conditional"}}}, "codes.STALE.when_parameter is None"),
        ({"codes": {"S": {"effect": "deviation", "severity": "x"}}}, "codes.S.severity is x"),
        ({"codes": {}}, "codes is empty"),
        ({"parameters": {"a": {"value": 1}}}, "parameters.a.origin is missing; say whose figure it is"),
        ({"parameters": {"a": {"value": 1, "origin": "guess"}}}, "parameters.a.origin is guess"),
        ({"parameters": {"a": 3}}, "parameters.a has no value"),
        (
            {"parameters": {"a": moving(1)}},
            "parameters.a.looser is missing; say which way",
        ),
        (
            {"parameters": {"a": moving(1, "longer")}},
            "parameters.a.looser is longer; say which way",
        ),
        (
            {"parameters": {"a": moving(True, "higher")}},
            "parameters.a.looser is higher; say which way",
        ),
        (
            {"parameters": {"a": moving([], "true")}},
            "parameters.a.looser is true; say which way",
        ),
        (
            {"parameters": {"a": moving("UTC", "higher")}},
            "parameters.a.looser is higher; say which way",
        ),
        ({"parameters": {"a": moving(None)}}, "parameters.a.looser is missing; say which way lets more pass: either"),
        ({"zero_population": "fine"}, "zero_population is 'fine'"),
        ({"max_age_hours": -1}, "max_age_hours is -1"),
        ({"depends_on": "EV-05"}, "depends_on is 'EV-05'; write a list of texts"),
    ],
)
def test_a_wrong_declaration_names_file_field_and_fix(manifest: Write, change: dict[str, Any], says: str) -> None:
    with pytest.raises(ControlError) as error:
        one(manifest, META | change)
    assert f"models/controls/access/ctl_ac_03__accounts_are_used.yml: {says}" in str(error.value)


def test_all_problems_are_told_at_once(manifest: Write) -> None:
    with pytest.raises(ControlError) as error:
        one(manifest, META | {"title": "", "severity": "huge"})
    assert len(str(error.value).splitlines()) == 2


def test_problems_between_controls(manifest: Write) -> None:
    with pytest.raises(ControlError, match="AC-03 is also ctl_ac_03__a"):
        load(manifest(node("ctl_ac_03__a", plain("AC-03")), node("ctl_ac_03__b", plain("AC-03"))))
    circle = [node(f"ctl_{a}_01__x", plain(f"{a.upper()}-01", depends_on=[f"{b.upper()}-01"])) for a, b in ("xy", "yx")]
    with pytest.raises(ControlError, match=r"depends_on is circular: .'X-01', 'Y-01'"):
        load(manifest(*circle))
    with pytest.raises(ControlError, match="reconciles AC-03, which is no control"):
        load(manifest(SIBLING))
    with pytest.raises(ControlError, match="add ctl_ac_03__reconciled"):
        load(manifest(node("ctl_ac_03__a", plain("AC-03", completeness=["counted"]))))


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"AC-03": {"stale_day": 4}}, "parameters.stale_day is set by the register but not declared"),
        ({"AC-03": {"stale_days": "many"}}, "parameters.stale_days is overridden by 'many'"),
        ({"AC-3": {"stale_days": 4}}, "register parameters: AC-3 is no control of this warehouse"),
    ],
)
def test_a_wrong_override_is_refused(manifest: Write, overrides: dict[str, Any], says: str) -> None:
    with pytest.raises(ControlError, match=says):
        load(manifest(node("ctl_ac_03__a", META), SIBLING), overrides)


def test_meta_tables(manifest: Write) -> None:
    with duckdb.connect() as connection:
        for _ in range(2):
            write_meta(connection, [one(manifest, META, stale_days=45)])
        row = connection.execute(
            "select control_id, criteria, deviation_codes, sources, parameters->>'$.stale_days.value', "
            "parameters->>'$.strict.looser', model_name from raw_meta.controls"
        ).fetchall()
        sources = connection.execute("from raw_meta.control_sources order by source_id").fetchall()
    assert row == [
        (
            "AC-03",
            ["CC6.2", "CC6.3"],
            ["STALE", "OLD_KEY"],
            ["okta.users", "github.audit_log"],
            "45",
            "true",
            "ctl_ac_03__accounts_are_used",
        )
    ]
    assert sources == [
        ("AC-03", "github.audit_log", "if_enabled", "github_audit_log", 48.0, "snapshot"),
        ("AC-03", "okta.users", "always", None, 48.0, "snapshot"),
    ]
