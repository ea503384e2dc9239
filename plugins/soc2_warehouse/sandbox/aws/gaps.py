"""What moto leaves out of the answers that the warehouse reads: filled in here, in moto's own classes, once a process.

Each gap is a field or an error that the real API has and moto 5.2 has not.
"""

from __future__ import annotations

import json
from functools import wraps
from typing import Any

from soc2_warehouse.sandbox.aws.cloud import ENABLED_REGIONS, NOT_OPTED_IN, READER_ROLE
from soc2_warehouse.sandbox.timetable import ACCOUNT_ID


def fill() -> None:
    """Fill all gaps; further calls do nothing."""
    from moto.kms.models import Key

    if getattr(Key, "acme_filled", False):
        return
    Key.acme_filled = True  # type: ignore[attr-defined]
    _kms()
    _regions()
    _buckets()
    _identity()
    _organisation()


def _kms() -> None:
    from moto.core.exceptions import JsonRESTError
    from moto.kms.models import Key
    from moto.kms.responses import KmsResponse

    plain = Key.to_dict

    @wraps(plain)
    def to_dict(self: Any) -> dict[str, Any]:
        described = plain(self)
        store = getattr(self, "acme_store", None)
        if store:
            described["KeyMetadata"]["CustomKeyStoreId"] = store
        return described

    def get_key_rotation_status(self: Any) -> str:
        key_id = self._get_param("KeyId")
        self._validate_cmk_id(key_id)
        key = self.kms_backend.describe_key(self.kms_backend.get_key_id(key_id))
        if key.key_spec != "SYMMETRIC_DEFAULT" or getattr(key, "acme_store", None):
            raise JsonRESTError("UnsupportedOperationException", f"{key.arn} does not support rotation")
        status = {"KeyId": key.arn, "KeyRotationEnabled": key.key_rotation_status}
        if key.key_rotation_status:
            status |= getattr(key, "acme_rotation", {})
        return json.dumps(status)

    Key.to_dict = to_dict  # type: ignore[method-assign]
    KmsResponse.get_key_rotation_status = get_key_rotation_status  # type: ignore[method-assign]


def _regions() -> None:
    """moto lists regions of other partitions, and calls those of Africa and the Middle East enabled."""
    from moto.core.responses import ActionResult
    from moto.ec2.responses.availability_zones_and_regions import AvailabilityZonesAndRegions

    def describe_regions(self: Any) -> Any:
        everything = self._get_param("AllRegions", False) in (True, "true")
        shown = [(name, "opt-in-not-required") for name in ENABLED_REGIONS]
        if everything:
            shown += [(name, "not-opted-in") for name in NOT_OPTED_IN]
        return ActionResult(
            {
                "Regions": [
                    {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": status}
                    for name, status in sorted(shown)
                ]
            }
        )

    AvailabilityZonesAndRegions.describe_regions = describe_regions  # type: ignore[method-assign]


def _buckets() -> None:
    """ListBuckets pages (MaxBuckets, ContinuationToken) and names each bucket's region."""
    from moto.core.responses import ActionResult
    from moto.s3.responses import S3Response

    def all_buckets(self: Any) -> Any:
        self.data["Action"] = "ListBuckets"
        found = sorted(self.backend.list_buckets(None, None, None), key=lambda bucket: bucket.name)
        after = self._get_param("continuation-token")
        if after:
            found = [bucket for bucket in found if bucket.name > after]
        limit = int(self._get_param("max-buckets") or 10_000)
        page, rest = found[:limit], found[limit:]
        body: dict[str, Any] = {
            "Owner": {"ID": "acme", "DisplayName": "acme"},
            "Buckets": [
                {"Name": bucket.name, "CreationDate": bucket.creation_date_ISO8601, "BucketRegion": bucket.region_name}
                for bucket in page
            ],
        }
        if rest:
            body["ContinuationToken"] = page[-1].name
        return self.serialized(ActionResult(body))

    S3Response.all_buckets = all_buckets  # type: ignore[method-assign]


def _identity() -> None:
    """Whoever reads is the reader's role; the credential report is as old as the sandbox's clock says."""
    from moto.iam.responses import IamResponse
    from moto.sts.models import STSBackend

    def get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
        arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{READER_ROLE}/soc2"
        return "AROAREADER0000000000:soc2", arn, ACCOUNT_ID

    plain = IamResponse.get_credential_report

    @wraps(plain)
    def get_credential_report(self: Any) -> Any:
        answer: Any = plain(self)
        answer._result["GeneratedTime"] = self.backend.acme_now
        return answer

    STSBackend.get_caller_identity = get_caller_identity  # type: ignore[method-assign]
    IamResponse.get_credential_report = get_credential_report  # type: ignore[method-assign]


def _organisation() -> None:
    """Whoever is in no organisation cannot list its accounts; moto answers an empty list."""
    from moto.organizations.exceptions import AWSOrganizationsNotInUseException
    from moto.organizations.models import OrganizationsBackend

    plain = OrganizationsBackend.list_accounts

    @wraps(plain)
    def list_accounts(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not self.org:
            raise AWSOrganizationsNotInUseException
        return plain(self, *args, **kwargs)

    OrganizationsBackend.list_accounts = list_accounts  # type: ignore[assignment, method-assign]
