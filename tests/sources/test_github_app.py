"""GitHub read as the installation of a GitHub App: tokens are made with the app's key, over HTTP through PyGithub."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from soc2_warehouse import extract, sources
from soc2_warehouse.clock import Clock
from soc2_warehouse.connections import Connection, variable
from soc2_warehouse.http import Refused
from soc2_warehouse.sandbox import github
from soc2_warehouse.sandbox.github.installations import App

SANDBOX = github
APP, INSTALLED = 4711, 800012


def pem(key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()


@pytest.fixture(scope="module")
def keys():
    """The app's private key, its public half, and a key of somebody else."""
    own, other = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    public = own.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return SimpleNamespace(own=pem(own), public=public.decode(), other=pem(other))


@pytest.fixture
def hub(provider, keys, monkeypatch):
    """The server with one registered app; ``read`` runs the tables named with the given extra."""
    provider.credentials = provider.app.extensions["credentials"]
    provider.credentials.apps.append(App(str(APP), keys.public, INSTALLED))
    monkeypatch.setattr(extract, "FIRST_WINDOW", timedelta(days=10))

    def connection(**extra):
        given = {"org": "acme", "app_id": APP, "installation_id": INSTALLED, "private_key": keys.own} | extra
        return Connection("github_default", "github", provider.url, extra=given)

    def read(*names: str, source: str = "github", **extra):
        monkeypatch.setenv(variable("github_default"), connection(**extra).to_json())
        whole = sources.load(source)
        chosen = {name: whole.tables[name] for name in names}
        cut = sources.Source(whole.name, whole.connection, whole.concurrency, whole.module, chosen)
        with monkeypatch.context() as patch:
            patch.setattr(sources, "load", lambda _: cut)
            clock = Clock.starting_at(provider.now() + timedelta(seconds=1))
            return {r.table_name: r for r in extract.run_source(provider.settings, source, provider.day, clock)}

    provider.connection, provider.read = connection, read
    return provider


def test_an_app_makes_its_own_token(hub):
    receipts = hub.read("org", "members")
    assert {receipt.status for receipt in receipts.values()} == {"complete"}, receipts["members"].errors
    assert receipts["members"].rows > 20
    assert receipts["members"].credential_identity == f"app {APP}, installation {INSTALLED}"
    assert len(hub.credentials.issued) == 1
    assert [receipt.api_calls for receipt in receipts.values()] == [2, 2], "the token is a call of the first table"


@pytest.mark.parametrize("form", ["literal", "file"])
def test_the_key_as_environments_and_files_hold_it(hub, keys, tmp_path, form):
    file = tmp_path / "app.pem"
    file.write_text(keys.own)
    extra = {
        "literal": {"private_key": keys.own.replace("\n", "\\n"), "installation_id": str(INSTALLED)},
        "file": {"private_key": None, "private_key_file": str(file)},
    }[form]
    assert hub.read("org", **extra)["org"].status == "complete"


def test_threads_share_a_token(hub):
    receipts = hub.read("org", "repositories", "branches")
    assert receipts["branches"].status == "complete" and receipts["branches"].rows > 10
    assert len(hub.credentials.issued) == 1


def test_deploys_sign_in_the_same_way(hub):
    receipt = hub.read("workflow_runs", source="deploys")["workflow_runs"]
    assert receipt.status == "complete" and receipt.rows > 0
    assert len(hub.credentials.issued) == 1


def test_a_token_that_runs_out_is_replaced(hub):
    hub.credentials.lifetime = timedelta(seconds=10)  # PyGithub renews twenty seconds before the end
    receipts = hub.read("org", "members")
    assert {receipt.status for receipt in receipts.values()} == {"complete"}
    assert len(hub.credentials.issued) == 3


def test_a_key_of_another_app_fails_with_401(hub, keys):
    receipt = hub.read("members", private_key=keys.other)["members"]
    assert receipt.status == "failed" and "HTTP 401 UNAUTHORIZED" in receipt.errors[0]
    assert "A JSON web token could not be decoded" in receipt.errors[0] and "access_tokens" in receipt.errors[0]


