"""When the sandbox company deploys: one timetable that GitHub, CloudTrail and the registers of the sandbox agree on.

Pure: the whole history is a function of the seed; a server shows what has ``started_at <= now``. Times are aware UTC.
The AWS account is production only (staging is an account of its own, which the trail does not cover), so a staging
deployment leaves no event in CloudTrail.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

REPOS = (
    "ledger-api",
    "ledger-web",
    "payments",
    "identity",
    "reports",
    "notifications",
    "billing",
    "data-platform",
    "infra",
    "mobile",
    "docs",
    "sandbox-tools",
)
SERVICES = REPOS[:8]  # each service is deployed from the repository of the same name
LAMBDA_SERVICES = ("reports", "notifications", "data-platform")  # the others run on ECS

ACCOUNT_ID = "123456789012"
PIPELINE_ROLE = "github-deploy"
PIPELINE_PRINCIPAL = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{PIPELINE_ROLE}/*"
BREAK_GLASS_ROLE = "break-glass"
RUNNER_RANGES = ("203.0.113.0/26", "198.51.100.32/28")
FOREIGN_IP = "192.0.2.77"  # in no runner range

DEPLOY_EVENTS = (  # (event source, event name as CloudTrail writes it, the request parameter that names the service)
    ("ecs.amazonaws.com", "UpdateService", "service"),
    ("ecs.amazonaws.com", "RegisterTaskDefinition", "family"),
    ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", "functionName"),
    ("rds.amazonaws.com", "ModifyDBInstance", "dBInstanceIdentifier"),
)

FIRST_DAY = date(2026, 1, 1)
LAST_DAY = date(2027, 6, 30)

Anomaly = Literal[
    "no_staging",  # production without a staging deployment (CM-06)
    "staging_failed",  # staging never succeeded (CM-06)
    "staging_late",  # staging succeeded only after production had started (CM-06)
    "rollback",  # near miss: an artefact staged and deployed earlier goes out again
    "production_failed",  # near miss: the production deployment itself failed, so nothing changed
    "run_missing",  # no resolvable workflow run (CM-08 NO_PIPELINE_LINK)
    "workflow_unknown",  # the run's workflow is not registered for deployments (CM-08 UNKNOWN_WORKFLOW)
    "foreign_ip",  # the pipeline's session was used from outside the runner ranges (CM-08 CREDENTIAL_REUSE)
]

# By day and position among that day's production deployments.
PLANTED: dict[tuple[date, int], Anomaly] = {
    (date(2026, 2, 10), 0): "no_staging",
    (date(2026, 3, 12), 0): "staging_failed",
    (date(2026, 3, 25), 1): "production_failed",
    (date(2026, 4, 15), 0): "staging_late",
    (date(2026, 4, 22), 1): "rollback",
    (date(2026, 5, 6), 0): "run_missing",
    (date(2026, 5, 20), 1): "workflow_unknown",
    (date(2026, 6, 3), 0): "foreign_ip",
    (date(2026, 7, 9), 0): "foreign_ip",
    (date(2026, 7, 15), 1): "no_staging",
}

RuntimeKind = Literal[
    "manual_console",  # a human in the AWS console
    "manual_cli",  # a human with an access key
    "manual_denied",  # near miss: a human tried and was refused, nothing changed
    "autoscaling",  # near miss: a provider's service changed the desired count
    "maintenance",  # near miss: the provider's own maintenance of a database
    "break_glass",  # near miss: approved emergency session, in the register
    "break_glass_unregistered",  # emergency role used without a register entry
    "pipeline_without_record",  # the pipeline's role changed production, no deployment says so
]


@dataclass(frozen=True)
class Deployment:
    """One deployment attempt.

    number: counts all deployments of both environments in order of start, from 1.
    release: the artefact; a staging and a production deployment with the same release carry the same commit.
    run_number: workflow run of the repository; staging and production of a release are jobs of one run.
    session_name: of the pipeline's role in AWS, ``gha-<repo>-<run_number>``.
    """

    number: int
    release: int
    service: str
    repo: str
    environment: Literal["staging", "production"]
    started_at: datetime
    finished_at: datetime
    outcome: Literal["success", "failure"]
    session_name: str
    run_number: int
    source_ip: str
    anomaly: Anomaly | None = None


@dataclass(frozen=True)
class RuntimeChange:
    """A change of production in the cloud that no deployment record explains; ``session_name`` of a role's session."""

    key: str
    kind: RuntimeKind
    service: str
    at: datetime
    session_name: str | None = None


@dataclass(frozen=True)
class BreakGlassSession:
    """An emergency session that the register `break_glass` has approved."""

    session_name: str
    started_at: datetime
    ended_at: datetime
    justification: str


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


BREAK_GLASS_SESSIONS = (
    BreakGlassSession(
        "bg-2026-05-17",
        _at("2026-05-17T03:05:00"),
        _at("2026-05-17T04:05:00"),
        "Payments queue stuck, pipeline unavailable",
    ),
    BreakGlassSession(
        "bg-2026-08-23", _at("2026-08-23T01:10:00"), _at("2026-08-23T02:00:00"), "Ledger database failover"
    ),
)

