"""The AWS sources read through real boto3 against moto and our CloudTrail, on good days and bad ones."""

from __future__ import annotations

import gzip
import importlib
import io
import json
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.client import BaseClient

from soc2_warehouse import extract, permissions
from soc2_warehouse.aws import is_throttled
from soc2_warehouse.clock import Clock, as_of
from soc2_warehouse.connections import Connection, variable
from soc2_warehouse.landing import Landing
from soc2_warehouse.sandbox.aws import AwsSandbox, detection, digests, keys, trail
from soc2_warehouse.sandbox.aws.cloud import ENABLED_REGIONS, NOT_OPTED_IN
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.settings import PACKAGE
from soc2_warehouse.sources import aws_storage, aws_trail

DAY = date(2026, 7, 1)
THROTTLED = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
DENIED = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"


class Aws:
    """The account on one day. ``read`` runs one source as a nightly run does."""

    def __init__(self):
        self.company = Company(seed=7)
        self.moment = datetime(2026, 7, 1, 2, tzinfo=UTC)
        self.sandbox = AwsSandbox(self.company, lambda: self.moment)
        self.url, self.trail_url = self.sandbox.start()
        self.settings = None
        self.monkeypatch = None

    def begin(self, settings, monkeypatch, day=DAY):
        self.settings, self.monkeypatch = settings, monkeypatch
        self.door.faults.clear()
        self.trail_app.faults.clear()
        self.trail_app.limit = None
        self.go(day)

    def go(self, day):
        self.moment = as_of(day, self.settings.observed_at)
        self.sandbox.advance(self.moment)

    @property
    def door(self):
        return self.sandbox.door

    @property
    def trail_app(self):
        return self.sandbox.trail_app

    def read(self, name, key="sandbox"):
        extra = {"endpoint_url": self.url, "cloudtrail_endpoint_url": self.trail_url, "region_name": "us-east-1"}
        connection = Connection("aws_default", "aws", login=key, password="sandbox", extra=extra)
        self.monkeypatch.setenv(variable("aws_default"), connection.to_json())
        clock = Clock.starting_at(self.moment)
        receipts = extract.run_source(self.settings, name, self.moment.date(), clock)
        return Reading({receipt.table_name: receipt for receipt in receipts}, Landing(self.settings.landing_url))


class Reading:
    """What one run left: receipts and envelopes."""

    def __init__(self, receipts, landing):
        self.receipts, self.landing = receipts, landing

    def status(self):
        return {name: receipt.status for name, receipt in self.receipts.items()}

    def rows(self, name):
        return list(self.landing.envelopes(self.receipts[name].object_uri))


@pytest.fixture(scope="module")
def account():
    found = Aws()
    yield found
    found.sandbox.stop()


@pytest.fixture
def aws(account, home, monkeypatch):
    account.begin(home, monkeypatch)
    return account


#: Every source of AWS; of the trails' own, an account without an organisation always refuses a
#: table; of key pairs there are none.
READ_WHOLE = sorted(
    path.stem
    for path in (PACKAGE / "sources").glob("aws_*.py")
    if path.stem not in ("aws_trail_config", "aws_key_pairs")
)


@pytest.mark.parametrize("name", READ_WHOLE)
def test_every_table_of_a_good_day_is_complete_and_says_who_read(aws, name):
    reading = aws.read(name)
    assert reading.status() and set(reading.status().values()) == {"complete"}, reading.receipts
    for receipt in reading.receipts.values():
        assert receipt.credential_identity.endswith(":assumed-role/soc2-warehouse-reader/soc2")
        assert receipt.tenant == "123456789012"
        assert receipt.rows > 0 and receipt.pages > 0 and receipt.query
    calls = sum(receipt.api_calls for receipt in reading.receipts.values())
    assert len(ENABLED_REGIONS) < calls < 600  # one call an object, not one an attribute


#: Where the name of the permission is not the name of the operation, or its prefix not that of the signature.
PERMISSIONS = {
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:ListBucketInventoryConfigurations": "s3:GetInventoryConfiguration",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectsV2": "s3:ListBucket",
}
PREFIXES = {"monitoring": "cloudwatch"}


