"""Tells people what alerts.py found, through Airflow's notifiers: mail, and a webhook that speaks Slack's language.

A channel is there when it is configured: SOC2_ALERT_EMAIL (addresses, comma between) with the connection
``smtp_default``; the connection ``slackwebhook_default``. One message a channel and night, none when nothing is new.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import escape
from itertools import groupby
from pathlib import Path

from soc2_warehouse import sources
from soc2_warehouse.alerts import KINDS, Alert, find
from soc2_warehouse.connections import NotConfigured
from soc2_warehouse.connections import find as find_connection
from soc2_warehouse.settings import Settings

SMTP, WEBHOOK = "smtp_default", "slackwebhook_default"
#: Alerts of one kind that a message spells out; the rest is counted and one click away.
SHOWN = 20


@dataclass(frozen=True)
class Message:
    """What a channel sends."""

    subject: str
    text: str
    html: str


def channels() -> dict[str, Callable[[Message], None]]:
    """Configured channels by name."""
    found: dict[str, Callable[[Message], None]] = {}
    if recipients():
        found["email"] = _mail
    try:
        find_connection(WEBHOOK)
        found["webhook"] = _post
    except NotConfigured:
        pass
    return found


def recipients() -> list[str]:
    return [one.strip() for one in os.environ.get("SOC2_ALERT_EMAIL", "").split(",") if one.strip()]


def kept_days() -> dict[str, int]:
    """Extracted table → days for which its origin keeps the records, of the tables that say so."""
    return {
        f"{source.name}.{name}": function.table.kept_days
        for source in sources.load_all()
        for name, function in source.tables.items()
        if function.table.kept_days is not None
    }


def unsent(settings: Settings, channel: str) -> tuple[date, list[Alert]]:
    """The newest judged day and what ``channel`` has not told yet. Raises LookupError when nothing is published."""
    day, alerts = find(settings.published_file, kept_days())
    told = _told(settings, channel)
    return day, [alert for alert in alerts if alert.identity not in told]


def tell(settings: Settings, channel: str, now: datetime | None = None) -> list[Alert]:
    """Send one message with what ``channel`` has not told yet, and remember it. Returns what was told.

    Raises KeyError for a channel that is not configured, and whatever the channel raises: then nothing is remembered
    and the next attempt tells it.
    """
    send = channels()[channel]
    day, alerts = unsent(settings, channel)
    if alerts:
        send(message(day, alerts))
        moment = (now or datetime.now(UTC)).isoformat()
        file = _file(settings, channel)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as record:
            for alert in alerts:
                line = {"identity": alert.identity, "kind": alert.kind, "subject": alert.key, "day": str(day)}
                record.write(json.dumps(line | {"sent_at": moment}) + "\n")
    return alerts


def _file(settings: Settings, channel: str) -> Path:
    return settings.home / "alerts" / f"{channel}.jsonl"


def _told(settings: Settings, channel: str) -> set[str]:
    file = _file(settings, channel)
    if not file.exists():
        return set()
    return {json.loads(line)["identity"] for line in file.read_text(encoding="utf-8").splitlines()}


def message(day: date, alerts: Sequence[Alert]) -> Message:
    """One message for all ``alerts`` of ``day``, by kind."""
    by_kind = {kind: [alert for alert in alerts if alert.kind == kind] for kind in KINDS}
    counts = [f"{len(group)} {kind}" for kind, group in by_kind.items() if group]
    subject = f"SOC 2, {day}: {', '.join(counts)}"
    text, html = [subject], [f"<h2>{escape(subject)}</h2>"]
    for kind, group in by_kind.items():
        if not group:
            continue
        text += ["", f"*{kind}*"]
        html.append(f"<h3>{escape(kind)}</h3><table>")
        for alert in group[:SHOWN]:
            due = f"due {alert.due}, " if alert.due else ""
            facts = f"owner {alert.owner}, {due}since {alert.since:%Y-%m-%d}"
            where = " ".join(part for part in (alert.control_id, alert.subject) if part)
            text.append(f"• [{alert.severity}] {where}: {alert.told} ({facts}) {link(alert.path)}")
            anchor = f'<a href="{escape(link(alert.path))}">{escape(where)}</a>'
            cells = (escape(alert.severity), anchor, escape(alert.told), escape(facts))
            html.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
        html.append("</table>")
        if len(group) > SHOWN:
            rest = ", ".join(f"{number} {name}" for name, number in _per_control(group[SHOWN:]).items())
            text.append(f"• and {len(group) - SHOWN} more ({rest}) {link('/')}")
            html.append(f'<p><a href="{escape(link("/"))}">and {len(group) - SHOWN} more</a>: {escape(rest)}</p>')
    return Message(subject, "\n".join(text), "\n".join(html))


def _per_control(alerts: Sequence[Alert]) -> Mapping[str, int]:
    names = sorted(alert.control_id or alert.subject for alert in alerts)
    return {name: len([*group]) for name, group in groupby(names)}


def link(path: str) -> str:
    """Address of a compliance page in Airflow (its setting ``[api] base_url``)."""
    base = os.environ.get("AIRFLOW__API__BASE_URL", "http://localhost:8080").rstrip("/")
    return f"{base}/soc2{path}"


def _mail(told: Message) -> None:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    SmtpNotifier(to=recipients(), subject=told.subject, html_content=told.html, smtp_conn_id=SMTP).notify({})


def _post(told: Message) -> None:
    from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier

    SlackWebhookNotifier(slack_webhook_conn_id=WEBHOOK, text=told.text, unfurl_links=False).notify({})
