"""What a night costs at 1, 10 and 100 million authentication events a year, and whether the history matters.

    .venv/bin/python benchmarks/event_volume.py --scales 1,10 --history 3,300
    .venv/bin/python benchmarks/event_volume.py --scales 100 --history 3,20

Lays a history of days into the landing zone of a temporary home, loads and parses it, and then plays three more nights,
each with a day's events and the 24 hours before them that an extract reads again. Measured are ``load`` (landing to
build file) and the dbt models of AL-02: those of the mass events apart from the rest, which is small tables. Seconds
are of this machine and medians of the three nights: compare ratios.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

FIRST = date(2026, 1, 1)
NIGHTS = 3
OVERLAP = 24
VOLUME = ("stg_okta__system_log", "int_okta_events_seen", "int_sign_ins_failed", "fct_failed_login_burst")
SELECT = ("+ctl_al_02__failed_logins_raise_alerts", "+ctl_al_02__reconciled")
#: An event in the provider's form: 1.3 kB, of which staging reads a dozen fields.
EVENT: dict[str, Any] = {
    "actor": {"id": "@USER", "type": "User", "alternateId": "@USER@acme.example", "displayName": "A Person"},
    "client": {
        "userAgent": {"rawUserAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "os": "Mac OS X"},
        "zone": "null",
        "device": "Computer",
        "ipAddress": "203.0.113.@OCTET",
        "geographicalContext": {"city": "New York", "country": "United States", "geolocation": {"lat": 40, "lon": -74}},
    },
    "authenticationContext": {"authenticationStep": 0, "externalSessionId": "102@UUID"},
    "displayMessage": "User login to Okta",
    "eventType": "user.session.start",
    "outcome": {"result": "@RESULT", "reason": "@REASON"},
    "published": "@TIME",
    "securityContext": {"asNumber": 394089, "asOrg": "example network", "isp": "example", "isProxy": False},
    "severity": "INFO",
    "debugContext": {"debugData": {"requestUri": "/api/v1/authn", "threatSuspected": "false", "url": "/api/v1/authn?"}},
    "transaction": {"type": "WEB", "id": "W@UUID", "detail": {}},
    "uuid": "@UUID",
    "version": "0",
    "request": {"ipChain": [{"ip": "203.0.113.@OCTET", "geographicalContext": None, "version": "V4"}]},
    "target": None,
}


def lay(settings: Any, per_day: int, day: date, hours: int) -> None:
    """One extract: the events of the ``hours`` before 02:00 of ``day``, as landing would have written them."""
    from soc2_warehouse.landing import Landing
    from soc2_warehouse.receipts import Receipt

    moment = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    last = int(moment.timestamp() / 86400 * per_day)  # events are numbered through all time, evenly spread
    count = per_day * hours // 24
    text = f"'{json.dumps(EVENT)}'"
    for name, value in {
        "@USER": "case when n % 9973 < 6 then 'victim' || (n // 9973 % 50) else 'user' || (n * 7919 % 5000) end",
        "@OCTET": "(n % 250)",
        "@RESULT": "case when failed then 'FAILURE' else 'SUCCESS' end",
        "@REASON": "case when failed then 'INVALID_CREDENTIALS' else '' end",
        "@TIME": "strftime(make_timestamp(cast(n * 86400000000.0 / $per_day as bigint)), '%Y-%m-%dT%H:%M:%S.%gZ')",
        "@UUID": "md5(cast(n as varchar))",
    }.items():
        text = text.replace(name, f"' || {value.replace('$per_day', str(per_day))} || '")
    run_id = f"okta.system_log-{moment:%Y%m%dT%H%M%SZ}-{hours:08}"
    uri = f"okta/system_log/day={day}/run={run_id}/records.parquet"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.parquet"
        duckdb.execute(
            f"copy (select row_number() over () - 1 as seq, {text} as record, cast(null as varchar) as parent, "
            f"cast(null as varchar) as error, timestamp '{moment:%Y-%m-%d %H:%M:%S}' as fetched_at "
            f"from (select range as n, range % 33 = 0 or range % 9973 < 6 as failed "
            f"from range({last - count}, {last}))) "
            f"to '{path}' (format parquet, compression zstd, row_group_size 20480)"
        )
        content = path.read_bytes()
        landing = Landing(settings.landing_url)
        landing.create(uri, path)
    landing.write_receipt(
        Receipt(
            run_id=run_id,
            source="okta",
            table_name="system_log",
            kind="event",
            logical_date=day,
            status="complete",
            collection_method="api",
            started_at=moment,
            finished_at=moment,
            query="generated",
            window_start=moment - timedelta(hours=hours),
            window_end=moment,
            pages=count // 1000,
            rows=count,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            object_uri=uri,
            extractor_version="benchmark",
        )
    )


@cache
def project() -> Any:
    """The dbt project, read once: its text is the same in every home."""
    from soc2_warehouse import transform
    from soc2_warehouse.settings import from_environment

    return transform.parse(from_environment())[0].manifest


def play(scale: int, history: int) -> dict[str, float]:
    """Three nights after ``history`` days, at ``scale`` million events a year. Returns medians."""
    from soc2_warehouse import extract, transform, warehouse
    from soc2_warehouse.settings import from_environment

    per_day = scale * 1_000_000 // 365
    with tempfile.TemporaryDirectory(prefix="soc2-volume-") as home:
        os.environ["SOC2_HOME"] = home
        settings = from_environment()
        engagement = {
            "engagement_id": "E",
            "report_type": "type_2",
            "window_start": "2026-01-01",
            "window_end": "2027-06-30",
        }
        extract.land_file(
            settings, "registers", "engagement", FIRST, enumerate([json.dumps(engagement)], 1), "e", "register"
        )
        for number in range(history):
            lay(settings, per_day, FIRST + timedelta(days=number), 24)
        days = [FIRST + timedelta(days=history + number) for number in range(NIGHTS)]
        measured: list[dict[str, float]] = []
        for day in [days[0] - timedelta(days=1), *days]:
            if day in days:
                lay(settings, per_day, day, 24 + OVERLAP)
            began = time.monotonic()
            warehouse.load(settings, day)
            loaded = time.monotonic() - began
            manifest = project()
            began = time.monotonic()
            run = transform.dbt(
                settings,
                ["--quiet", "build", *("--resource-type", "model", "--resource-type", "seed"), "--select", *SELECT],
                {"parameters": {}},
                manifest,
            )
            built = time.monotonic() - began
            if not run.success:
                raise SystemExit(run.error or "\n".join(node.message for node in run.nodes if not node.ok))
            volume = sum(node.seconds for node in run.nodes if node.name in VOLUME)
            measured.append({"load": loaded, "volume": volume, "rest": built - volume})
        with warehouse.connect(settings, read_only=True) as connection:
            (bursts,) = connection.execute("select count(*) from intermediate.fct_failed_login_burst").fetchone() or (
                0,
            )
            (staged,) = connection.execute("select count(*) from staging.stg_okta__system_log").fetchone() or (0,)
        assert bursts > 0, "the generated attacks were not found"
        found = {name: median(night[name] for night in measured[1:]) for name in measured[0]}
        return found | {
            "first": sum(measured[0].values()),
            "staged": staged,
            "file": settings.build_file.stat().st_size,
        }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scales", default="1,10", help="million events a year")
    arguments.add_argument("--history", default="3,300", help="days before the nights that are measured")
    chosen = arguments.parse_args()
    columns = {"M/year": 6, "history": 8, "load": 8, "volume": 8, "rest": 8, "ratio": 6, "staged": 11, "file": 8}
    print(*(f"{name:>{width}}" for name, width in columns.items()), f"{'peak':>8}")
    for scale in map(int, chosen.scales.split(",")):
        base = 0.0
        for history in map(int, chosen.history.split(",")):
            found = play(scale, history)
            cost = found["load"] + found["volume"]
            base = base or cost
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{scale:6} {history:7}d {found['load']:7.2f}s {found['volume']:7.2f}s {found['rest']:7.2f}s "
                f"{cost / base:6.2f} {found['staged']:11,.0f} {found['file'] / 1e6:7.0f}M {peak:7.0f}M",
                flush=True,
            )


if __name__ == "__main__":
    main()