@pytest.mark.parametrize("name", sorted(path.stem for path in (PACKAGE / "sources").glob("aws_*.py")))
def test_a_source_asks_only_what_it_says_that_it_needs(aws, name):
    asked = set()
    plain = BaseClient._make_api_call

    def recorded(client, operation, arguments):
        prefix = client.meta.service_model.signing_name
        asked.add(f"{PREFIXES.get(prefix, prefix)}:{operation}")
        return plain(client, operation, arguments)

    aws.monkeypatch.setattr(BaseClient, "_make_api_call", recorded)
    aws.read(name)
    assert asked
    needed = {"apigateway:GET" if one.startswith("apigateway:") else PERMISSIONS.get(one, one) for one in asked}
    told = permissions.actions(importlib.import_module(f"soc2_warehouse.sources.{name}")) | {"sts:GetCallerIdentity"}
    assert needed <= told


def test_the_policy_is_one_that_iam_takes(aws):
    policy = permissions.aws_policy()
    document = json.dumps(policy)
    aws.sandbox.cloud.client("iam").create_policy(PolicyName="warehouse", PolicyDocument=document)
    everywhere, inventory = policy["Statement"]
    assert everywhere["Resource"] == "*" and not set(everywhere["Action"]) & set(inventory["Action"])
    verbs = ("Get", "List", "Describe", "Lookup", "GET", "BatchGet", "GenerateCredentialReport")
    assert all(one.split(":")[1].startswith(verbs) for one in everywhere["Action"] + inventory["Action"])


def test_users_agree_with_the_account_summary(aws):
    receipts = aws.read("aws_iam").receipts
    assert receipts["users"].api_reported_total == receipts["users"].rows == 35
    assert receipts["roles"].api_reported_total == receipts["roles"].rows


def test_a_user_missing_from_the_list_makes_it_incomplete(aws):
    backend = aws.sandbox.cloud.backend("iam")
    plain = backend.get_account_authorization_details
    aws.monkeypatch.setattr(
        backend,
        "get_account_authorization_details",
        lambda wanted: {name: list(rows)[:-1] if name == "users" else rows for name, rows in plain(wanted).items()},
    )
    reading = aws.read("aws_iam")
    assert reading.status()["users"] == "incomplete"
    assert "35" in reading.receipts["users"].errors[0]
    assert reading.status()["access_keys"] == "failed"  # nothing is asked about half a list of users
    assert reading.status()["groups"] == "complete"


def test_keys_are_landed_for_every_user_also_for_those_without(aws):
    reading = aws.read("aws_iam")
    listed = reading.rows("access_keys")
    assert len(listed) == 35
    assert any(row.record == [] for row in listed)
    ids = [key["AccessKeyId"] for row in listed for key in row.record]
    assert [row.parent["AccessKeyId"] for row in reading.rows("access_key_last_used")] == ids
    unused = [
        row for row in reading.rows("access_key_last_used") if "LastUsedDate" not in row.record["AccessKeyLastUsed"]
    ]
    assert [row.parent["UserName"] for row in unused] == ["ravi.shah"]


def test_one_denied_user_is_that_users_row(aws):
    aws.door.faults.add(r"ListAccessKeys.*UserName=ravi\.shah", 403, body=DENIED)
    reading = aws.read("aws_iam")
    receipt = reading.receipts["access_keys"]
    assert (receipt.status, receipt.permission_denied, receipt.rows) == ("partial", 1, 35)
    denied = [row for row in reading.rows("access_keys") if row.error]
    assert [row.parent for row in denied] == [{"UserName": "ravi.shah"}] and denied[0].error["code"] == "AccessDenied"


def test_throttling_is_waited_out_and_counted(aws):
    aws.door.faults.add("GetAccountSummary", 400, times=2, body=THROTTLED)
    reading = aws.read("aws_iam")
    receipt = reading.receipts["account_summary"]
    assert (receipt.status, receipt.throttled, receipt.api_calls) == ("complete", 2, 3)
    assert is_throttled(503, "SlowDown") and is_throttled(429, "") and not is_throttled(403, "AccessDenied")


def test_throttling_without_end_fails_its_table_only(aws, monkeypatch):
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
    aws.door.faults.add("ListMFADevices", 400, times=10_000, body=THROTTLED)
    reading = aws.read("aws_iam")
    assert reading.status()["mfa_devices"] == "failed" and "Throttling" in reading.receipts["mfa_devices"].errors[0]
    assert {status for name, status in reading.status().items() if name != "mfa_devices"} == {"complete"}


