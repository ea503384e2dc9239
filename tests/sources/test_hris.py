"""BambooHR read over HTTP, on good days and bad ones."""

import json

import pytest

from soc2_warehouse.sandbox import hris

SANDBOX = hris


def test_every_table_of_a_good_day(provider):
    reading = provider.read()
    assert reading.status() == {"employees": "complete", "employment_status": "complete"}
    assert (reading.receipts["employees"].rows, reading.receipts["employment_status"].rows) == (69, 86)
    assert reading.receipts["employees"].tenant == "acme"
    assert "terminationDate" in reading.receipts["employees"].parameters["fields"]


def test_past_and_future_are_there(provider):
    reading = provider.read()
    found = {row["employeeNumber"]: row for row in reading.records("employees")}
    assert found["E1012"]["status"] == "Inactive" and found["E1012"]["terminationDate"] == "2025-11-28"
    assert found["E1063"]["status"] == "Active" and found["E1063"]["terminationDate"] == "2026-07-31"
    assert found["E1001"]["terminationDate"] == "0000-00-00"
    rows = [row for row in reading.records("employment_status") if row["employeeId"] == found["E1049"]["id"]]
    assert [(row["date"], row["employmentStatus"]) for row in rows] == [
        ("2023-02-01", "Full-Time"),
        ("2026-04-17", "Terminated"),
        ("2026-06-01", "Full-Time"),
    ]


@pytest.mark.parametrize("status", [429, 500])
def test_what_passes_is_repeated(provider, status):
    provider.app.faults.add("/reports/custom", status=status, times=2, headers={"Retry-After": "0"})
    receipt = provider.read().receipts["employees"]
    assert (receipt.status, receipt.rows) == ("complete", 69)
    assert receipt.throttled + receipt.http_errors == 2


def test_a_bad_key_fails_every_table(provider):
    reading = provider.read(token="wrong")
    assert reading.status() == {"employees": "failed", "employment_status": "failed"}
    assert "401" in reading.receipts["employees"].errors[0]


def test_a_key_without_a_right_fails_that_table_alone(provider):
    provider.app.denied["limited-token"] = ["/tables/"]
    reading = provider.read(token="limited-token")
    assert reading.status() == {"employees": "complete", "employment_status": "failed"}
    assert "403" in reading.receipts["employment_status"].errors[0]


def test_half_a_report_fails_the_table_and_what_leans_on_it(provider):
    provider.app.faults.add("/reports/custom", truncate=True)
    reading = provider.read()
    assert reading.status() == {"employees": "failed", "employment_status": "failed"}


def answer(provider, employees):
    provider.app.faults.add("/reports/custom", status=200, body=json.dumps({"fields": [], "employees": employees}))


def test_employees_missing_from_the_report_are_noticed(provider):
    whole = provider.read().records("employees")
    answer(provider, whole[:-2])
    reading = provider.read()
    assert reading.status() == {"employees": "complete", "employment_status": "incomplete"}
    assert whole[-1]["id"] in reading.receipts["employment_status"].errors[0]


def test_hidden_fields_are_noticed(provider):
    whole = provider.read().records("employees")
    answer(provider, [{k: v for k, v in row.items() if k != "terminationDate"} for row in whole])
    receipt = provider.read().receipts["employees"]
    assert receipt.status == "incomplete" and "terminationDate" in receipt.errors[0]
