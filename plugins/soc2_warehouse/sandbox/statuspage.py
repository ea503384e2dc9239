"""The sandbox's status page: posts and the count of subscribers of Statuspage's API v1.

Traps kept on purpose: no window and no total, newest first, at most 100 a page, an update that reached no subscriber.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, jsonify, request

from soc2_warehouse.connections import Connection
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.incident_plants import SILENT_POST
from soc2_warehouse.sandbox.pagerduty import Incident, incidents
from soc2_warehouse.sandbox.wire import Wire, create_wire

TOKEN = "sandbox-token"
PAGE_ID = "sandbox"
USUAL_PAGE = 100
POSTED_AFTER = timedelta(minutes=40)


@dataclass(frozen=True)
class Post:
    """One post about an incident; ``delivered``: subscribers were told."""

    about: Incident
    created_at: datetime
    delivered: bool

    @property
    def shortlink(self) -> str:
        return f"https://stspg.acme.example/{self.about.number}"


def posts(seed: int) -> list[Post]:
    """A post about every incident that became a P1, oldest first; about one of them nobody was told."""
    return [
        Post(incident, incident.raised_at + POSTED_AFTER, incident.key != SILENT_POST)
        for incident in incidents(seed)
        if incident.raised_at is not None
    ]


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _body(post: Post, now: datetime) -> dict[str, Any]:
    resolved = now >= post.about.resolved_at > post.created_at
    moments = [("investigating", post.created_at)] + ([("resolved", post.about.resolved_at)] if resolved else [])
    return {
        "id": f"st{post.about.number}",
        "page_id": PAGE_ID,
        "name": f"{post.about.service} is not available",
        "status": moments[-1][0],
        "impact": "critical",
        "shortlink": post.shortlink,
        "created_at": _iso(post.created_at),
        "updated_at": _iso(moments[-1][1]),
        "resolved_at": _iso(post.about.resolved_at) if resolved else None,
        "incident_updates": [
            {
                "id": f"up{post.about.number}{status}",
                "status": status,
                "created_at": _iso(at),
                "display_at": _iso(at),
                "deliver_notifications": post.delivered,
            }
            for status, at in reversed(moments)
        ],
        "components": [{"id": f"co{post.about.service}", "name": post.about.service}],
    }


def _error_body(status: int, message: str) -> dict[str, Any]:
    return {"error": message}


def _token() -> str | None:
    return request.headers.get("Authorization", "").removeprefix("OAuth ") or None


def create_app(company: Company, now: Callable[[], datetime]) -> Wire:
    """The server; ``now`` is the company's time, aware UTC."""
    app = create_wire("statuspage", now, _token, (TOKEN, "limited-token"), _error_body)

    @app.get("/v1/pages/<page_id>/incidents")
    def list_incidents(page_id: str) -> Response:
        limit = min(int(request.args.get("limit", USUAL_PAGE)), USUAL_PAGE)
        first = (int(request.args.get("page", 1)) - 1) * limit
        found = [post for post in posts(company.seed) if post.created_at <= now()][::-1] if page_id == PAGE_ID else []
        return jsonify([_body(post, now()) for post in found[first : first + limit]])

    @app.get("/v1/pages/<page_id>/subscribers/count")
    def count_subscribers(page_id: str) -> Response:
        return jsonify({"email": 412, "sms": 37, "webhook": 5, "slack": 9, "teams": 0})

    return app


def connection(url: str) -> Connection:
    """What leads to the server at ``url``."""
    return Connection("statuspage_default", "http", url, schema=PAGE_ID, password=TOKEN)
