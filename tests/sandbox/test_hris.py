"""The HR system answers as BambooHR does, traps included."""

from base64 import b64encode

import pytest

from soc2_warehouse.sandbox import hris
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.rhythm import moment

BASE = "/api/gateway.php/acme/v1"
FIELDS = [
    "employeeNumber",
    "status",
    "hireDate",
    "terminationDate",
    "employmentHistoryStatus",
    "lastChanged",
    "workEmail",
]
COMPANY = Company()


def client(at):
    return hris.create_app(COMPANY, lambda: moment(at)).test_client()


def headers(key="sandbox-token"):
    return {"Authorization": "Basic " + b64encode(f"{key}:x".encode()).decode()}


def report(at, only_current="false"):
    answer = client(at).post(
        f"{BASE}/reports/custom?format=JSON&onlyCurrent={only_current}", json={"fields": FIELDS}, headers=headers()
    )
    assert answer.status_code == 200
    return {row["employeeNumber"]: row for row in answer.json["employees"]}


def statuses(at, employee):
    rows = client(at).get(f"{BASE}/employees/all/tables/employmentStatus", headers=headers()).json
    assert len({row["id"] for row in rows}) == len(rows) > 60
    return [(row["date"], row["employmentStatus"]) for row in rows if row["employeeId"] == employee]


def test_a_report_has_the_fields_asked_for_and_no_date_is_zeros():
    row = report("2026-07-01T02:00")["E1001"]
    assert list(row) == ["id", *FIELDS]
    assert row["terminationDate"] == "0000-00-00" and row["hireDate"] == "2019-03-04" and row["id"] == "101"


@pytest.mark.parametrize(("at", "found"), [("2026-07-02T02:00", None), ("2026-07-03T02:00", "2026-07-02")])
def test_an_end_shows_from_the_moment_hr_enters_it(at, found):
    assert report(at)["E1064"]["terminationDate"] == (found or "0000-00-00")
    assert ((found, "Terminated") in statuses(at, "164")) == (found is not None)


def test_future_ends_and_hires_are_hidden_unless_asked_for():
    asked, usual = report("2026-07-10T02:00"), report("2026-07-10T02:00", "true")
    assert asked["E1063"]["terminationDate"] == "2026-07-31" and usual["E1063"]["terminationDate"] == "0000-00-00"
    assert "E1039" in asked and "E1039" not in usual
    assert asked["E1063"]["status"] == "Active"


def test_the_last_day_is_a_working_day():
    assert report("2026-08-01T02:00")["E1063"]["status"] == "Inactive"
    assert report("2026-07-31T12:00")["E1063"]["status"] == "Active"


def test_a_rehire_keeps_id_and_history():
    row = report("2026-07-01T02:00")["E1049"]
    assert (row["status"], row["hireDate"], row["terminationDate"]) == ("Active", "2026-06-01", "0000-00-00")
    assert statuses("2026-07-01T02:00", row["id"]) == [
        ("2023-02-01", "Full-Time"),
        ("2026-04-17", "Terminated"),
        ("2026-06-01", "Full-Time"),
    ]


def test_leave_is_a_status_and_no_end():
    row = report("2026-07-01T02:00")["E1044"]
    assert (row["status"], row["employmentHistoryStatus"]) == ("Active", "Leave of Absence")
    assert report("2026-09-02T02:00")["E1044"]["employmentHistoryStatus"] == "Full-Time"


def test_a_back_dated_end_tells_when_it_was_entered():
    row = report("2026-07-01T02:00")["E1062"]
    assert row["terminationDate"] == "2026-06-15" and row["lastChanged"] == "2026-06-22T15:00:00+00:00"


def test_the_second_record_of_one_human_comes_and_goes():
    assert "E1059" not in report("2026-06-29T02:00") and "E1059" not in report("2026-07-07T02:00")
    rows = report("2026-07-01T02:00")
    assert rows["E1059"]["workEmail"] == rows["E1031"]["workEmail"]


def test_contractors_are_not_here_and_wrong_keys_stay_out():
    assert not any(number is None or number.startswith("C") for number in report("2026-07-01T02:00"))
    assert client("2026-07-01T02:00").post(f"{BASE}/reports/custom", headers=headers("wrong")).status_code == 401
