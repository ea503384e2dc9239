"""The results as OSCAL 1.1 assessment results, valid by the published schema or not written.

Each control has an observation of what was tested and how. Only what could be tested has a finding: OSCAL knows
*satisfied* and *not satisfied*, and unknown is neither. Each deviation is a risk with its intervals as log entries.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from soc2_warehouse.package import Refused, wording
from soc2_warehouse.package.content import Content
from soc2_warehouse.package.results import Result
from soc2_warehouse.package.window import Window

SCHEMA = Path(__file__).parent / "oscal_assessment-results_schema.json"
VERSION = "1.1.3"
#: Names of ours among the properties.
NAMESPACE = "urn:soc2-warehouse:oscal"
_ROOT = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)
#: State of an exception → status of a risk.
RISKS = {
    "open": "open",
    "accepted": "deviation-approved",
    "mitigated": "deviation-approved",
    "remediated": "closed",
    "closed_entity_removed": "closed",
}


def document(content: Content) -> dict[str, Any]:
    """The document. Raises Refused when the schema does not accept it."""
    window = content.window
    name = window.name
    tool, plan = _id(name, "tool"), _id(name, "plan")
    origins = [{"actors": [{"type": "tool", "actor-uuid": tool}]}]
    shown = [result for result in content.results if result.in_scope]
    result: dict[str, Any] = {
        "uuid": _id(name, "result"),
        "title": f"Tests of controls, {wording.period(window)}",
        "description": wording.NO_OPINION,
        "start": _time(datetime(*window.days[0].timetuple()[:3], tzinfo=UTC)),
        "end": _time(window.made_at),
        "props": [
            _prop("environment", content.environment),
            _prop("report-type", window.engagement["report_type"]),
            _prop("chain-head", content.evidence["head"]),
            _prop("readiness", wording.share(content.readiness["share"])),
        ],
        "reviewed-controls": {
            "control-selections": [{"include-controls": [{"control-id": one.id} for one in shown]}],
            "remarks": "Ids are those of the warehouse's controls; props of the observations name the criteria.",
        },
        "observations": [_observation(one, window, origins) for one in shown],
    }
    if risks := [_risk(one, found, window) for one in shown for found in one.exceptions]:
        result["risks"] = risks
    if findings := [_finding(one, window, origins) for one in shown if not one.is_insufficient]:
        result["findings"] = findings
    found = {
        "assessment-results": {
            "uuid": _id(name, "document"),
            "metadata": {
                "title": f"{wording.kind(window)}, {window.engagement['engagement_id']}: tests of controls and results",
                "last-modified": _time(window.made_at),
                "version": window.made_at.strftime("%Y%m%dT%H%M%SZ"),
                "oscal-version": VERSION,
                "roles": [{"id": "assessor", "title": "Warehouse that tests"}],
                "parties": [{"uuid": tool, "type": "organization", "name": "SOC 2 compliance warehouse"}],
            },
            "import-ap": {
                "href": f"#{plan}",
                "remarks": "What is tested and how is declared by the controls themselves, in report.html and code/.",
            },
            "results": [result],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "Tests of controls and results",
                        "rlinks": [{"href": "../report.html", "media-type": "text/html"}],
                    }
                ]
            },
        }
    }
    check(found)
    return found


def check(found: dict[str, Any]) -> None:
    """Raise Refused when a document is not valid by the published schema."""
    for error in _validator().iter_errors(found):
        place = "/".join(str(part) for part in error.absolute_path)
        raise Refused(f"oscal/assessment-results.json is not valid by OSCAL's schema: {place}: {error.message[:300]}")


@lru_cache(maxsize=1)
def _validator() -> Any:
    from jsonschema import Draft7Validator

    # Python's regular expressions know no \p{…}; the schema itself stays as it was published.
    text = SCHEMA.read_text(encoding="utf-8").replace(r"\\p{L}", r"[^\\W\\d_]").replace(r"\\p{N}", r"\\d")
    return Draft7Validator(json.loads(text), format_checker=Draft7Validator.FORMAT_CHECKER)


def _observation(result: Result, window: Window, origins: list[dict[str, Any]]) -> dict[str, Any]:
    evidence = [{"href": f"../workbooks/{result.area}.xlsx", "description": "Population, rows, exceptions, runs"}]
    if result.sheet:
        told = "Where the population comes from"
        evidence.append({"href": f"../{result.sheet['file']}", "description": told})
    found: dict[str, Any] = {
        "uuid": _id(window.name, result.id, "observation"),
        "title": _text(f"{result.id} {result.control['title']}"),
        "description": f"{wording.test(result, window)} {wording.population(result, window)} {wording.outcome(result)}",
        "props": [
            *(_prop("conclusion", one) for one in result.conclusions),
            *(_prop("criterion", one) for one in result.control["criteria"]),
            _prop("severity", result.control["severity"]),
            _prop("units-expected", str(result.coverage.expected)),
            _prop("units-covered", str(result.coverage.covered)),
            _prop("population", str(result.population["judged"])),
            _prop("deviations", str(len(result.exceptions))),
        ],
        "methods": ["TEST"],
        "types": ["control-objective"],
        "origins": origins,
        "relevant-evidence": evidence,
        "collected": _time(window.made_at),
    }
    if result.is_insufficient:
        found["remarks"] = f"Not tested: {wording.why_not_tested(result)} {wording.gaps(result)}".strip()
    return found


def _finding(result: Result, window: Window, origins: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "uuid": _id(window.name, result.id, "finding"),
        "title": _text(f"{result.id}: {result.conclusion}"),
        "description": wording.outcome(result),
        "origins": origins,
        "target": {
            "type": "objective-id",
            "target-id": result.id,
            "status": {
                "state": "not-satisfied" if result.exceptions else "satisfied",
                "reason": "fail" if result.exceptions else "pass",
                "remarks": wording.NO_OPINION,
            },
        },
        "related-observations": [{"observation-uuid": _id(window.name, result.id, "observation")}],
    }
    if result.exceptions:
        found["related-risks"] = [{"risk-uuid": _risk_id(window, one)} for one in result.exceptions]
    return found


def _risk(result: Result, one: dict[str, Any], window: Window) -> dict[str, Any]:
    found: dict[str, Any] = {
        "uuid": _risk_id(window, one),
        "title": _text(f"{one['code']}: {one['entity_name'] or one['entity_key']}"),
        "description": one["reason"] or one["code"],
        "statement": next((c["when"] for c in result.control["codes"] if c["name"] == one["code"]), one["code"]),
        "props": [
            _prop("control", result.id),
            _prop("exception-id", one["exception_id"]),
            _prop("severity", one["severity"]),
            _prop("state", one["state"]),
        ],
        "status": RISKS[one["state"]],
        "risk-log": {"entries": [*_log(one, window)]},
        "related-observations": [{"observation-uuid": _id(window.name, result.id, "observation")}],
    }
    if one["due_at"]:
        found["deadline"] = _time(one["due_at"])
    if decided := wording.decision(one):
        identity = _id(window.name, one["exception_id"], "decision")
        found["mitigating-factors"] = [{"uuid": identity, "description": decided}]
    return found


def _log(one: dict[str, Any], window: Window) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(one["intervals"], 1):
        entry = {
            "uuid": _id(window.name, one["exception_id"], str(number)),
            "title": _text(f"Stood as {line['states']}"),
            "start": _time(line["since"]),
        }
        yield entry | ({"end": _time(line["until"])} if line["until"] else {})


def _risk_id(window: Window, one: dict[str, Any]) -> str:
    return _id(window.name, one["exception_id"], "risk")


def _id(*parts: str) -> str:
    """An identifier that the same package gives again."""
    return str(uuid.uuid5(_ROOT, "|".join(parts)))


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": NAMESPACE, "value": _text(value) or "none"}


def _text(value: str) -> str:
    """One line, as OSCAL's strings are."""
    return re.sub(r"\s+", " ", value).strip()


def _time(moment: datetime) -> str:
    """UTC; a naive time is UTC."""
    aware = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.strftime("%Y-%m-%dT%H:%M:%SZ")


def write(content: Content, folder: Path) -> None:
    folder.mkdir()
    text = json.dumps(document(content), indent=1, ensure_ascii=False) + "\n"
    (folder / "assessment-results.json").write_text(text, encoding="utf-8")