def test_trail_reads_every_page_of_every_region_once(aws):
    reading = aws.read("aws_trail")
    ids = [row.record["EventId"] for row in reading.rows("events")]
    since = aws.moment - extract.FIRST_WINDOW
    planned = {e.event_id for e in trail.history(aws.company) if since <= e.at <= aws.moment}
    assert len(ids) == len(set(ids)) and set(ids) == planned and len(ids) > 2000
    receipt = reading.receipts["events"]
    assert receipt.parameters["regions"] == sorted(ENABLED_REGIONS)
    assert not set(NOT_OPTED_IN) & set(receipt.parameters["regions"])


def test_trail_goes_on_from_the_last_night_with_an_overlap(aws):
    aws.read("aws_trail")
    aws.go(DAY + timedelta(days=1))
    receipt = aws.read("aws_trail").receipts["events"]
    late = receipt.window_start - (datetime(2026, 7, 1, 2, tzinfo=UTC) - extract.OVERLAP)
    assert timedelta(0) <= late < timedelta(minutes=5)
    assert 0 < receipt.rows < 100


def test_a_lost_next_token_makes_the_trail_incomplete(aws):
    handler = aws.trail_app.view_functions["call"]

    def forgetful():
        answer = handler()
        body = json.loads(answer.get_data())
        body.pop("NextToken", None)
        answer.set_data(json.dumps(body))
        return answer

    aws.monkeypatch.setitem(aws.trail_app.view_functions, "call", forgetful)
    receipt = aws.read("aws_trail").receipts["events"]
    assert receipt.status == "incomplete" and "us-east-1" in receipt.errors[0]


def test_a_full_last_page_is_no_lost_page(aws):
    class Trail:
        """Exactly one full page and nothing beyond; the probe returns the oldest event again."""

        def lookup_events(self, **asked):
            instants = [aws.moment - timedelta(minutes=n) for n in range(aws_trail.PAGE)]
            events = [{"EventId": str(n), "EventTime": at} for n, at in enumerate(instants)]
            return {"Events": [event for event in events if event["EventTime"] <= asked["EndTime"]]}

    read = extract.Read(day=DAY, since=aws.moment - timedelta(days=1), until=aws.moment)
    assert len(aws_trail._region(Trail(), "us-east-1", read)) == aws_trail.PAGE
    assert read.problems == []


def test_half_a_page_of_events_is_a_failure(aws):
    aws.trail_app.faults.add("^/$", times=20, truncate=True)
    receipt = aws.read("aws_trail").receipts["events"]
    assert receipt.status == "failed" and receipt.errors


def test_the_wrong_credentials_are_told_on_the_receipt(aws):
    receipt = aws.read("aws_trail", key="stranger").receipts["events"]
    assert receipt.status == "failed" and "UnrecognizedClient" in receipt.errors[0]


def test_a_bucket_without_configuration_is_data_and_a_denied_one_is_not(aws):
    aws.go(date(2026, 7, 8))
    reading = aws.read("aws_storage")
    rows = {row.parent["Bucket"]: row for row in reading.rows("bucket_encryption")}
    assert len(rows) == 60
    assert rows["acme-legacy-importer"].error["code"] == "ServerSideEncryptionConfigurationNotFoundError"
    assert rows["acme-finance-close"].error == {"status": 403, "code": "AccessDenied", "message": "not authorized"}
    receipt = reading.receipts["bucket_encryption"]
    assert (receipt.status, receipt.permission_denied) == ("partial", 1)
    assert reading.status()["buckets"] == "complete"


def test_inventories_are_counted_from_the_newest_report(aws):
    rows = {row.parent["Bucket"]: row for row in aws.read("aws_storage").rows("bucket_inventory")}
    counted = {name: row.record["EncryptionStatus"] for name, row in rows.items() if row.record}
    assert counted["acme-statements-2021"] == {"NOT-SSE": 14, "SSE-KMS": 26}
    assert counted["acme-customer-archive"] == {"SSE-KMS": 40}
    assert len(counted) == 3 and rows["acme-kyc-scans"].error["code"] == "NoSuchConfiguration"
    aws.go(date(2026, 7, 10))
    rows = {row.parent["Bucket"]: row for row in aws.read("aws_storage").rows("bucket_inventory")}
    assert rows["acme-kyc-scans"].error["code"] == "NoReport"


