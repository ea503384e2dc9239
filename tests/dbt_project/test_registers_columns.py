"""A register's columns are declared once; its staging model must have them, typed accordingly."""

from __future__ import annotations

import re

import yaml

from soc2_warehouse.registers import Column, registers
from soc2_warehouse.settings import PROJECT

STAGING = PROJECT / "dbt_project" / "models" / "staging" / "registers"
TYPES = {
    "date": "date",
    "timestamp": "timestamp",
    "time": "time",
    "boolean": "boolean",
    "integer": "bigint",
    "list": "varchar[]",
}
OWN = ["_day", "_run_id", "_seq"]


def staged(column: Column) -> str:
    """A column named as an instant is one, even where the register gives a date alone."""
    return "timestamp" if column.name.endswith("_at") else TYPES.get(column.type, "varchar")


def test_every_register_has_a_source_table_and_a_staging_model():
    (source,) = yaml.safe_load((STAGING / "_registers__sources.yml").read_text())["sources"]
    assert sorted(table["name"] for table in source["tables"]) == sorted(registers())
    assert sorted(path.stem for path in STAGING.glob("*.sql")) == sorted(
        f"stg_registers__{name}" for name in registers()
    )


def test_staging_models_declare_the_registers_columns():
    models = [
        model for path in STAGING.glob("stg_registers__*.yml") for model in yaml.safe_load(path.read_text())["models"]
    ]
    declared = {model["name"]: {c["name"]: c["data_type"] for c in model["columns"]} for model in models}
    assert len(declared) == len(registers()) > 20
    for name, register in registers().items():
        expected = dict.fromkeys(OWN) | {column.name: staged(column) for column in register.columns.values()}
        found = declared[f"stg_registers__{name}"]
        assert list(found) == [*expected, "commit_sha"], name
        assert {key: value for key, value in found.items() if key in register.columns} == {
            key: value for key, value in expected.items() if value
        }, name


def test_staging_models_select_the_registers_columns():
    for name, register in registers().items():
        sql = (STAGING / f"stg_registers__{name}.sql").read_text()
        selected = re.findall(r"'\$\.(\w+)'\).* as (\w+)", sql)
        assert selected == [*((column, column) for column in register.columns), ("commit", "commit_sha")], name


def test_every_column_is_described():
    assert all(
        column.description.endswith(".") for register in registers().values() for column in register.columns.values()
    )
