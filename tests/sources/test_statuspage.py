"""Statuspage read over HTTP, on good days and bad ones."""

import json
from datetime import date

import pytest

from soc2_warehouse.sandbox import statuspage
from soc2_warehouse.sources import statuspage as source

SANDBOX = statuspage


@pytest.fixture(autouse=True)
def page(monkeypatch):
    """The connection of the fixture names no page: the sandbox answers for the one it has."""
    monkeypatch.setattr(statuspage, "PAGE_ID", "acme")


def test_every_table_of_a_good_day(provider):
    reading = provider.read()
    assert reading.status() == {"incidents": "complete", "subscribers": "complete"}
    posts = reading.records("incidents")
    assert len(posts) == len({post["id"] for post in posts}) > 5
    told = {update["deliver_notifications"] for post in posts for update in post["incident_updates"]}
    assert told == {True, False}
    (subscribers,) = reading.records("subscribers")
    assert subscribers["email"] == 412


def test_several_pages_make_the_same_rows(provider, monkeypatch):
    whole = provider.read()
    monkeypatch.setattr(source, "PAGE", 2)
    paged = provider.read()
    assert paged.receipts["incidents"].pages > whole.receipts["incidents"].pages
    assert paged.records("incidents") == whole.records("incidents")


def test_the_next_day_stops_at_the_first_post_that_is_too_old(provider, monkeypatch):
    provider.read()
    monkeypatch.setattr(source, "PAGE", 2)
    reading = provider.read(day=date(2026, 7, 2))
    created = [post["created_at"] for post in reading.records("incidents")]
    assert created and min(created) > "2026-06-16" and reading.receipts["incidents"].pages < 5


@pytest.mark.parametrize("status", [420, 429, 502])
def test_what_passes_is_repeated_and_what_does_not_fails(provider, status):
    provider.app.faults.add("/incidents", status=status, times=2, headers={"Retry-After": "0"})
    assert provider.read().receipts["incidents"].status == ("failed" if status == 420 else "complete")


def test_a_bad_token_fails_every_table(provider):
    assert set(provider.read(token="wrong").status().values()) == {"failed"}


def test_a_token_without_a_right_fails_that_table_alone(provider):
    provider.app.denied["limited-token"] = ["/subscribers"]
    assert provider.read(token="limited-token").status() == {"incidents": "complete", "subscribers": "failed"}


def test_half_a_page_fails_the_table(provider):
    provider.app.faults.add("/incidents", truncate=True)
    receipt = provider.read().receipts["incidents"]
    assert receipt.status == "failed" and "not valid JSON" in receipt.errors[0]


def test_an_answer_that_is_no_list_fails_the_table(provider):
    provider.app.faults.add("/incidents", status=200, body=json.dumps({"error": "maintenance"}))
    assert provider.read().receipts["incidents"].status == "failed"
