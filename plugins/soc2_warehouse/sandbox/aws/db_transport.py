"""How clients connect to the sandbox company's databases: parameter groups, and TLS of caches and warehouses.

moto knows neither the engines' parameters nor groups that wait for a reboot, so those answers come from here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import Cloud, Dated, at, moment
from soc2_warehouse.sandbox.aws.databases import DATABASES, DatabasePlan
from soc2_warehouse.sandbox.aws.keys import ALWAYS
from soc2_warehouse.sandbox.company import Company

#: After the databases.
RANK = 2

POSTGRES: dict[str, str | None] = {
    "rds.force_ssl": "1",
    "ssl_min_protocol_version": "TLSv1.2",
    "log_connections": "1",
    "pgaudit.log": None,
}
MYSQL = {
    "require_secure_transport": "ON",
    "tls_version": "TLSv1.2,TLSv1.3",
    "server_audit_logging": None,
    "general_log": "0",
}
#: The same, and an audit log is written.
AUDITED = "acme-audited-postgres"
GROUPS: dict[str, dict[str, str | None]] = {
    AUDITED: POSTGRES | {"pgaudit.log": "read,write,ddl"},
    "acme-postgres": POSTGRES,
    "acme-aurora-postgresql": POSTGRES,
    "acme-mysql": MYSQL,
    "acme-aurora-mysql": MYSQL,
    "acme-redshift": {"require_ssl": "true"},
    # What the engine of 2022 came with; nobody changed it.
    "default.mysql5.7": {
        "require_secure_transport": None,
        "tls_version": "TLSv1,TLSv1.1,TLSv1.2",
        "server_audit_logging": None,
        "general_log": "0",
    },
    "default.postgres16": {"rds.force_ssl": "1", "ssl_min_protocol_version": None, "log_connections": None},
    "default.redshift-1.0": {"require_ssl": "false"},
}
#: Databases whose group is not acme-<engine>. payments-main is audited since 2026-07-03: AUDIT_DISABLED (AC-07).
GROUP_OF: dict[str, Dated[str]] = {
    "legacy-reports": ((ALWAYS, "default.mysql5.7"),),
    "notifications-main": ((ALWAYS, "default.postgres16"),),
    "adhoc": ((ALWAYS, "default.redshift-1.0"),),
    "ledger-main": ((ALWAYS, AUDITED),),
    "analytics-main": ((ALWAYS, AUDITED),),
    "payments-main": ((ALWAYS, "acme-postgres"), (moment("2026-07-03T05:00"), AUDITED)),
}
#: Groups that were changed and are not (yet) what holds.
STATUS: dict[str, Dated[str]] = {
    "analytics-main": ((ALWAYS, "pending-reboot"), (moment("2026-07-04T03:00"), "in-sync")),
    "tools-main": (
        (ALWAYS, "in-sync"),
        (moment("2026-07-02T01:55"), "applying"),
        (moment("2026-07-02T02:05"), "in-sync"),
    ),
}
#: Caches that accept plaintext.
PLAIN_CACHES = ("ratelimit",)

_now = ALWAYS


def group_of(plan: DatabasePlan) -> str:
    return at(GROUP_OF.get(plan.name, ((ALWAYS, f"acme-{plan.engine}"),)), _now)


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Give moto's databases their groups and caches their TLS; parameters are answered from the plans."""
    global _now
    _now = now
    for plan in DATABASES:
        if not plan.exists(now):
            continue
        if plan.kind == "cluster":
            cloud.backend("rds", plan.region).clusters[plan.name].parameter_group = group_of(plan)
        if group_of(plan) == "default.postgres16":  # moto says an older version than its group is for
            cloud.backend("rds", plan.region).databases[plan.name].engine_version = "16.3"
        if plan.kind == "cache":
            cache = cloud.backend("elasticache", plan.region).replication_groups[plan.name]
            cache.transit_encryption_enabled = plan.name not in PLAIN_CACHES
            cache.transit_encryption_mode = None if plan.name in PLAIN_CACHES else "required"


def fill() -> None:
    """Let moto answer from the plans."""
    from moto.core.responses import ActionResult
    from moto.rds.models import DBInstance
    from moto.rds.responses import RDSResponse
    from moto.redshift.models import Cluster
    from moto.redshift.responses import RedshiftResponse

    plans = {plan.name: plan for plan in DATABASES}

    def status_of(name: str) -> list[dict[str, str]]:
        status = at(STATUS.get(name, ((ALWAYS, "in-sync"),)), _now)
        return [{"DBParameterGroupName": group_of(plans[name]), "ParameterApplyStatus": status}]

    def instance_groups(self: Any) -> Any:
        return status_of(self.db_instance_identifier)

    def warehouse_groups(self: Any) -> Any:
        return [{"ParameterGroupName": group_of(plans[self.cluster_identifier]), "ParameterApplyStatus": "in-sync"}]

    def parameters(name: str) -> Any:
        found = GROUPS[name].items()
        return ActionResult(
            {
                "Parameters": [
                    {"ParameterName": parameter, "ApplyMethod": "pending-reboot"}
                    | ({} if value is None else {"ParameterValue": value})
                    for parameter, value in found
                ]
            }
        )

    DBInstance.db_parameter_group_status_list = property(instance_groups)  # type: ignore[assignment]
    Cluster.cluster_parameter_group_status_list = property(warehouse_groups)  # type: ignore[assignment]
    RDSResponse.describe_db_parameters = lambda self: parameters(self.params["DBParameterGroupName"])  # type: ignore[method-assign]
    RDSResponse.describe_db_cluster_parameters = lambda self: parameters(  # type: ignore[method-assign]
        self.params["DBClusterParameterGroupName"]
    )
    RedshiftResponse.describe_cluster_parameters = lambda self: parameters(  # type: ignore[method-assign]
        self._get_param("ParameterGroupName")
    )
