"""The sandbox's registers: one history for everybody, good files only, and what they plant."""

from __future__ import annotations

import csv
import io
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from soc2_warehouse.connections import Connection
from soc2_warehouse.registers import registers
from soc2_warehouse.registers.reading import read
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.registers import files, write_registers
from soc2_warehouse.sources import load

COMPANY = Company()


def night(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


def log(folder: Path) -> list[str]:
    done = subprocess.run(("git", "log", "--format=%H %cI"), cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def rows(name: str, day: date) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files(COMPANY, night(day))[f"{name}.csv"])))


@pytest.mark.parametrize("day", [date(2026, 6, 1), date(2026, 7, 1), date(2026, 7, 15), date(2027, 6, 30)])
def test_every_register_is_there_and_good(day):
    found = files(COMPANY, night(day))
    assert {name.rpartition(".")[0] for name in found} == set(registers())
    for name, text in found.items():
        content = read(registers()[name.rpartition(".")[0]], name, text.encode())
        assert content.problems == [], name


def test_the_history_is_the_same_however_one_gets_there(tmp_path):
    write_registers(COMPANY, tmp_path / "at once", night(date(2026, 7, 15)))
    for day in (1, 2, 6, 6, 15):
        write_registers(COMPANY, tmp_path / "by night", night(date(2026, 7, day)))
    assert log(tmp_path / "at once") == log(tmp_path / "by night")
    assert len(log(tmp_path / "by night")) > 10


def test_the_past_does_not_know_the_future(tmp_path):
    write_registers(COMPANY, tmp_path / "checkout", night(date(2026, 7, 15)))
    later = log(tmp_path / "checkout")
    write_registers(COMPANY, tmp_path / "checkout", night(date(2026, 7, 1)))
    earlier = log(tmp_path / "checkout")
    assert earlier == later[-len(earlier) :] and len(earlier) < len(later)
    assert all(datetime.fromisoformat(line.split()[1]) <= night(date(2026, 7, 1)) for line in earlier)


def test_the_source_module_reads_it(tmp_path):
    write_registers(COMPANY, tmp_path / "checkout", night(date(2026, 7, 1)))
    checkout = load("registers").client(
        Connection("r", "file", str(tmp_path / "checkout"), extra={"path": "registers"})
    )
    assert checkout.uncommitted == [] and checkout.commit == log(tmp_path / "checkout")[0].split()[0]


def test_decisions_come_and_go_on_their_days():
    decided = {day: [row["entity_key"] for row in rows("exception_decisions", date(2026, 7, day))] for day in (4, 5)}
    assert [key for key in decided[5] if key not in decided[4]] == ["V012|soc2_report_review"]
    notion = {day: row for day in (5, 6) for row in rows("vendors", date(2026, 7, day)) if row["name"] == "Notion"}
    assert (notion[5]["data_classes"], notion[6]["data_classes"]) == ("", "internal")


def test_owners_and_reviewers_are_people_of_the_company():
    day = date(2026, 7, 1)
    known = {ref for person in COMPANY.people for ref in (person.employee_number, person.contractor_id) if ref}
    named = {
        row[column]
        for name, register in registers().items()
        if f"{name}.csv" in files(COMPANY, night(day))
        for column in register.columns
        if column in ("owner_id", "reviewer_id", "approved_by", "approver", "person_id", "sponsor_id", "manager_id")
        for row in rows(name, day)
        if row[column]
    }
    assert len(named) > 15 and named <= known


def test_an_override_waits_for_its_approval():
    def approver(day: int) -> str:
        user = str(COMPANY.github_user("E1006").user_id)
        (row,) = (r for r in rows("identity_overrides", date(2026, 7, day)) if r["account_id"] == user)
        return row["approved_by"]

    assert (approver(6), approver(7)) == ("", "E1003")
