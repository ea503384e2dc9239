"""The sandbox's GitHub organisation "acme" over REST and GraphQL: a pure function of the company and the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import request

from soc2_warehouse.connections import Connection
from soc2_warehouse.sandbox.github import graphql_app, installations, keys, rest_org, rest_repo
from soc2_warehouse.sandbox.github.state import State, error_body
from soc2_warehouse.sandbox.wire import Wire, create_wire

TOKENS = ("sandbox-token",)


def _token() -> str | None:
    """The credential of an Authorization header: ``Bearer x`` or ``token x``."""
    if request.path.startswith("/_blobs/"):
        return TOKENS[0]  # the addresses of artefacts are signed, not authorised by a token
    if installations.asks_for_token():
        return TOKENS[0]  # signed by an app: the route checks the signature
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value if kind.lower() in ("bearer", "token") else None


def create_app(company: Any, now: Callable[[], datetime]) -> Wire:
    """The server; ``now`` is the sandbox's time, aware UTC. ``app.state`` lets tests switch plans and filters."""
    credentials = installations.Credentials(TOKENS)
    app = create_wire("github", now, _token, credentials, error_body)
    state = State(company, now)
    app.extensions["state"] = state
    rest_org.add_routes(app, state)
    rest_repo.add_routes(app, state)
    keys.add_routes(app, state)
    graphql_app.add_routes(app, state)
    installations.add_routes(app, credentials)
    return app


def connection(url: str) -> Connection:
    """What leads to the server at ``url``."""
    return Connection("github_default", "github", url, password="sandbox-token", extra={"org": "acme"})
