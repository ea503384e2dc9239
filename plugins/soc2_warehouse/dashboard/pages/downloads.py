"""Downloads: every published table as CSV or xlsx, and the auditor's packages."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.background import BackgroundTask

from soc2_warehouse.dashboard import exports
from soc2_warehouse.dashboard.access import only
from soc2_warehouse.dashboard.app import Link
from soc2_warehouse.dashboard.reading import Published, Reader
from soc2_warehouse.dashboard.rendering import page as rendered
from soc2_warehouse.settings import settings

ROLES = ("data_team", "auditor")
router = APIRouter(dependencies=[only(*ROLES)])
LINK = Link("Downloads", "/downloads", 100, ROLES)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/downloads")
def downloads(request: Request, published: Published, text: str = "") -> HTMLResponse:
    """text: only tables whose name or description has it."""
    found = published.rows(
        """
        select table_name, coalesce(comment, '') as description, estimated_size as rows, column_count as columns
        from duckdb_tables()
        where database_name = current_database() and not internal
            and ($text = '' or contains(lower(concat_ws(' ', table_name, comment)), lower($text)))
        order by table_name
        """,
        {"text": text.strip()},
    )
    return rendered(
        request,
        "downloads.html",
        title="Downloads",
        day=published.day,
        tables=found,
        text=text.strip(),
        packages=[{"name": file.name, "size": file.stat().st_size} for file in packages()],
        sheet_rows=exports.SHEET_ROWS,
    )


@router.get("/downloads/tables/{table}.csv")
def as_csv(published: Published, table: str) -> Response:
    """The whole table, streamed. 404 when the file has no such table."""
    try:
        lines = exports.csv_lines(published, table)
    except LookupError as error:
        raise HTTPException(404, str(error.args[0])) from error
    name = _name(published, table, "csv")
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


@router.get("/downloads/tables/{table}.xlsx")
def as_xlsx(published: Published, table: str) -> Response:
    """The whole table as a workbook. 404 when the file has no such table, 413 when no sheet can hold it."""
    folder = Path(tempfile.mkdtemp(prefix="soc2-xlsx-"))
    try:
        exports.write_xlsx(published, table, folder / "table.xlsx")
        sent = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
        headers = {"Content-Disposition": _name(published, table, "xlsx")}
        return FileResponse(folder / "table.xlsx", media_type=XLSX, headers=headers, background=sent)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, LookupError):
            raise HTTPException(404, str(error.args[0])) from error
        if isinstance(error, exports.TooLarge):
            raise HTTPException(413, str(error)) from error
        raise


@router.get("/downloads/packages/{name}")
def package(name: str) -> Response:
    """A package that lies in ``SOC2_HOME/packages``. 404 for any other name: a name is compared, never a path."""
    for file in packages():
        if file.name == name:
            return FileResponse(file, media_type="application/zip", filename=file.name)
    raise HTTPException(404, "there is no such package")


def packages() -> list[Path]:
    """The auditor's packages, newest name first. A link is none: it may lead out of the folder."""
    folder = settings().home / "packages"
    return sorted((file for file in folder.glob("*.zip") if file.is_file() and not file.is_symlink()), reverse=True)


def _name(published: Reader, table: str, kind: str) -> str:
    """Content-Disposition: table and judged day."""
    return f'attachment; filename="{table}-{published.day or "nothing-judged"}.{kind}"'
