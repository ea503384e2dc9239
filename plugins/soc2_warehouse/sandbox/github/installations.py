"""The sandbox's GitHub Apps: a signed claim of an app is exchanged for a token of its installation, valid an hour."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from flask import Response, jsonify, request

from soc2_warehouse.sandbox.github.model import iso
from soc2_warehouse.sandbox.github.state import refuse
from soc2_warehouse.sandbox.wire import Wire

#: GitHub takes no claim that is valid for longer.
LONGEST_CLAIM = timedelta(minutes=10)


@dataclass(frozen=True)
class App:
    """An app as GitHub knows it: its number, the public half of its key (PEM) and where it is installed."""

    app_id: str
    public_key: str
    installation_id: int


class Credentials:
    """What lets a request in: the plain tokens, and those of installations until they expire.

    ``apps`` are the registered ones, none to begin with; ``issued`` maps tokens to the moment they expire.
    Claims and tokens are held against this machine's clock, not the company's: clients sign with theirs, and compare
    what they get with it, so in the company's time every claim would be stale or from the future.
    """

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self.apps: list[App] = []
        self.issued: dict[str, datetime] = {}
        self.lifetime = timedelta(hours=1)
        self._tokens = tokens
        self._lock = threading.Lock()

    def __contains__(self, token: object) -> bool:
        with self._lock:
            expires = self.issued.get(token) if isinstance(token, str) else None
        return token in self._tokens or (expires is not None and datetime.now(UTC) < expires)

    def issue(self) -> tuple[str, datetime]:
        token, expires = f"ghs_{secrets.token_hex(18)}", datetime.now(UTC) + self.lifetime
        with self._lock:
            self.issued[token] = expires
        return token, expires

    def app(self, claim: str) -> App:
        """The app that signed the claim. Answers 401 in GitHub's words when there is none."""
        try:
            issuer = str(jwt.decode(claim, options={"verify_signature": False})["iss"])
            found = next(app for app in self.apps if app.app_id == issuer)
            claims = jwt.decode(
                claim, found.public_key, algorithms=["RS256"], options={"require": ["iss", "iat", "exp"]}
            )
        except jwt.ExpiredSignatureError:
            refuse(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
        except (jwt.PyJWTError, KeyError, StopIteration):
            refuse(401, "A JSON web token could not be decoded")
        if claims["exp"] > (datetime.now(UTC) + LONGEST_CLAIM).timestamp():
            refuse(401, "'Expiration time' claim ('exp') is too far in the future")
        return found


def asks_for_token() -> bool:
    """Whether the current request is signed by an app, which its route checks, and so carries no token."""
    return request.method == "POST" and request.path.startswith("/app/installations/")


def add_routes(app: Wire, credentials: Credentials) -> None:
    """Register the exchange; tests register apps in ``app.extensions["credentials"].apps``."""
    app.extensions["credentials"] = credentials

    @app.post("/app/installations/<int:number>/access_tokens")
    def access_token(number: int) -> tuple[Response, int]:
        kind, _, claim = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            refuse(401, "A JSON web token could not be decoded")
        if credentials.app(claim).installation_id != number:
            refuse(404, "Not Found")
        token, expires = credentials.issue()
        app.denied[token] = ["^/user$"]  # an installation is nobody
        permissions = {"metadata": "read", "contents": "read", "pull_requests": "read", "members": "read"}
        body: dict[str, Any] = {"token": token, "expires_at": iso(expires), "permissions": permissions}
        return jsonify(body | {"repository_selection": "all"}), 201
