"""Alerts of a published file, told once by a real mail server and a real webhook."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import duckdb
import pytest
from aiosmtpd.controller import Controller

from soc2_warehouse import alerts, notify, tasks
from soc2_warehouse.settings import Settings

DAY = "date '2026-07-02'"


@pytest.fixture
def published(home: Settings, played: Settings) -> Settings:
    """A home with a published file of its own, which a test may change."""
    home.published_file.parent.mkdir(parents=True)
    shutil.copy(played.published_file, home.published_file)
    return home


def change(settings: Settings, *statements: str) -> None:
    with duckdb.connect(str(settings.published_file)) as connection:
        for statement in statements:
            connection.execute(statement)


def ask(settings: Settings, query: str) -> list[Any]:
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def found(settings: Settings, kind: str, kept: dict[str, int] | None = None) -> list[alerts.Alert]:
    return [one for one in alerts.find(settings.published_file, kept or {})[1] if one.kind == kind]


class Webhook:
    """A server that takes what Slack takes. ``status``: what it answers."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.status == 200:
                    outer.got.append(json.loads(body))
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(b"ok" if outer.status == 200 else b"no")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/services/T/B/x"


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    hook = Webhook()
    connection = {"conn_type": "slackwebhook", "password": hook.url}
    monkeypatch.setenv("AIRFLOW_CONN_SLACKWEBHOOK_DEFAULT", json.dumps(connection))
    yield hook
    hook.server.shutdown()
    hook.server.server_close()


class Inbox:
    def __init__(self) -> None:
        self.mails: list[Message] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    box = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    extra = {"from_email": "soc2@acme.example", "disable_ssl": True, "disable_tls": True}
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("SOC2_ALERT_EMAIL", "security@acme.example, oncall@acme.example")
    yield box
    controller.stop()


def test_every_open_exception_is_told_with_owner_due_date_and_link(published: Settings) -> None:
    told = {one.key: one for one in found(published, alerts.DEVIATION)}
    open_ones = ask(published, "select exception_id, due_at from fct_exception where state = 'open'")
    assert open_ones and told.keys() == {identity for identity, _ in open_ones}
    for identity, due_at in open_ones:
        assert told[identity].due == due_at.date()
        assert told[identity].owner and told[identity].path == f"/exceptions/{identity}"


def test_a_message_names_what_is_urgent_and_counts_the_rest(published: Settings) -> None:
    day, unsent = notify.unsent(published, "webhook")
    told = notify.message(day, unsent)
    deviations = sum(one.kind == alerts.DEVIATION for one in unsent)
    assert f"{deviations} new deviation" in told.subject
    assert told.text.count("[critical]") == notify.SHOWN
    assert f"and {deviations - notify.SHOWN} more" in told.text and "/soc2/exceptions/" in told.text


def test_nothing_is_told_twice(published: Settings, webhook: Webhook) -> None:
    first = notify.tell(published, "webhook")
    assert first and len(webhook.got) == 1
    assert notify.tell(published, "webhook") == [] and len(webhook.got) == 1
    # One heals, another begins: only the new one is told.
    [[healed], [again]] = ask(published, "select exception_id from fct_exception where state = 'open' limit 2")
    change(
        published,
        f"update fct_exception set state = 'remediated' where exception_id = '{healed}'",
        f"update fct_exception set opened_at = opened_at + interval 1 day where exception_id = '{again}'",
    )
    assert [one.key for one in notify.tell(published, "webhook")] == [again]
    assert len(webhook.got) == 2 and "1 new deviation" in webhook.got[1]["text"]


def test_what_could_not_be_sent_is_sent_later(published: Settings, webhook: Webhook) -> None:
    webhook.status = 500
    with pytest.raises(Exception, match="500"):
        notify.tell(published, "webhook")
    webhook.status = 200
    assert notify.tell(published, "webhook")
    assert len(webhook.got) == 1


def test_channels_remember_for_themselves(published: Settings, webhook: Webhook, inbox: Inbox) -> None:
    told = notify.tell(published, "webhook")
    assert notify.tell(published, "email") == told
    [mail] = inbox.mails
    assert mail["To"] == "security@acme.example, oncall@acme.example" and mail["Subject"].startswith(
        "SOC 2, 2026-07-02"
    )
    [html] = [part for part in mail.walk() if part.get_content_type() == "text/html"]
    assert "<table>" in html.get_payload(decode=True).decode()


