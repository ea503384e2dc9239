"""Data Docs that open without a network: built once a run, scripts and remote assets taken out, an index of our own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from great_expectations.data_context import AbstractDataContext

#: The scripts need libraries from content networks, and only fold and filter; the footers advertise.
TAKEN_OUT = re.compile(
    r"<script\b.*?</script>|<footer\b.*?</footer>|<(?:link|img)\b[^>]*\s(?:href|src)=[\"']https?://[^>]*>",
    re.IGNORECASE | re.DOTALL,
)
STYLE = """<style>
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem;color:#1c2330}
table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{border:1px solid #d6dbe3;padding:.35rem .6rem;
text-align:left;vertical-align:top}th{background:#f2f4f8}pre,code{white-space:pre-wrap;font-size:13px}
a{color:#14539a}.navbar,.breadcrumb{list-style:none;padding:0}.pass,.text-success{color:#16703a}
.fail,.text-danger{color:#b3261e}.error{color:#8a5a00}.collapse:not(.show){display:block}
svg,img{max-width:1.2rem;max-height:1.2rem}ul{padding-left:1.2rem}
</style>"""


class Said(Protocol):
    """An answer as the index shows it."""

    @property
    def step(self) -> str: ...
    @property
    def outcome(self) -> str: ...


def build(context: AbstractDataContext, folder: Path, title: str, answers: Mapping[str, Sequence[Said]]) -> None:
    """Write the site into ``folder``, in place of the one before. The results themselves are kept in the ledger."""
    draft = folder.with_name(f".{folder.name}-draft")
    shutil.rmtree(draft, ignore_errors=True)
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(draft)}
    context.add_data_docs_site(
        site_name="results",
        site_config={
            "class_name": "SiteBuilder",
            "store_backend": backend,
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    context.build_data_docs(site_names=["results"])
    for page in draft.rglob("*.html"):
        text = TAKEN_OUT.sub("", page.read_text(encoding="utf-8"))
        page.write_text(text.replace("<head>", f"<head>{STYLE}", 1), encoding="utf-8")
    (draft / "index.html").write_text(_index(draft, title, answers), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def _index(site: Path, title: str, answers: Mapping[str, Sequence[Said]]) -> str:
    """A row per control, a cell per expectation, linked to the control's page where there is one."""
    steps = list(dict.fromkeys(answer.step for said in answers.values() for answer in said))
    pages = {page.relative_to(site).parts[1]: page.relative_to(site) for page in site.glob("validations/*/**/*.html")}
    rows = []
    for control_id in sorted(answers):
        by_step = {answer.step: str(answer.outcome) for answer in answers[control_id]}
        name = escape(control_id)
        link = f'<a href="{pages[control_id].as_posix()}">{name}</a>' if control_id in pages else name
        cells = "".join(f'<td class="{by_step.get(s, "")}">{by_step.get(s, "not asked")}</td>' for s in steps)
        rows.append(f"<tr><th>{link}</th>{cells}</tr>")
    head = "".join(f"<th>{escape(step)}</th>" for step in steps)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{STYLE}</head><body>'
        f"<h1>{escape(title)}</h1><table><tr><th>control</th>{head}</tr>{''.join(rows)}</table></body></html>"
    )
