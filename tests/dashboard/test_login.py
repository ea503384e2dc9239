"""Logging in through Airflow's own form, and the navigation that each role sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow(minutes=0.5)


def test_a_stranger_logs_in_and_lands_on_the_page_asked_for(visit: Callable[..., Any]) -> None:
    visitor = visit(None)
    page = visitor.page
    page.goto(f"{visitor.server}/soc2/?category=Security")
    page.get_by_label("Username").fill("vera")
    page.get_by_label("Password").fill("vera")
    page.get_by_role("button", name=re.compile("sign in|log ?in", re.IGNORECASE)).click()
    page.wait_for_url("**/soc2/?category=Security")
    assert page.get_by_role("heading", level=1).inner_text() == "Posture"
    assert "vera" in page.locator("header").inner_text()


def test_a_wrong_password_opens_nothing(visit: Callable[..., Any]) -> None:
    visitor = visit(None)
    page = visitor.page
    page.goto(f"{visitor.server}/soc2/window")
    page.get_by_label("Username").fill("vera")
    page.get_by_label("Password").fill("wrong")
    with page.expect_response("**/auth/token") as told:
        page.get_by_role("button", name=re.compile("sign in|log ?in", re.IGNORECASE)).click()
    assert told.value.status == 401
    assert "/auth/login" in page.url
    # The browser reports every answer of 401 by itself.
    visitor.wrong = [wrong for wrong in visitor.wrong if "401" not in wrong]


def test_the_navigation_leads_to_each_page(visit: Callable[..., Any]) -> None:
    visitor = visit("dan")
    page = visitor.go("/")
    titles = page.get_by_role("navigation", name="Pages").get_by_role("link").all_inner_texts()
    assert titles[:2] == ["Posture", "Window"]
    for title in titles:
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True).click()
        current = page.locator("nav a[aria-current=page]")
        assert current.inner_text() == title
        assert page.get_by_role("heading", level=1).count() == 1
        assert visitor.overflow == 0, title


def test_airflow_has_the_pages_in_its_navigation(client: Callable[..., Any]) -> None:
    plugins = client("vera").get("/api/v2/plugins").raise_for_status().json()["plugins"]
    views = [view for plugin in plugins for view in plugin["external_views"]]
    assert [(view["name"], view["href"], view["destination"]) for view in views] == [("Compliance", "/soc2/", "nav")]
