"""Reading one declaration with errors that say where, what and how to fix it; all errors of a tree at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

EFFECTS = ("deviation", "informational", "unknown", "conditional")
SEVERITIES = ("critical", "high", "medium", "low")
ORIGINS = ("seed", "default", "industry", "law", "provider")
#: Which way a parameter of a kind may be declared to be looser; ``either``: no move of it is known to be harmless. What
#: has no order of its own (text, mappings, no value at all) is always that.
EITHER = "either"
LOOSER = {
    "number": ("higher", "lower", EITHER),
    "boolean": ("true", "false", EITHER),
    "list": ("longer", "shorter", EITHER),
}


class Problems:
    """Collects what is wrong, so that a reader repairs everything in one round."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, file: str, field: str, problem: str, fix: str) -> None:
        self.found.append(f"{file}: {field} {problem}; {fix}")


class Declaration:
    """Typed access to ``config.meta`` of one file. A value of the wrong kind is a problem, never an exception."""

    def __init__(self, file: str, values: Mapping[str, Any], problems: Problems) -> None:
        self.file = file
        self.values = values
        self._problems = problems

    def problem(self, field: str, problem: str, fix: str) -> None:
        self._problems.add(self.file, field, problem, fix)

    def text(self, field: str) -> str:
        value = self.values.get(field)
        if not isinstance(value, str) or not value.strip():
            self.problem(field, "is missing", "write it as text under config.meta")
            return ""
        return value.strip()

    def choice(self, field: str, allowed: Sequence[str]) -> str:
        value = self.values.get(field)
        if value not in allowed:
            self.problem(field, f"is {value!r}", f"choose one of {', '.join(allowed)}")
        return str(value)

    def texts(self, field: str, *, required: bool = True) -> tuple[str, ...]:
        value = self.values.get(field) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.problem(field, f"is {value!r}", "write a list of texts")
            return ()
        if required and not value:
            self.problem(field, "is empty", "list at least one")
        return tuple(value)

    def number(self, field: str, default: int) -> int:
        value = self.values.get(field, default)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            self.problem(field, f"is {value!r}", "write a whole number above zero")
            return default
        return value

    def mapping(self, field: str) -> dict[str, Any]:
        value = self.values.get(field) or {}
        if not isinstance(value, dict):
            self.problem(field, f"is {value!r}", "write a mapping")
            return {}
        return value


@dataclass(frozen=True)
class Parameter:
    """A figure or list that a control compares with. ``value`` is the effective one, ``default`` the declared one.

    looser: the direction in which a change makes the test pass more, one of ``LOOSER`` for its kind. A list is looser
    when longer if what is added excuses more, when shorter if what is taken away is no longer asked for.
    """

    name: str
    default: Any
    value: Any
    unit: str
    origin: str
    required: bool
    overridden: bool
    looser: str = EITHER

    @property
    def missing(self) -> bool:
        """Required, and nobody has said what it is."""
        return self.required and (self.value is None or self.value == "" or self.value == [])


@dataclass(frozen=True)
class Code:
    """Something a row can be found to be. ``deviates``: its effect with the parameters in force is a deviation."""

    name: str
    effect: str
    when: str
    severity: str
    deviates: bool


@dataclass(frozen=True)
class Source:
    """A raw table the control needs: always, or (``system_id``) while the register says that system is in use."""

    source_id: str
    required: bool
    system_id: str | None


