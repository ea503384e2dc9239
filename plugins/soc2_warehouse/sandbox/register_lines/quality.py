"""Register lines of releases that a person validated in staging."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.github.bodies_actions import digest
from soc2_warehouse.sandbox.github.pipeline import Deployed, pipeline_of
from soc2_warehouse.sandbox.github.quality import BY_HAND, Validation, validations
from soc2_warehouse.sandbox.register_lines import Row

TESTER = "E1019"


def _by_hand(company: Company) -> list[Validation]:
    return [found for found in validations(company.seed) if found.story in BY_HAND]


def changes(company: Company) -> Iterator[datetime]:
    """Every moment at which a line comes."""
    yield from (found.ended_at for found in _by_hand(company))


def _qa_validations(company: Company, moment: datetime) -> Iterator[Row]:
    for found in _by_hand(company):
        if found.ended_at <= moment:
            deployed = pipeline_of(company).deployed(found.production)
            tester = {"manual": TESTER, "by_author": _author(company, deployed)}.get(found.story or "")
            yield {
                "artifact": digest(deployed),
                "sha": deployed.sha,
                "environment": "staging",
                "result": "passed",
                "performed_by": tester,
                "performed_at": found.ended_at,
                "evidence_uri": f"https://wiki.acme.example/qa/{deployed.planned.release}",
                "kind": "manual",
            }


def _author(company: Company, deployed: Deployed) -> str | None:
    """Employee number of who wrote the change."""
    login = pipeline_of(company).evidence(deployed)["author"]
    account = next(user for user in company.github_users if user.login == login)
    return company.person(account.person_key or "").ref


LINES: dict[str, Callable[[Company, datetime], Iterator[Row]]] = {"qa_validations": _qa_validations}
