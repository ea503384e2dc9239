"""Which of the sandbox's buckets lie open, and for how long."""

from __future__ import annotations

import json
from datetime import datetime

from soc2_warehouse.sandbox.aws.cloud import Cloud, Dated, at, moment
from soc2_warehouse.sandbox.aws.keys import ALWAYS
from soc2_warehouse.sandbox.company import Company

#: After the buckets.
RANK = 2

FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
#: Flags that are on; dated. What is not named here has all of them, or is public on purpose.
BLOCKS: dict[str, Dated[tuple[str, ...]]] = {
    # Somebody switched one off to let a partner in, and the partner's policy opens it; it stays restricted.
    "acme-partner-dropbox": ((ALWAYS, ("BlockPublicAcls", "IgnorePublicAcls", "RestrictPublicBuckets")),),
    "acme-data-lake-curated": (
        (ALWAYS, FLAGS),
        (moment("2026-07-03T10:00"), ()),
        (moment("2026-07-05T10:00"), FLAGS),
    ),
    # Public by its policy, and blocked altogether.
    "acme-finance-close": ((ALWAYS, FLAGS),),
}


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Give these buckets their public access block and a policy for everybody."""
    held = cloud.backend("s3").buckets
    for name, dated in BLOCKS.items():
        client = cloud.client("s3", held[name].region_name)
        on = at(dated, now)
        # A policy that opens can be put only while nothing blocks it.
        client.delete_public_access_block(Bucket=name)
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "s3:GetObject",
                    "Resource": f"arn:aws:s3:::{name}/*",
                }
            ],
        }
        if on == FLAGS and name != "acme-finance-close":
            held[name].policy = None
        else:
            client.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
        client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={flag: flag in on for flag in FLAGS})
