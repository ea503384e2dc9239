"""The privacy notices that the sandbox company publishes, by name and path."""

from __future__ import annotations

from datetime import datetime

from soc2_warehouse.sandbox.aws.cloud import Dated, at, moment
from soc2_warehouse.sandbox.aws.keys import ALWAYS

PROCESSORS = (
    "Datadog, Snowflake, Salesforce, Zendesk, Stripe, NetSuite, DocuSign, Sentry, SendGrid, Looker, "
    "Sanction Screening Ltd and StatementPrint"
)
#: Paragraphs of each notice; None while there is no page.
NOTICES: dict[tuple[str, str], Dated[tuple[str, ...]]] = {
    # A processor was forgotten, and the notice was approved anew with it.
    ("app.acme.example", "/privacy"): (
        (ALWAYS, ("How Acme handles personal data.", f"We share them with {PROCESSORS}.")),
        (
            moment("2026-07-02T12:00"),
            ("How Acme handles personal data.", f"We share them with IdentCheck, {PROCESSORS}."),
        ),
    ),
    # What was approved in May went online in July.
    ("docs.acme.example", "/privacy/de"): (
        (ALWAYS, ("Wie Acme mit Daten umgeht.", f"Wir teilen sie mit IdentCheck, {PROCESSORS}.")),
        (
            moment("2026-07-03T08:00"),
            ("Wie Acme mit personenbezogenen Daten umgeht.", f"Wir teilen sie mit IdentCheck, {PROCESSORS}."),
        ),
    ),
    ("careers.acme.example", "/privacy"): (
        (ALWAYS, ("What Acme keeps of applicants.", f"We share it with IdentCheck, {PROCESSORS}.")),
    ),
}


def page(name: str, path: str, now: datetime) -> str | None:
    """The page as HTML; None when there is none. What surrounds the notice changes from day to day."""
    dated = NOTICES.get((name, path))
    if dated is None:
        return None
    text = "".join(f"<p>{paragraph}</p>\n" for paragraph in at(dated, now))
    return (
        "<!doctype html><html><head><title>Privacy</title><style>p { margin: 1em }</style></head><body>"
        f"<nav>News of {now:%d %B %Y}</nav><main>{text}</main>"
        f"<footer>(c) {now:%Y}, page of {now:%d.%m.}</footer></body></html>"
    )
