"""What a page says, read from its HTML: tables with their captions, facts, links. And the published file beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import httpx


@dataclass
class Table:
    """headings and rows are the texts of the cells; links: the addresses in each row."""

    caption: str = ""
    headings: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    links: list[list[str]] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        place = self.headings.index(name)
        return [row[place] for row in self.rows]


class Page(HTMLParser):
    """``read(response)`` makes one. total: rows of the whole list, as the pager says."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.links: list[str] = []
        self.facts: dict[str, str] = {}
        self.heading = ""
        self.pager = ""
        self._text: list[str] | None = None
        self._within = ""
        self._name = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr" and self.tables and self._within == "tbody":
            self.tables[-1].rows.append([])
            self.tables[-1].links.append([])
        elif tag in ("thead", "tbody"):
            self._within = tag
        elif tag == "a":
            self.links.append(str(given.get("href")))
            if self._within == "tbody":
                self.tables[-1].links[-1].append(self.links[-1])
        elif tag == "br" and self._text is not None:
            self._text.append(" ")
        if tag in ("td", "th", "caption", "h1", "dt", "dd") or (tag, given.get("class")) == ("nav", "pager"):
            self._text = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self._within = ""
        if self._text is None or tag not in ("td", "th", "caption", "h1", "dt", "dd", "nav"):
            return
        text = " ".join("".join(self._text).split())
        if tag == "td":
            self.tables[-1].rows[-1].append(text)
        elif tag == "th":
            self.tables[-1].headings.append(text)
        elif tag == "caption":
            self.tables[-1].caption = text
        elif tag == "h1":
            self.heading = text
        elif tag == "dt":
            self._name = text
        elif tag == "dd":
            self.facts[self._name] = text
        else:
            self.pager = text
        self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def table(self, caption: str) -> Table:
        """The one table whose caption begins so; without the row that says that there is nothing."""
        (found,) = [table for table in self.tables if table.caption.startswith(caption)]
        if found.rows == [["Nothing."]]:
            return Table(found.caption, found.headings)
        return found

    @property
    def total(self) -> int:
        return int(self.pager.split("·")[1].split(" rows")[0].replace(",", ""))

    @property
    def pages(self) -> int:
        return int(self.pager.split(" of ")[1].split(" ·")[0])


def read(answer: httpx.Response, status: int = 200) -> Page:
    """The page of an answer that must have this status."""
    assert answer.status_code == status, f"{answer.request.url}: {answer.status_code} {answer.text[:300]}"
    return Page(answer.text)


def published(home: Path) -> duckdb.DuckDBPyConnection:
    """The file that the pages read."""
    return duckdb.connect(str(home / "published" / "warehouse.duckdb"), read_only=True)


def ids(table: Table, prefix: str) -> list[str]:
    """Of each row, what follows the prefix in the first address that has it."""
    found = [[link for link in links if prefix in link] for links in table.links]
    return [links[0].split(prefix, 1)[1] for links in found if links]


#: What visitors may send to hurt: each is a text like any other.
HOSTILE = (
    "' or 1=1 --",
    "'; drop table fct_exception; --",
    '"',
    "%",
    "_",
    "\\",
    "$state",
    "?",
    "{{ 7 * 7 }}",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "a\x00b",
    "\ud7ff\U0001f4a3",
    "x" * 4000,
)


def unharmed(client: httpx.Client, path: str, names: Sequence[str]) -> None:
    """The filters of the page take every hostile text as a text: nothing is found by it, and nothing of it runs."""
    for text in HOSTILE:
        answer = client.get(f"/soc2{path}", params=dict.fromkeys(names, text), headers={"Accept": "text/html"})
        page = read(answer)
        assert page.total == 0, text
        assert "<script>alert" not in answer.text and "49" not in page.heading
