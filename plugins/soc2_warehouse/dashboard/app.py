"""The pages as one FastAPI application: every module of ``pages/``, and nothing for anonymous visitors."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from dataclasses import dataclass
from urllib.parse import quote

import duckdb
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException as AnyHTTPException

from soc2_warehouse.dashboard import access, pages, rendering
from soc2_warehouse.dashboard.reading import NotPublished

log = logging.getLogger(__name__)
#: No page asks anybody else for anything: it works offline, and what it shows goes nowhere.
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'self'"
)


@dataclass(frozen=True)
class Link:
    """Where a page stands in the navigation. roles: who sees it; empty for everybody."""

    title: str
    path: str
    order: int
    roles: tuple[str, ...] = ()


def create() -> FastAPI:
    """The application, to be mounted in Airflow's API server."""
    app = FastAPI(
        title="SOC 2 compliance",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(access.signed_in), Depends(access.remember)],
    )
    links = []
    for module in sorted(pkgutil.iter_modules(pages.__path__), key=lambda found: found.name):
        page = importlib.import_module(f"{pages.__name__}.{module.name}")
        app.include_router(page.router)
        links += [page.LINK] if getattr(page, "LINK", None) else []
    app.state.navigation = sorted(links, key=lambda link: link.order)
    app.add_api_route("/static/{name}", asset, methods=["GET"])
    app.add_exception_handler(AnyHTTPException, refused)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, not_understood)  # type: ignore[arg-type]
    app.add_exception_handler(NotPublished, not_published)  # type: ignore[arg-type]
    app.add_exception_handler(duckdb.CatalogException, of_another_version)  # type: ignore[arg-type]
    app.add_exception_handler(duckdb.BinderException, of_another_version)  # type: ignore[arg-type]
    app.middleware("http")(guarded)
    return app


async def guarded(request: Request, call_next: object) -> Response:
    response: Response = await call_next(request)  # type: ignore[operator]
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def asset(name: str) -> Response:
    """Style, script and chart library. Their address names their content, so that a browser asks once."""
    file = rendering.STATIC / name
    if file.parent != rendering.STATIC or not file.is_file():
        raise HTTPException(404, "there is no such file")
    return FileResponse(file, headers={"Cache-Control": "private, max-age=31536000, immutable"})


def refused(request: Request, error: AnyHTTPException) -> Response:
    """People get a login page or a page; programs get the status."""
    if not _wants_html(request):
        return JSONResponse({"detail": error.detail}, error.status_code, headers=error.headers)
    if error.status_code == 401:
        login = rendering.airflow(request, "/auth/login/")
        return RedirectResponse(f"{login}?next={quote(str(request.url), safe='')}", 302)
    title = "Not found" if error.status_code == 404 else "Not shown"
    return rendering.page(request, "refused.html", error.status_code, title=title, detail=error.detail)


def not_understood(request: Request, error: RequestValidationError) -> Response:
    """The address asks with a value that the page cannot take."""
    names = sorted({str(one["loc"][-1]) for one in error.errors()})
    detail = f"The address has a value that this page does not understand: {', '.join(names)}"
    if not _wants_html(request):
        return JSONResponse({"detail": detail}, 422)
    return rendering.page(request, "refused.html", 422, title="Not understood", detail=detail)


def not_published(request: Request, error: NotPublished) -> Response:
    return _unavailable(request, "Nothing published yet", str(error))


def of_another_version(request: Request, error: duckdb.Error) -> Response:
    """A table or column that the page reads is not in the file: another version of the warehouse made it."""
    log.warning("%s: %s", request.url.path, error)
    return _unavailable(
        request, "Published by another version", "This version shows the file that the next night publishes"
    )


def _unavailable(request: Request, title: str, detail: str) -> Response:
    if not _wants_html(request):
        return JSONResponse({"detail": detail}, 503)
    return rendering.page(request, "refused.html", 503, title=title, detail=detail)


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
