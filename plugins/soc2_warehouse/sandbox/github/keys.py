"""SSH keys of the sandbox's organisation: deploy keys, and credentials authorised for single sign-on."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, Response

from soc2_warehouse.sandbox.github.state import State, numbered
from soc2_warehouse.sandbox.rhythm import moment


def public_key(seed: str, bits: int | None = None) -> str:
    """A public key as OpenSSH writes it: ed25519, or RSA of ``bits``."""
    size = bits // 8 if bits else 32
    stream = b"".join(hashlib.sha256(f"{seed}|{number}".encode()).digest() for number in range(size // 32 + 1))[:size]
    # The highest bit of an RSA modulus is set, so a zero byte goes before it.
    name, parts = (b"ssh-rsa", [b"\x01\x00\x01", b"\x00\xff" + stream[1:]]) if bits else (b"ssh-ed25519", [stream])
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (name, *parts))
    return f"{name.decode()} {base64.b64encode(blob).decode()}"


def fingerprint(key: str) -> str:
    digest = hashlib.sha256(base64.b64decode(key.split(" ")[1])).digest()
    return base64.b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True)
class DeployKey:
    key_id: int
    repo: str
    title: str
    key: str
    created: str
    removed: str | None = None
    enabled: bool = True

    def exists(self, now: datetime) -> bool:
        return moment(self.created) <= now and (self.removed is None or now < moment(self.removed))


MIRROR = public_key("reports")
DEPLOY_KEYS = (
    DeployKey(9101, "ledger-api", "mirror", public_key("ledger-api"), "2026-02-02T09:00:00"),
    # KEY_TOO_OLD (AC-17), replaced on 2026-07-04.
    DeployKey(9102, "payments", "ci", public_key("payments"), "2025-03-03T09:00:00", "2026-07-04T09:00:00"),
    DeployKey(9103, "payments", "ci-2026", public_key("payments-2026"), "2026-07-04T09:00:00"),
    # A year old on 2026-07-05 12:00: near miss until then.
    DeployKey(9104, "billing", "ci", public_key("billing"), "2025-07-05T12:00:00"),
    # "Rotated" with the same material: REUPLOADED_SAME_MATERIAL.
    DeployKey(9105, "reports", "export", MIRROR, "2026-01-10T09:00:00", "2026-07-02T09:00:00"),
    DeployKey(9106, "reports", "export-2026", MIRROR, "2026-07-02T09:00:00"),
    # WEAK_KEY; the longer one is a near miss.
    DeployKey(9107, "identity", "sync", public_key("identity", 2048), "2026-03-02T09:00:00"),
    DeployKey(9108, "infra", "modules", public_key("infra", 3072), "2026-03-02T09:00:00"),
    # Disabled: no key that can be used.
    DeployKey(9109, "docs", "old", public_key("docs", 1024), "2022-01-10T09:00:00", enabled=False),
)

#: (credential, person, authorised, gone): the leaver's went with the audit on 2026-07-04 (KEY_OF_LEAVER).
CREDENTIALS = (
    (7001, "E1006", "2026-01-12T09:00", None),
    (7002, "E1060", "2026-01-19T09:00", "2026-07-04T15:00"),
)


def add_routes(app: Flask, state: State) -> None:
    @app.get("/repos/<org>/<name>/keys")
    def deploy_keys(org: str, name: str) -> Response:
        state.repo(org, name)
        return numbered([key for key in DEPLOY_KEYS if key.repo == name and key.exists(state.now())], _deploy_key)

    @app.get("/orgs/<org>/credential-authorizations")
    def credentials(org: str) -> Response:
        state.org(org)
        now = state.now()
        held = [c for c in CREDENTIALS if moment(c[2]) <= now and (c[3] is None or now < moment(c[3]))]
        return numbered(held, lambda credential: _credential(state, *credential))


def _deploy_key(key: DeployKey) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "key": key.key,
        "title": key.title,
        "verified": True,
        "created_at": f"{key.created}Z",
        "read_only": True,
        "added_by": "kwatanabe",
        "last_used": None,
        "enabled": key.enabled,
    }


def _credential(state: State, number: int, ref: str, authorised: str, _: str | None) -> dict[str, Any]:
    return {
        "login": state.world.cast.person(ref).login,
        "credential_id": number,
        "credential_type": "SSH key",
        "credential_authorized_at": f"{authorised}:00Z",
        "credential_accessed_at": None,
        "fingerprint": fingerprint(public_key(f"account-{ref}")),
        "authorized_credential_title": "laptop",
    }
