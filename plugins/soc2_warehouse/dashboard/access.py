"""Who may see what. Airflow's auth manager says who somebody is; anonymous requests never reach a page.

viewer        may see the DAG soc2_controls: posture, window, controls, exceptions, changes, vendors, preparation
auditor       a viewer whom SOC2_AUDITORS names, or who has the role Auditor: people, sources and downloads besides;
              reads only, and is shown nothing that starts or changes anything
data_team     may run the DAG soc2_controls: everything, with the links to runs and to replaying a day
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, HTTPException, Request

DAG_ID = "soc2_controls"

#: What every request must fulfil, assets included.
signed_in = requires_access_dag("GET", param_dag_id=DAG_ID)


def role_of(user: Any) -> str:
    """viewer, auditor or data_team."""
    names = {name.strip() for name in os.environ.get("SOC2_AUDITORS", "").split(",") if name.strip()}
    roles = {str(getattr(role, "name", role)).lower() for role in getattr(user, "roles", None) or ()}
    if user.get_name() in names or "auditor" in roles:
        return "auditor"
    may_run = get_auth_manager().is_authorized_dag(
        method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id=DAG_ID), user=user
    )
    return "data_team" if may_run else "viewer"


def remember(request: Request, user: GetUserDep) -> None:
    """Keep name and role for the templates."""
    request.state.user_name = user.get_name()
    request.state.role = role_of(user)


def only(*roles: str) -> Any:
    """A dependency of routes that not everybody may see: 403 for the others."""

    def check(request: Request, _: None = Depends(remember)) -> None:
        if request.state.role not in roles:
            raise HTTPException(403, f"this page is for {' and '.join(roles).replace('_', ' ')}")

    return Depends(check)


Check = Callable[..., None]