def test_inventory_files_of_every_readable_format():
    packed = gzip.compress(b'"b","k","SSE-S3"\n"b","l","NOT-SSE"\n')
    assert list(aws_storage._statuses(packed, "CSV", "Bucket, Key, EncryptionStatus")) == ["SSE-S3", "NOT-SSE"]
    file = io.BytesIO()
    pq.write_table(pa.table({"key": ["k"], "encryption_status": ["SSE-KMS"]}), file)
    assert list(aws_storage._statuses(file.getvalue(), "Parquet", "message s3.inventory {}")) == ["SSE-KMS"]
    with pytest.raises(aws_storage.Unreadable, match="ORC"):
        list(aws_storage._statuses(b"", "ORC", ""))


def test_a_failed_bucket_list_fails_what_hangs_on_it(aws, monkeypatch):
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
    aws.door.faults.add(r"^/\?", 500, times=10_000, body="<Error><Code>InternalError</Code></Error>", method="GET")
    reading = aws.read("aws_storage")
    # The block of the account is asked elsewhere and hangs on no list.
    assert {name for name, status in reading.status().items() if status != "failed"} == {"account_block"}
    assert "TableNotLanded" in reading.receipts["bucket_tagging"].errors[0]
    assert reading.receipts["buckets"].http_errors > 1  # it was tried again


def test_every_enabled_region_answers_also_an_empty_one(aws):
    reading = aws.read("aws_data")
    for name in ("db_instances", "db_clusters", "cache_groups", "redshift_clusters", "dynamodb_tables", "volumes"):
        rows = reading.rows(name)
        assert [row.parent["Region"] for row in rows] == sorted(ENABLED_REGIONS)
        assert any(row.record == [] for row in rows) and any(row.record for row in rows)
    statuses = {row.record["RegionName"]: row.record["OptInStatus"] for row in reading.rows("regions")}
    assert {name for name, status in statuses.items() if status == "not-opted-in"} == set(NOT_OPTED_IN)


def test_a_denied_region_is_a_row_and_no_empty_region(aws):
    aws.door.faults.add(r"DescribeVolumes eu-west-1", 403, body=DENIED.replace("AccessDenied", "UnauthorizedOperation"))
    reading = aws.read("aws_data")
    rows = {row.parent["Region"]: row for row in reading.rows("volumes")}
    assert reading.status()["volumes"] == "partial" and len(rows) == len(ENABLED_REGIONS)
    assert rows["eu-west-1"].record is None and rows["eu-west-1"].error["status"] == 403


def test_keys_are_described_and_a_denied_status_is_no_setting(aws):
    aws.go(date(2026, 7, 12))
    reading = aws.read("aws_data")
    described = {key["Arn"] for row in reading.rows("kms_keys") for key in row.record}
    assert described == {plan.arn for plan in keys.KEYS if plan.exists(aws.moment)}
    for row in reading.rows("kms_keys"):
        assert row.parent["Listed"] == len(row.record)
    statuses = {row.parent["KeyArn"]: row for row in reading.rows("kms_rotation_status")}
    assert statuses[keys.key_arn("hr-files")].error["status"] == 403  # KMS itself answers 400
    assert statuses[keys.key_arn("identity-signing")].error["code"] == "UnsupportedOperationException"
    assert statuses[keys.key_arn("logs")].record["RotationPeriodInDays"] == 730
    assert reading.receipts["kms_rotation_status"].permission_denied == 1


def test_firewalls_are_read_with_what_they_protect(aws):
    reading = aws.read("aws_network")
    assert set(reading.status().values()) == {"complete"}
    regions = reading.rows("security_groups")
    assert len(regions) == len(ENABLED_REGIONS)
    home = next(row.record for row in regions if row.parent["Region"] == "us-east-1")
    metrics = next(group for group in home if group["GroupName"] == "metrics")
    assert metrics["IpPermissions"][1]["Ipv6Ranges"] == [{"CidrIpv6": "::/0"}]
    [entries] = reading.rows("prefix_list_entries")
    assert [entry["Cidr"] for entry in entries.record] == ["198.51.100.64/26", "198.51.100.128/25"]


def test_a_refused_region_is_told_for_firewalls(aws):
    aws.door.faults.add("DescribeSecurityGroups eu-west-1", status=403, times=10, body=DENIED)
    receipt = aws.read("aws_network").receipts["security_groups"]
    assert receipt.permission_denied == 1 and receipt.status == "partial"


