"""The record of a judgement in the landing zone: with it, every past verdict can be made again from there alone."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from soc2_warehouse.clock import as_of
from soc2_warehouse.landing import Landing
from soc2_warehouse.settings import Settings

PREFIX = "_judgements"


@dataclass(frozen=True)
class Record:
    """One judgement of one logical day. Times are aware UTC.

    known_until: only receipts finished by then were used. environment: ``prod``, or ``demo`` for the sandbox company.
    """

    run_id: str
    logical_date: date
    as_of: datetime
    started_at: datetime
    known_until: datetime
    triggered_by: str
    environment: str

    @property
    def moment(self) -> datetime:
        """``as_of`` as the warehouse keeps instants: UTC, naive."""
        return self.as_of.astimezone(UTC).replace(tzinfo=None)

    @property
    def uri(self) -> str:
        return f"{PREFIX}/day={self.logical_date}/{self.run_id}.json"

    def to_json(self) -> bytes:
        """Canonical JSON: sorted keys, ISO 8601 times."""
        return json.dumps(asdict(self), default=lambda value: value.isoformat(), sort_keys=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Record:
        value = json.loads(text)
        for name in ("as_of", "started_at", "known_until"):
            value[name] = datetime.fromisoformat(value[name])
        return cls(**value | {"logical_date": date.fromisoformat(value["logical_date"])})


def begin(
    settings: Settings, day: date, now: datetime, known_until: datetime, triggered_by: str, environment: str
) -> Record:
    """The record of a judgement that starts ``now`` (aware UTC). ``judge`` lands it when the judgement is made."""
    run_id = f"judge-{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    return Record(run_id, day, as_of(day, settings.observed_at), now, known_until, triggered_by, environment)


def records(settings: Settings) -> list[Record]:
    """Every judgement ever made, in the order they were made."""
    landing = Landing(settings.landing_url)
    found = [Record.from_json(landing.read(uri)) for uri in landing.list(PREFIX)]
    return sorted(found, key=lambda record: (record.started_at, record.run_id))
