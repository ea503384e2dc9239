"""The paging service answers as PagerDuty does, traps included."""

import pytest

from soc2_warehouse.sandbox import pagerduty
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.rhythm import moment

COMPANY = Company()
WINDOW = {"since": "2026-01-05T00:00:00Z", "until": "2026-07-01T00:00:00Z"}


@pytest.fixture
def api():
    client = pagerduty.create_app(COMPANY, lambda: moment("2026-07-01T02:00")).test_client()

    def get(path, **query):
        return client.get(path, query_string=query, headers={"Authorization": "Token token=sandbox-token"})

    return get


def test_pages_go_by_offset_until_there_is_no_more(api):
    found, offset = [], 0
    while True:
        page = api("/incidents", **WINDOW, limit=20, offset=offset).json
        found += page["incidents"]
        assert page["total"] is None, "the total is told on request only"
        if not page["more"]:
            break
        offset += 20
    assert offset >= 40 and len({incident["id"] for incident in found}) == len(found)
    assert api("/incidents", **WINDOW, total="true").json["total"] == len(found)


def test_what_it_refuses(api):
    assert api("/incidents", since="2025-07-01T00:00:00Z", until="2026-07-01T00:00:00Z").status_code == 400
    assert api("/log_entries", **WINDOW, limit=100, offset=9950).status_code == 400
    bare = pagerduty.create_app(COMPANY, lambda: moment("2026-07-01T02:00")).test_client().get("/incidents")
    assert (bare.status_code, bare.json["error"]["code"]) == (401, 2006)


def test_the_future_is_not_told_and_the_past_stays(api):
    later = pagerduty.create_app(COMPANY, lambda: moment("2026-08-01T02:00")).test_client()
    headers = {"Authorization": "Token token=sandbox-token"}
    window = {"since": "2026-06-01T00:00:00Z", "until": "2026-07-20T00:00:00Z", "limit": 100}
    before = [i["id"] for i in api("/incidents", **window).json["incidents"]]
    after = [i["id"] for i in later.get("/incidents", query_string=window, headers=headers).json["incidents"]]
    assert before and after[: len(before)] == before and len(after) > len(before)


def test_log_entries_tell_the_life_of_an_incident(api):
    entries = api("/log_entries", since="2026-02-01T00:00:00Z", until="2026-06-01T00:00:00Z", limit=100).json[
        "log_entries"
    ]
    of_one = [entry["type"] for entry in entries if entry["incident"]["id"] == entries[0]["incident"]["id"]]
    assert of_one[0] == "trigger_log_entry" and {"acknowledge_log_entry", "resolve_log_entry"} <= set(of_one)
    assert len({entry["id"] for entry in entries}) == len(entries)
