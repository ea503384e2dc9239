"""How fast the pages are in a browser, over a published file of a large company.

    .venv/bin/python benchmarks/page_speed.py --file /tmp/large.duckdb

Starts a real API server over the file (see published_file.py) and opens each page in Chromium some times, each time
with an empty cache. First paint: from the request to the first content on the screen. Loaded: scripts and charts too.
Server: the time until the first byte. Milliseconds of this machine, median and worst.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests" / "dashboard"))

from airflow_server import serving  # noqa: E402

PAGES = (
    "/",
    "/?category=Security&severity=high",
    "/window",
    "/window?verdict=fail&page=2",
    "/controls/AC-01",
    "/controls/AC-01?state=open&result=exception",
    "/exceptions",
    "/exceptions?overdue=1&sort=severity",
    "/people",
    "/changes",
    "/vendors",
    "/preparation",
    "/sources",
    "/downloads",
)
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
TIMES = """() => {
  const navigation = performance.getEntriesByType('navigation')[0];
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  return {server: navigation.responseStart, paint: paint ? paint.startTime : NaN, loaded: navigation.loadEventEnd,
    bytes: navigation.decodedBodySize};
}"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--file", type=Path, required=True, help="a published file")
    arguments.add_argument("--times", type=int, default=5)
    arguments.add_argument("--chromium", default="/usr/bin/chromium")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="soc2-pages-") as folder:
        home = Path(folder)
        (home / "published").mkdir()
        (home / "published" / "warehouse.duckdb").symlink_to(given.file.absolute())
        with serving(home) as url:
            measure(url, given.times, given.chromium)


def measure(url: str, times: int, chromium: str) -> None:
    """Print a row per page."""
    from playwright.sync_api import sync_playwright

    print(f"load of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}, {os.cpu_count()} cores")
    print(f"{'page':46}{'server':>14}{'first paint':>16}{'loaded':>16}{'kB':>7}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        cookie = {"name": "_token", "value": token(url, "dan"), "url": url}
        opened(browser, f"{url}/soc2/", cookie)  # the application is made when somebody first asks for a page
        for page in PAGES:
            found = [opened(browser, f"{url}/soc2{page}", cookie) for _ in range(times)]
            columns = [
                f"{median(one[name] for one in found):6.0f} ({max(one[name] for one in found):.0f})"
                for name in ("server", "paint", "loaded")
            ]
            size = found[0]["bytes"] / 1000
            print(f"{page:46}{columns[0]:>14}{columns[1]:>16}{columns[2]:>16}{size:7.0f}", flush=True)
        browser.close()


def opened(browser: Any, address: str, cookie: dict[str, str]) -> dict[str, float]:
    """Times of one visit with an empty cache. Raises RuntimeError when the page is an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([cookie])
    page = context.new_page()
    answer = page.goto(address, wait_until="load")
    if not answer.ok:
        raise RuntimeError(f"{address}: {answer.status}")
    page.wait_for_timeout(100)
    times: dict[str, float] = page.evaluate(TIMES)
    context.close()
    return times


def token(url: str, user: str) -> str:
    body = json.dumps({"username": user, "password": user}).encode()
    request = urllib.request.Request(f"{url}/auth/token", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["access_token"])


if __name__ == "__main__":
    main()