def test_trails_are_asked_in_their_home_region_and_an_account_alone_is_no_refusal(aws):
    reading = aws.read("aws_trail_config")
    assert set(reading.status().values()) == {"complete"}, reading.receipts
    (listed,) = reading.rows("accounts")
    assert listed.error["code"] == "AWSOrganizationsNotInUseException"
    home, other = reading.rows("trails")
    assert [trail["Name"] for trail in home.record] == ["central"]
    assert [(trail["Name"], trail["IsMultiRegionTrail"]) for trail in other.record] == [("trial", False)]
    status, selectors = reading.rows("trail_status")[1], reading.rows("event_selectors")[1]
    assert status.parent["TrailARN"].endswith("/central")
    assert status.record["IsLogging"] is True and status.record["LatestDeliveryTime"]
    assert selectors.record["EventSelectors"][0]["ReadWriteType"] == "All"
    assert sum(receipt.api_calls for receipt in reading.receipts.values()) <= 9


def test_a_trail_stopped_for_minutes_shows_in_the_events_alone(aws):
    aws.go(date(2026, 7, 6))
    assert aws.read("aws_trail_config").rows("trail_status")[1].record["IsLogging"] is True
    stops = [event for event in aws.read("aws_trail").rows("events") if event.record["EventName"] == "StopLogging"]
    assert len(stops) == 2


def test_refused_trails_leave_no_extract_to_judge(aws):
    reading = aws.read("aws_trail_config", key="stranger")
    assert reading.receipts["trails"].status == "failed"


def test_every_service_of_every_region_is_asked_and_a_refused_one_is_a_row(aws):
    aws.door.faults.add("ListTopics eu-west-1", 403, body=DENIED)
    reading = aws.read("aws_services")
    rows = {(row.parent["Region"], row.parent["Service"]): row for row in reading.rows("resources")}
    assert {region for region, _ in rows} == set(ENABLED_REGIONS) and len(rows) == 15 * len(ENABLED_REGIONS)
    assert rows["eu-west-1", "sns"].error["status"] == 403 and reading.status()["resources"] == "partial"
    assert [queue["SqsManagedSseEnabled"] for queue in rows["us-east-1", "sqs"].record] == ["true", "false"]
    assert {group["Id"].rsplit(":", 1)[1] for group in rows["eu-west-1", "logs"].record} == {
        "/acme/ledger-api",
        "/acme/scratch",
    }
    assert rows["sa-east-1", "accessanalyzer"].record == [{"Id": "access analyzers of sa-east-1", "Analyzers": []}]
    tokens = {machine["MetadataOptions"]["HttpTokens"] for machine in rows["us-east-1", "ec2"].record}
    assert tokens == {"required", "optional"}


def test_log_groups_say_what_they_keep_and_rules_of_buckets_what_they_are_about(aws):
    def groups():
        rows = aws.read("aws_services").rows("resources")
        listed = [group for row in rows if row.parent["Service"] == "logs" for group in row.record]
        return {group["logGroupName"]: group for group in listed}

    found = groups()
    assert "retentionInDays" not in found["/acme/ledger-api"]  # for ever
    assert found["/acme/backoffice/admin"]["retentionInDays"] == 1096
    assert found["/acme/payments/errors"]["logGroupClass"] == "DELIVERY"
    assert found["/acme/identity/auth"]["creationTime"] == 1_709_251_200_000
    assert found["/acme/identity/authz"]["retentionInDays"] == 90
    rules = {row.parent["Bucket"]: row for row in aws.read("aws_storage").rows("bucket_lifecycle")}
    assert {rule["ID"]: rule["Status"] for rule in rules["acme-config-history"].record}["old"] == "Disabled"
    assert rules["acme-identity-logs"].record[0]["Filter"]["And"]["Prefix"] == "users/"
    aws.go(date(2026, 7, 5))
    assert groups()["/acme/identity/authz"]["retentionInDays"] == 365
    rules = {row.parent["Bucket"]: row for row in aws.read("aws_storage").rows("bucket_lifecycle")}
    assert rules["acme-identity-logs"].error["code"] == "NoSuchLifecycleConfiguration"


