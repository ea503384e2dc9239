"""What the routes of the sandbox's GitHub share: the world, its clock, paging and the errors GitHub answers."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import urlencode

from flask import Response, abort, jsonify, make_response, request

from soc2_warehouse.sandbox.github import audit
from soc2_warehouse.sandbox.github.model import OWNER
from soc2_warehouse.sandbox.github.pipeline import Pipeline
from soc2_warehouse.sandbox.github.world import Repo, World

DOCS = "https://docs.github.com/rest"


def error_body(status: int, message: str) -> dict[str, Any]:
    """GitHub's error object."""
    return {"message": message, "documentation_url": DOCS, "status": str(status)}


class State:
    """The organisation as the server shows it. ``audit_available`` is False on plans without an audit log API."""

    def __init__(self, company: Any, now: Callable[[], datetime]) -> None:
        self.world = World(company)
        self.pipeline = Pipeline(self.world)
        self.audit_log = audit.events(self.world)
        self.audit_available = True
        self.suites_available = True
        self.ignored_filters: set[str] = set()
        self._now = now

    def now(self) -> datetime:
        return self._now()

    @property
    def base(self) -> str:
        return request.url_root.rstrip("/")

    def org(self, name: str) -> None:
        """404 for any organisation but ours."""
        if name != OWNER:
            refuse(404, "Not Found")

    def repo(self, org: str, name: str) -> Repo:
        found = self.world.repos.get(name)
        if org != OWNER or found is None or found.created_at > self.now():
            refuse(404, "Not Found")
        return found

    def arg(self, name: str, default: str = "") -> str:
        """A query parameter, unless a test makes the server ignore it."""
        return default if name in self.ignored_filters else request.args.get(name, default)


def refuse(status: int, message: str) -> NoReturn:
    """Answer with GitHub's error object."""
    answer: Response = jsonify(error_body(status, message))
    answer.status_code = status
    abort(answer)


def page_size() -> int:
    try:
        return max(1, min(100, int(request.args.get("per_page", 30))))
    except ValueError:
        return 30


def _link(answer: Response, **changes: object) -> None:
    query = request.args.to_dict() | {key: str(value) for key, value in changes.items() if key != "rel"}
    entry = f'<{request.base_url}?{urlencode(query)}>; rel="{changes["rel"]}"'
    before = answer.headers.get("Link")
    answer.headers["Link"] = f"{before}, {entry}" if before else entry


def numbered(
    items: Sequence[Any], body: Callable[[Any], Any], wrap: str | None = None, cap: int | None = None
) -> Response:
    """One page of a list by number. ``wrap`` names the list inside an object with ``total_count``; no page shows
    anything beyond ``cap`` items."""
    size = page_size()
    number = max(1, int(request.args.get("page", 1)))
    shown = items[:cap] if cap else items
    part = [body(item) for item in shown[(number - 1) * size : number * size]]
    answer = make_response(jsonify({"total_count": len(items), wrap: part} if wrap else part))
    last = (len(shown) + size - 1) // size
    if number < last:
        _link(answer, rel="next", page=number + 1)
        _link(answer, rel="last", page=last)
    return answer


def by_cursor(items: Sequence[Any], key: Callable[[Any], object], body: Callable[[Any], Any]) -> Response:
    """One page of a list by opaque cursor (``after`` in the Link header)."""
    size, start = page_size(), 0
    if after := request.args.get("after"):
        wanted = urlsafe_b64decode(after.encode()).decode()
        start = next((index for index, item in enumerate(items, 1) if str(key(item)) == wanted), len(items))
    part = items[start : start + size]
    answer = make_response(jsonify([body(item) for item in part]))
    if start + size < len(items):
        _link(answer, rel="next", after=urlsafe_b64encode(str(key(part[-1])).encode()).decode())
    return answer
