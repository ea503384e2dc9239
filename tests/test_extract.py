"""Extraction ends in a receipt that tells the truth, whatever the provider did."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from types import ModuleType

import boto3
import pytest
from moto.server import ThreadedMotoServer

from soc2_warehouse import extract, sources, warehouse
from soc2_warehouse.clock import Clock, as_of
from soc2_warehouse.connections import Connection
from soc2_warehouse.landing import Landing
from soc2_warehouse.settings import from_environment
from soc2_warehouse.sources import table

DAY = date(2026, 7, 1)


@pytest.fixture
def settings(tmp_path):
    return from_environment({"SOC2_HOME": str(tmp_path)})


def clock(day=DAY, settings=None):
    return Clock.starting_at(as_of(day, settings.observed_at) + timedelta(seconds=3))


@pytest.fixture
def toy(monkeypatch):
    """A source whose tables a test writes; everything behind it is the real extraction."""
    monkeypatch.setenv("AIRFLOW_CONN_TOY_DEFAULT", Connection("toy_default", "http", "http://127.0.0.1:9").to_json())
    module = ModuleType("soc2_warehouse.sources.toy")
    module.SOURCE, module.CONNECTION, module.CONCURRENCY = "toy", "toy_default", 3
    module.client = lambda connection: object()
    tables = {}

    real = sources.load

    def load(name):
        return sources.Source("toy", "toy_default", 3, module, tables) if name == "toy" else real(name)

    monkeypatch.setattr(sources, "load", load)
    return tables


def declare(tables, kind="snapshot"):
    def add(function):
        tables[function.__name__] = table(kind, ("id",), f"GET /{function.__name__}")(function)

    return add


def run(settings, day=DAY):
    """One run; every further one of a day starts when the company's clock shows a minute more."""
    already = len({found.run_id.split("-", 1)[1] for found in Landing(settings.landing_url).receipts(day=day)})
    later = Clock(clock(day, settings).offset + timedelta(minutes=already))
    return {found.table_name: found for found in extract.run_source(settings, "toy", day, later)}


def test_a_whole_table_is_complete(settings, toy):
    @declare(toy)
    def users(client, read):
        read.total(2)
        for page in ([{"id": 1}], [{"id": 2}]):
            read.page(len(page))
            yield from page

    receipt = run(settings)["users"]
    assert (receipt.status, receipt.rows, receipt.pages, receipt.errors) == ("complete", 2, 2, [])
    assert receipt.query == "GET /users" and receipt.started_at.date() == DAY


def test_fewer_rows_than_the_api_reports_is_incomplete(settings, toy):
    @declare(toy)
    def users(client, read):
        read.total(3)
        yield {"id": 1}

    receipt = run(settings)["users"]
    assert receipt.status == "incomplete"
    assert receipt.errors == ["the API reports 3 rows, 1 were read"]


def test_a_denied_object_is_a_row_and_a_negative_answer_is_no_denial(settings, toy):
    @declare(toy)
    def factors(client, read):
        yield read.answer([{"id": "f1"}], userId="u1")
        yield read.refused(403, "E0000006", "not permitted", userId="u2")

    @declare(toy)
    def encryption(client, read):
        yield read.refused(404, "ServerSideEncryptionConfigurationNotFoundError", Bucket="b")

    found = run(settings)
    assert (found["factors"].status, found["factors"].rows, found["factors"].permission_denied) == ("partial", 2, 1)
    assert (found["encryption"].status, found["encryption"].permission_denied) == ("complete", 0)


def test_a_table_that_fails_does_not_take_the_others_along(settings, toy):
    @declare(toy)
    def users(client, read):
        yield {"id": 1}
        raise ConnectionError("connection reset by peer")

    @declare(toy)
    def factors(client, read):
        for user in read.landed("users"):
            yield read.answer([], userId=user.record["id"])

    @declare(toy)
    def groups(client, read):
        yield {"id": "g1"}

    found = run(settings)
    assert [found[name].status for name in ("users", "factors", "groups")] == ["failed", "failed", "complete"]
    assert found["users"].rows == 0, "half a table is no table"
    assert "connection reset" in found["users"].errors[0]
    assert "users is needed first" in found["factors"].errors[0]


def test_a_table_reads_an_earlier_one_of_its_own_run(settings, toy):
    @declare(toy)
    def users(client, read):
        yield from ({"id": number} for number in range(20))

    @declare(toy)
    def factors(client, read):
        users = [row.record["id"] for row in read.landed("users")]
        for user, body in zip(users, read.each(users, lambda user: [user * 2]), strict=True):
            yield read.answer(body, userId=user)

    assert run(settings)["factors"].rows == 20
    landing = Landing(settings.landing_url)
    [receipt] = [found for found in landing.receipts() if found.table_name == "factors"]
    assert [(row.parent["userId"], row.record) for row in landing.envelopes(receipt.object_uri)] == [
        (number, [number * 2]) for number in range(20)
    ]


