"""Policies of the sandbox company's buckets: nearly all refuse what does not come over TLS."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from soc2_warehouse.sandbox.aws.buckets import BUCKETS, BucketPlan
from soc2_warehouse.sandbox.aws.cloud import Cloud, moment
from soc2_warehouse.sandbox.company import Company

#: The importer of 2022 never got a policy.
NONE = ("acme-legacy-importer",)
#: Whoever wrote this one forgot that the bucket itself is a resource too.
OBJECTS_ONLY = {"acme-hr-files": moment("2026-07-04T12:00")}
#: Two statements say together what one says elsewhere.
IN_TWO = ("acme-board-papers",)


def _deny(*resources: str) -> dict[str, Any]:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def policy(plan: BucketPlan, now: datetime) -> dict[str, Any] | None:
    """The bucket's policy at ``now``; None when it has none."""
    if plan.tag == "public" or plan.name in NONE:
        return None
    whole, objects = plan.ref, f"{plan.ref}/*"
    if plan.name in IN_TWO:
        statements = [_deny(whole), _deny(objects) | {"Principal": {"AWS": "*"}}]
    elif plan.name in OBJECTS_ONLY and now < OBJECTS_ONLY[plan.name]:
        statements = [_deny(objects)]
    else:
        statements = [_deny(whole, objects)]
    return {"Version": "2012-10-17", "Statement": statements}


_now = moment("2026-07-01")


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Policies are answered from the plans, as of ``now``."""
    global _now
    _now = now


def fill() -> None:
    """Let moto answer from the plans: it would enforce a policy without its conditions, and lock everybody out."""
    from moto.s3.exceptions import NoSuchBucketPolicy
    from moto.s3.responses import S3Response

    plans = {plan.name: plan for plan in BUCKETS}

    def get_bucket_policy(self: Any) -> Any:
        plan = plans.get(self.bucket_name)
        document = policy(plan, _now) if plan else None
        if document is None:
            raise NoSuchBucketPolicy(bucket_name=self.bucket_name)
        return 200, {}, json.dumps(document, indent=1)

    S3Response.get_bucket_policy = get_bucket_policy  # type: ignore[method-assign]
