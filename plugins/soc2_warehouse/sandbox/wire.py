"""What the sandbox's HTTP servers have in common: tokens, clock, ETag, rate limits and planned faults.

Provider behaviour that a naive client trips over is behaviour of the wire, so it is written once here.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.http import http_date
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response as BaseResponse


@dataclass
class Fault:
    """An answer that replaces the real one for the next ``times`` matching requests.

    With ``truncate`` the real answer is sent with its body cut in half (half a page of JSON).
    """

    path: str
    status: int = 500
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    truncate: bool = False
    method: str | None = None
    query: str = ""


class Faults:
    """Faults planned for one server, thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = []

    def add(
        self,
        path: str,
        status: int = 500,
        times: int = 1,
        headers: dict[str, str] | None = None,
        body: str | None = None,
        truncate: bool = False,
        method: str | None = None,
        query: str = "",
    ) -> None:
        """Plan a fault for requests whose path matches the regex ``path`` (and query string ``query``)."""
        with self._lock:
            self._planned.append(Fault(path, status, times, headers or {}, body, truncate, method, query))

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def take(self, method: str, path: str, query: str = "") -> Fault | None:
        """The fault for this request, used up by one; None when none is planned."""
        with self._lock:
            for fault in self._planned:
                wanted = fault.times > 0 and fault.method in (None, method)
                if wanted and re.search(fault.path, path) and re.search(fault.query, query):
                    fault.times -= 1
                    return fault
        return None


@dataclass
class RateLimit:
    """At most ``limit`` requests in any ``window`` seconds of real time; headers named as the provider names them."""

    limit: int
    window: float
    header_prefix: str = "X-RateLimit"
    status: int = 429
    _sent: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self) -> tuple[bool, int]:
        """(allowed, remaining) for one more request."""
        moment = time.monotonic()
        with self._lock:
            self._sent = [sent for sent in self._sent if moment - sent < self.window]
            if len(self._sent) >= self.limit:
                return False, 0
            self._sent.append(moment)
            return True, self.limit - len(self._sent)


class Wire(Flask):
    """A provider's server. ``calls`` counts every request that arrived."""

    faults: Faults
    limit: RateLimit | None
    denied: dict[str, list[str]]
    calls: int


ErrorBody = Callable[[int, str], Any]


def _plain_error(status: int, message: str) -> Any:
    return {"message": message}


def create_wire(
    name: str,
    now: Callable[[], datetime],
    token: Callable[[], str | None],
    tokens: Container[str],
    error_body: ErrorBody = _plain_error,
    limit: RateLimit | None = None,
) -> Wire:
    """A Flask app with the common behaviour.

    token: reads the credential out of the current request. tokens: the ones that are let in.
    app.denied[token] lists path regexes for which that token gets 403. app.limit may be set at any time.
    """
    app = Wire(name)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # providers have an order of their own
    app.faults, app.limit, app.denied, app.calls = Faults(), limit, {}, 0
    counting = threading.Lock()

    @app.before_request
    def guard() -> Response | None:
        with counting:
            app.calls += 1
        fault = app.faults.take(request.method, request.path, request.query_string.decode())
        if fault and not fault.truncate:
            body = fault.body if fault.body is not None else jsonify(error_body(fault.status, "planned fault")).data
            answer = Response(body, status=fault.status, content_type="application/json")
            answer.headers.update(fault.headers)
            return answer
        if fault:
            request.environ["sandbox.truncate"] = True
        given = token()
        if given is None or given not in tokens:
            return _error(401, "Bad credentials", error_body)
        if any(re.search(path, request.path) for path in app.denied.get(given, [])):
            return _error(403, "Resource not accessible with this token", error_body)
        if app.limit:
            allowed, remaining = app.limit.spend()
            request.environ["sandbox.remaining"] = remaining
            if not allowed:
                answer = _error(app.limit.status, "API rate limit exceeded", error_body)
                answer.headers["Retry-After"] = "1"
                return answer
        return None

    @app.after_request
    def finish(response: Response) -> BaseResponse:
        response.headers["Date"] = http_date(now())
        if app.limit:
            prefix = app.limit.header_prefix
            response.headers[f"{prefix}-Limit"] = str(app.limit.limit)
            response.headers[f"{prefix}-Remaining"] = str(request.environ.get("sandbox.remaining", 0))
            response.headers[f"{prefix}-Reset"] = str(int(now().timestamp() + app.limit.window))
        if request.method == "GET" and response.status_code == 200 and response.is_json:
            response.set_etag(hashlib.sha256(response.get_data()).hexdigest(), weak=True)
            return truncate(response.make_conditional(request))
        return truncate(response)

    return app


def truncate(response: BaseResponse) -> BaseResponse:
    """Half the body, where a fault asks for it."""
    if request.environ.get("sandbox.truncate"):
        body = response.get_data()
        response.set_data(body[: max(1, len(body) // 2)])
    return response


def _error(status: int, message: str, error_body: ErrorBody) -> Response:
    answer: Response = jsonify(error_body(status, message))
    answer.status_code = status
    return answer


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # keep-alive: one connection a client thread, as in reality

    def send_response(self, code: int, message: str | None = None) -> None:
        """The status line only: the Date header is the company's, not this machine's."""
        self.send_response_only(code, message)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are counted, not printed."""


class Server:
    """Serves one app on a loopback port of its own, in a thread."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name=f"sandbox-{app.name}")

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