def test_balancers_jobs_and_restore_points_are_read_and_a_refused_table_is_told(aws):
    aws.go(date(2026, 7, 12))
    reading = aws.read("aws_availability")
    edge = aws.read("aws_edge")
    home = next(row.record for row in edge.rows("load_balancers") if row.parent["Region"] == "us-east-1")
    assert {item["LoadBalancerName"]: len(item["AvailabilityZones"]) for item in home}["partner-api"] == 1
    history = [
        (item["AlarmName"], item["HistorySummary"]) for row in reading.rows("alarm_history") for item in row.record
    ]
    assert history.count(("payments-availability", "Alarm updated from OK to ALARM")) == 1
    assert (
        len(reading.rows("alarm_history")) == len(reading.rows("alarms")) > 1
    )  # a row a region, also without a change
    jobs = [job for row in reading.rows("backup_jobs") for job in row.record]
    assert len(jobs) == 6 and {job["State"] for job in jobs} == {"COMPLETED"}  # two stores, the nights of three days
    data = aws.read("aws_data")
    assert data.receipts["dynamodb_recovery"].permission_denied == 1
    replica = next(
        item
        for row in data.rows("db_instances")
        for item in row.record
        if item["DBInstanceIdentifier"] == "ledger-replica-eu"
    )
    assert replica["BackupRetentionPeriod"] == 0
    (warehouse, silent) = [item for row in data.rows("redshift_clusters") for item in row.record]
    assert warehouse["MultiAZ"] == "Enabled" and "MultiAZ" not in silent
    caches = [item for row in data.rows("cache_groups") for item in row.record]
    assert {item["ReplicationGroupId"]: item["MultiAZ"] for item in caches} == {
        "ratelimit": "disabled",
        "sessions": "enabled",
    }


def test_backups_are_listed_and_only_what_may_be_public_is_asked_about(aws):
    aws.go(date(2026, 7, 3))
    reading = aws.read("aws_backups")
    asked = {row.parent["Snapshot"].rpartition(":")[2] for row in reading.rows("rds_snapshot_attributes")}
    assert asked == {"legacy-reports-2023", "demo-seed-data", "crm-before-upgrade"}
    public = [row for row in reading.rows("ebs_public_snapshots") if row.record]
    assert [(row.parent["Region"], len(row.record)) for row in public] == [("us-east-1", 1)]
    counted = sum(
        vault["NumberOfRecoveryPoints"] for row in reading.rows("vaults") for vault in row.record if row.record
    )
    assert counted == sum(len(row.record) for row in reading.rows("recovery_points")) > 0


def test_a_vault_that_refuses_keeps_the_others(aws):
    aws.door.faults.add("/backup-vaults/copies/recovery-points/", 403, body=DENIED)
    reading = aws.read("aws_backups")
    receipt = reading.receipts["recovery_points"]
    assert (receipt.status, receipt.permission_denied) == ("partial", 1)
    assert [row.parent["Vault"] for row in reading.rows("recovery_points") if row.error] == ["copies"]


def test_secrets_are_listed_without_values_and_their_own_versions_asked_for(aws):
    aws.go(date(2026, 7, 6))
    reading = aws.read("aws_secrets")
    listed = [secret for row in reading.rows("secrets") for secret in row.record]
    assert sum("PrimaryRegion" in secret for secret in listed) == 2  # the primary and its replica
    assert not any("SecretString" in secret or "Value" in secret for secret in listed)
    asked = [row.parent["SecretId"] for row in reading.rows("secret_versions")]
    assert len(asked) == len(set(asked)) == 9
    receipt = reading.receipts["secret_versions"]
    assert (receipt.status, receipt.permission_denied) == ("partial", 1)
    shown = [parameter for row in reading.rows("parameters") for parameter in row.record]
    assert {parameter["Name"] for parameter in shown} == {"/prod/mail/api-token", "/prod/web/page-size"}
    assert not any("Value" in parameter for parameter in shown)


def test_what_terminates_traffic_is_read_with_its_rules_and_policies(aws):
    reading = aws.read("aws_edge")
    listeners = {item["ListenerArn"]: item for row in reading.rows("listeners") for item in row.record}
    plain = [item for item in listeners.values() if item["Protocol"] == "HTTP"]
    assert {len(item["Rules"]) for item in plain} == {1, 2}
    assert all("Rules" not in item for item in listeners.values() if item["Protocol"] != "HTTP")
    policies = {row.record["Name"]: row.record["SslProtocols"] for row in reading.rows("ssl_policies")}
    assert "TLSv1" in policies["ELBSecurityPolicy-2016-08"]
    aws.door.faults.add("DescribeLoadBalancers eu-west-1", status=403, times=10, body=DENIED)
    refused = aws.read("aws_edge").receipts["load_balancers"]
    assert refused.permission_denied == 1 and refused.status == "partial"


