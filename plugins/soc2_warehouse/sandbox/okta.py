"""The sandbox's identity provider: the read endpoints of Okta's management API that the extraction uses.

Traps kept on purpose: the default user listing leaves out DEPROVISIONED; Link comes as several header lines; pages may
be shorter than ``limit``; null stays null; one user's factors are refused. ``app.config["IGNORE_FILTER"]`` makes the
server disregard ``filter`` and ``search``, as some do.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request

from soc2_warehouse.connections import Connection
from soc2_warehouse.sandbox import okta_policies
from soc2_warehouse.sandbox.accounts_okta import GROUPS
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.okta_log import RETENTION, Happening, happenings, iso, written
from soc2_warehouse.sandbox.records import App, Factor, OktaUser
from soc2_warehouse.sandbox.rhythm import moment
from soc2_warehouse.sandbox.wire import RateLimit, Wire, create_wire

TOKEN = "sandbox-token"
CODES = {
    400: ("E0000031", "Invalid search criteria."),
    401: ("E0000011", "Invalid token provided"),
    403: ("E0000006", "You do not have permission to perform the requested action"),
    404: ("E0000007", "Not found: Resource not found"),
    429: ("E0000047", "API call exceeded rate limit due to too many requests."),
    500: ("E0000009", "Internal Server Error"),
}
# (page when no limit is given, largest page): some smaller than the provider's, so that a run always pages.
PAGES = {
    "users": (25, 25),
    "groups": (200, 200),
    "members": (25, 25),
    "apps": (20, 200),
    "logs": (100, 1000),
    "assignees": (2, 2),
}
FOUNDED = moment("2025-01-06T09:00")


def _error_body(status: int, message: str) -> dict[str, Any]:
    code, summary = CODES.get(status, ("E0000009", message))
    return {"errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": f"oae{code}", "errorCauses": []}


def _refuse(status: int) -> Response:
    answer = jsonify(_error_body(status, ""))
    answer.status_code = status
    return answer


def _token() -> str | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value if scheme == "SSWS" else None


def _user(user: OktaUser, now: datetime) -> dict[str, Any]:
    since, status = user.status(now)
    activated = user.activated_at if user.activated_at is not None and user.activated_at <= now else None
    profile: dict[str, Any] = {
        "firstName": user.first,
        "lastName": user.last,
        "mobilePhone": None,
        "secondEmail": None,
        "login": user.login,
        "email": user.email,
    }
    if user.employee_number:  # attributes without a value are left out, not null
        profile["employeeNumber"] = user.employee_number
    return {
        "id": user.user_id,
        "status": status,
        "created": iso(user.created_at),
        "activated": iso(activated),
        "statusChanged": iso(since) if since > user.created_at else None,
        "lastLogin": iso(user.last_login(now)),
        "lastUpdated": iso(since),
        "passwordChanged": iso(activated),
        "type": {"id": "otyacme0000000000001"},
        "profile": profile,
        "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
        "_links": {"self": {"href": f"{request.host_url}api/v1/users/{user.user_id}"}},
    }


def _factor(factor: Factor, now: datetime) -> dict[str, Any]:
    changed, status = [entry for entry in factor.statuses if entry[0] <= now][-1]
    return {
        "id": factor.factor_id,
        "factorType": factor.type,
        "provider": factor.provider,
        "vendorName": factor.provider,
        "status": status,
        "created": iso(factor.created_at),
        "lastUpdated": iso(changed),
        "profile": {},
    }


def _app(app: App, now: datetime) -> dict[str, Any]:
    changed = app.deactivated_at if app.status(now) == "INACTIVE" else app.created_at
    return {
        "id": app.app_id,
        "name": re.sub(r"\W+", "_", app.label.lower()).strip("_"),
        "label": app.label,
        "status": app.status(now),
        "created": iso(app.created_at),
        "lastUpdated": iso(changed),
        "accessibility": {"selfService": False, "errorRedirectUrl": None, "loginRedirectUrl": None},
        "visibility": {"autoSubmitToolbar": False, "hide": {"iOS": False, "web": False}},
        "features": [],
        "signOnMode": app.sign_on_mode,
        "_links": {
            "accessPolicy": {"href": f"{request.host_url}api/v1/policies/{okta_policies.policy_of(app.label)}"},
        },
        "credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"}},
    }


def _page(kind: str, items: Sequence[Any], key: Callable[[Any], str], body: Callable[[Any], Any]) -> Response:
    """One page of ``items`` (sorted by ``key``) after the cursor, with ``self`` and ``next`` in lines of their own."""
    usual, largest = PAGES[kind]
    limit = max(1, min(int(request.args.get("limit", usual)), largest))
    cursor = request.args.get("after")
    after = urlsafe_b64decode(cursor).decode() if cursor else ""
    rest = [item for item in items if key(item) > after]
    answer = jsonify([body(item) for item in rest[:limit]])
    answer.headers.add("Link", f'<{request.url}>; rel="self"')
    if len(rest) > limit:
        following = dict(request.args.items()) | {"after": urlsafe_b64encode(key(rest[limit - 1]).encode()).decode()}
        address = f"{request.base_url}?{urlencode(following)}"
        answer.headers.add("Link", f'<{address}>; rel="next"')
    return answer


def _selected(users: list[OktaUser], now: datetime, ignore: bool) -> list[OktaUser] | None:
    """Users that ``filter`` or ``search`` asks for; without one, all but DEPROVISIONED. None: not understood."""
    expression = None if ignore else request.args.get("filter") or request.args.get("search")
    if expression is None:
        return [user for user in users if user.status(now)[1] != "DEPROVISIONED"]
    found = re.fullmatch(r'status eq "([A-Z_]+)"', expression)
    return [user for user in users if user.status(now)[1] == found[1]] if found else None


def create_app(company: Company, now: Callable[[], datetime]) -> Wire:
    """The server; ``now`` is the company's time, aware UTC."""
    limit = RateLimit(limit=2000, window=1.0, header_prefix="X-Rate-Limit")
    app = create_wire("okta", now, _token, (TOKEN, "limited-token"), _error_body, limit)
    by_id = {user.user_id: user for user in company.okta_users}
    admin = next(user for user in company.okta_users if "SUPER_ADMIN" in user.admin_roles)
    owner = next(user for user in company.okta_users if "READ_ONLY_ADMIN" in user.admin_roles)  # of the token

    def existing() -> list[OktaUser]:
        return sorted((u for u in company.okta_users if u.exists(now())), key=lambda u: u.user_id)

    def current(user_id: str) -> OktaUser | None:
        user = by_id.get(user_id)
        return user if user is not None and user.exists(now()) else None

    @app.get("/api/v1/users")
    def users() -> Response:
        selected = _selected(existing(), now(), bool(app.config.get("IGNORE_FILTER")))
        if selected is None:
            return _refuse(400)
        return _page("users", selected, lambda user: user.user_id, lambda user: _user(user, now()))

    @app.get("/api/v1/users/<user_id>")
    def user(user_id: str) -> Response:
        found = owner if user_id == "me" else current(user_id)
        return jsonify(_user(found, now())) if found else _refuse(404)

    @app.get("/api/v1/users/<user_id>/factors")
    def factors(user_id: str) -> Response:
        found = current(user_id)
        if found is None:
            return _refuse(404)
        if found.factors_denied is not None:
            return _refuse(found.factors_denied)
        shown = [f for f in found.factors if f.created_at <= now() and (f.removed_at is None or now() < f.removed_at)]
        return jsonify([_factor(factor, now()) for factor in shown])

    @app.get("/api/v1/users/<user_id>/roles")
    def roles(user_id: str) -> Response:
        found = current(user_id)
        if found is None:
            return _refuse(404)
        return jsonify(
            [
                {
                    "id": f"ra{place}{user_id}"[:20],
                    "label": role.replace("_", " ").title(),
                    "type": role,
                    "status": "ACTIVE",
                    "created": iso(found.activated_at),
                    "lastUpdated": iso(found.activated_at),
                    "assignmentType": "USER",
                }
                for place, role in enumerate(found.admin_roles, 1)
            ]
        )

    @app.get("/api/v1/iam/assignees/users")
    def administrators() -> Response:
        holders = [user for user in existing() if user.admin_roles and user.status(now())[1] != "DEPROVISIONED"]
        limit = min(int(request.args.get("limit", 100)), PAGES["assignees"][1])
        rest = [user for user in holders if user.user_id > request.args.get("after", "")]
        page: dict[str, Any] = {"value": [{"id": user.user_id} for user in rest[:limit]], "_links": {}}
        if len(rest) > limit:
            query = urlencode({"limit": limit, "after": rest[limit - 1].user_id})
            page["_links"]["next"] = {"href": f"{request.base_url}?{query}"}
        return jsonify(page)

    @app.get("/api/v1/groups")
    def groups() -> Response:
        def body(name: str) -> dict[str, Any]:
            return {
                "id": _group_id(name),
                "created": iso(FOUNDED),
                "lastUpdated": iso(FOUNDED),
                "lastMembershipUpdated": iso(FOUNDED),
                "objectClass": ["okta:user_group"],
                "type": "BUILT_IN" if name == "everyone" else "OKTA_GROUP",
                "profile": {"name": GROUPS[name], "description": None},
            }

        return _page("groups", sorted(GROUPS), str, body)

    @app.get("/api/v1/groups/<group_id>/users")
    def group_users(group_id: str) -> Response:
        names = [name for name in GROUPS if _group_id(name) == group_id]
        if not names:
            return _refuse(404)
        members = [u for u in existing() if names[0] in u.groups and u.status(now())[1] != "DEPROVISIONED"]
        return _page("members", members, lambda user: user.user_id, lambda user: _user(user, now()))

    @app.get("/api/v1/apps")
    def apps() -> Response:
        shown = [found for found in company.apps if found.created_at <= now()]
        return _page("apps", shown, lambda found: found.app_id, lambda found: _app(found, now()))

    @app.get("/api/v1/policies")
    def policies() -> Response:
        if request.args.get("type") != "ACCESS_POLICY":
            return _refuse(400)
        return jsonify(
            [
                {"id": key, "name": name, "status": "ACTIVE", "type": "ACCESS_POLICY"}
                for key, name in okta_policies.POLICIES.items()
            ]
        )

    @app.get("/api/v1/policies/<policy>/rules")
    def policy_rules(policy: str) -> Response:
        return jsonify(okta_policies.rules(policy, now())) if policy in okta_policies.POLICIES else _refuse(404)

    @lru_cache(maxsize=4)
    def history(since: datetime, until: datetime) -> list[Happening]:
        return happenings(company, since, until)

    @app.get("/api/v1/logs")
    def logs() -> Response:
        until = moment(request.args["until"]) if "until" in request.args else now()
        since = moment(request.args["since"]) if "since" in request.args else until - timedelta(days=7)
        kept = max(since, (now() - RETENTION).replace(minute=0, second=0, microsecond=0))
        if until > now():
            until = now()
        ends = until.replace(microsecond=0) + timedelta(seconds=1)
        shown = [e for e in history(kept, ends) if e.at < until and e.arrives_at <= now()] if kept < until else []
        return _page(
            "logs", shown, lambda event: f"{event.at.isoformat()}|{event.uuid}", lambda event: written(event, admin)
        )

    return app


def _group_id(name: str) -> str:
    return f"00gacme{name:0>13}"[:20]


def connection(url: str) -> Connection:
    """What leads to the server at ``url``."""
    return Connection("okta_default", "okta", url, password="sandbox-token")
