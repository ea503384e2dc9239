"""soc2_access_review as people meet it: a real Airflow, its API and pages, and rules that no click gets around."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from soc2_warehouse.reviews import deciding, signing
from soc2_warehouse.reviews.campaign import Campaign, Decision, Line, load, writing
from soc2_warehouse.settings import PROJECT, Settings, from_environment

sys.path.insert(0, str(PROJECT / "tests" / "dashboard"))
from airflow_server import REVIEWERS, serving  # reason: pytest's import mode knows no siblings

pytestmark = pytest.mark.slow(minutes=1)

DAY = date(2026, 7, 2)
DAG, REVIEW = "soc2_access_review", "AR-2026-Q2-github"
KENJI, INGRID = REVIEWERS
#: As if nobody had begun the review of GitHub; of its accounts three are left, and one has a name that means trouble.
ARRANGE = (
    "update fct_access_review set review_id = null where (review_period, system_id) = ('2026-Q2', 'github')",
    "delete from fct_access_review_line_proposed where system_id <> 'github' "
    "or login not in ('kwatanabe', 'aduarte', 'apatel')",
    "update fct_access_review_line_proposed set name = 'Ana {{ 7*7 }} <b>*D*' where login = 'aduarte'",
    "delete from dim_account where login not in ('kwatanabe', 'aduarte', 'apatel')",
)
PATIENCE_SECONDS = 120


#: The run of the DAG, in a process of its own: it waits for people, and they are here.
RUN = f"""
import json, sys
from datetime import UTC, date, datetime
from soc2_warehouse.embedded import Airflow
from soc2_warehouse.settings import settings
outcome = Airflow(settings()).run({DAG!r}, date({DAY.year}, {DAY.month}, {DAY.day}))
json.dump([outcome.state, outcome.tasks], open(sys.argv[1], "w"))
"""


class Reviewing:
    """The DAG as it runs, and a server over the same database that people answer."""

    def __init__(self, home: Path, server: str) -> None:
        self.server, self.told = server, home / "outcome.json"
        self.tokens: dict[str, str] = {}
        self.log = home / "dag.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        environment |= {"SOC2_HOME": str(home), "PYTHONPATH": str(PROJECT / "plugins")}
        environment["SOC2_RETRY_DELAY_SECONDS"] = "0.1"
        with self.log.open("wb") as sink:
            command = [sys.executable, "-c", RUN, str(self.told)]
            self.process = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink)

    def end(self) -> Any:
        """[state, {task: state}] of the run when it is over."""
        assert self.process.wait(PATIENCE_SECONDS) == 0, self.log.read_text()[-5000:]
        return json.loads(self.told.read_text())

    def token(self, user: str) -> str:
        if user not in self.tokens:
            answer = httpx.post(f"{self.server}/auth/token", json={"username": user, "password": user}, timeout=60)
            self.tokens[user] = answer.raise_for_status().json()["access_token"]
        return self.tokens[user]

    def asks(self, user: str, method: str, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        return httpx.request(method, f"{self.server}/api/v2{path}", headers=headers, timeout=60, **body)

    def page(self, has: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The page that waits for an answer and for which ``has`` is true, as soon as there is one."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            told = self.asks(KENJI, "GET", f"/dags/{DAG}/dagRuns/~/hitlDetails", params={"response_received": False})
            waiting = [
                one
                for one in told.raise_for_status().json()["hitl_details"]
                if one["task_instance"]["state"] == "awaiting_input" and has(one)
            ]
            if waiting:
                return dict(waiting[0])
            assert self.process.poll() is None, f"the run is over:\n{self.log.read_text()[-5000:]}"
            time.sleep(0.3)
        raise AssertionError(f"nobody is asked:\n{self.log.read_text()[-5000:]}")

    def answer(self, user: str, page: dict[str, Any], chosen: str, reason: str = "", removed: str = "") -> int:
        """The status of the API's answer."""
        task = page["task_instance"]
        path = (
            f"/dags/{DAG}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}/{task['map_index']}/hitlDetails"
        )
        form = {"reason": reason, "removed_permissions": removed} if task["task_id"] == "decide" else {}
        return self.asks(user, "PATCH", path, json={"chosen_options": [chosen], "params_input": form}).status_code


def about(name: str) -> Callable[[dict[str, Any]], bool]:
    return lambda page: name in page["subject"]


def again(why: str) -> Callable[[dict[str, Any]], bool]:
    return lambda page: why in (page["task_instance"]["rendered_map_index"] or "")