def read_parameters(meta: Declaration, overrides: Mapping[str, Any]) -> tuple[Parameter, ...]:
    found = []
    for name, spec in meta.mapping("parameters").items():
        field = f"parameters.{name}"
        if not isinstance(spec, dict) or "value" not in spec:
            meta.problem(field, "has no value", "write {value: …, unit: …, origin: …, looser: …}")
            continue
        origin = str(spec.get("origin") or "")
        if origin not in ORIGINS:
            meta.problem(
                f"{field}.origin", f"is {origin or 'missing'}", f"say whose figure it is: {', '.join(ORIGINS)}"
            )
        default = spec["value"]
        value = overrides.get(name, default)
        if default is not None and name in overrides and _kind(value) != _kind(default):
            meta.problem(
                field, f"is overridden by {value!r}", f"the register must give a {_kind(default)} like {default!r}"
            )
        # YAML reads the values of a boolean as booleans.
        looser, allowed = str(spec.get("looser", "missing")), LOOSER.get(_kind(default), (EITHER,))
        looser = looser.lower() if isinstance(spec.get("looser"), bool) else looser
        if looser not in allowed:
            meta.problem(f"{field}.looser", f"is {looser}", f"say which way lets more pass: {', '.join(allowed)}")
        required, unit = bool(spec.get("required")), str(spec.get("unit", ""))
        found.append(Parameter(name, default, value, unit, origin, required, name in overrides, looser))
    for name in overrides.keys() - meta.mapping("parameters").keys():
        meta.problem(
            f"parameters.{name}", "is set by the register but not declared", "correct the name in the register"
        )
    return tuple(found)


def _kind(value: Any) -> str:
    """The type that SQL will see; whole and fractional numbers compare alike there."""
    if isinstance(value, bool):
        return "boolean"
    names: dict[type, str] = {int: "number", float: "number", str: "text", list: "list", dict: "mapping"}
    return names.get(type(value), type(value).__name__)


def read_codes(meta: Declaration, severity: str, parameters: tuple[Parameter, ...]) -> tuple[Code, ...]:
    effective = {parameter.name: parameter.value for parameter in parameters}
    found = []
    if not meta.mapping("codes"):
        meta.problem(
            "codes", "is empty", "declare each code with its effect: a control that finds nothing tests nothing"
        )
    for name, spec in meta.mapping("codes").items():
        field = f"codes.{name}"
        spec = spec if isinstance(spec, dict) else {}
        effect = spec.get("effect")
        if effect not in EFFECTS:
            meta.problem(f"{field}.effect", f"is {effect or 'missing'}", f"choose one of {', '.join(EFFECTS)}")
        switch = str(spec.get("when_parameter"))
        if effect == "conditional" and switch not in effective:
            meta.problem(f"{field}.when_parameter", f"is {switch}", "name the declared parameter that decides")
        own = spec.get("severity", severity)
        if "severity" in spec and own not in SEVERITIES:
            meta.problem(f"{field}.severity", f"is {own}", f"choose one of {', '.join(SEVERITIES)}")
        deviates = effect == "deviation" or (effect == "conditional" and bool(effective.get(switch)))
        found.append(Code(name, str(effect), str(spec.get("when", "")), own, deviates))
    return tuple(found)


def read_demands(meta: Declaration, codes: Sequence[Code]) -> dict[str, tuple[str, ...]]:
    """Scanners' demands that rows of the control answer, each with the codes that say it is not met."""
    known = {code.name for code in codes}
    found = {}
    for demand, named in meta.mapping("demands").items():
        field = f"demands.{demand}"
        if not isinstance(named, list) or not named:
            meta.problem(field, f"is {named!r}", "list the codes that say the demand is not met")
            continue
        for code in named:
            if code not in known:
                meta.problem(field, f"names {code}, which is no code of the control", "declare it under codes")
        found[demand] = tuple(str(code) for code in named)
    return found


def read_sources(meta: Declaration, known: set[str]) -> tuple[Source, ...]:
    spec = meta.mapping("sources")
    if "required" not in spec:
        meta.problem(
            "sources.required", "is missing", "list the raw tables; [] only for a control over our own records"
        )
    found = [Source(source_id, True, None) for source_id in spec.get("required") or ()]
    found += [Source(source_id, False, system) for source_id, system in (spec.get("if_enabled") or {}).items()]
    for source in found:
        if source.source_id not in known:
            meta.problem(
                "sources", f"names {source.source_id}, which no staging folder declares", "use <source>.<table>"
            )
    return tuple(found)
