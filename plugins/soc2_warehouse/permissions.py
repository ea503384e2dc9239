"""The IAM policy that the AWS sources need, from what each source's module says at its top."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

from soc2_warehouse import sources

_NEEDS = re.compile(r"Least permissions:(.*?)\n\n", re.DOTALL)
_ACTION = re.compile(r"\b[a-z][a-z0-9-]*:[A-Z][A-Za-z0-9]+\b")
#: What only the buckets with inventory reports and with the trails' files must allow.
INVENTORY = ("s3:GetObject", "s3:ListBucket")


def actions(module: ModuleType) -> set[str]:
    """IAM actions that the module's docstring names. Raises ValueError when it names none."""
    needs = _NEEDS.search(f"{module.__doc__}\n\n")
    found = set(_ACTION.findall(needs[1])) if needs else set()
    if not found:
        raise ValueError(f"{module.__name__}: its docstring has no paragraph 'Least permissions:' with IAM actions")
    return found


def aws_policy() -> dict[str, Any]:
    """One policy for all AWS sources, as IAM takes it; YOUR-… stand for names of the company's buckets."""
    modules = [source.module for source in sources.load_all() if source.connection == "aws_default"]
    needed = sorted(set().union(*(actions(module) for module in modules)) | {"sts:GetCallerIdentity"})
    buckets = [f"arn:aws:s3:::YOUR-{kind}-BUCKET" for kind in ("INVENTORY", "CLOUDTRAIL", "ACCESS-LOG")]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": [one for one in needed if one not in INVENTORY], "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": list(INVENTORY),
                "Resource": [*buckets, *(f"{bucket}/*" for bucket in buckets)],
            },
        ],
    }