def test_events_of_a_past_day_are_fetched_by_the_lists_of_the_days_around_it(settings, toy):
    """A list is a snapshot, and cannot be read for a past day. What went or came meanwhile is asked too."""
    there = {DAY: [1, 2], DAY + timedelta(days=2): [2, 3]}

    @declare(toy)
    def repositories(client, read):
        yield from ({"id": number} for number in there[read.day])

    @declare(toy, "event")
    def pushes(client, read):
        for row in read.landed("repositories"):
            yield {"id": f"push to {row.record['id']}"}

    missed, later = DAY + timedelta(days=1), DAY + timedelta(days=2)
    for day in there:
        assert {one.status for one in run(settings, day).values()} == {"complete"}
    late = {
        one.table_name: one
        for one in extract.run_source(settings, "toy", missed, clock(later, settings), reason="outage")
    }
    assert "PastSnapshot" in late["repositories"].errors[0]
    assert (late["pushes"].status, late["pushes"].rows, late["pushes"].reason) == ("complete", 3, "outage")
    assert len(late["pushes"].parameters["lists_of_other_days"]["repositories"]) == 2


def test_events_of_a_past_day_wait_for_a_list_that_came_after_it(settings, toy):
    """Without one, what was made on that day would be missed and nobody would know."""

    @declare(toy)
    def repositories(client, read):
        yield {"id": 1}

    @declare(toy, "event")
    def pushes(client, read):
        yield from read.landed("repositories")

    run(settings)
    missed, later = DAY + timedelta(days=1), DAY + timedelta(days=2)
    [_, pushed] = extract.run_source(settings, "toy", missed, clock(later, settings))
    assert pushed.status == "failed" and "no extract after 2026-07-02" in pushed.errors[0]


def test_no_connection_is_told_on_every_receipt(settings, toy, monkeypatch):
    @declare(toy)
    def users(client, read):
        yield {"id": 1}

    monkeypatch.delenv("AIRFLOW_CONN_TOY_DEFAULT")
    monkeypatch.delenv("AIRFLOW_HOME", raising=False)
    receipt = run(settings)["users"]
    assert receipt.status == "failed" and "AIRFLOW_CONN_TOY_DEFAULT" in receipt.errors[0]


def test_a_snapshot_of_a_past_day_is_refused_and_events_are_not(settings, toy):
    @declare(toy)
    def users(client, read):
        yield {"id": 1}

    @declare(toy, kind="event")
    def log(client, read):
        yield {"id": 1}

    receipts = extract.run_source(settings, "toy", DAY - timedelta(days=2), clock(DAY, settings))
    assert [found.status for found in receipts] == ["failed", "complete"]
    assert "no evidence for 2026-06-29" in receipts[0].errors[0]


def test_a_day_that_has_not_come_is_refused(settings, toy):
    @declare(toy, kind="event")
    def log(client, read):
        yield {"id": 1}

    [receipt] = extract.run_source(settings, "toy", DAY + timedelta(days=1), clock(DAY, settings))
    assert receipt.status == "failed" and "has not come yet" in receipt.errors[0]


def test_events_continue_from_the_last_usable_window_of_an_earlier_day(settings, toy):
    windows = []

    @declare(toy, kind="event")
    def log(client, read):
        windows.append((read.since, read.until))
        if len(windows) == 3:
            raise ConnectionError("down")
        yield {"id": 1}

    first = as_of(DAY, settings.observed_at)
    run(settings, DAY)
    run(settings, DAY)  # a second run of the day reads the whole of the day's window again
    run(settings, DAY + timedelta(days=1))  # fails: its window must be read the day after
    run(settings, DAY + timedelta(days=2))
    assert [abs(since - (first - extract.FIRST_WINDOW)) < timedelta(minutes=2) for since, _ in windows[:2]] == [
        True,
        True,
    ]
    assert windows[2][0] == windows[1][1] - extract.OVERLAP
    assert windows[3][0] == windows[1][1] - extract.OVERLAP


