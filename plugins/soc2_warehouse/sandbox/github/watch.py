"""How the sandbox company's pipeline watches a release for 15 minutes, and what is planted in it (CM-09)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Literal

from soc2_warehouse.sandbox import timetable
from soc2_warehouse.sandbox.github.model import iso

#: Seconds after success of each sample; the last is at exactly 15 minutes.
USUAL = (30, *range(60, 901, 60))
ALARM_AT = 300

Story = Literal[
    "unwatched",  # the record has no samples
    "short",  # the last sample is a second early
    "gap",  # three minutes without a sample
    "edge",  # near miss: two minutes without a sample
    "alarm",  # an alarm that nobody acted on
    "false_alarm",  # near miss: an alarm that somebody looked into at once
    "incident",  # near miss: an alarm that became an incident
]

PLANTED: dict[tuple[date, int], Story] = {
    (date(2026, 6, 18), 1): "short",
    (date(2026, 6, 18), 3): "unwatched",
    (date(2026, 6, 19), 1): "gap",
    (date(2026, 6, 22), 0): "edge",
    (date(2026, 7, 2), 1): "alarm",
    (date(2026, 7, 3), 1): "false_alarm",
    (date(2026, 7, 6), 2): "incident",
}
ALARMS = ("alarm", "false_alarm", "incident")


def alarms(seed: int, story: Story) -> Iterator[tuple[int, timetable.Deployment, datetime]]:
    """Number, deployment and moment of the planted alarms of one kind."""
    places = timetable.places(seed)
    for entry in timetable.deployments(seed):
        if PLANTED.get(places.get(entry.number, (date.min, 0))) == story:
            yield entry.number, entry, entry.finished_at + timedelta(seconds=ALARM_AT)


def monitoring(entry: timetable.Deployment, seed: int) -> dict[str, Any]:
    """What the record says of the minutes after a production deployment succeeded."""
    story = PLANTED.get(timetable.places(seed)[entry.number])
    offsets = {
        "unwatched": (),
        "short": (*USUAL[:-1], 899),
        "gap": tuple(offset for offset in USUAL if offset not in (420, 480)),
        "edge": tuple(offset for offset in USUAL if offset != 420),
    }.get(story or "", USUAL)
    samples = [
        {
            "at": iso(entry.finished_at + timedelta(seconds=offset)),
            "state": "alarm" if story in ALARMS and offset == ALARM_AT else "ok",
        }
        for offset in offsets
    ]
    ends = {"started_at": samples[0]["at"], "ended_at": samples[-1]["at"]} if samples else {}
    return {"started_at": None, "ended_at": None} | ends | {"samples": samples}