def test_an_unknown_app_fails_with_401(hub):
    receipt = hub.read("members", app_id=4712)["members"]
    assert receipt.status == "failed" and "HTTP 401 UNAUTHORIZED" in receipt.errors[0]


@pytest.mark.parametrize(("status", "message"), [(404, "Not Found"), (403, "This installation has been suspended")])
def test_no_token_is_no_answer_about_a_repository(hub, status, message):
    """A 404 of the exchange must not be taken for a branch without protection."""
    hub.credentials.lifetime = timedelta(seconds=10)
    client = sources.load("github").client(hub.connection())
    assert client.get("/repos/acme/infra/branches/main/protection")
    hub.app.faults.add("/access_tokens", status=status, body=f'{{"message": "{message}"}}')
    with pytest.raises(Refused, match=f"HTTP 401 .* GitHub said {status}, {message}"):
        client.get("/repos/acme/infra/branches/main/protection")


def test_an_exchange_that_is_down_is_tried_again(hub):
    hub.app.faults.add("/access_tokens", status=502)
    receipt = hub.read("org")["org"]
    assert receipt.status == "complete" and receipt.http_errors == 1 and receipt.api_calls == 3


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"app_id": None}, "extra has no app_id"),
        ({"installation_id": ""}, "extra has no installation_id"),
        ({"installation_id": "acme"}, "extra installation_id is 'acme'"),
        ({"private_key": None}, "neither private_key nor private_key_file"),
        ({"private_key": None, "private_key_file": "/nowhere/app.pem"}, "private_key_file /nowhere/app.pem"),
        ({"private_key": "secret words"}, "private_key is not an RSA private key"),
        ({"private_key": pem(ec.generate_private_key(ec.SECP256R1()))}, "private_key is not an RSA private key"),
    ],
    ids=["app", "installation", "no number", "key", "file", "no PEM", "no RSA"],
)
def test_what_is_missing_is_named(hub, extra, told):
    receipt = hub.read("org", **extra)["org"]
    assert receipt.status == "failed" and told in receipt.errors[0] and "github_default" in receipt.errors[0]
    assert "secret words" not in receipt.errors[0]


def test_a_public_key_is_no_private_key(hub, keys):
    assert "private_key is not an RSA private key" in hub.read("org", private_key=keys.public)["org"].errors[0]


def test_no_credential_at_all_is_named():
    bare = Connection("github_default", "github", "https://api.github.com", extra={"org": "acme"})
    with pytest.raises(ValueError, match="no credential: set password"):
        sources.load("github").client(bare)


@pytest.mark.parametrize(
    ("ago", "lasts", "told"),
    [(120, 60, "must be a numeric value representing the future"), (0, 3600, "too far in the future")],
)
def test_claims_are_held_against_this_machines_clock(hub, keys, ago, lasts, told):
    issued = datetime.now(UTC) - timedelta(seconds=ago)
    claims = {"iss": str(APP), "iat": issued, "exp": issued + timedelta(seconds=lasts)}
    answer = _exchange(hub, f"Bearer {jwt.encode(claims, keys.own, algorithm='RS256')}")
    assert answer.status_code == 401 and told in answer.json()["message"]


def test_only_a_claim_is_exchanged(hub):
    assert _exchange(hub, "Bearer sandbox-token").status_code == 401
    assert _exchange(hub, "").status_code == 401
    forged = jwt.encode({"iss": str(APP), "iat": 0, "exp": 4_000_000_000}, "", algorithm="none")
    assert _exchange(hub, f"Bearer {forged}").status_code == 401


def test_an_installation_is_nobody_and_its_token_expires(hub):
    token, _ = hub.credentials.issue()
    signed = {"Authorization": f"token {token}"}
    assert requests.get(f"{hub.url}/orgs/acme", headers=signed, timeout=30).status_code == 200
    hub.credentials.issued[token] = datetime.now(UTC)
    assert requests.get(f"{hub.url}/orgs/acme", headers=signed, timeout=30).status_code == 401


def _exchange(hub, authorization: str):
    address = f"{hub.url}/app/installations/{INSTALLED}/access_tokens"
    return requests.post(address, headers={"Authorization": authorization}, timeout=30)
