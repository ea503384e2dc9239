"""Registered names probed over real TLS on loopback, on good days and bad ones."""

import pytest
from tests.sources.conftest import DAY, Reading

from soc2_warehouse import extract
from soc2_warehouse.clock import Clock, as_of
from soc2_warehouse.connections import Connection, variable
from soc2_warehouse.landing import Landing
from soc2_warehouse.sandbox import web
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.registers import write_registers
from soc2_warehouse.sandbox.wire import Server


@pytest.fixture
def probe(home, monkeypatch):
    now = as_of(DAY, home.observed_at)
    folder = home.sandbox / "registers"
    write_registers(Company(), folder, now)
    registers = Connection("registers_default", "file", str(folder), extra={"path": "registers"})

    def read(**extra):
        connection = web.connection(server.url)
        connection = Connection(connection.conn_id, "generic", extra={**connection.extra, **extra})
        for found in (registers, connection):
            monkeypatch.setenv(variable(found.conn_id), found.to_json())
        receipts = extract.run_source(home, "tls_probe", DAY, Clock.starting_at(now))
        return Reading({found.table_name: found for found in receipts}, Landing(home.landing_url))

    with Server(web.create_app(Company(), lambda: now)) as server:
        yield read


def by_name(reading, table):
    return {row.parent["Hostname"]: row.record for row in reading.rows(table)}


def test_versions_certificates_and_headers_are_what_the_servers_say(probe):
    reading = probe()
    assert reading.status() == {"handshakes": "complete", "answers": "complete", "notices": "complete"}
    shaken = by_name(reading, "handshakes")
    assert shaken["api.acme.example"]["protocols"] == ["TLSv1.2", "TLSv1.3"]
    assert shaken["hooks.acme.example"]["protocols"] == ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    assert shaken["careers.acme.example"]["certificate"]["notAfter"] == "2026-07-12T00:00:00+00:00"
    assert all(found["isTrusted"] and found["nameMatches"] for found in shaken.values() if found["status"] == "READY")
    addresses = [row.record["ipAddress"] for row in reading.rows("handshakes") if "app." in row.parent["Hostname"]]
    assert addresses == ["127.0.0.1", "127.0.0.2"]
    asked = by_name(reading, "answers")
    assert asked["app.acme.example"]["http"]["location"] == "https://app.acme.example/"
    assert asked["api.acme.example"]["http"] == {"path": "/", "status": None, "error": "refused"}
    page, missing = asked["hooks.acme.example"]["https"]
    assert (page["status"], page["hsts"]) == (200, ["max-age=31536000"])
    assert (missing["status"], missing["hsts"]) == (404, [])


def test_a_name_that_does_not_answer_or_resolve_has_a_row_that_says_so(probe):
    closed = {"wiki.acme.example:443": ["127.0.0.1:1"]}
    shaken = by_name(probe(connect_to=web.connection("http://127.0.0.1:1").extra["connect_to"] | closed), "handshakes")
    assert (shaken["wiki.acme.example"]["status"], shaken["wiki.acme.example"]["statusMessage"]) == ("ERROR", "refused")
    unresolved = by_name(probe(connect_to={}), "handshakes")["app.acme.example"]
    assert unresolved["ipAddress"] is None and unresolved["status"] == "ERROR"


def test_a_certificate_of_an_unknown_authority_or_another_name_is_told(probe):
    servers = web.connection("http://127.0.0.1:1").extra["connect_to"]
    swapped = servers | {"api.acme.example:443": servers["docs.acme.example:443"]}
    shaken = by_name(probe(connect_to=swapped), "handshakes")
    assert (shaken["api.acme.example"]["nameMatches"], shaken["api.acme.example"]["isTrusted"]) == (False, True)
    untrusted = by_name(probe(ca_file=None), "handshakes")["api.acme.example"]
    assert (untrusted["isTrusted"], untrusted["nameMatches"]) == (False, True)


def test_a_notice_is_the_text_that_a_reader_sees(probe):
    found = {row.parent["NoticeId"]: row.record for row in probe().rows("notices")}
    assert found["app_en"]["status"] == 200 and found["partners"] == {"status": 404}
    assert found["app_en"]["text"].startswith("How Acme handles personal data. We share them with ")
    assert "News of" not in found["app_en"]["text"] and "page of" not in found["app_en"]["text"]
    assert found["wiki"] == {"status": None, "error": "refused"}


def test_a_notice_behind_a_certificate_that_nobody_trusts_is_not_published(probe):
    found = {row.parent["NoticeId"]: row.record for row in probe(ca_file=None).rows("notices")}
    assert found["app_en"]["status"] is None and "CERTIFICATE_VERIFY_FAILED" in found["app_en"]["error"]
