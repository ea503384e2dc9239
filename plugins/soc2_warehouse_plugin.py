"""The compliance pages inside Airflow. Every Airflow process imports this file, so it imports nothing that is heavy."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from soc2_warehouse.dashboard import PREFIX


class Pages:
    """The pages' ASGI application, made when somebody first asks for one: only the API server ever does."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._app is None:
            from soc2_warehouse.dashboard.app import create

            self._app = create()
        await self._app(scope, receive, send)


class Soc2WarehousePlugin(AirflowPlugin):
    name = "soc2_warehouse"
    fastapi_apps = [{"name": "SOC 2 compliance", "app": Pages(), "url_prefix": PREFIX}]
    external_views = [{"name": "Compliance", "href": f"{PREFIX}/", "destination": "nav", "category": "browse"}]
