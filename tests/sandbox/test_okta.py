"""The identity provider answers as Okta does, traps included."""

from datetime import timedelta

import pytest

from soc2_warehouse.sandbox import okta
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.rhythm import moment

NOW = moment("2026-07-01T02:00")
HEADERS = {"Authorization": "SSWS sandbox-token"}
COMPANY = Company()


@pytest.fixture
def api():
    client = okta.create_app(COMPANY, lambda: NOW).test_client()

    def get(path, **query):
        return client.get(path, query_string=query or None, headers=HEADERS)

    return get


def pages(api, path, **query):
    answer = api(path, **query)
    yield answer
    while following := [line for line in answer.headers.getlist("Link") if 'rel="next"' in line]:
        answer = api(following[0].split("localhost")[1].split(">")[0])
        yield answer


def test_the_default_listing_leaves_out_the_deprovisioned(api):
    usual = [user for page in pages(api, "/api/v1/users") for user in page.json]
    gone = [user for page in pages(api, "/api/v1/users", filter='status eq "DEPROVISIONED"') for user in page.json]
    assert "DEPROVISIONED" not in {user["status"] for user in usual}
    assert {user["status"] for user in gone} == {"DEPROVISIONED"}
    assert len(usual) + len(gone) == sum(user.exists(NOW) for user in COMPANY.okta_users)


def test_link_comes_in_several_lines_and_pages_do_not_overlap(api):
    found = list(pages(api, "/api/v1/users", limit=10))
    assert len(found) > 5 and len(found[0].headers.getlist("Link")) == 2
    ids = [user["id"] for page in found for user in page.json]
    assert len(ids) == len(set(ids)) and all(len(page.json) == 10 for page in found[:-1])


def test_every_status_is_there(api):
    found = {}
    for status in ("STAGED", "PROVISIONED", "ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED", "DEPROVISIONED"):
        users = api("/api/v1/users", search=f'status eq "{status}"').json
        assert users and {user["status"] for user in users} == {status}
        found[status] = users[0]
    assert found["STAGED"]["activated"] is None and found["STAGED"]["statusChanged"] is None
    assert found["STAGED"]["lastLogin"] is None and found["STAGED"]["profile"]["mobilePhone"] is None


def test_an_expression_it_does_not_know_is_an_error(api):
    answer = api("/api/v1/users", filter="lastName sounds like Smith")
    assert (answer.status_code, answer.json["errorCode"]) == (400, "E0000031")


def test_errors_have_the_providers_codes(api):
    assert api("/api/v1/users/00uacme00000000E1036/factors").json["errorCode"] == "E0000006"
    assert api("/api/v1/users/00unobody/factors").json["errorCode"] == "E0000007"
    bare = okta.create_app(COMPANY, lambda: NOW).test_client().get("/api/v1/users")
    assert (bare.status_code, bare.json["errorCode"]) == (401, "E0000011")


def test_an_unchanged_answer_is_not_sent_twice():
    client = okta.create_app(COMPANY, lambda: NOW).test_client()
    first = client.get("/api/v1/apps", headers=HEADERS)
    again = client.get("/api/v1/apps", headers=HEADERS | {"If-None-Match": first.headers["ETag"]})
    assert first.headers["X-Rate-Limit-Remaining"] and (again.status_code, again.data) == (304, b"")


def log(api, **query):
    return [event for page in pages(api, "/api/v1/logs", limit=1000, **query) for event in page.json]


def test_the_log_keeps_ninety_days_and_tells_them_in_order(api):
    events = log(api, since="2025-07-01T00:00:00.000Z", until="2026-07-01T02:00:00.000Z")
    published = [event["published"] for event in events]
    assert len(events) > 5000 and published == sorted(published) and published[0] >= "2026-04-02"
    assert len({event["uuid"] for event in events}) == len(events)
    types = {event["eventType"] for event in events}
    assert {"user.session.start", "user.authentication.auth_via_mfa", "user.lifecycle.deactivate"} <= types
    assert {event["outcome"]["result"] for event in events} == {"SUCCESS", "FAILURE"}


def test_windows_of_the_log_adjoin(api):
    whole = log(api, since="2026-06-10T00:00:00.000Z", until="2026-06-20T00:00:00.000Z")
    halves = log(api, since="2026-06-10T00:00:00.000Z", until="2026-06-15T09:00:00.000Z")
    halves += log(api, since="2026-06-15T09:00:00.000Z", until="2026-06-20T00:00:00.000Z")
    assert whole and [event["uuid"] for event in halves] == [event["uuid"] for event in whole]


def test_a_lifecycle_event_names_whom_it_concerns(api):
    events = log(api, since="2026-06-15T00:00:00.000Z", until="2026-06-16T00:00:00.000Z")
    found = [event for event in events if event["eventType"] == "user.lifecycle.deactivate"]
    assert [event["target"][0]["id"] for event in found] == ["00uacme00000000E1052"]
    assert found[0]["published"] == "2026-06-15T14:00:00.000Z" and found[0]["actor"]["id"].endswith("E1021")


def test_some_sign_ins_arrive_late():
    def seen(at, until):
        client = okta.create_app(COMPANY, lambda: at).test_client()

        def get(path, **query):
            return client.get(path, query_string=query or None, headers=HEADERS)

        return {event["uuid"]: event for event in log(get, since="2026-06-10T00:00:00.000Z", until=until)}

    late = set()
    for day in range(11, 27):
        until = f"2026-06-{day}T16:00:00.000Z"
        at = moment(f"2026-06-{day}T16:00")
        first, again = seen(at, until), seen(at + timedelta(hours=6), until)
        assert first.keys() <= again.keys()
        late |= {again[uuid]["eventType"] for uuid in again.keys() - first.keys()}
    assert late and all(not name.startswith("user.lifecycle") for name in late)


def test_a_deleted_user_is_in_no_listing_but_in_the_log():
    now = moment("2026-07-03T02:00")
    client = okta.create_app(COMPANY, lambda: now).test_client()

    def get(path, **query):
        return client.get(path, query_string=query or None, headers=HEADERS)

    gone = "00uacme00000000E1065"
    for query in ({}, {"filter": 'status eq "DEPROVISIONED"'}):
        assert gone not in {user["id"] for page in pages(get, "/api/v1/users", **query) for user in page.json}
    assert get(f"/api/v1/users/{gone}").status_code == 404
    events = [
        e["eventType"] for e in log(get, since="2026-07-01T00:00:00.000Z") if (e["target"] or [{}])[0].get("id") == gone
    ]
    assert "user.lifecycle.deactivate" in events and "user.lifecycle.delete.initiated" in events
