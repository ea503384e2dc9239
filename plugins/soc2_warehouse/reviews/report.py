"""The report of a review as one page of HTML that needs nothing beside it."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

_STYLE = """
body { font: 13px/1.45 system-ui, sans-serif; max-width: 88rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
table { border-collapse: collapse; margin: .5rem 0 1.2rem; width: 100% }
th, td { border: 1px solid #c9d1d9; padding: .3rem .5rem; text-align: left; vertical-align: top;
         overflow-wrap: anywhere }
th { background: #f3f5f7; overflow-wrap: normal } h2 { margin: 1.6rem 0 .3rem; font-size: 1.1rem }
.fields { width: auto } .fields td:first-child { font-weight: 600; white-space: nowrap }
.revoke td, .modify td { background: #fff6e5 } .undecided td { background: #fdecea }
.draft { border: 2px solid #b42318; padding: .3rem 1rem }
@media print { body { margin: 0; font-size: 9px } tr { break-inside: avoid } thead { display: table-header-group } }
"""
#: Column of the report → its heading; the handbook's fields first, then what was decided.
COLUMNS = {
    "line_no": "No.",
    "name": "Name",
    "role": "Role",
    "account": "Account",
    "last_login": "Last login",
    "permissions": "Permissions",
    "status": "Status",
    "action_required": "Action required",
    "decision": "Decision",
    "reason": "Reason",
    "decided": "Decided by, at",
    "changed_since": "Changed since",
}


def html_page(said: dict[str, Any], lacks: Sequence[str] = ()) -> str:
    """said: what ``closing.said`` gives. lacks: what keeps an open review from being closed."""
    title = f"Access review {said['review_id']}"
    parts = [f"<h1>{_text(title)}</h1>"]
    if said["signed_at"] is None:
        items = "".join(f"<li>{_text(lack)}</li>" for lack in lacks) or "<li>Nothing is missing but the signature.</li>"
        parts.append(f'<div class="draft">Not signed: the review is open.<ul>{items}</ul></div>')
    parts.append(_table(None, _cover(said), "fields"))
    parts.append("<h2>Accounts</h2>")
    rows = [_row(line) for line in said["lines"]]
    parts.append(
        _table(list(COLUMNS.values()), rows, "lines", [line["decision"] or "undecided" for line in said["lines"]])
    )
    parts.append(f"<h2>Since the snapshot, as of {_text(said['changes_seen_at'])}</h2>")
    changed = [[line["name"], line["changed_since"]] for line in said["lines"] if line["changed_since"]]
    changed += [[login, "came after the snapshot; belongs to the next review"] for login in said["accounts_since"]]
    parts.append(_table(["account", "change"], changed, "") if changed else "<p>Nothing changed.</p>")
    parts.append("<h2>Sources of the snapshot</h2>")
    sources = [[one["source_id"], one["status"], one["rows"], one["run_id"]] for one in said["sources"]]
    parts.append(_table(["table", "read", "rows", "run"], sources, ""))
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _cover(said: dict[str, Any]) -> list[list[Any]]:
    decisions = Counter(line["decision"] or "undecided" for line in said["lines"])
    signed = f"{said['signer']} ({said['signed_by']}) at {said['signed_at']}" if said["signed_at"] else "not yet"
    return [
        ["System", said["system_id"]],
        ["Quarter", said["review_period"]],
        ["Due", said["due_date"]],
        ["Reviewer, deputy", f"{said['reviewer']}, {said['deputy'] or 'nobody'}"],
        ["Snapshot", said["snapshot_at"]],
        ["Accounts in the listing, lines", f"{said['accounts_listed']}, {len(said['lines'])}"],
        ["Decisions", ", ".join(f"{number} {name}" for name, number in sorted(decisions.items()))],
        ["Last decision", said["completed_at"] or "none yet"],
        ["Signed", signed],
        ["Signature", "report.json beside this page; soc2 review verify " + str(said["review_id"])],
    ]


def _row(line: dict[str, Any]) -> list[str]:
    gone = f": {', '.join(line['removed_permissions'])} go" if line["removed_permissions"] else ""
    way = f" ({line['way']}, entered by {line['entered_by']})" if line["entered_by"] else f" ({line['way']})"
    who = f"{line['decider'] or line['decided_by']}, {_minute(line['decided_at'])}{way}"
    values = line | {
        "account": f"{line['source_id']} {line['login'] or line['account_id']}",
        "last_login": _minute(line["last_login"]) or "never",
        "permissions": "; ".join(line["permissions"]) or "none",
        "decision": f"{line['decision'] or 'undecided'}{gone}",
        "decided": who if line["decision"] else "",
    }
    return [str(values[name] if values[name] is not None else "") for name in COLUMNS]


def _minute(moment: str | None) -> str:
    """A moment to the minute, which breaks between day and time."""
    return f"{moment[:10]} {moment[11:16]} UTC" if moment else ""


def _table(head: list[str] | None, rows: Iterable[Sequence[Any]], kind: str, kinds: Sequence[str] | None = None) -> str:
    lines = [f'<table class="{kind}">']
    if head:
        lines.append("<thead><tr>" + "".join(f"<th>{_text(name)}</th>" for name in head) + "</tr></thead>")
    for number, row in enumerate(rows):
        of = f' class="{kinds[number]}"' if kinds else ""
        lines.append(f"<tr{of}>" + "".join(f"<td>{_text(value)}</td>" for value in row) + "</tr>")
    return "\n".join([*lines, "</table>"])


def _text(value: Any) -> str:
    return html.escape("" if value is None else str(value))