@pytest.fixture(scope="module")
def settings(played: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with the published file of the played nights as it is arranged, and their seals and keys."""
    home = tmp_path_factory.mktemp("access-review") / "home"
    shutil.copytree(played.published_file.parent, home / "published")
    shutil.copytree(played.home / "keys", home / "keys")
    shutil.copytree(played.ledger, home / "ledger")
    shutil.copy(played.home / ".company", home)
    here = from_environment({"SOC2_HOME": str(home)})
    with duckdb.connect(str(here.published_file)) as connection:
        for statement in ARRANGE:
            connection.execute(statement)
    return here


@pytest.fixture(scope="module")
def reviewing(settings: Settings) -> Iterator[Reviewing]:
    with serving(settings.home) as url:
        found = Reviewing(settings.home, url)
        yield found
        found.process.kill()
        found.process.wait()


def test_a_review_is_decided_in_airflows_pages_and_signed(
    reviewing: Reviewing, settings: Settings, launch: Callable[[], Any], tmp_path: Path
) -> None:
    """One test, since one run of the DAG is one story."""
    page = reviewing.page(about("Ana"))
    # What a system calls an account is neither a template nor Markdown.
    assert "Ana {{ 7*7 }} <b>*D*" in page["subject"] and r"\<b\>\*D\*" in page["body"] and "49" not in page["body"]
    assert "org\\:member" in page["body"] and "nobody on an own account" in page["body"]
    look_at(reviewing, page, launch, tmp_path)

    assert reviewing.answer("vera", page, "confirm") == 403
    assert reviewing.answer("dan", page, "confirm") == 200  # may use Airflow, and is nobody whom HR knows
    asked_again = reviewing.page(again("nobody whom HR or a contract knows"))
    assert "Ana {{ 7*7 }} <b>*D*: asked again, since" in asked_again["task_instance"]["rendered_map_index"]
    assert reviewing.answer(KENJI, asked_again, "revoke", "contract is over") == 200
    assert reviewing.answer(KENJI, asked_again, "confirm", "or not") == 409

    own = reviewing.page(about("Kenji Watanabe"))
    assert reviewing.answer(KENJI, own, "confirm", "I need it") == 200
    refused = reviewing.page(again("nobody reviews themselves"))
    assert reviewing.answer(INGRID, refused, "modify", "no owner is needed", "org:admin") == 200
    assert reviewing.answer(KENJI, reviewing.page(about("Arjun Patel")), "confirm", "works on it") == 200

    sign = reviewing.page(lambda one: one["task_instance"]["task_id"] == "sign")
    assert "revoke" in sign["body"] and "modify" in sign["body"] and "in the way" not in sign["body"]
    before = sign["task_instance"]["try_number"]
    assert reviewing.answer(INGRID, sign, "Approve") == 200
    sign = reviewing.page(lambda one: one["task_instance"]["try_number"] > before)
    assert reviewing.answer(KENJI, sign, "Approve") == 200
    state, tasks = reviewing.end()
    assert state == "success", tasks

    campaign = load(settings, REVIEW)
    made = {line.login: campaign.decisions[line.account] for line in campaign.lines}
    assert {login: (one.decision, one.by, one.way) for login, one in made.items()} == {
        "aduarte": ("revoke", "E1007", "airflow"),
        "kwatanabe": ("modify", "E1003", "airflow"),
        "apatel": ("confirm", "E1007", "airflow"),
    }
    assert made["kwatanabe"].removed_permissions == ("org:admin",)
    assert refusals(campaign) == ["dan", KENJI]
    assert campaign.closed is not None and campaign.closed["by"] == "E1007"
    assert "verify" in signing.verify(settings, REVIEW)[0]


def refusals(campaign: Campaign) -> list[str]:
    return [str(event["by"]).split(",")[0] for event in campaign.events if event["event"] == "refused"]


def look_at(reviewing: Reviewing, page: dict[str, Any], launch: Callable[[], Any], folder: Path) -> None:
    """The page in a browser: the handbook's fields, the options and the form are there."""
    task = page["task_instance"]
    browser = launch()
    try:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
        context.add_cookies([{"name": "_token", "value": reviewing.token(KENJI), "url": reviewing.server}])
        shown = context.new_page()
        shown.goto(
            f"{reviewing.server}/dags/{DAG}/runs/{task['dag_run_id']}/tasks/decide/mapped/{task['map_index']}"
            "/required_actions"
        )
        shown.get_by_text("Action required", exact=True).wait_for(timeout=60_000)
        for text in ("confirm", "revoke", "modify"):
            assert shown.get_by_role("button", name=text, exact=True).is_visible(), text
        assert shown.get_by_text("Ana {{ 7*7 }} <b>*D*", exact=True).first.is_visible()
        shown.screenshot(path=str(folder / "required-action.png"), full_page=True)
    finally:
        browser.close()


@pytest.fixture
def held(home: Settings) -> Campaign:
    """A review of one line, in a home of its own."""
    line = Line(1, "github", "7", "ann", "hris:1", "hris:1", "Ann", "SRE", None, ("org:member",), "active", "confirm")
    facts = {"review_period": "2026-Q2", "system_id": "github", "due_date": "2026-07-15", "decided_in": "airflow"}
    facts |= {"reviewer": "E1", "deputy": None, "snapshot_at": "2026-07-01T02:00:00Z"}
    with writing(home, REVIEW, is_new=True) as found:
        opened = {"event": "opened", "by": "x", **facts, "lines": [vars(line) | {"permissions": ["org:member"]}]}
        found.add(opened, at=datetime(2026, 7, 1, 9, tzinfo=UTC))
    return found


def test_a_page_that_nobody_answered_in_time_is_red_unless_the_line_is_decided_elsewhere(held: Campaign) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from soc2_warehouse.reviews.hitl import LineQuestion

    line, late = held.lines[0], {"error": "The timeout has passed", "error_type": "timeout"}
    page = LineQuestion(task_id="decide", review_id=REVIEW, line_no=1, shown=line.shown)
    with pytest.raises(AirflowFailException, match="line 1 of AR-2026-Q2-github was not decided by 2026-07-15"):
        page.execute_complete({}, late)
    other = LineQuestion(task_id="decide", review_id=REVIEW, line_no=1, shown="of another snapshot")
    with pytest.raises(AirflowFailException, match="was renewed"):
        other.execute({})
    made = Decision("revoke", "E1", "2026-07-02T09:00:00Z", "left", (), None, "spreadsheet", "E1")
    held.add(deciding.event(line, made), at=datetime(2026, 7, 2, 9, tzinfo=UTC))
    assert page.execute_complete({}, late) == "decided already, in a spreadsheet or by somebody else"
    assert page.execute({}) == "decided already"
