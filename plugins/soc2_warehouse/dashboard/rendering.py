"""Templates, and the words and marks that every page uses for the same thing."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from soc2_warehouse.dashboard import PREFIX

HERE = Path(__file__).parent
STATIC = HERE / "static"

#: Status is never told by colour alone: mark, word and class of each.
MARKS = {
    "pass": ("●", "pass"),
    "fail": ("✗", "fail"),
    "not_tested": ("○", "not tested"),
    "gap": ("–", "gap"),
    "exception": ("✗", "exception"),
    "unknown": ("?", "unknown"),
    "pending": ("…", "pending"),
    "excluded": ("∅", "excluded"),
    "open": ("✗", "open"),
    "accepted": ("◐", "accepted"),
    "mitigated": ("◑", "mitigated"),
    "remediated": ("●", "remediated"),
    "closed_entity_removed": ("●", "removed"),
    "false_positive": ("◌", "false positive"),
    "usable": ("●", "usable"),
    "no_data": ("✗", "no data"),
    "stale": ("○", "stale"),
    "not_in_use": ("∅", "not in use"),
    "complete": ("●", "complete"),
    "partial": ("◐", "partial"),
    "incomplete": ("○", "incomplete"),
    "failed": ("✗", "failed"),
}


def mark(status: str | None) -> Markup:
    """A status as mark and word."""
    sign, word = MARKS.get(status or "", ("·", (status or "none").replace("_", " ")))
    return Markup('<span class="status {}"><span aria-hidden="true">{}</span> {}</span>').format(
        status or "none", sign, word
    )


def when(value: Any) -> str:
    """A date, or an instant to the minute in UTC; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def number(value: Any) -> str:
    """12,345; nothing for None."""
    return "" if value is None else f"{value:,}"


def plain(value: Any) -> str:
    """A declared value as people read it: lists with commas, yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {plain(item)}" for name, item in value.items())
    return "" if value is None else str(value)


def as_json(value: Any) -> Markup:
    """JSON that may stand in a script element."""
    text = json.dumps(value, default=when, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def address(request: Request, path: str, **query: Any) -> str:
    """Address of a page of ours; empty values are left out."""
    left = {name: value for name, value in query.items() if value not in (None, "", [])}
    root = request.scope.get("root_path", "")
    return f"{root}{path}" + (f"?{urlencode(left, doseq=True)}" if left else "")


@lru_cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(request: Request, name: str) -> str:
    """Address of a file of ``static/``; another one when its content is another, so that browsers may keep it."""
    return address(request, f"/static/{name}", v=_version(name))


def airflow(request: Request, path: str) -> str:
    """Address of a page of Airflow itself, beside which the pages are mounted."""
    return request.scope.get("root_path", "").removesuffix(PREFIX) + path


_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {"mark": mark, "when": when, "number": number, "plain": plain, "as_json": as_json}


def page(request: Request, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
    """A page from ``templates/<template>``; the template also gets request, role, user_name, navigation
    and the functions address, asset and airflow.
    """
    html = _environment.get_template(template).render(
        request=request,
        role=getattr(request.state, "role", "viewer"),
        user_name=getattr(request.state, "user_name", ""),
        navigation=request.app.state.navigation,
        address=lambda path, **query: address(request, path, **query),
        asset=lambda name: asset(request, name),
        airflow=lambda path: airflow(request, path),
        **values,
    )
    return HTMLResponse(html, status_code=status_code)