def test_names_cannot_smuggle_markup_into_a_mail(published: Settings) -> None:
    change(published, "update fct_exception set entity_name = '<script>x</script>' where state = 'open'")
    day, unsent = notify.unsent(published, "email")
    html = notify.message(day, unsent).html
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_a_channel_that_is_not_configured_is_left_alone(published: Settings) -> None:
    assert tasks.alert("webhook") is None and tasks.alert("email") is None
    assert not (published.home / "alerts").exists()


def test_a_control_that_is_newly_not_tested(published: Settings) -> None:
    """Blind since the second day; on the first it passed. What is expected not to be tested is no alert."""
    before = {one.control_id for one in found(published, alerts.NOT_TESTED)}
    blind = (
        "update fct_control_run set status = 'not_tested', reason = '{}' where control_id = '{}' and logical_date = {}"
    )
    assert not {"AC-01", "AC-03"} & before
    change(published, blind.format("NO_DATA", "AC-01", DAY), blind.format("NO_OCCURRENCE", "AC-03", DAY))
    fresh = [one for one in found(published, alerts.NOT_TESTED) if one.control_id not in before]
    assert [(one.control_id, str(one.since)) for one in fresh] == [("AC-01", "2026-07-02")]
    assert fresh[0].told.startswith("NO_DATA") and fresh[0].path == "/controls/AC-01"


def test_a_streak_is_told_from_its_first_day_and_a_new_one_again(published: Settings) -> None:
    blind = "update fct_control_run set status = 'not_tested', reason = 'STALE' where control_id = 'AC-01'"
    change(published, blind)
    [streak] = [one for one in found(published, alerts.NOT_TESTED) if one.control_id == "AC-01"]
    assert str(streak.since) == "2026-07-01"
    change(published, "update fct_control_run set status = 'pass' where control_id = 'AC-01' and logical_date < " + DAY)
    [later] = [one for one in found(published, alerts.NOT_TESTED) if one.control_id == "AC-01"]
    assert later.identity != streak.identity


@pytest.mark.parametrize(("kept", "expected"), [(30, []), (3, []), (2, ["okta.system_log"]), (1, ["okta.system_log"])])
def test_evidence_that_its_origin_soon_deletes(published: Settings, kept: int, expected: list[str]) -> None:
    """Last read on the first day, judged on the second: of three days kept two are left, of two one."""
    change(published, f"delete from fct_extract_run where source_id = 'okta.system_log' and logical_date = {DAY}")
    kept_days = {"okta.system_log": kept, "aws_trail.events": 90}
    assert [one.subject for one in found(published, alerts.LOSING, kept_days)] == expected


def test_a_failed_extract_keeps_nothing(published: Settings) -> None:
    spoil = "update fct_extract_run set status = '{}' where source_id = 'okta.system_log' and logical_date = {}"
    change(published, spoil.format("failed", DAY))
    assert [one.subject for one in found(published, alerts.LOSING, {"okta.system_log": 2})] == ["okta.system_log"]
    change(published, spoil.format("complete", DAY))
    assert found(published, alerts.LOSING, {"okta.system_log": 2}) == []


def test_sources_say_how_long_their_origin_keeps() -> None:
    kept = notify.kept_days()
    assert kept["aws_trail.events"] == kept["okta.system_log"] == 90 and kept["github.rule_suites"] == 30


def test_an_acceptance_that_soon_ends(published: Settings) -> None:
    [[near], [far]] = ask(published, "select exception_id from fct_exception where state = 'open' limit 2")
    accept = (
        "update fct_exception set state = 'accepted', decided_by = 'E1001', expires_at = {} where exception_id = '{}'"
    )
    change(
        published,
        accept.format("timestamp '2026-07-15'", near),
        accept.format("timestamp '2026-09-15'", far),
    )
    assert [one.key for one in found(published, alerts.EXPIRING) if one.key in (near, far)] == [near]


def test_without_a_published_file_nothing_is_told(home: Settings, webhook: Webhook) -> None:
    with pytest.raises(LookupError, match="nothing was published"):
        notify.tell(home, "webhook")
    assert webhook.got == []
