"""The reusable workflow's script, run against the sandbox's GitHub; what it records is read as CM-12 reads it."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.error
import urllib.request
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
import yaml

from soc2_warehouse import judge, transform, warehouse
from soc2_warehouse.connections import Connection, variable
from soc2_warehouse.sandbox import github
from soc2_warehouse.settings import PROJECT

SANDBOX = github
WORKFLOW = PROJECT / ".github" / "workflows" / "deployment-evidence.yml"
MONITOR = "http://monitor.invalid/"


@pytest.fixture
def hub(provider, monkeypatch):
    """The sandbox's GitHub, as the deploys source reads it."""
    connection = Connection("github_default", "github", provider.url, password="sandbox-token", extra={"org": "acme"})
    monkeypatch.setenv(variable("github_default"), connection.to_json())
    provider.name = "deploys"
    return provider


@pytest.fixture
def record(hub, tmp_path, monkeypatch):
    """Runs the script for a deployment, on a clock of its own; ``states`` answers each look by its number."""
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["evidence"]["steps"]
    script = compile(next(step["run"] for step in steps if "run" in step), str(WORKFLOW), "exec")
    real = urllib.request.urlopen
    clock = {"now": 0.0, "looks": 0}

    def run(deployed: Any, states=lambda look: 200, **more: str) -> dict[str, Any]:
        clock.update(now=deployed.planned.finished_at.timestamp() + 20, looks=0)

        def urlopen(request: Any, *args: Any, **options: Any) -> Any:
            if request != MONITOR:
                return real(request, *args, **options)
            clock["looks"] += 1
            status = states(clock["looks"])
            if status is None:
                raise urllib.error.URLError("unreachable")
            if status >= 400:
                raise urllib.error.HTTPError(MONITOR, status, "", {}, None)  # type: ignore[arg-type]
            return WORKFLOW.open()  # anything that closes

        environment = {
            "GITHUB_API_URL": hub.url,
            "GITHUB_GRAPHQL_URL": f"{hub.url}/graphql",
            "GITHUB_TOKEN": "sandbox-token",
            "GITHUB_REPOSITORY": deployed.repo.full_name,
            "GITHUB_RUN_ID": str(deployed.run.id),
            "DEPLOYMENT_ID": str(deployed.id),
            "MONITOR_URL": MONITOR,
        }
        for name, value in (environment | more).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(urllib.request, "urlopen", urlopen)
            patch.setattr(time, "time", lambda: clock["now"])
            patch.setattr(time, "sleep", lambda seconds: clock.update(now=clock["now"] + seconds))
            exec(script, {"__name__": "__main__"})  # noqa: S102 — the workflow's own text
        return json.loads((tmp_path / "deployment-evidence.json").read_text())

    return run


def deployed(hub: Any, number: int) -> Any:
    pipeline = hub.app.extensions["state"].pipeline
    return next(found for entries in pipeline.deployments.values() for found in entries if found.id == number)


def test_the_record_is_true_and_its_hash_is_of_it(hub, record):
    found = deployed(hub, 41000766)
    pull = next(p for p in found.repo.builder.pulls if p.merge_sha == found.sha)
    made = record(found)
    assert (made["change_id"], made["pr_number"], made["author"]) == (found.sha, pull.number, pull.author.login)
    assert made["reviewer"] in {review.author.login for review in pull.reviews if review.state == "APPROVED"}
    assert made["reviewer"] != made["author"]
    assert (made["tests_passed"], made["environment"]) == (True, "production")
    assert datetime.fromisoformat(made["deployed_at"]) == found.planned.finished_at
    claimed = made.pop("record_sha256")
    canonical = json.dumps(made, sort_keys=True, separators=(",", ":"))
    assert claimed == hashlib.sha256(canonical.encode()).hexdigest()


def test_it_watches_for_fifteen_minutes_from_the_success(hub, record):
    found = deployed(hub, 41000766)
    # An alarm at the fourth look; at the seventh the monitor cannot be reached.
    samples = record(found, lambda look: {4: 503, 7: None}.get(look, 200))["monitoring"]["samples"]
    after = [(datetime.fromisoformat(s["at"]) - found.planned.finished_at).total_seconds() for s in samples]
    assert after[0] == 20 and after[-1] == 900
    assert max(later - earlier for earlier, later in pairwise(after)) == 30
    assert [s["state"] for s in samples][:8] == ["ok", "ok", "ok", "alarm", "ok", "ok", "no_data", "ok"]


def test_it_claims_nothing_that_github_does_not_know(hub, record):
    # Its pull request's check had failed; pushed directly, so there is no pull request.
    assert record(deployed(hub, 41000505))["tests_passed"] is False
    direct = record(deployed(hub, 41000708))
    assert (direct["pr_number"], direct["author"], direct["reviewer"], direct["tests_passed"]) == (
        None,
        None,
        None,
        False,
    )
    missing = record(deployed(hub, 41000766), REQUIRED_CHECKS="unit, licences")
    assert missing["tests_passed"] is False, "a required check that never ran"


def test_staging_reads_what_it_recorded(hub, record):
    found = deployed(hub, 41000766)
    made = record(found)
    pipeline = hub.app.extensions["state"].pipeline
    usual = pipeline.evidence
    hub.monkeypatch.setattr(pipeline, "evidence", lambda entry: made if entry.id == found.id else usual(entry))
    assert hub.read().receipts["evidence_records"].status == "complete"
    warehouse.load(hub.settings, hub.day)
    judge.prepare(hub.settings)
    build = ["--quiet", "build", "--resource-type", "model", "--select", "stg_deploys__evidence_records"]
    read, parameters = transform.parse(hub.settings)
    assert transform.dbt(hub.settings, build, {"parameters": parameters}, read.manifest).success
    with warehouse.connect(hub.settings, read_only=True) as connection:
        row = connection.execute(
            "select change_id, pr_number, author, reviewer, tests_passed, environment, record_sha256, deployed_at"
            " from staging.stg_deploys__evidence_records where deployment_id = ?",
            [str(found.id)],
        ).fetchone()
    names = ("change_id", "pr_number", "author", "reviewer", "tests_passed", "environment", "record_sha256")
    assert row[:-1] == tuple(made[name] for name in names)
    assert row[-1] == found.planned.finished_at.replace(tzinfo=None)
