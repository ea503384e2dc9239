"""The moto server of the sandbox, with a door in front that can deny and fail requests like AWS does."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import parse_qs

from werkzeug.serving import make_server

from soc2_warehouse.sandbox.wire import Faults

os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # half a second of images nobody asks for

import moto.backends
import moto.core.utils
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)

# moto lists the folders of its package on every request, under a lock, and makes a loader of botocore's models for
# every service: together that is more than half of what its answers take.
moto.backends.list_of_moto_modules = cache(lambda list_them=moto.backends.list_of_moto_modules: tuple(list_them()))
moto.core.utils.create_loader = cache(moto.core.utils.create_loader)

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class _Quiet(MotoRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are counted, not printed."""


@dataclass
class Door:
    """Stands before moto. ``faults`` are planned per request text ``<path>?<query> <action> <body>``.

    denied: patterns of requests, ``<method> <request text>``, that are answered with AccessDenied. beside: paths of
    services that moto does not have, and who answers them.
    """

    beside: ClassVar[dict[str, Wsgi]] = {}

    inner: Wsgi
    faults: Faults = field(default_factory=Faults)
    denied: list[str] = field(default_factory=list)
    calls: int = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.calls += 1
        if "HTTP_X_AMZ_TARGET" in environ or environ["REQUEST_METHOD"] == "POST":
            text = self._asked(environ)
        else:
            text = f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
        fault = self.faults.take(environ["REQUEST_METHOD"], text)
        if fault:
            body = (fault.body or _error(environ, "Throttling", "planned fault")).encode()
            headers = {"Content-Length": str(len(body)), "Content-Type": "text/xml", **fault.headers}
            start_response(f"{fault.status} PLANNED", list(headers.items()))
            return [body]
        request = f"{environ['REQUEST_METHOD']} {text}"
        if any(re.search(pattern, request) for pattern in self.denied):
            body = _error(environ, "AccessDenied", "not authorized").encode()
            # JSON services answer a denial with 400, S3 with 403.
            status = "400 Bad Request" if "HTTP_X_AMZ_TARGET" in environ else "403 Forbidden"
            start_response(status, [("Content-Length", str(len(body))), ("Content-Type", "text/xml")])
            return [body]
        return self.beside.get(environ["PATH_INFO"], self.inner)(environ, start_response)

    def _asked(self, environ: dict[str, Any]) -> str:
        """Path, action and body of an RPC request; the body is put back for moto."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        text = body.decode(errors="replace")
        action = environ.get("HTTP_X_AMZ_TARGET") or (parse_qs(text).get("Action") or [""])[0]
        region = re.search(r"/([a-z0-9-]+)/[a-z0-9]+/aws4_request", environ.get("HTTP_AUTHORIZATION", ""))
        return f"{environ['PATH_INFO']} {action} {region.group(1) if region else ''} {text}"


def _error(environ: dict[str, Any], code: str, message: str) -> str:
    if "HTTP_X_AMZ_TARGET" in environ:
        return json.dumps({"__type": f"{code}Exception", "message": message})
    if environ["REQUEST_METHOD"] == "GET":
        return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"


class Server(ThreadedMotoServer):
    """moto on a free loopback port, keep-alive, behind a ``Door``."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1", 0, verbose=False)
        self.door = Door(DomainDispatcherApplication(create_backend_app))

    def _server_entry(self) -> None:
        self._server = make_server("127.0.0.1", 0, self.door, threaded=True, request_handler=_Quiet)
        self._server_ready_event.set()
        self._server.serve_forever()

    @property
    def url(self) -> str:
        host, port = self.get_host_and_port()
        return f"http://{host}:{port}"