def test_each_parameter_group_is_read_once_and_a_refused_one_is_told(aws):
    rows = aws.read("aws_data").rows("db_parameters")
    groups = [(row.parent["Region"], row.parent["Kind"], row.parent["Group"]) for row in rows]
    assert len(groups) == len(set(groups)) and ("us-east-1", "warehouse", "default.redshift-1.0") in groups
    old = next(row.record for row in rows if row.parent["Group"] == "default.mysql5.7")
    assert "ParameterValue" not in next(item for item in old if item["ParameterName"] == "require_secure_transport")
    aws.door.faults.add("DescribeDBClusterParameters eu-west-1", status=403, times=10, body=DENIED)
    receipt = aws.read("aws_data").receipts["db_parameters"]
    assert receipt.permission_denied == 1 and receipt.status == "partial"


def test_a_bucket_without_a_policy_is_no_refusal(aws):
    reading = aws.read("aws_storage")
    policies = {row.parent["Bucket"]: row for row in reading.rows("bucket_policies")}
    assert policies["acme-legacy-importer"].error["code"] == "NoSuchBucketPolicy"
    assert "aws:SecureTransport" in policies["acme-board-papers"].record["Policy"]
    assert reading.receipts["bucket_policies"].permission_denied == 0


def test_only_buckets_that_are_not_blocked_are_asked_how_open_they_are(aws):
    aws.go(date(2026, 7, 4))
    reading = aws.read("aws_storage")
    (account,) = reading.rows("account_block")
    assert account.error["code"] == "NoSuchPublicAccessBlockConfiguration"
    asked = {row.parent["Bucket"]: row.record["PolicyStatus"]["IsPublic"] for row in reading.rows("bucket_exposure")}
    assert asked["acme-data-lake-curated"] is True and asked["acme-partner-dropbox"] is True
    assert asked["acme-website-assets"] is False and "acme-finance-close" not in asked
    rules = {row.parent["Bucket"]: row.record for row in reading.rows("bucket_lifecycle") if row.record}
    assert rules["acme-hr-files"][0]["Expiration"] == {"Days": 1825}


def test_who_may_use_a_key_is_read_as_its_policy_says(aws):
    access = {row.parent["KeyArn"]: row.record for row in aws.read("aws_data").rows("kms_access")}
    shared = json.loads(access[keys.key_arn("customer-data")]["Policy"])["Statement"]
    assert [statement["Principal"]["AWS"] for statement in shared] == [
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::210987654321:root",
    ]
    assert access[keys.key_arn("customer-data")]["Grants"] == []


def test_every_region_tells_its_detector_and_one_has_none(aws):
    rows = {row.parent["Region"]: row.record for row in aws.read("aws_guardduty").rows("detectors")}
    assert rows.keys() == set(ENABLED_REGIONS)
    assert [region for region, found in rows.items() if not found] == [detection.UNWATCHED]
    (home,) = rows["us-east-1"]
    assert home["Status"] == "ENABLED" and home["DetectorId"] == detection.detector("us-east-1")


def test_findings_come_from_every_page_and_region_with_archived_and_sample_ones(aws):
    reading = aws.read("aws_guardduty")
    found = {row.record["Id"]: row.record for row in reading.rows("findings")}
    assert found.keys() == {one.name for one in detection.FINDINGS}
    assert sum(one.region == "us-east-1" for one in detection.FINDINGS) > detection.PAGE
    assert found["finding-archived"]["Service"]["Archived"] is True
    assert found["finding-low"]["Region"] == "eu-west-1"
    assert reading.status() == {"detectors": "complete", "findings": "complete"}


@pytest.mark.parametrize("request_text", ["GET /detector/{}", "POST /detector/{}/findings"])
def test_a_region_that_refuses_its_findings_is_told_and_the_others_are_read(aws, request_text):
    aws.door.denied.append(request_text.format(detection.detector("eu-west-1")))
    reading = aws.read("aws_guardduty")
    assert [row.parent["Region"] for row in reading.rows("findings") if row.error] == ["eu-west-1"]
    assert reading.status()["findings"] == "partial"
    assert sum(row.record is not None for row in reading.rows("findings")) == 3


