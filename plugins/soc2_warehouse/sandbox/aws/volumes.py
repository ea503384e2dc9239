"""Block volumes of the sandbox company and the regions' default for new ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace

from soc2_warehouse.sandbox.aws.cloud import ENABLED_REGIONS, EUROPE, HOME, Cloud, in_order, moment, stable_hex
from soc2_warehouse.sandbox.aws.keys import key_arn
from soc2_warehouse.sandbox.company import Company

DEFAULT_OFF_UNTIL = {"sa-east-1": moment("2026-07-07T12:00")}


@dataclass(frozen=True)
class VolumePlan:
    """One volume; ``attached`` False is a detached one, which still holds data. ``root``: made from an image."""

    name: str
    region: str
    created_at: datetime
    encrypted: bool = True
    attached: bool = True
    root: bool = False
    deleted_at: datetime | None = None

    @property
    def volume_id(self) -> str:
        return "vol-0" + stable_hex(16, "volume", self.region, self.name)

    @property
    def instance_id(self) -> str | None:
        return "i-0" + stable_hex(16, "instance", self.region, self.name.split(".")[0]) if self.attached else None

    @property
    def key_arn(self) -> str | None:
        if not self.encrypted:
            return None
        return key_arn("ebs", HOME) if self.region == HOME else key_arn("ebs-eu", EUROPE)

    def exists(self, now: datetime) -> bool:
        return self.created_at <= now and (self.deleted_at is None or now < self.deleted_at)


def _ordinary() -> list[VolumePlan]:
    plans = []
    for number in range(8):
        created = moment("2025-09-03") + timedelta(days=20 * number)
        region = EUROPE if number % 3 == 0 else HOME
        plans.append(VolumePlan(f"worker-{number}.root", region, created, root=True))
        plans.append(VolumePlan(f"worker-{number}.data", region, created))
    return plans


VOLUMES: tuple[VolumePlan, ...] = (
    *_ordinary(),
    VolumePlan(
        "bastion.root", HOME, moment("2024-02-02"), encrypted=False, root=True, deleted_at=moment("2026-07-05T10:00")
    ),
    VolumePlan("old-jenkins.data", EUROPE, moment("2023-03-03"), encrypted=False, attached=False),
    VolumePlan("restore-test.data", HOME, moment("2026-05-20"), attached=False),  # detached, encrypted
    VolumePlan("loadtest.data", HOME, moment("2026-07-10"), encrypted=False, deleted_at=moment("2026-07-11T12:00")),
)


def arrange(cloud: Cloud, company: Company, now: datetime) -> None:
    """Make moto's volumes and regional defaults what they are at ``now``."""
    for region in ENABLED_REGIONS:
        cloud.backend("ec2", region).ebs_encryption_by_default = now >= DEFAULT_OFF_UNTIL.get(region, now)
    for plan in VOLUMES:
        held = cloud.backend("ec2", plan.region).volumes
        if not plan.exists(now):
            held.pop(plan.volume_id, None)
        elif plan.volume_id not in held:
            _create(cloud, plan)
    for region in (HOME, EUROPE):
        in_order(cloud.backend("ec2", region).volumes, [plan.volume_id for plan in VOLUMES])


def _create(cloud: Cloud, plan: VolumePlan) -> None:
    from moto.ec2.models.elastic_block_store import VolumeAttachment

    made = cloud.client("ec2", plan.region).create_volume(
        AvailabilityZone=f"{plan.region}a",
        Size=100,
        VolumeType="gp3",
        Encrypted=plan.encrypted,
        **({"KmsKeyId": plan.key_arn} if plan.key_arn else {}),
        TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": plan.name}]}],
    )
    held = cloud.backend("ec2", plan.region).volumes
    volume = held.pop(made["VolumeId"])
    tags = cloud.backend("ec2", plan.region).tags
    if made["VolumeId"] in tags:
        tags[plan.volume_id] = tags.pop(made["VolumeId"])
    volume.id, volume.create_time = plan.volume_id, plan.created_at.replace(tzinfo=None)
    if plan.root:
        volume.snapshot_id = "snap-0" + stable_hex(16, "snapshot", plan.name)
    if plan.instance_id:
        device = "/dev/xvda" if plan.root else "/dev/sdf"
        attachment = VolumeAttachment(volume, SimpleNamespace(id=plan.instance_id), device, "attached")  # type: ignore[abstract]
        attachment.attach_time = volume.create_time + timedelta(minutes=3)
        volume.attachment = attachment
    held[volume.id] = volume
