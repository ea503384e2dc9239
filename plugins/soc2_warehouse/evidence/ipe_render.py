"""An IPE sheet as HTML, Markdown or JSON: one page that needs nothing beside it."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from soc2_warehouse import ledger
from soc2_warehouse.evidence.ipe import Sheet

_STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
table { border-collapse: collapse; margin: .5rem 0 1.2rem; width: 100% }
th, td { border: 1px solid #c9d1d9; padding: .3rem .5rem; text-align: left; vertical-align: top;
         overflow-wrap: anywhere }
th { background: #f3f5f7; font-weight: 600; overflow-wrap: normal } h2 { margin: 1.6rem 0 .3rem; font-size: 1.1rem }
.problems { border: 2px solid #b42318; padding: .3rem 1rem }
.complete { border: 2px solid #1a7f37; padding: .5rem 1rem }
.fields td:first-child { width: 14rem; overflow-wrap: normal }
.sign td { height: 2rem } @media print { body { margin: 0; font-size: 11px } }
"""
FIELDS = ["field", "value"]


def title(sheet: Sheet) -> str:
    return f"Information produced by the entity: {sheet.control_id} on {sheet.day}"


def to_json(sheet: Sheet) -> str:
    content = {"control_id": sheet.control_id, "day": sheet.day, "complete": sheet.complete}
    plain = json.loads(ledger.canonical(content | {"problems": sheet.problems, "sheet": sheet.content}))
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def to_markdown(sheet: Sheet) -> str:
    lines = [f"# {title(sheet)}", "", _verdict(sheet), ""]
    lines += [f"- {problem}" for problem in sheet.problems] + [""]
    for name, section in sheet.content.items():
        lines += [f"## {name}", ""]
        for number, table in enumerate(_tables(name, section), 1):
            lines += [f"### {name} {number}", ""] if name == "Sources" else []
            head, *rows = table
            lines += [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows), ""]
    return "\n".join(lines)


def to_html(sheet: Sheet) -> str:
    parts = [f"<h1>{html.escape(title(sheet))}</h1>"]
    problems = "".join(f"<li>{html.escape(problem)}</li>" for problem in sheet.problems)
    kind = "complete" if sheet.complete else "problems"
    parts.append(
        f'<div class="{kind}">{html.escape(_verdict(sheet))}' + (f"<ul>{problems}</ul>" if problems else "") + "</div>"
    )
    for name, section in sheet.content.items():
        parts.append(f"<h2>{html.escape(name)}</h2>")
        for table in _tables(name, section):
            kind = "fields sign" if name == "Review" else "fields" if table[0] == FIELDS else "rows"
            parts.append(f'<table class="{kind}">{_cells(table)}</table>')
    head = f'<meta charset="utf-8"><title>{html.escape(title(sheet))}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{chr(10).join(parts)}</body></html>\n'


def _verdict(sheet: Sheet) -> str:
    if sheet.complete:
        return "Complete: everything below was read from the ledger, the receipts and the raw files, and agrees."
    return f"NOT COMPLETE: {len(sheet.problems)} problem{'s' if len(sheet.problems) > 1 else ''}"


def _tables(name: str, section: Any) -> list[list[list[str]]]:
    """A section's tables, head first: fields one under the other; rows side by side, save for sources, which are too
    wide for that."""
    if isinstance(section, Mapping):
        return [_fields(section)]
    if not section:
        return [[["none"]]]
    if name == "Sources":
        return [_fields(row) for row in section]
    return [[list(section[0]), *([_text(value) for value in row.values()] for row in section)]]


def _fields(section: Mapping[str, Any]) -> list[list[str]]:
    return [FIELDS, *([name, _text(value)] for name, value in section.items())]


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _cells(table: list[list[str]]) -> str:
    head, *rows = table
    text = "<tr>" + "".join(f"<th>{html.escape(cell)}</th>" for cell in head) + "</tr>"
    for row in rows:
        text += "\n<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
    return text


FORMATS = {".html": to_html, ".md": to_markdown, ".json": to_json}
