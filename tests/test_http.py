"""The HTTP client against a real server: what may pass is repeated, what will not is an error that says why."""

from datetime import UTC, datetime

import pytest
from flask import jsonify, request

from soc2_warehouse import http
from soc2_warehouse.sandbox.wire import RateLimit, Server, create_wire

NOW = datetime(2026, 7, 1, 2, tzinfo=UTC)


@pytest.fixture
def server():
    app = create_wire("toy", lambda: NOW, lambda: request.headers.get("Authorization"), ("token",))

    @app.get("/things")
    def things():
        page = int(request.args.get("page", 1))
        answer = jsonify([{"id": page}])
        if page < 3:
            answer.headers["Link"] = f'<{request.base_url}?page={page + 1}>; rel="next"'
        return answer

    with Server(app) as running:
        yield running


def session(token="token"):
    return http.session({"Authorization": token})


def test_every_page_is_read_and_counted(server):
    on = session()
    assert [page.json()[0]["id"] for page in http.linked_pages(on, f"{server.url}/things")] == [1, 2, 3]
    assert (on.calls, on.throttled, on.errors) == (3, 0, 0)
    assert server.app.calls == 3


@pytest.mark.parametrize(("status", "counted"), [(429, (3, 2, 0)), (503, (3, 0, 2))])
def test_throttling_and_server_errors_are_repeated(server, status, counted):
    server.app.faults.add("/things", status=status, times=2, headers={"Retry-After": "0"})
    on = session()
    assert http.get(on, f"{server.url}/things").json() == [{"id": 1}]
    assert (on.calls, on.throttled, on.errors) == counted


def test_a_server_that_stays_down_is_an_error(server):
    server.app.faults.add("/things", status=500, times=99)
    with pytest.raises(http.Refused, match="HTTP 500"):
        http.get(http.Session({"Authorization": "token"}, attempts=2), f"{server.url}/things")


def test_a_rate_limit_is_waited_for(server):
    server.app.limit = RateLimit(limit=2, window=1.0)
    on = session()
    assert len(list(http.linked_pages(on, f"{server.url}/things"))) == 3
    assert on.throttled >= 1


@pytest.mark.parametrize(("token", "status"), [("nonsense", 401), ("token", 403)])
def test_refusals_are_not_repeated(server, token, status):
    server.app.denied["token"] = ["/things"]
    on = session(token)
    with pytest.raises(http.Refused) as refused:
        http.get(on, f"{server.url}/things")
    assert refused.value.status == status and on.calls == 1


def test_half_a_page_of_json_is_no_page(server):
    server.app.faults.add("/things", truncate=True)
    with pytest.raises(http.BadBody, match="not valid JSON"):
        http.get(session(), f"{server.url}/things")


def test_an_unchanged_page_answers_304(server):
    on = session()
    first = http.get(on, f"{server.url}/things")
    again = http.request(on, "GET", f"{server.url}/things", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.content == b""
    assert first.headers["Date"] == "Wed, 01 Jul 2026 02:00:00 GMT"
