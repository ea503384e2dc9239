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
