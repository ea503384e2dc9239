"""CloudTrail: LookupEvents, 50 events a page, newest first, and how trails are set up. JSON 1.1 over POST, signed."""

from __future__ import annotations

import base64
import binascii
import bisect
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Response, request

from soc2_warehouse.sandbox.aws import trail_config
from soc2_warehouse.sandbox.aws.trail import BEGIN, TrailEvent, history
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.wire import Wire, create_wire

PAGE = 50
CONFIGURATION = ("ListTrails", "DescribeTrails", "GetTrailStatus", "GetEventSelectors", "ListPublicKeys")
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/cloudtrail/aws4_request")


def create_app(company: Company, now: Callable[[], datetime]) -> Wire:
    """The server. Only the access key ``sandbox`` is let in; the signature's scope says which region is asked."""
    app = create_wire("cloudtrail", now, _access_key, ("sandbox",), _error_body)
    events = history(company)
    instants = [event.at for event in events]

    @app.post("/")
    def call() -> Response:
        action = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        asked = json.loads(request.get_data() or b"{}")
        if action in CONFIGURATION:
            body = trail_config.answer(action, asked, _region(), now())
            if body is None:
                return _answer({"__type": "TrailNotFoundException", "message": "Unknown trail"}, 400)
            return _answer(body)
        if action != "LookupEvents":
            return _answer({"__type": "UnknownOperationException", "message": action}, 400)
        since = _instant(asked.get("StartTime"), BEGIN)
        until = min(_instant(asked.get("EndTime"), now()), now())
        if since > until:
            return _answer({"__type": "InvalidTimeRangeException", "message": "StartTime is after EndTime"}, 400)
        found = events[bisect.bisect_left(instants, since) : bisect.bisect_right(instants, until)]
        chosen = [event for event in reversed(found) if _matches(event, asked, _region())]
        try:
            start = _offset(asked.get("NextToken"))
        except ValueError:
            return _answer({"__type": "InvalidNextTokenException", "message": "unknown token"}, 400)
        size = min(int(asked.get("MaxResults") or PAGE), PAGE)
        page: dict[str, Any] = {"Events": [event.lookup() for event in chosen[start : start + size]]}
        if start + size < len(chosen):
            page["NextToken"] = base64.b64encode(f"{start + size}".encode()).decode()
        return _answer(page)

    return app


def _matches(event: TrailEvent, asked: dict[str, Any], region: str) -> bool:
    if event.region != region:
        return False
    for attribute in asked.get("LookupAttributes") or []:
        key, value = attribute["AttributeKey"], attribute["AttributeValue"]
        shown = {
            "EventName": event.name,
            "EventSource": event.source,
            "Username": event.username,
            "EventId": event.event_id,
            "ReadOnly": "false",
        }.get(key)
        if shown != value:
            return False
    return True


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except binascii.Error as error:
        raise ValueError(token) from error


def _instant(value: float | str | None, default: datetime) -> datetime:
    """JSON 1.1 sends seconds since the epoch."""
    return default if value is None else datetime.fromtimestamp(float(value), UTC)


def _access_key() -> str | None:
    found = CREDENTIAL.search(request.headers.get("Authorization", ""))
    return found.group(1) if found else None


def _region() -> str:
    found = CREDENTIAL.search(request.headers.get("Authorization", ""))
    return found.group(2) if found else ""


def _error_body(status: int, message: str) -> Any:
    kind = {401: "UnrecognizedClientException", 403: "AccessDeniedException", 429: "ThrottlingException"}
    return {"__type": kind.get(status, "InternalFailure"), "message": message}


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/x-amz-json-1.1")
