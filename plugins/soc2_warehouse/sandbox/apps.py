"""Applications connected to the identity provider: what VM-01 discovers vendors from."""

from __future__ import annotations

from soc2_warehouse.sandbox.records import App
from soc2_warehouse.sandbox.rhythm import moment

# label | vendor_id | sign-on mode | created | deactivated
_APPS = """
Amazon Web Services     | V001 | SAML_2_0       | 2025-01-06 |
GitHub Enterprise Cloud | V002 | SAML_2_0       | 2025-01-06 |
Google Workspace        | V003 | SAML_2_0       | 2025-01-06 |
Slack                   | V004 | SAML_2_0       | 2025-01-06 |
PagerDuty               | V005 | SAML_2_0       | 2025-01-13 |
BambooHR                | V006 | SAML_2_0       | 2025-01-13 |
Datadog                 | V007 | SAML_2_0       | 2025-01-20 |
Snowflake               | V008 | SAML_2_0       | 2025-02-03 |
Salesforce              | V009 | SAML_2_0       | 2025-02-03 |
Zendesk                 | V010 | SAML_2_0       | 2025-02-10 |
Stripe                  | V011 | SAML_2_0       | 2025-02-17 |
NetSuite                | V012 | SAML_2_0       | 2025-02-17 |
Jira Cloud              | V013 | SAML_2_0       | 2025-03-03 |
Notion                  | V014 | SAML_2_0       | 2025-03-03 |
Figma                   | V015 | SAML_2_0       | 2025-03-10 |
Zoom                    | V016 | SAML_2_0       | 2025-03-10 |
DocuSign                | V017 | SAML_2_0       | 2025-03-17 |
Sentry                  | V018 | OPENID_CONNECT | 2025-04-07 |
Cloudflare              | V019 | SAML_2_0       | 2025-04-14 |
1Password               | V020 | OPENID_CONNECT | 2025-05-05 |
Greenhouse              | V021 | SAML_2_0       | 2025-06-02 |
Twilio SendGrid         | V022 | SAML_2_0       | 2025-06-16 |
Looker (Google Cloud)   | V023 | OPENID_CONNECT | 2025-07-07 |
MailPilot               | V024 | AUTO_LOGIN     | 2025-07-14 |
OldMetrics              | V025 | AUTO_LOGIN     | 2025-03-24 | 2026-02-27
"""
# "Looker (Google Cloud)" and "Twilio SendGrid" are aliases of registered names; MailPilot (V024) is offboarded in the
# register and still active here (ZOMBIE_VENDOR); OldMetrics (V025) was offboarded and disconnected.
ALIASES = {"Looker (Google Cloud)": "V023", "Twilio SendGrid": "V022"}
OFFBOARDED = {"V024": "2026-04-30", "V025": "2026-02-27"}

# Vendors that no register knows: past the 30 days of grace on 2026-07-01, registered (as V026) on 2026-07-07;
# within the grace (becomes a violation on 2026-07-21).
_UNREGISTERED = (("TranscribeNow", "2026-05-18T10:00", "V026"), ("Diagrammer", "2026-06-20T10:00", None))
REGISTERED_LATER = {"V026": "2026-07-07T09:00"}
INTERNAL = {"Acme Wiki": "bookmark to the company's own site", "Acme Admin Console": "own product"}


def _app_id(number: int) -> str:
    return f"0oaacme{number:0>13}"


def apps() -> tuple[App, ...]:
    """Every application, vendors' first."""
    found: list[App] = []
    for number, line in enumerate(_APPS.strip().splitlines(), 1):
        label, vendor, mode, created, deactivated = (cell.strip() for cell in line.split("|"))
        gone = moment(f"{deactivated}T16:00") if deactivated else None
        found.append(App(_app_id(number), label, moment(f"{created}T10:00"), vendor, "vendor", mode, gone))
    for number, (label, created, vendor_id) in enumerate(_UNREGISTERED, len(found) + 1):
        found.append(App(_app_id(number), label, moment(created), vendor_id, "vendor", "AUTO_LOGIN"))
    for number, label in enumerate(INTERNAL, len(found) + 1):
        found.append(App(_app_id(number), label, moment("2025-01-06T11:00"), None, "internal", "BOOKMARK"))
    return tuple(found)
