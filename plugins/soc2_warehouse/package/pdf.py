"""The report as PDF: the same content as report.html, for paper and for file stores.

ReportLab, because it needs Python alone and, told to be invariant, gives the same bytes for the same content. The font
comes with the package: which ones a machine has must not decide what a name looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from soc2_warehouse.package import conclusions, results, wording
from soc2_warehouse.package.content import Content

FONTS = Path(__file__).parent / "fonts"
FONT, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
ACCENT, SOFT, LINE, WASH = (colors.HexColor(f"#{code}") for code in ("1F4E79", "55616E", "D5DBE2", "F4F6F8"))
TAGS = {
    "insufficient_evidence": colors.HexColor("#9A6700"),
    "deviations_noted": colors.HexColor("#A61B1B"),
    "no_deviations": colors.HexColor("#2E7D4F"),
    "no_occurrence": SOFT,
    "not_in_scope": SOFT,
}


def _style(name: str, size: float, leading: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=FONT, fontSize=size, leading=leading, splitLongWords=True, **more)


def _bold(name: str, size: float, leading: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=BOLD, fontSize=size, leading=leading, **more)


BODY = _style("body", 8.5, 12, spaceAfter=4)
SMALL = _style("small", 7, 9.4)
CELL = _style("cell", 7.3, 9.6)
HEAD = _style("head", 7.3, 9.6, textColor=SOFT)
H1 = _bold("h1", 18, 23, spaceAfter=8)
H2 = _bold("h2", 12.5, 17, spaceBefore=18, spaceAfter=6, textColor=ACCENT, keepWithNext=True)
H3 = _bold("h3", 9.2, 13, spaceBefore=16, spaceAfter=3, keepWithNext=True)
KICKER = _style("kicker", 8, 11, textColor=SOFT)
NOTICE = _style(
    "notice", 8.5, 12, backColor=WASH, borderPadding=6, spaceBefore=10, spaceAfter=12, leftIndent=6, rightIndent=6
)


@lru_cache(maxsize=1)
def fonts() -> frozenset[int]:
    """Register the fonts; returns the characters that they have."""
    faces = [TTFont(name, str(FONTS / f"{name}.ttf")) for name in (FONT, BOLD)]
    for face in faces:
        pdfmetrics.registerFont(face)
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=FONT, boldItalic=BOLD)
    return frozenset.intersection(*(frozenset(face.face.charToGlyph) for face in faces))


def text(value: Any) -> str:
    """Text for a paragraph. A character that the font lacks is printed as its code: never as an empty box."""
    known = fonts()
    shown = "".join(
        one if ord(one) in known or one.isspace() else f"[U+{ord(one):04X}]" for one in wording.plain(value)
    )
    return escape(shown)


def cell(value: Any, style: ParagraphStyle = CELL) -> Paragraph:
    return Paragraph(text(value), style)


def marked(value: str, style: ParagraphStyle = CELL) -> Paragraph:
    """A paragraph of markup of ours."""
    return Paragraph(value, style)


def tags(found: results.Result) -> Paragraph:
    shown = [
        f'<font color="{TAGS[one].hexval().replace("0x", "#")}"><b>{conclusions.WORDS[one]}</b></font>'
        for one in found.conclusions
    ]
    return marked("<br/>".join(shown))


class Strip(Flowable):
    """A control's days, one mark each: low passed, high failed, hollow not tested, a line not judged."""

    def __init__(self, days: str, width: float) -> None:
        super().__init__()
        self.days, self.width, self.height = days, min(width, 8 * len(days)), 12

    def draw(self) -> None:
        step, x = self.width / max(len(self.days), 1), 0.0
        for letter, same in groupby(self.days):
            length = len(list(same)) * step
            height = {"p": 5, "f": 11, "n": 8, "o": 5, "-": 1}[letter]
            colour = TAGS[
                {"p": "no_deviations", "f": "deviations_noted", "n": "insufficient_evidence"}.get(
                    letter, "no_occurrence"
                )
            ]
            self.canv.setStrokeColor(colour)
            self.canv.setFillColor(colour)
            self.canv.rect(
                x + 0.3, 0, max(length - 0.6, 0.4), height, stroke=int(letter == "n"), fill=int(letter != "n")
            )
            x += length


def table(
    heads: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[float], numbers: Iterable[int] = ()
) -> Table:
    """A table whose heads repeat on each page. widths: shares; numbers: columns that are right-aligned."""
    total = sum(widths)
    right = set(numbers)
    shown = {style: ParagraphStyle(f"{style.name} right", style, alignment=2) for style in (CELL, HEAD)}
    body = [[cell(head, shown[HEAD] if n in right else HEAD) for n, head in enumerate(heads)]]
    for row in rows:
        body.append(
            [
                value if _flows(value) else cell(value, shown[CELL] if n in right else CELL)
                for n, value in enumerate(row)
            ]
        )
    made = Table(body, [WIDTH * width / total for width in widths], repeatRows=1, spaceBefore=2, spaceAfter=8)
    made.setStyle(TableStyle([*_LINES, ("BACKGROUND", (0, 0), (-1, 0), WASH)]))
    return made


def _flows(value: Any) -> bool:
    """Whether a value is laid out already, and no text yet."""
    return isinstance(value[0] if isinstance(value, list) and value else value, Flowable)


_LINES: list[tuple[Any, ...]] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
    ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
]


def fields(rows: Iterable[tuple[str, Any]]) -> Table:
    """Names and values, one under the other."""
    body = [[cell(name, HEAD), value if _flows(value) else cell(value)] for name, value in rows if value]
    made = Table(body, [WIDTH * 0.16, WIDTH * 0.84], spaceBefore=2, spaceAfter=6)
    made.setStyle(TableStyle(_LINES))
    return made


def write(content: Content, file: Path) -> None:
    """Write report.pdf."""
    from soc2_warehouse.package.pdf_pages import story

    fonts()
    window = content.window
    foot = text(f"{window.engagement['engagement_id']} · {wording.kind(window)} · {wording.period(window)}")
    title = f"Tests of controls and results, {wording.period(window)}"

    def furniture(canvas: Any, document: Any) -> None:
        canvas.setFont(FONT, 7)
        canvas.setFillColor(SOFT)
        canvas.drawString(MARGIN, 10 * mm, foot)
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"page {document.page}")
        if "demo" in content.environment:
            canvas.drawCentredString(A4[0] / 2, 10 * mm, "demo environment")

    document = Outlined(
        str(file),
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=title,
        author="SOC 2 compliance warehouse",
        subject=wording.NO_OPINION,
        invariant=1,
        lang="en",
    )
    frame = Frame(MARGIN, 18 * mm, WIDTH, A4[1] - 34 * mm, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate("page", [frame], onPage=furniture)])
    document.build(story(content))


class Outlined(BaseDocTemplate):
    """A document whose headings are its outline."""

    def afterFlowable(self, flowable: Flowable) -> None:
        level = {H2.name: 0, H3.name: 1}.get(flowable.style.name) if isinstance(flowable, Paragraph) else None
        if level is not None:
            key = f"heading-{self.page}-{flowable.getPlainText()}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(flowable.getPlainText(), key, level, closed=True)


def heading(value: str, level: int) -> Paragraph:
    return Paragraph(text(value), {1: H1, 2: H2, 3: H3}[level])


def space(height: float) -> Spacer:
    return Spacer(1, height)
