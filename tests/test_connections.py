"""Airflow's connection forms are understood outside Airflow, and mistakes name the variable."""

import json

import pytest

from soc2_warehouse import connections
from soc2_warehouse.connections import Connection, NotConfigured


def test_uri_and_json_say_the_same(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_OKTA_DEFAULT", "https://:s3cr%2Ft@acme.okta.com:8443/?tenant=x")
    uri = connections.find("okta_default")
    monkeypatch.setenv(
        "AIRFLOW_CONN_OKTA_DEFAULT",
        json.dumps(
            {
                "conn_type": "https",
                "host": "acme.okta.com",
                "port": 8443,
                "password": "s3cr/t",
                "extra": '{"tenant": "x"}',
            }
        ),
    )
    assert connections.find("okta_default") == uri
    assert uri.url == "https://acme.okta.com:8443"
    assert uri.extra == {"tenant": "x"}


def test_a_connection_survives_its_own_json(monkeypatch):
    made = Connection(
        "aws_default", "aws", login="key", password="secret", extra={"endpoint_url": "http://127.0.0.1:1"}
    )
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", made.to_json())
    assert connections.find("aws_default") == made


def test_secrets_are_not_printed():
    assert "hunter2" not in repr(Connection("x", password="hunter2", extra={"token": "hunter2"}))


def test_a_missing_connection_says_how_to_add_it(monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_OKTA_DEFAULT", raising=False)
    monkeypatch.delenv("AIRFLOW_HOME", raising=False)
    with pytest.raises(NotConfigured, match="AIRFLOW_CONN_OKTA_DEFAULT"):
        connections.find("okta_default")


def test_a_broken_connection_names_the_variable(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_OKTA_DEFAULT", '{"host": ')
    with pytest.raises(ValueError, match=r"AIRFLOW_CONN_OKTA_DEFAULT: not an Airflow connection"):
        connections.find("okta_default")