RUNTIME_CHANGES = (
    RuntimeChange("rc-01", "manual_console", "ledger-api", _at("2026-04-28T19:42:10")),
    RuntimeChange("rc-02", "autoscaling", "ledger-web", _at("2026-05-04T12:15:33")),
    RuntimeChange("rc-03", "manual_denied", "billing", _at("2026-05-12T16:20:05")),
    RuntimeChange("rc-04", "break_glass", "payments", _at("2026-05-17T03:21:40"), "bg-2026-05-17"),
    RuntimeChange("rc-05", "pipeline_without_record", "identity", _at("2026-05-30T11:02:51"), "gha-identity-9001"),
    RuntimeChange("rc-06", "maintenance", "ledger-main", _at("2026-06-07T04:30:00")),
    RuntimeChange("rc-07", "manual_cli", "reports", _at("2026-06-13T10:11:12")),
    RuntimeChange("rc-08", "break_glass_unregistered", "billing", _at("2026-06-20T22:47:09"), "bg-2026-06-20"),
    RuntimeChange("rc-09", "autoscaling", "payments", _at("2026-06-24T08:09:10")),
    RuntimeChange("rc-10", "manual_console", "ledger-main", _at("2026-07-11T14:05:00")),
    RuntimeChange("rc-11", "break_glass", "ledger-api", _at("2026-08-23T01:31:00"), "bg-2026-08-23"),
)


def runner_ip(rng: random.Random) -> str:
    """An address inside the first runner range."""
    return f"203.0.113.{rng.randint(1, 62)}"


@lru_cache(maxsize=4)
def deployments(seed: int = 7) -> tuple[Deployment, ...]:
    """Every deployment from FIRST_DAY to LAST_DAY in order of start: working days, 09-17 UTC, 2 to 4 releases a day."""
    drafts: list[dict[str, object]] = []
    runs = dict.fromkeys(REPOS, 0)
    released: dict[str, list[int]] = {service: [] for service in SERVICES}
    release = 0
    for offset in range((LAST_DAY - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(days=offset)
        if day.weekday() >= 5 or (day.month, day.day) in {(1, 1), (12, 25)}:
            continue
        rng = random.Random(f"{seed}:deployments:{day}")
        services = rng.sample(SERVICES, rng.choice((2, 3, 3, 4)))
        hours = sorted(rng.sample(range(10, 17), len(services)))  # an hour each: no two production starts are close
        for position, (service, hour) in enumerate(zip(services, hours, strict=True)):
            anomaly = PLANTED.get((day, position))
            start = datetime.combine(day, time(hour, rng.randint(2, 40), rng.randint(0, 59)), tzinfo=UTC)
            if anomaly == "rollback" and len(released[service]) >= 2:
                artefact = released[service][-2]
            else:
                release += 1
                artefact = release
            runs[service] += 1
            common = {
                "release": artefact,
                "service": service,
                "repo": service,
                "run_number": runs[service],
                "session_name": f"gha-{service}-{runs[service]}",
                "source_ip": FOREIGN_IP if anomaly == "foreign_ip" else runner_ip(rng),
                "anomaly": anomaly,
            }
            lead = timedelta(minutes=rng.randint(25, 55))
            if anomaly == "staging_late":
                lead = -timedelta(minutes=12)
            if anomaly not in ("no_staging", "rollback"):
                drafts.append(
                    common
                    | {
                        "environment": "staging",
                        "started_at": start - lead,
                        "finished_at": start - lead + timedelta(minutes=rng.randint(3, 8)),
                        "outcome": "failure" if anomaly == "staging_failed" else "success",
                    }
                )
            drafts.append(
                common
                | {
                    "environment": "production",
                    "started_at": start,
                    "finished_at": start + timedelta(minutes=rng.randint(4, 9)),
                    "outcome": "failure" if anomaly == "production_failed" else "success",
                }
            )
            if anomaly != "production_failed":
                released[service].append(artefact)
    drafts.sort(key=lambda draft: (str(draft["started_at"]), str(draft["service"]), str(draft["environment"])))
    return tuple(Deployment(number=number, **draft) for number, draft in enumerate(drafts, 1))  # type: ignore[arg-type]


@lru_cache(maxsize=4)
def places(seed: int = 7) -> dict[int, tuple[date, int]]:
    """Day and position among that day's production deployments, by number: this is how stories are planted."""
    found: dict[int, tuple[date, int]] = {}
    counted: dict[date, int] = {}
    for entry in deployments(seed):
        if entry.environment == "production":
            day = entry.started_at.date()
            found[entry.number] = (day, counted.get(day, 0))
            counted[day] = counted.get(day, 0) + 1
    return found


def deployments_until(now: datetime, seed: int = 7) -> tuple[Deployment, ...]:
    """Deployments that had started at ``now`` (aware UTC)."""
    return tuple(deployment for deployment in deployments(seed) if deployment.started_at <= now)


def runtime_changes_until(now: datetime) -> tuple[RuntimeChange, ...]:
    """Changes outside the pipeline that had happened at ``now`` (aware UTC)."""
    return tuple(change for change in RUNTIME_CHANGES if change.at <= now)