def test_what_is_recorded_and_watched_is_asked_of_every_region_and_a_refused_one_is_a_row(aws):
    aws.go(date(2026, 7, 2))  # recorders of one region may not be seen that night
    reading = aws.read("aws_monitoring")
    rows = {(row.parent["Region"], row.parent["Service"]): row for row in reading.rows("resources")}
    assert len(rows) == 8 * len(ENABLED_REGIONS) and reading.status()["resources"] == "partial"
    assert rows["eu-central-1", "config"].error["code"] == "AccessDeniedException"
    assert rows["sa-east-1", "securityhub"].record == [{"Id": "Security Hub of sa-east-1", "Hub": None}]
    assert rows["eu-west-1", "securityhub"].record[0]["Hub"]["HubArn"].endswith("hub/default")
    [vpc] = rows["eu-west-1", "ec2"].record
    assert [log["TrafficType"] for log in vpc["FlowLogs"]] == ["REJECT"]
    logged = {acl["Name"]: acl["Logging"] is not None for acl in rows["us-east-1", "wafv2"].record}
    assert logged == {"edge": True, "app": True}  # the distribution's list is asked in one region alone
    assert [acl["Logging"] for acl in rows["eu-west-1", "wafv2"].record] == [None]
    clocks = rows["us-east-1", "ssm"].record
    assert clocks[0]["Data"]["Custom:TimeSync"]["Content"][0]["service"] == "chronyd"
    distributions = {row.parent["Comment"]: row.record for row in reading.rows("distribution_logs")}
    assert set(distributions) == {"app", "docs", "press"}  # one is switched off
    assert not distributions["press"]["Logging"]["Enabled"] and distributions["press"]["Delivered"]
    [zones] = reading.rows("zones")
    assert {zone["Name"]: bool(zone["QueryLog"]) for zone in zones.record}["acme.dev."] is False


def test_digests_verify_with_the_keys_of_the_trail_and_planted_damage_shows(aws):
    aws.go(date(2026, 7, 2))
    rows = aws.read("aws_log_integrity").rows("digests")
    assert len(rows) == 24 * len(ENABLED_REGIONS)
    assert all(row.record["IsSignatureValid"] is True for row in rows)
    named = {
        (file["FoundHash"] == file["SignedHash"], file["ErrorCode"]) for row in rows for file in row.record["Files"]
    }
    assert named == {(False, None), (False, "NoSuchKey")}  # one was rewritten and one deleted
    aws.go(date(2026, 7, 3))
    assert len(aws.read("aws_log_integrity").rows("digests")) == 24 * len(ENABLED_REGIONS) - 1
    aws.go(date(2026, 7, 4))
    forged = [row for row in aws.read("aws_log_integrity").rows("digests") if not row.record["IsSignatureValid"]]
    assert [row.record["Digest"]["digestEndTime"] for row in forged] == ["2026-07-03T14:00:00Z"]
    assert forged[0].record["Files"][0]["FoundHash"] == forged[0].record["Files"][0]["SignedHash"]


def test_a_digest_signed_with_a_key_that_nobody_lists_is_neither_valid_nor_false(aws, monkeypatch):
    aws.go(date(2026, 7, 2))
    monkeypatch.setattr(digests, "fingerprint", lambda: "0" * 32)
    rows = aws.read("aws_log_integrity").rows("digests")
    assert {row.record["IsSignatureValid"] for row in rows} == {None} and not rows[0].record["IsKeyKnown"]


def test_locks_are_asked_of_versioned_buckets_alone(aws):
    reading = aws.read("aws_storage")
    locks = {row.parent["Bucket"]: row for row in reading.rows("bucket_lock")}
    versioned = {row.parent["Bucket"] for row in reading.rows("bucket_versioning") if row.record.get("Status")}
    assert set(locks) == versioned and 0 < len(versioned) < 60
    assert locks["acme-cloudtrail-logs"].record["Rule"]["DefaultRetention"]["Mode"] == "COMPLIANCE"
    assert locks["acme-hr-files"].error["code"] == "ObjectLockConfigurationNotFoundError"
    accesses = {row.parent["Bucket"]: row.record["LoggingEnabled"] for row in reading.rows("bucket_logging")}
    assert (
        accesses["acme-access-logs"] is None and accesses["acme-cloudtrail-logs"]["TargetBucket"] == "acme-access-logs"
    )
