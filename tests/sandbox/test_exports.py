"""What the sandbox company's exporters write follows its databases, and is landed as an operator would land it."""

from __future__ import annotations

import importlib
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from soc2_warehouse import sandbox
from soc2_warehouse.sandbox import exports, log_streams
from soc2_warehouse.sandbox.aws.buckets import BUCKETS
from soc2_warehouse.sandbox.aws.databases import DATABASES
from soc2_warehouse.sandbox.company import Company


def written(day: int) -> dict[str, list[dict]]:
    now = datetime(2026, 7, day, 2, tzinfo=UTC)
    return {source: records for source, _, _, records in exports.written(Company(), now)}


def test_every_database_that_can_be_asked_has_an_owner_and_a_heartbeat():
    found = written(1)
    asked = {record["database_id"] for record in found["db_grants"] if record["privilege_type"] == "OWNER"}
    alive = {record["database_id"] for record in found["db_audit"] if record["statement_class"] == "HEARTBEAT"}
    names = {plan.name for plan in DATABASES if plan.arn in asked}
    assert asked == alive and len(asked) > 8
    assert "crm" in names and not names & {"ledger-archive", "staging-copy", "crm-1", "sessions", "card-tokens"}


def test_revoked_privileges_are_gone_and_statements_stay_two_days():
    assert any(record["grantee"] == "yara.costa" for record in written(4)["db_grants"])
    assert not any(record["grantee"] == "yara.costa" for record in written(5)["db_grants"])
    wrote = {day: any(r["statement_class"] == "WRITE" for r in written(day)["db_audit"]) for day in (2, 3, 4, 5)}
    assert wrote == {2: False, 3: True, 4: True, 5: False}


def test_processing_is_exported_for_ten_days_and_again_when_it_changes():
    now = datetime(2026, 7, 3, 2, tzinfo=UTC)
    tables = {table: records for source, table, _, records in exports.written(Company(), now) if source == "processing"}
    assert {record["scheduled_for"][:10] for record in tables["runs"]} == {
        *(f"2026-06-{day}" for day in range(23, 31)), "2026-07-01", "2026-07-02"
    }  # fmt: skip
    state = {record["run_id"]: record["state"] for record in tables["runs"]}
    assert state["PL04-2026-06-26"] == "success" and "PL04-2026-06-30" not in state
    assert all(not name.startswith("_") for records in tables.values() for record in records for name in record)


def test_no_reconciliation_falls_on_a_weekend_or_holiday():
    now = datetime(2026, 7, 6, 2, tzinfo=UTC)
    made = next(records for _, table, _, records in exports.written(Company(), now) if table == "reconciliations")
    days = {record["due_date"] for record in made if record["recon_id"] == "RC01"}
    assert {"2026-07-02", "2026-06-30"} <= days and not days & {"2026-07-03", "2026-07-04", "2026-07-05"}


def test_logs_are_counted_for_whole_days_and_what_was_deleted_stays_deleted():
    def counts(day: int, stream: str) -> dict[str, dict]:
        now = datetime(2026, 7, day, 2, tzinfo=UTC)
        return {record["day"]: record for record in log_streams.counted(7, now) if record["stream_id"] == stream}

    vpn = counts(6, "vpn-auth")
    assert (min(vpn), max(vpn), len(vpn)) == ("2026-06-01", "2026-07-05", 35)
    assert vpn["2026-07-03"]["event_count"] == 0 < vpn["2026-07-03"]["source_count"]
    assert vpn["2026-07-02"]["max_ts"] == "2026-07-02T03:00:00+00:00"
    assert vpn["2026-07-05"]["min_ts"] == "2026-07-05T06:00:00+00:00"
    assert counts(4, "data-platform-log") == {} != counts(5, "data-platform-log")
    assert counts(4, "vpn-admin")["2026-07-03"]["heartbeat_count"] == 1440
    assert counts(4, "payments-admin")["2026-07-03"]["heartbeat_count"] == 0

    def oldest(day: int, ref: str) -> str:
        now = datetime(2026, 7, day, 2, tzinfo=UTC)
        (found,) = [store for store in log_streams.held(now) if store["destination_ref"].endswith(ref)]
        return found["oldest_event_at"]

    assert oldest(4, "/acme/identity/authz") == "2026-04-05T02:00:00+00:00"
    assert oldest(5, "/acme/identity/authz") == oldest(20, "/acme/identity/authz") == "2026-04-05T10:00:00+00:00"


def test_every_registered_stream_is_of_a_system_and_kept_where_the_account_has_something():
    names = {plan.ref.rpartition(":")[2] for plan in BUCKETS}
    for stream in log_streams.STREAMS:
        assert stream.stores and set(stream.types)
        for store in stream.stores:
            assert set(store.types) <= set(stream.types)
            if store.kind == "s3":
                assert store.ref.partition("/")[0] in names


def test_a_module_exports_by_being_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def found() -> list[tuple[str, str]]:
        importlib.invalidate_caches()
        return [(source, table) for source, table, _, _ in exports.written(Company(), now)]

    now = datetime(2026, 7, 1, 2, tzinfo=UTC)
    before = found()
    assert {"db_grants", "log_counts", "privacy", "processing", "siem", "support_tickets", "tickets"} <= {*dict(before)}
    monkeypatch.setattr(sandbox, "__path__", [*sandbox.__path__, str(tmp_path)])
    (tmp_path / "of_a_test.py").write_text("def exported(company, now):\n    yield 'fax', 'pages', 'event', []\n")
    assert sorted(found()) == sorted([*before, ("fax", "pages")])
    shutil.copy(tmp_path / "of_a_test.py", tmp_path / "of_a_test_too.py")
    with pytest.raises(ValueError, match=r"of_a_test_too\.py writes fax\.pages, which sandbox/of_a_test\.py writes"):
        found()
    for name in ("of_a_test", "of_a_test_too"):
        del sys.modules[f"{sandbox.__name__}.{name}"]
