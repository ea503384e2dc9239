"""The report and the index as HTML: pages that need nothing beside them."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from soc2_warehouse.package import conclusions, request_list, results, wording
from soc2_warehouse.package.content import Content
from soc2_warehouse.package.results import PRINTED

TEMPLATES = Path(__file__).parent / "templates"
#: Width and height of a day in the strip, in pixels; long windows get thinner days.
STRIP, DAY, HEIGHT = 720, 14, 16


def strip(days: str, first: Any) -> Markup:
    """A control's days as one row of marks, told by shape as well as by colour."""
    width = min(DAY, STRIP / max(len(days), 1))
    marks, x = [], 0.0
    for letter, same in groupby(days):
        length = len(list(same))
        marks.append(_mark(letter, x, length * width))
        x += length * width
    told = "; ".join(f"{days.count(letter)} {word}" for letter, word in results.LETTERS.items() if letter in days)
    return Markup('<svg class="strip" role="img" aria-label="{}" width="{:.1f}" height="{}">{}</svg>').format(
        f"days from {first}: {told}", x, HEIGHT, Markup("").join(marks)
    )


def _mark(letter: str, x: float, width: float) -> Markup:
    """Passed is low, failed is high, untested is hollow, not judged is a line: readable without colour."""
    top = {"p": 9, "f": 0, "n": 3, "o": 9, "-": 14}[letter]
    return Markup('<rect class="d{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(
        "x" if letter == "-" else letter, x + 0.3, top, max(width - 0.6, 0.8), HEIGHT - top
    )


def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"when": wording.when, "number": wording.number, "share": wording.share, "plain": wording.plain}
    found.globals |= {
        "wording": wording,
        "strip": strip,
        "printed": PRINTED,
        "words": conclusions.WORDS,
        "letters": results.LETTERS,
    }
    return found


def html(content: Content) -> str:
    """report.html."""
    return _environment().get_template("report.html").render(content=content, window=content.window)


def index(content: Content, files: list[dict[str, Any]]) -> str:
    """index.html. files: of the manifest, ``path, sha256, size``."""
    shown = [file for file in files if not file["path"].startswith(("landing/", "ledger/", "anchors/"))]
    evidence = [file for file in files if file not in shown]
    return (
        _environment()
        .get_template("index.html")
        .render(
            content=content,
            window=content.window,
            requests=request_list.answered(content.results),
            files=shown,
            evidence={"files": len(evidence), "size": sum(file["size"] for file in evidence)},
        )
    )
