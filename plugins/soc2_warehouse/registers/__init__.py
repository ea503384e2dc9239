"""The company's registers: what their columns are, declared once, one YAML file per register beside this module.

    description: …                 grain and purpose
    shape: mapping                 optional: the YAML file maps a control id to {name: value}
    key: [column, …]               no two rows may agree on these
    columns:
      name: {type: …, required: true, values: [a, b], description: …}

Types: text, date (YYYY-MM-DD), timestamp (ISO 8601 with offset), time (HH:MM[:SS]), zone (IANA), boolean, list
(CSV: ``a;b``), cidr, any (YAML only). A cell may be empty unless it is required.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Column:
    """One column of a register. values: what a cell may say; empty when anything of the type may stand there."""

    name: str
    type: str
    description: str
    required: bool = False
    values: tuple[str, ...] = ()

    def problem(self, value: Any, from_yaml: bool) -> str | None:
        """What is wrong with a cell, as ``'x' is not a date; write YYYY-MM-DD``; None when nothing is."""
        if value is None:
            return "is empty; the value is required" if self.required else None
        said = f"{value!r}" if not isinstance(value, (date, time)) else f"'{value}'"
        if from_yaml and self.type != "any":
            expected = YAML_TYPES.get(self.type, (str,))
            if not isinstance(value, expected) or (
                isinstance(value, list) and not all(isinstance(v, str) for v in value)
            ):
                return f"{said} is {_kind(value)}, not {WORDS[self.type]}; write {FIX[self.type]}"
        text = str(value)
        if isinstance(value, datetime) and self.type == "timestamp":
            text = value.isoformat()
        if self.type in CHECKS and not isinstance(value, (list, bool)):
            try:
                CHECKS[self.type](text)
            except (ValueError, KeyError, OSError):
                return f"{said} is not {WORDS[self.type]}; write {FIX[self.type]}"
        if self.values:
            for item in value if isinstance(value, list) else text.split(";") if self.type == "list" else [text]:
                if item.strip() not in self.values:
                    return f"{item!r} is not known; write one of {', '.join(self.values)}"
        return None


@dataclass(frozen=True)
class Register:
    """One register: its file is ``<name>.csv``, ``<name>.yml`` or ``<name>.yaml``."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    shape: str = "rows"


def _timestamp(text: str) -> None:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("no offset")


def _date(text: str) -> None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError("not ISO 8601")
    date.fromisoformat(text)


def _time(text: str) -> None:
    if not re.fullmatch(r"\d{2}:\d{2}(:\d{2})?", text):
        raise ValueError("not ISO 8601")
    time.fromisoformat(text)


def _boolean(text: str) -> None:
    if text not in ("true", "false"):
        raise ValueError("neither true nor false")


CHECKS: dict[str, Callable[[str], Any]] = {
    "date": _date,
    "timestamp": _timestamp,
    "time": _time,
    "zone": ZoneInfo,
    "boolean": _boolean,
    "integer": int,
    "cidr": ip_network,
}
# What YAML makes of a well-written cell; every other type is text there.
YAML_TYPES: dict[str, tuple[type, ...]] = {
    "date": (str, date),
    "timestamp": (str, datetime),
    "boolean": (bool,),
    "integer": (int,),
    "list": (list,),
}
WORDS = {
    "text": "text",
    "date": "a date",
    "timestamp": "a timestamp with offset",
    "time": "a time of day",
    "zone": "a time zone",
    "boolean": "a boolean",
    "integer": "a whole number",
    "list": "a list of text",
    "cidr": "a network",
}
FIX = {
    "text": "it in quotes",
    "date": "YYYY-MM-DD",
    "timestamp": "ISO 8601 with offset, such as 2026-07-01T09:30:00Z",
    "time": "HH:MM:SS",
    "zone": "an IANA name such as America/New_York",
    "boolean": "true or false",
    "integer": "digits only, such as 90",
    "list": "[first, second]",
    "cidr": "a range such as 203.0.113.0/26",
}


def _kind(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "a mapping", str: "text"}
    return names.get(type(value), f"a {type(value).__name__}")


@cache
def registers() -> dict[str, Register]:
    """Every register, by name. Raises ValueError for a declaration with an unknown type."""
    found = {}
    for path in sorted(FOLDER.glob("*.yml")):
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
        columns = {}
        for name, spec in declared["columns"].items():
            if spec["type"] not in WORDS and spec["type"] != "any":
                raise ValueError(f"{path.name}: column {name} has unknown type {spec['type']!r}")
            columns[name] = Column(
                name=name,
                type=spec["type"],
                description=spec["description"],
                required=spec.get("required", False),
                values=tuple(spec.get("values", ())),
            )
        found[path.stem] = Register(
            name=path.stem,
            description=declared["description"],
            key=tuple(declared["key"]),
            columns=columns,
            shape=declared.get("shape", "rows"),
        )
    return found
