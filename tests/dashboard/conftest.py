"""The pages as people meet them: a real Airflow API server over two nights of the sandbox company, and a real browser.

``visit(user, path)`` opens a page and, at the end of the test, asserts that it asked no other host for anything and
wrote no error to the console. ``client(user)`` is the same visitor without a browser.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from soc2_warehouse import embedded
from soc2_warehouse.settings import PROJECT, Settings, from_environment

sys.path.insert(0, str(Path(__file__).parent))
from airflow_server import serving  # reason: pytest's import mode knows no siblings

# Airflow reads its environment at its first import, so it is set here, before any test module is.
embedded.configure(from_environment())

LAPTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
#: Where pictures go; the docs show those of ``docs/pictures`` (``TEST_PICTURES=docs/pictures make test``).
PICTURES_VARIABLE = "TEST_PICTURES"


@pytest.fixture(scope="session")
def pages_home(played: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with what the played nights left, an Airflow and a published file of its own."""
    home = tmp_path_factory.mktemp("pages") / "home"
    (home / "published").mkdir(parents=True)
    shutil.copyfile(played.published_file, home / "published" / "warehouse.duckdb")
    for name in ("landing", "ledger", "quality"):
        assert (played.home / name).exists(), f"the played nights left no {name}"
        (home / name).symlink_to(played.home / name)
    return home


@pytest.fixture
def published(pages_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file that the pages read, for what a test expects to see."""
    with duckdb.connect(str(pages_home / "published" / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture
def republished(pages_home: Path, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """``republished(*statements)``: another file takes the place of the published one, changed by these statements,
    as a night's publishing does it. The old one comes back at the end of the test.
    """
    file = pages_home / "published" / "warehouse.duckdb"
    kept = tmp_path / "kept.duckdb"
    shutil.copyfile(file, kept)

    def change(*statements: str) -> None:
        draft = file.with_name("draft.duckdb")
        shutil.copyfile(kept, draft)
        with duckdb.connect(str(draft)) as connection:
            for statement in statements:
                connection.execute(statement)
        draft.replace(file)

    yield change
    kept.replace(file)


@pytest.fixture(scope="session")
def server(pages_home: Path) -> Iterator[str]:
    """Address of the API server."""
    with serving(pages_home) as url:
        yield url


@pytest.fixture(scope="session")
def token(server: str) -> Callable[[str], str]:
    """user → Airflow's token for them."""
    known: dict[str, str] = {}

    def get(user: str) -> str:
        if user not in known:
            answer = httpx.post(f"{server}/auth/token", json={"username": user, "password": user}, timeout=60)
            known[user] = answer.raise_for_status().json()["access_token"]
        return known[user]

    return get


@pytest.fixture(scope="session")
def client(server: str, token: Callable[[str], str]) -> Iterator[Callable[..., httpx.Client]]:
    """``client(user)``: requests of that user; ``client()``: of nobody. Redirects are not followed."""
    opened: dict[str | None, httpx.Client] = {}

    def get(user: str | None = None) -> httpx.Client:
        if user not in opened:
            headers = {"Authorization": f"Bearer {token(user)}"} if user else {}
            # The server hangs up on who is silent for five seconds: not to be met while it does.
            limits = httpx.Limits(keepalive_expiry=2)
            opened[user] = httpx.Client(base_url=server, headers=headers, timeout=60, limits=limits)
        return opened[user]

    yield get
    for one in opened.values():
        one.close()


@pytest.fixture(scope="session")
def browser(launch: Callable[[], Any]) -> Iterator[Any]:
    """A Chromium for the pages."""
    started = launch()
    yield started
    started.close()


@dataclass
class Visitor:
    """A browser page with what it did that no page of ours may do."""

    page: Any
    server: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._asked)
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.server + "/", "data:", "about:", "blob:")):
            self.wrong.append(f"asked another host: {request.url}")

    def go(self, path: str) -> Any:
        """Open a page of ours and return the browser's page. path: without the prefix, as ``/window``."""
        answer = self.page.goto(f"{self.server}/soc2{path}", wait_until="load")
        assert answer.ok, f"{path}: {answer.status}"
        return self.page

    @property
    def overflow(self) -> int:
        """Pixels by which the page is wider than the window: 0 on a page that is not scrolled sideways."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def visit(server: str, browser: Any, token: Callable[[str], str]) -> Iterator[Callable[..., Visitor]]:
    """``visit(user, dark=False, phone=False)``: a visitor who is logged in; user None: nobody yet."""
    visitors: list[Visitor] = []

    def open_one(user: str | None = "dan", *, dark: bool = False, phone: bool = False) -> Visitor:
        context = browser.new_context(
            viewport=PHONE if phone else LAPTOP,
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(20_000)
        if user is not None:
            context.add_cookies([{"name": "_token", "value": token(user), "url": server}])
        visitors.append(Visitor(context.new_page(), server))
        return visitors[-1]

    yield open_one
    wrong = [told for visitor in visitors for told in visitor.wrong]
    for visitor in visitors:
        visitor.page.context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``picture(visitor, name)``: a screenshot of what is in the window; ``whole=True``: of the whole page."""
    given = os.environ.get(PICTURES_VARIABLE)
    folder = PROJECT / given if given else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)

    def take(visitor: Visitor, name: str, *, whole: bool = False) -> Path:
        file = folder / f"{name}.png"
        visitor.page.screenshot(path=str(file), full_page=whole, animations="disabled")
        assert file.stat().st_size > 5_000, f"{name}: the picture is all but empty"
        return file

    return take
