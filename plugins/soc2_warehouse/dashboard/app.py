"""The pages as one FastAPI application: every module of ``pages/``, and nothing for anonymous visitors."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response

from soc2_warehouse.dashboard import access, pages, rendering
from soc2_warehouse.dashboard.reading import NotPublished

STATIC = rendering.HERE / "static"
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
    app.add_exception_handler(HTTPException, refused)  # type: ignore[arg-type]
    app.add_exception_handler(NotPublished, not_published)  # type: ignore[arg-type]
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
    """Style, script and chart library."""
    file = STATIC / name
    if file.parent != STATIC or not file.is_file():
        raise HTTPException(404, "no such file")
    return FileResponse(file, headers={"Cache-Control": "private, max-age=3600"})


def refused(request: Request, error: HTTPException) -> Response:
    """People get a login page or a page; programs get the status."""
    wants_html = "text/html" in request.headers.get("accept", "")
    if not wants_html:
        return JSONResponse({"detail": error.detail}, error.status_code, headers=error.headers)
    if error.status_code == 401:
        return RedirectResponse(f"/auth/login/?next={quote(str(request.url), safe='')}", 302)
    return rendering.page(request, "refused.html", error.status_code, title="Not shown", detail=error.detail)


def not_published(request: Request, error: NotPublished) -> Response:
    return rendering.page(request, "refused.html", 503, title="Nothing published yet", detail=str(error))
