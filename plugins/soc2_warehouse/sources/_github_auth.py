"""How the GitHub connection signs in: with a token as it is, or as the installation of a GitHub App.

Installation tokens expire after an hour, so whoever reads every night makes them itself, with the app's key.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github import Auth, GithubException

from soc2_warehouse.connections import Connection
from soc2_warehouse.http import Counter, Refused

#: What the connection's extra may say of an app; any of them makes it an app.
FIELDS = ("app_id", "installation_id", "private_key", "private_key_file")


def sign_in(connection: Connection, counter: Counter) -> tuple[Auth.Auth, str | None]:
    """(PyGithub's authentication, its name where it is known without asking). Raises ValueError naming the field of the
    connection that is missing or wrong, and the fix."""
    extra = connection.extra
    if any(extra.get(field) for field in FIELDS):
        app_id, installation = str(_field(connection, "app_id", "the app's ID")), _installation_id(connection)
        app = Auth.AppAuth(app_id, _private_key(connection))
        return Installation(app, installation, counter), f"app {app_id}, installation {installation}"
    if not connection.password:
        raise ValueError(
            f"{connection.conn_id}: no credential: set password to a token, "
            "or app_id, installation_id and private_key_file in extra"
        )
    return Auth.Token(connection.password), None


class Installation(Auth.AppInstallationAuth):
    """One token for all threads, renewed by the first of them that finds it running out."""

    def __init__(self, app: Auth.AppAuth, installation_id: int, counter: Counter) -> None:
        super().__init__(app, installation_id)
        self._counter = counter
        self._lock = threading.RLock()
        self._bound = False

    def withRequester(self, requester: Any) -> Installation:
        """Every thread's PyGithub announces itself here. Tokens are asked for with the settings of the first, over a
        connection of their own that only the holder of the lock uses."""
        with self._lock:
            if not self._bound:
                super().withRequester(requester)
                self._bound = True
        return self

    @property
    def token(self) -> str:
        with self._lock:
            return super().token

    def _get_installation_authorization(self) -> Any:
        """A new token. A refusal concerns the credential, never the object that was about to be read: GitHub's 403
        (suspended) or 404 (not installed) must not pass for an answer about a repository, so each is told as 401."""
        try:
            return super()._get_installation_authorization()
        except GithubException as error:
            status = error.status if error.status == 429 or error.status >= 500 else 401
            message = str(error.data.get("message", "") if isinstance(error.data, dict) else error.data)[:300]
            told = f"no token for {self.installation_id} of app {self.app_id}: GitHub said {error.status}, {message}"
            address = f"/app/installations/{self.installation_id}/access_tokens"
            raise Refused(status, "UNAUTHORIZED" if status == 401 else f"HTTP_{status}", told, address) from error
        finally:
            with self._counter.lock:
                self._counter.calls += 1


def _field(connection: Connection, name: str, meaning: str) -> Any:
    found = connection.extra.get(name)
    if not found:
        raise ValueError(f'{connection.conn_id}: extra has no {name}: add {{"{name}": "…"}}, {meaning}')
    return found


def _installation_id(connection: Connection) -> int:
    found = _field(connection, "installation_id", "the number at the end of the installation's address")
    try:
        return int(found)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{connection.conn_id}: extra installation_id is {found!r}: give the number at the end of the "
            "installation's address"
        ) from error


def _private_key(connection: Connection) -> str:
    """The key as PEM text; ``private_key`` goes before ``private_key_file``."""
    text, named = connection.extra.get("private_key"), connection.extra.get("private_key_file")
    if text:
        return _checked(connection, "private_key", str(text).replace("\\n", "\n"))
    if not named:
        raise ValueError(
            f"{connection.conn_id}: extra has neither private_key nor private_key_file: "
            "add the app's private key as PEM text, or the path of its .pem file"
        )
    try:
        text = Path(str(named)).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{connection.conn_id}: extra private_key_file {named} cannot be read ({error}): "
            "give the path of the app's .pem file, readable by this process"
        ) from error
    return _checked(connection, "private_key_file", text)


def _checked(connection: Connection, name: str, key: str) -> str:
    try:
        usable = isinstance(load_pem_private_key(key.encode(), None), RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # no PEM, or one that wants a passphrase
        usable = False
    if not usable:
        raise ValueError(
            f"{connection.conn_id}: extra {name} is not an RSA private key in PEM form: give the app's key as GitHub "
            "made it, without passphrase, its line breaks kept or written as \\n"
        )
    return key
