"""The landing zone is write-once, on a folder and on S3 alike, and no receipt means no data."""

import os
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest
from moto.server import ThreadedMotoServer

from soc2_warehouse.landing import AlreadyLanded, Landing
from soc2_warehouse.receipts import Receipt, selected
from soc2_warehouse.sources import Envelope

DAY = date(2026, 7, 1)
NOW = datetime(2026, 7, 1, 2, tzinfo=UTC)


def receipt(run_id="r1", status="complete", finished_at=NOW, day=DAY, **more):
    return Receipt(
        run_id=run_id,
        source="okta",
        table_name="users",
        kind="snapshot",
        logical_date=day,
        status=status,
        collection_method="api",
        started_at=finished_at - timedelta(seconds=5),
        finished_at=finished_at,
        query="GET /users",
        **more,
    )


@pytest.fixture(scope="module")
def s3_endpoint():
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def landing(request, tmp_path, monkeypatch):
    if request.param == "folder":
        return Landing(str(tmp_path / "landing"))
    endpoint = request.getfixturevalue("s3_endpoint")
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"landing-{os.urandom(4).hex()}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=bucket)
    return Landing(f"s3://{bucket}/soc2")


def test_records_come_back_unmodified(landing):
    record = {"id": "00u1", "profile": {"login": "ada@acme.example", "ünï": None}, "z": 1, "a": [1.5, True]}
    rows = [
        (Envelope(record=record), NOW),
        (Envelope(record=[], parent={"userId": "00u1"}), NOW),
        (Envelope(parent={"userId": "00u2"}, error={"status": 403, "code": "E0000006", "message": "no"}), NOW),
    ]
    uri, digest, size, counts = landing.write_records("okta", "users", DAY, "r1", rows)
    assert counts == {"rows": 3, "denied": 1, "errors": 0}
    assert len(landing.read(uri)) == size and len(digest) == 64
    found = list(landing.envelopes(uri))
    assert found == [row[0] for row in rows]
    assert list(found[0].record) == list(record), "the provider's order of keys is kept"


def test_nothing_is_overwritten(landing):
    landing.write_records("okta", "users", DAY, "r1", [(Envelope(record={"id": 1}), NOW)])
    with pytest.raises(AlreadyLanded, match="write-once"):
        landing.write_records("okta", "users", DAY, "r1", [(Envelope(record={"id": 2}), NOW)])
    landing.write_receipt(receipt())
    with pytest.raises(AlreadyLanded):
        landing.write_receipt(receipt(status="failed"))
    assert [found.status for found in landing.receipts()] == ["complete"]


def test_a_reader_that_fails_half_way_leaves_nothing(landing):
    def rows():
        yield Envelope(record={"id": 1}), NOW
        raise ConnectionError("dropped")

    with pytest.raises(ConnectionError):
        landing.write_records("okta", "users", DAY, "r1", rows())
    assert landing.list("") == []


def test_receipts_survive_the_round_trip(landing):
    written = receipt(
        window_start=NOW - timedelta(days=1), window_end=NOW, errors=["page 3 dropped"], parameters={"limit": 200}
    )
    landing.write_receipt(written)
    assert list(landing.receipts(day=DAY)) == [written]
    assert list(landing.receipts(known={"r1"})) == []


@pytest.mark.parametrize(
    ("runs", "chosen"),
    [
        ([("a", "complete", 0), ("b", "complete", 1)], "b"),
        ([("a", "complete", 0), ("b", "failed", 1)], "a"),
        ([("a", "complete", 0), ("b", "incomplete", 1)], "a"),
        ([("a", "complete", 0), ("b", "partial", 1)], "a"),
        ([("a", "partial", 0), ("b", "failed", 1)], "a"),
        ([("a", "failed", 0), ("b", "incomplete", 1)], None),
    ],
)
def test_the_newest_complete_run_of_a_day_counts(runs, chosen):
    receipts = [receipt(name, status, NOW + timedelta(minutes=minute)) for name, status, minute in runs]
    found = selected(receipts, DAY)
    assert (found[("okta.users", DAY)].run_id if found else None) == chosen


def test_later_days_and_later_knowledge_are_not_selected():
    receipts = [
        receipt("a"),
        receipt("b", finished_at=NOW + timedelta(hours=3)),
        receipt("c", day=DAY + timedelta(days=1)),
    ]
    assert selected(receipts, DAY, known_until=NOW + timedelta(hours=1))[("okta.users", DAY)].run_id == "a"
    assert selected(receipts, DAY)[("okta.users", DAY)].run_id == "b"
