"""Where a source lives and with which credentials: Airflow connections, read the same way inside and outside a task.

``AIRFLOW_CONN_<CONN_ID>`` (URI or JSON, as Airflow documents them) wins; inside Airflow its own connections and
secrets backends are asked too. Real systems and the sandbox company are never mixed: as soon as one connection is
configured, the sandbox is out of the game and every source without a connection is reported as not configured.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class NotConfigured(LookupError):
    """No connection of this name: the source cannot be read, and its receipts say so."""


@dataclass(frozen=True)
class Connection:
    """An Airflow connection, without Airflow.

    ``url`` is the base URL of HTTP sources, without a trailing slash.
    """

    conn_id: str
    conn_type: str = ""
    host: str = ""
    schema: str = ""
    login: str = ""
    password: str = field(default="", repr=False)
    port: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        if "://" in self.host:
            base = self.host
        else:
            scheme = self.conn_type if self.conn_type in ("http", "https") else "https"
            base = f"{scheme}://{self.host}"
        # A port in the host's own URL stays; a separate port field is added.
        if self.port and urlsplit(base).port is None:
            base = f"{base}:{self.port}"
        return base.rstrip("/")

    def to_json(self) -> str:
        """The value for ``AIRFLOW_CONN_<CONN_ID>``."""
        return json.dumps(
            {
                "conn_type": self.conn_type or "generic",
                "host": self.host,
                "schema": self.schema,
                "login": self.login,
                "password": self.password,
                "port": self.port,
                "extra": dict(self.extra),
            }
        )


def variable(conn_id: str) -> str:
    """The environment variable that configures ``conn_id``."""
    return f"AIRFLOW_CONN_{conn_id.upper()}"


def parse(conn_id: str, text: str) -> Connection:
    """A connection from Airflow's URI or JSON form. Raises ValueError naming the variable and the fix."""
    try:
        if text.lstrip().startswith("{"):
            value = json.loads(text)
            extra = value.get("extra") or {}
            return Connection(
                conn_id=conn_id,
                conn_type=value.get("conn_type") or "",
                host=value.get("host") or "",
                schema=value.get("schema") or "",
                login=value.get("login") or "",
                password=value.get("password") or "",
                port=int(value["port"]) if value.get("port") else None,
                extra=json.loads(extra) if isinstance(extra, str) else extra,
            )
        uri = urlsplit(text)
        query = dict(parse_qsl(uri.query, keep_blank_values=True))
        extra = json.loads(query.pop("__extra__")) if "__extra__" in query else query
        return Connection(
            conn_id=conn_id,
            conn_type=uri.scheme,
            host=unquote(uri.hostname or ""),
            schema=unquote(uri.path.lstrip("/")),
            login=unquote(uri.username or ""),
            password=unquote(uri.password or ""),
            port=uri.port,
            extra=extra,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{variable(conn_id)}: not an Airflow connection ({error}); "
            'write a URI such as okta://:TOKEN@company.okta.com or JSON such as {"conn_type": "okta", "host": "…"}'
        ) from error


def find(conn_id: str) -> Connection:
    """The connection called ``conn_id``. Raises NotConfigured."""
    text = os.environ.get(variable(conn_id))
    if text:
        return parse(conn_id, text)
    found = _from_airflow(conn_id)
    if found is None:
        raise NotConfigured(f"no connection {conn_id}: set {variable(conn_id)} or add it in Airflow")
    return found


def any_configured(conn_ids: list[str]) -> bool:
    """Whether at least one of these connections is configured in the environment."""
    return any(os.environ.get(variable(conn_id)) for conn_id in conn_ids)


def _from_airflow(conn_id: str) -> Connection | None:
    """Ask Airflow, when this process runs inside one of its tasks."""
    if "AIRFLOW_CTX_DAG_ID" not in os.environ and "AIRFLOW_HOME" not in os.environ:
        return None
    try:
        from airflow.sdk import BaseHook  # heavy: only inside Airflow

        found = BaseHook.get_connection(conn_id)
    except Exception:  # Airflow's lookups raise many classes, all meaning: there is none
        return None
    return Connection(
        conn_id=conn_id,
        conn_type=found.conn_type or "",
        host=found.host or "",
        schema=found.schema or "",
        login=found.login or "",
        password=found.password or "",
        port=found.port,
        extra=found.extra_dejson,
    )
