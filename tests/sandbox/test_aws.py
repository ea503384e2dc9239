"""The sandbox's AWS account: its state depends on the moment alone, and it answers like AWS where moto does not."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from soc2_warehouse.sandbox import timetable
from soc2_warehouse.sandbox.aws import AwsSandbox, buckets, databases, keys, trail, users, volumes
from soc2_warehouse.sandbox.company import Company

FIRST = datetime(2026, 7, 1, 2, tzinfo=UTC)
LATER = datetime(2026, 7, 20, 2, tzinfo=UTC)


class Account:
    """The running sandbox with a client of its own."""

    def __init__(self):
        self.company = Company(seed=7)
        self.now = FIRST
        self.sandbox = AwsSandbox(self.company, lambda: self.now)
        self.url, self.trail_url = self.sandbox.start()

    def go(self, moment):
        self.now = moment
        self.sandbox.advance(moment)

    def client(self, service, region="us-east-1", key="sandbox"):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.trail_url if service == "cloudtrail" else self.url,
            aws_access_key_id=key,
            aws_secret_access_key="sandbox",
            config=Config(retries={"mode": "standard", "max_attempts": 1}),
        )

    def state(self):
        """What a reader can tell of the account, as one comparable value."""
        iam, s3 = self.client("iam"), self.client("s3")
        iam.generate_credential_report()
        found = {
            "report": iam.get_credential_report()["Content"].decode(),
            "buckets": [(b["Name"], b["CreationDate"], b["BucketRegion"]) for b in s3.list_buckets()["Buckets"]],
            "users": iam.get_account_authorization_details(Filter=["User", "Role", "Group"])["UserDetailList"],
        }
        for region in ("us-east-1", "eu-west-1", "sa-east-1"):
            kms, rds, ec2 = (self.client(service, region) for service in ("kms", "rds", "ec2"))
            described = [kms.describe_key(KeyId=k["KeyArn"])["KeyMetadata"] for k in kms.list_keys()["Keys"]]
            found[f"keys {region}"] = sorted((k["Arn"], k["KeyState"], k["CreationDate"]) for k in described)
            instances = rds.describe_db_instances()["DBInstances"]
            found[f"rds {region}"] = sorted(
                (i["DBInstanceArn"], i["DBInstanceStatus"], i["StorageEncrypted"], i["InstanceCreateTime"])
                for i in instances
            )
            found[f"volumes {region}"] = sorted(
                (v["VolumeId"], v["State"], v["CreateTime"]) for v in ec2.describe_volumes()["Volumes"]
            )
            found[f"default {region}"] = ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
        return found


@pytest.fixture(scope="module")
def account():
    found = Account()
    yield found
    found.sandbox.stop()


def test_state_is_a_function_of_the_moment(account):
    first = account.state()
    account.go(LATER)
    later = account.state()
    assert later != first
    for step in (datetime(2026, 7, 5, 12, tzinfo=UTC), datetime(2027, 6, 30, tzinfo=UTC), LATER):
        account.go(step)
    assert account.state() == later
    account.go(FIRST)
    assert account.state() == first


def test_everything_planned_is_there_and_nothing_else(account):
    account.go(FIRST)
    assert {b["Name"] for b in account.client("s3").list_buckets()["Buckets"]} == {p.name for p in buckets.BUCKETS}
    assert len(buckets.BUCKETS) == 60
    expected = Counter(plan.region for plan in keys.KEYS if plan.exists(FIRST))
    assert {r: len(account.client("kms", r).list_keys()["Keys"]) for r in expected} == expected
    for region in ("us-east-1", "eu-west-1"):
        planned = {p.volume_id for p in volumes.VOLUMES if p.exists(FIRST) and p.region == region}
        assert {v["VolumeId"] for v in account.client("ec2", region).describe_volumes()["Volumes"]} == planned
        stored = [p.name for p in databases.DATABASES if p.exists(FIRST) and p.region == region]
        rds = account.client("rds", region)
        listed = [i["DBInstanceIdentifier"] for i in rds.describe_db_instances()["DBInstances"]]
        listed += [c["DBClusterIdentifier"] for c in rds.describe_db_clusters()["DBClusters"]]
        groups = account.client("elasticache", region).describe_replication_groups()["ReplicationGroups"]
        listed += [g["ReplicationGroupId"] for g in groups]
        clusters = account.client("redshift", region).describe_clusters()["Clusters"]
        listed += [c["ClusterIdentifier"] for c in clusters]
        listed += account.client("dynamodb", region).list_tables()["TableNames"]
        assert sorted(listed) == sorted(stored)


def test_buckets_page_by_token(account):
    s3, found, token = account.client("s3"), [], {}
    while True:
        page = s3.list_buckets(MaxBuckets=25, **token)
        found += [bucket["Name"] for bucket in page["Buckets"]]
        if "ContinuationToken" not in page:
            break
        token = {"ContinuationToken": page["ContinuationToken"]}
    assert len(found) == len(set(found)) == 60


def test_credential_report_has_the_root_user_and_the_words_of_aws(account):
    account.go(FIRST)
    iam = account.client("iam")
    iam.generate_credential_report()
    lines = iam.get_credential_report()["Content"].decode().splitlines()
    rows = {row[0]: dict(zip(lines[0].split(","), row, strict=True)) for row in (line.split(",") for line in lines[1:])}
    assert len(rows) == 1 + sum(user.exists(FIRST) for user in account.company.aws_users)
    assert rows["<root_account>"]["password_enabled"] == "not_supported"
    assert rows["<root_account>"]["access_key_1_active"] == "false"
    assert rows["sofia.rossi"]["password_last_used"] == "no_information"
    assert rows["chloe.martin"]["password_last_used"] == "N/A"
    assert rows["ravi.shah"]["access_key_1_last_used_date"] == "N/A"
    assert rows["maria.gomez"]["user_creation_time"].startswith("2026-06-12")  # created again under the old name


def test_root_key_shows_in_the_summary_while_it_exists(account):
    for day, present in ((2, 0), (3, 1), (5, 1), (6, 0)):
        account.go(datetime(2026, 7, day, 2, tzinfo=UTC))
        summary = account.client("iam").get_account_summary()["SummaryMap"]
        assert summary["AccountAccessKeysPresent"] == present
        assert users.root_has_key(account.now) is bool(present)


def test_kms_answers_as_kms_does(account):
    account.go(FIRST)
    kms = account.client("kms")
    logs = kms.get_key_rotation_status(KeyId=keys.key_arn("logs"))
    assert (logs["KeyRotationEnabled"], logs["RotationPeriodInDays"]) == (True, 730)
    with pytest.raises(ClientError, match="UnsupportedOperation"):
        kms.get_key_rotation_status(KeyId=keys.key_arn("identity-signing"))
    assert len(kms.list_key_rotations(KeyId=keys.key_arn("ledger-db"))["Rotations"]) == 2
    replica = account.client("kms", "eu-west-1").describe_key(KeyId=keys.key_arn("customer-data", "eu-west-1"))
    assert replica["KeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    exports = keys.key_arn("exports")
    assert kms.list_key_rotations(KeyId=exports)["Rotations"] == []
    account.go(LATER)
    assert [r["RotationType"] for r in kms.list_key_rotations(KeyId=exports)["Rotations"]] == ["ON_DEMAND"]
    account.go(FIRST)


def test_inventory_reports_of_the_last_sunday(account):
    s3 = account.client("s3")
    for now, not_sse, sunday in (
        (FIRST, 14, "2026-06-28"),
        (datetime(2026, 7, 14, 2, tzinfo=UTC), 14, "2026-07-12"),  # re-encrypted, but not counted again yet
        (datetime(2026, 7, 19, 0, 30, tzinfo=UTC), 14, "2026-07-12"),  # Sunday, before the report is made
        (LATER, 0, "2026-07-19"),
    ):
        account.go(now)
        root = "inventory/acme-statements-2021/weekly/"
        listing = [item["Key"] for item in s3.list_objects_v2(Bucket="acme-inventory", Prefix=root)["Contents"]]
        manifest_key = f"{root}{sunday}T01-00Z/manifest.json"
        assert [key for key in listing if key.endswith("manifest.json")] == [manifest_key]
        manifest = json.loads(s3.get_object(Bucket="acme-inventory", Key=manifest_key)["Body"].read())
        data = gzip.decompress(s3.get_object(Bucket="acme-inventory", Key=manifest["files"][0]["key"])["Body"].read())
        assert data.decode().count('"NOT-SSE"') == not_sse
    account.go(datetime(2026, 7, 11, 2, tzinfo=UTC))  # configured, no report yet
    assert "Contents" not in s3.list_objects_v2(Bucket="acme-inventory", Prefix="inventory/acme-kyc-scans/")
    assert s3.list_bucket_inventory_configurations(Bucket="acme-kyc-scans")["InventoryConfigurationList"]
    account.go(FIRST)


def _lookup(client, **arguments):
    found, token = [], {}
    while True:
        page = client.lookup_events(**arguments, **token)
        assert len(page["Events"]) <= 50
        found += page["Events"]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def test_trail_pages_newest_first_and_shows_no_future(account):
    account.go(FIRST)
    client = account.client("cloudtrail")
    found = _lookup(client, StartTime=FIRST - timedelta(days=30), EndTime=FIRST + timedelta(days=30))
    assert len(found) > 200 and len({event["EventId"] for event in found}) == len(found)
    times = [event["EventTime"] for event in found]
    assert times == sorted(times, reverse=True) and times[0] <= FIRST
    assert times[-1] >= FIRST - timedelta(days=30)
    for event in found:
        assert json.loads(event["CloudTrailEvent"])["eventID"] == event["EventId"]
    assert _lookup(account.client("cloudtrail", "eu-west-1"), StartTime=FIRST - timedelta(days=30)) == []


def test_trail_lets_only_its_reader_in_and_knows_its_tokens(account):
    with pytest.raises(ClientError, match="UnrecognizedClient"):
        account.client("cloudtrail", key="stranger").lookup_events()
    with pytest.raises(ClientError, match="InvalidNextToken"):
        account.client("cloudtrail").lookup_events(NextToken="???")
    with pytest.raises(ClientError, match="InvalidTimeRange"):
        account.client("cloudtrail").lookup_events(StartTime=FIRST, EndTime=FIRST - timedelta(days=1))


def test_trail_tells_the_life_of_users_and_keys(account):
    events = trail.history(account.company)
    assert len({event.event_id for event in events}) == len(events) > 5000
    by_user = {}
    for event in events:
        if event.source == "iam.amazonaws.com" and "userName" in (event.request or {}):
            by_user.setdefault((event.request or {})["userName"], []).append(event)
    leaver = [e.name for e in by_user["jon.frost"] if e.at > datetime(2026, 6, 1, tzinfo=UTC)]
    assert leaver[0] == "DeleteLoginProfile" and leaver[-1] == "DeleteUser"
    for user in account.company.aws_users:
        if user.deleted_at and trail.BEGIN < user.deleted_at < trail.END:
            own = [e for e in by_user[user.name] if e.at <= user.deleted_at]
            assert own[-1].name == "DeleteUser" and own[-1].at == user.deleted_at
        for key in user.keys:
            if key.deactivated_at and trail.BEGIN < key.deactivated_at < trail.END:
                assert any(
                    e.name == "UpdateAccessKey" and (e.request or {}).get("accessKeyId") == key.access_key_id
                    for e in by_user[user.name]
                )


def test_trail_tells_every_production_deployment_and_every_anomaly(account):
    events = {event.key: event for event in trail.history(account.company)}
    deployments = [d for d in timetable.deployments() if d.environment == "production"]
    assert len(deployments) > 1000
    for deployment in deployments:
        event = events.get(f"deploy/{deployment.number}")
        if deployment.outcome == "failure":
            assert event is None
            continue
        assert event is not None and deployment.started_at <= event.at <= deployment.finished_at
        assert event.identity["arn"].endswith(deployment.session_name)
        assert (event.ip == timetable.FOREIGN_IP) is (deployment.anomaly == "foreign_ip")
    kinds = {change.kind: events[change.key] for change in timetable.RUNTIME_CHANGES}
    assert kinds["manual_console"].agent == trail.CONSOLE and kinds["manual_console"].identity["type"] == "IAMUser"
    assert kinds["manual_denied"].error == "AccessDenied"
    assert "invokedBy" in kinds["autoscaling"].identity and "invokedBy" in kinds["maintenance"].identity
    assert timetable.BREAK_GLASS_ROLE in kinds["break_glass"].identity["arn"]
    registered = {session.session_name for session in timetable.BREAK_GLASS_SESSIONS}
    assert kinds["break_glass_unregistered"].username not in registered
    assert timetable.PIPELINE_ROLE in kinds["pipeline_without_record"].identity["arn"]


def test_timetable_plants_what_it_says():
    planted = {(d.started_at.date(), d.anomaly) for d in timetable.deployments() if d.anomaly}
    assert planted == {(day, anomaly) for (day, _), anomaly in timetable.PLANTED.items()}
    for deployment in timetable.deployments():
        assert deployment.started_at.weekday() < 5 and 9 <= deployment.started_at.hour < 18
    runs = Counter((d.repo, d.run_number, d.environment) for d in timetable.deployments())
    assert set(runs.values()) == {1}