def test_an_extract_killed_half_way_leaves_no_data_and_the_next_one_works(tmp_path):
    """SIGKILL while the table is being read: no receipt, nothing loaded, and a clean run afterwards."""
    script = f"""
import sys, time, types
from datetime import date, timedelta
from soc2_warehouse import extract, sources
from soc2_warehouse.clock import Clock, as_of
from soc2_warehouse.settings import from_environment
settings = from_environment({{"SOC2_HOME": {str(tmp_path)!r}}})
def users(client, read):
    yield {{"id": 1}}
    if sys.argv[1] == "hang":
        print("reading", flush=True)
        time.sleep(60)
    yield {{"id": 2}}
module = types.SimpleNamespace(client=lambda connection: object())
made = sources.Source("toy", "toy_default", 1, module, {{"users": sources.table("snapshot", ("id",), "GET")(users)}})
real = sources.load
sources.load = lambda name: made if name == "toy" else real(name)
day = date(2026, 7, 1)
[receipt] = extract.run_source(settings, "toy", day, Clock.starting_at(as_of(day, settings.observed_at)))
print(receipt.status, receipt.rows)
"""
    environ = {**os.environ, "AIRFLOW_CONN_TOY_DEFAULT": "http://127.0.0.1:9"}
    started = subprocess.Popen([sys.executable, "-c", script, "hang"], env=environ, stdout=subprocess.PIPE, text=True)
    assert started.stdout.readline().strip() == "reading"
    time.sleep(0.1)
    started.send_signal(signal.SIGKILL)
    started.wait()
    settings = from_environment({"SOC2_HOME": str(tmp_path)})
    assert list(Landing(settings.landing_url).receipts()) == []
    assert warehouse.load(settings, DAY).get("toy.users") is None
    again = subprocess.run([sys.executable, "-c", script, "read"], env=environ, capture_output=True, text=True)
    assert again.stdout.split() == ["complete", "2"], again.stderr
    assert warehouse.load(settings, DAY)["toy.users"] == 2


def test_records_of_another_exporter_land_in_the_same_way(settings):
    lines = ['{"id": "a"}', "", '{"id": "b", ', '{"id": "c"}']
    receipt = extract.land_file(settings, "erp", "vendors", DAY, enumerate(lines, 1), "vendors.jsonl")
    assert (receipt.status, receipt.rows, receipt.collection_method) == ("incomplete", 3, "file")
    assert receipt.errors[0].startswith("vendors.jsonl line 3: not JSON")
    assert warehouse.load(settings, DAY)["erp.vendors"] == 0, "an incomplete file is not judged"
    receipt = extract.land_file(settings, "erp", "vendors", DAY, enumerate(lines[:2], 1), "vendors.jsonl")
    assert receipt.status == "complete"
    assert warehouse.load(settings, DAY)["erp.vendors"] == 1


def test_load_holds_exactly_the_runs_that_count(settings, toy):
    values = iter(range(100))

    @declare(toy)
    def users(client, read):
        yield {"value": next(values)}

    def loaded(day, **more):
        warehouse.load(settings, day, **more)
        with warehouse.connect(settings) as connection:
            rows = connection.execute("select _day, record from raw_toy.users order by _day").fetchall()
            [moment] = connection.execute("select as_of from raw_meta.run").fetchone()
            assert moment == datetime.combine(day, settings.observed_at)
        return [(day, json.loads(record)["value"]) for day, record in rows]

    next_day = DAY + timedelta(days=1)
    run(settings, DAY)
    assert loaded(DAY) == [(DAY, 0)]
    run(settings, DAY)
    assert loaded(DAY) == [(DAY, 1)], "the newest complete run of a day supersedes"
    run(settings, next_day)
    assert loaded(next_day) == [(DAY, 1), (next_day, 2)]
    assert loaded(DAY) == [(DAY, 1)], "a replay of a past day knows nothing of later days"
    known_until = datetime.combine(DAY, settings.observed_at, tzinfo=UTC) + timedelta(hours=1)
    settings.build_file.unlink()
    assert loaded(next_day, known_until=known_until) == [(DAY, 1)]


def test_the_landing_zone_may_be_a_bucket(tmp_path, toy, monkeypatch):
    server = ThreadedMotoServer(port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="evidence")
        settings = from_environment({"SOC2_HOME": str(tmp_path), "SOC2_LANDING": "s3://evidence/soc2"})

        @declare(toy)
        def users(client, read):
            yield {"id": 1}

        assert run(settings)["users"].status == "complete"
        assert warehouse.load(settings, DAY)["toy.users"] == 1
        assert not (tmp_path / "landing").exists()
    finally:
        server.stop()


def test_two_runs_at_once_wait_for_each_other(settings):
    said = []
    second = warehouse.writing(settings, wait_seconds=0.3, say=said.append)
    with warehouse.writing(settings), pytest.raises(warehouse.Busy, match="another run is writing"), second:
        pytest.fail("two writers")
    assert said == ["another run is writing here: waiting for it to end"]
    with warehouse.writing(settings, wait_seconds=0):
        pass
