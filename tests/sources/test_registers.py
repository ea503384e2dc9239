"""Registers read from real git checkouts: what is committed counts, and a bad row is named and never lost."""

from __future__ import annotations

import os
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from soc2_warehouse import extract
from soc2_warehouse.clock import Clock, as_of
from soc2_warehouse.connections import Connection, variable
from soc2_warehouse.landing import Landing
from soc2_warehouse.registers import registers
from soc2_warehouse.reviews.campaign import Campaign, Decision, writing
from soc2_warehouse.reviews.deciding import event
from soc2_warehouse.settings import Settings
from soc2_warehouse.sources import load
from soc2_warehouse.sources.registers import NotACheckout

DAY = date(2026, 7, 1)
VENDORS = ",".join(registers()["vendors"].columns)
CELLS = len(registers()["vendors"].columns)
GOOD = "V001,Acme Cloud,high,true,false,true,true,customer;internal,E1001,active,2025-01-06,,,,"


class Repository:
    """The company's register repository in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Test", "-c", "user.email=test@acme.example")
        environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(
            ("git", *identity, *arguments), cwd=self.folder, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, name: str, content: str | bytes) -> None:
        path = self.folder / "registers" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, **contents: str | bytes) -> str:
        """Commit files (``vendors_csv="…"`` is vendors.csv); returns the commit."""
        for name, content in contents.items():
            self.write(".".join(name.rsplit("_", 1)), content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=change")
        return self.git("rev-parse", "HEAD")


class Night:
    """One extraction of the registers."""

    def __init__(self, settings: Settings, address: str, path: str = "registers") -> None:
        os.environ[variable("registers_default")] = Connection(
            "registers_default", "file", address, extra={"path": path}
        ).to_json()
        clock = Clock.starting_at(as_of(DAY, settings.observed_at) + timedelta(seconds=1))
        self.receipts = {r.table_name: r for r in extract.run_source(settings, "registers", DAY, clock)}
        self.landing = Landing(settings.landing_url)

    def rows(self, name: str) -> list[Any]:
        uri = self.receipts[name].object_uri
        assert uri, f"{name} landed nothing: {self.receipts[name].errors}"
        return list(self.landing.envelopes(uri))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "checkout")


@pytest.fixture
def night(home: Settings, repository: Repository, monkeypatch: pytest.MonkeyPatch):
    """Extract the registers of the checkout, by path."""
    monkeypatch.setenv(variable("registers_default"), "")
    return lambda: Night(home, str(repository.folder))


def test_a_row_carries_commit_file_and_line(repository, night):
    commit = repository.commit(vendors_csv=f"{VENDORS}\n{GOOD}\n")
    found = night()
    (row,) = found.rows("vendors")
    assert row.record["vendor_id"] == "V001" and row.record["offboarded_at"] is None
    assert row.parent == {"commit": commit, "file": "vendors.csv", "line": 2}
    receipt = found.receipts["vendors"]
    assert receipt.status == "complete" and receipt.tenant == f"checkout@{commit}"
    assert receipt.parameters["commit"] == commit and receipt.parameters["dirty"] is False


def test_uncommitted_edits_are_no_evidence(repository, night):
    commit = repository.commit(vendors_csv=f"{VENDORS}\n{GOOD}\n")
    repository.write("vendors.csv", f"{VENDORS}\n{GOOD}\n{GOOD.replace('V001', 'V002')}\n")
    repository.write("roles.yml", "- role: developer\n")
    found = night()
    assert len(found.rows("vendors")) == 1
    parameters = found.receipts["vendors"].parameters
    assert (parameters["commit"], parameters["dirty"]) == (commit, True)
    assert parameters["uncommitted_files"] == ["registers/roles.yml", "registers/vendors.csv"]
    (error,) = found.receipts["roles"].errors
    assert "not committed" in error


def test_a_missing_file_fails_its_register_alone(repository, night):
    repository.commit(vendors_csv=f"{VENDORS}\n{GOOD}\n", extract_notes_csv="source_id,day,reason,approved_by\n")
    found = night()
    assert found.receipts["vendors"].status == "complete"
    assert found.receipts["extract_notes"].status == "complete" and found.receipts["extract_notes"].rows == 0
    assert found.receipts["contractors"].status == "failed"
    (error,) = found.receipts["contractors"].errors
    assert "no registers/contractors.csv" in error and "with its header alone" in error


def test_two_files_of_one_register_are_an_error(repository, night):
    repository.commit(vendors_csv=f"{VENDORS}\n{GOOD}\n", vendors_yml="[]\n")
    (error,) = night().receipts["vendors"].errors
    assert "registers/vendors.csv and registers/vendors.yml are both" in error


CSV_ERRORS = {
    "date": (
        GOOD.replace("2025-01-06", "31/12/2025"),
        "vendors.csv line 3, column onboarded_at: '31/12/2025' is not a date; write YYYY-MM-DD",
    ),
    "date without zeros": (
        GOOD.replace("2025-01-06", "20250106"),
        "vendors.csv line 3, column onboarded_at: '20250106' is not a date; write YYYY-MM-DD",
    ),
    "boolean": (
        GOOD.replace("high,true", "high,yes"),
        "vendors.csv line 3, column processes_customer_data: 'yes' is not a boolean; write true or false",
    ),
    "enum": (
        GOOD.replace("high", "urgent"),
        "vendors.csv line 3, column tier: 'urgent' is not known; write one of critical, high, medium, low",
    ),
    "enum in a list": (
        GOOD.replace("customer;internal", "customer;secret"),
        "vendors.csv line 3, column data_classes: 'secret' is not known; "
        "write one of none, public, internal, confidential, customer, personal",
    ),
    "required": (
        GOOD.replace("Acme Cloud", ""),
        "vendors.csv line 3, column name: is empty; the value is required",
    ),
    "duplicate": (
        GOOD.replace("V001", "V000"),
        "vendors.csv line 3, column vendor_id: 'V000' stands in line 2 already; keep one row for each key",
    ),
    "too few cells": (
        "V001,Acme Cloud",
        f"vendors.csv line 3: 2 cells where the header has {CELLS}; "
        "quote a cell that holds a comma, leave an empty cell for what is unknown",
    ),
    "too many cells": (
        GOOD + ",more",
        f"vendors.csv line 3: {CELLS + 1} cells where the header has {CELLS}; "
        "quote a cell that holds a comma, leave an empty cell for what is unknown",
    ),
}


@pytest.mark.parametrize("case", CSV_ERRORS)
def test_a_bad_csv_row_is_named_and_landed(repository, night, case):
    line, message = CSV_ERRORS[case]
    good = GOOD.replace("V001", "V000")
    repository.commit(vendors_csv=f"{VENDORS}\n{good}\n{line}\n", vendor_aliases_csv="alias,vendor_id\nAC,V000\n")
    found = night()
    receipt = found.receipts["vendors"]
    assert (receipt.status, receipt.errors, receipt.rows) == ("incomplete", [message], 2)
    first, second = found.rows("vendors")
    assert first.error is None and first.record["vendor_id"] == "V000"
    assert second.error["message"] == message and second.parent["line"] == 3
    said = second.parent["row"]
    assert list(said.get("cells", said.values()))[1] in ("Acme Cloud", None)
    assert found.receipts["vendor_aliases"].status == "complete"


def test_every_error_of_a_file_is_listed(repository, night):
    bad = GOOD.replace("2025-01-06", "soon").replace("high", "urgent")
    repository.commit(vendors_csv=f"{VENDORS}\n{bad}\n{bad.replace('V001', 'V002')}\n")
    receipt = night().receipts["vendors"]
    assert [error.split(":")[0] for error in receipt.errors] == [
        f"vendors.csv line {line}, column {column}" for line in (2, 3) for column in ("tier", "onboarded_at")
    ]


def test_wrong_headers_are_named(repository, night):
    header = VENDORS.replace("owner_id", "owner")
    repository.commit(vendors_csv=f"{header}\n{GOOD}\n")
    found = night()
    receipt = found.receipts["vendors"]
    assert receipt.status == "incomplete"
    assert receipt.errors[0].startswith("vendors.csv line 1, column owner: 'owner' is not a column of vendors")
    assert receipt.errors[1] == "vendors.csv line 1, column owner_id: is missing; add it to the header"
    assert found.rows("vendors")[0].record["owner"] == "E1001"


def test_a_file_without_a_header_is_incomplete(repository, night):
    repository.commit(vendors_csv="")
    (error,) = night().receipts["vendors"].errors
    assert error.startswith("vendors.csv line 1: the header is missing; write vendor_id,name")


def test_quoted_cells_marks_and_line_numbers(repository, night):
    several = GOOD.replace("Acme Cloud", '"Acme,\nCloud"')
    bad = GOOD.replace("V001", "V002").replace("high", "urgent")
    repository.commit(vendors_csv=b"\xef\xbb\xbf" + f"{VENDORS}\r\n\r\n{several}\r\n{bad}\r\n".encode())
    found = night()
    first, second = found.rows("vendors")
    assert first.record["name"] == "Acme,\nCloud" and first.parent["line"] == 3
    assert second.parent["line"] == 5


def test_bytes_that_are_no_text_are_kept(repository, night):
    repository.commit(vendors_csv=f"{VENDORS}\n".encode() + b"V001,Caf\xe9\n")
    found = night()
    assert found.receipts["vendors"].errors == ["vendors.csv line 2: is not UTF-8; save the file as UTF-8"]
    assert "V001" in found.rows("vendors")[0].parent["row"]["text"]


ROLE = "- role: developer\n  inherits: []\n  permissions: ['read:logs']\n  denied: []\n"
YAML_ERRORS = {
    "type": (
        ROLE + "- role: 7\n",
        "roles.yml line 5, column role: 7 is a number, not text; write it in quotes",
    ),
    "list": (
        ROLE + "- role: lead\n  inherits: developer\n",
        "roles.yml line 5, column inherits: 'developer' is text, not a list of text; write [first, second]",
    ),
    "list of numbers": (
        ROLE + "- role: lead\n  inherits: [1]\n",
        "roles.yml line 5, column inherits: [1] is a list, not a list of text; write [first, second]",
    ),
    "unknown column": (
        ROLE + "- role: lead\n  parents: []\n",
        "roles.yml line 5, column parents: 'parents' is not a column of roles; "
        "the columns are role, inherits, permissions, denied, comment",
    ),
    "missing column": (ROLE + "- inherits: []\n", "roles.yml line 5, column role: is missing; add it"),
    "duplicate": (
        ROLE + "- role: developer\n",
        "roles.yml line 5, column role: 'developer' stands in line 1 already; keep one row for each key",
    ),
    "repeated key": (
        ROLE + "- role: lead\n  denied: []\n  denied: ['x']\n",
        "roles.yml line 7, column denied: stands twice in this item; keep one",
    ),
    "no mapping": (ROLE + "- lead\n", "roles.yml line 5: 'lead' is not a row; write column: value"),
}


@pytest.mark.parametrize("case", YAML_ERRORS)
def test_a_bad_yaml_item_is_named_and_landed(repository, night, case):
    text, message = YAML_ERRORS[case]
    repository.commit(roles_yml=text)
    found = night()
    assert (found.receipts["roles"].status, found.receipts["roles"].errors) == ("incomplete", [message])
    first, second = found.rows("roles")
    assert first.record["permissions"] == ["read:logs"] and second.error["message"] == message


def test_yaml_of_the_wrong_shape_is_kept(repository, night):
    repository.commit(roles_yml="developer:\n  inherits: []\n", parameters_yml="AC-03: 45\n", vendors_yml="a: [\n")
    found = night()
    assert found.receipts["roles"].errors == ["roles.yml line 1: is not a list; write one item (- …) for each row"]
    assert found.receipts["parameters"].errors == ["parameters.yml line 1: AC-03 has no parameters; write name: value"]
    assert found.receipts["vendors"].errors[0].startswith("vendors.yml line 2: is not YAML")
    assert found.rows("vendors")[0].parent["row"] == {"text": "a: [\n"}
    assert "inherits" in found.rows("roles")[0].parent["row"]["text"]


def test_yaml_and_csv_say_the_same(repository, night):
    repository.commit(
        engagement_yaml="- {engagement_id: E, report_type: type_2, window_start: 2026-01-01, window_end: 2026-12-31}\n",
        parameters_yml='AC-03:\n  stale_days: 45\nCM-08:\n  pipeline_principals: ["arn:*"]\n',
        break_glass_yml="- session_name: s\n  started_at: 2026-07-01T09:30:00Z\n  approved_by: E1001\n",
    )
    found = night()
    (engagement,) = found.rows("engagement")
    assert engagement.record["window_start"] == "2026-01-01"
    assert [row.record for row in found.rows("parameters")] == [
        {"control_id": "AC-03", "name": "stale_days", "value": 45},
        {"control_id": "CM-08", "name": "pipeline_principals", "value": ["arn:*"]},
    ]
    assert [row.parent["line"] for row in found.rows("parameters")] == [2, 4]
    assert found.rows("break_glass")[0].record["started_at"] == "2026-07-01T09:30:00+00:00"


@pytest.mark.parametrize(
    ("register", "line", "message"),
    [
        ("contractors", "C1,A,a@b.c,2026-01-01,,,Mars/Base,,", "column tz: 'Mars/Base' is not a time zone"),
        ("contractors", "C1,A,a@b.c,2026-01-01,,5pm,UTC,,", "column end_time: '5pm' is not a time of day"),
        ("contractors", "C1,A,a@b.c,2026-01-01,,,UTC,,2026-01-01T10:00", "column notified_at: '2026-01-01T10:00'"),
        ("runner_ranges", "203.0.113.1/24,x", "column cidr: '203.0.113.1/24' is not a network"),
    ],
)
def test_other_types(repository, night, register, line, message):
    header = ",".join(registers()[register].columns)
    repository.commit(**{f"{register}_csv": f"{header}\n{line}\n"})
    (error,) = night().receipts[register].errors
    assert f"{register}.csv line 2, {message}" in error and "; write " in error


def test_the_commit_is_pinned_for_the_whole_run(repository):
    first = repository.commit(vendors_csv=f"{VENDORS}\n{GOOD}\n")
    checkout = load("registers").client(
        Connection("r", "file", f"file://{repository.folder}", extra={"path": "registers"})
    )
    repository.commit(vendors_csv=f"{VENDORS}\n")
    assert checkout.commit == first and b"V001" in checkout.content("registers/vendors.csv")


def test_credentials_of_the_remote_stay_off_the_receipt(repository):
    repository.commit(vendors_csv=VENDORS)
    repository.git("remote", "add", "origin", "https://bot:secret@git.acme.example/registers.git")
    checkout = load("registers").client(Connection("r", "file", str(repository.folder)))
    assert checkout.origin == "https://git.acme.example/registers.git"


def test_what_is_no_checkout_fails_every_register(home, tmp_path, monkeypatch):
    monkeypatch.setenv(variable("registers_default"), "")
    found = Night(home, str(tmp_path))
    assert len(found.receipts) == len(registers()) > 20
    assert {receipt.status for receipt in found.receipts.values()} == {"failed"}
    with pytest.raises(NotACheckout, match="set the host of registers_default"):
        load("registers").client(Connection("r", "file", ""))
    with pytest.raises(NotACheckout, match="is no folder"):
        load("registers").client(Connection("r", "file", str(tmp_path / "absent")))


OPENED = {
    "event": "opened",
    "by": "ops",
    "review_period": "2026-Q2",
    "system_id": "okta",
    "account_source": "okta",
    "due_date": "2026-07-15",
    "decided_in": "airflow",
    "reviewer": "E1003",
    "deputy": None,
    "snapshot_at": "2026-07-01T02:00:00Z",
    "accounts_listed": 1,
    "sources": [],
    "lines": [
        {
            "line_no": 1,
            "source_id": "okta",
            "account_id": "u1",
            "login": "ann",
            "person_key": "hris:1",
            "owner_key": "hris:1",
            "name": "Ann; Lee",
            "role": "SRE",
            "last_login": None,
            "permissions": ["a;b", "c"],
            "status": "review-needed",
            "action_required": "confirm",
        }
    ],
}


@pytest.fixture
def campaign(home: Settings) -> Campaign:
    """A review that is held in the home: opened, and its one line decided."""
    with writing(home, "AR-2026-Q2-okta", is_new=True) as found:
        found.add(OPENED, at=as_of(DAY, home.observed_at))
        made = Decision("revoke", "E1003", "2026-07-01T09:00:00Z", "left", (), None, "airflow", None)
        found.add(event(found.lines[0], made), at=as_of(DAY, home.observed_at))
    return found


def headers() -> dict[str, str]:
    names = ("access_reviews", "access_review_lines")
    return {f"{name}_csv": ",".join(registers()[name].columns) + "\n" for name in names}


def test_reviews_that_are_held_in_the_home_are_landed_behind_the_committed_ones(repository, night, campaign):
    repository.commit(**headers())
    found = night()
    (review,), (line,) = found.rows("access_reviews"), found.rows("access_review_lines")
    for name, row in (("access_reviews", review), ("access_review_lines", line)):
        register = registers()[name]
        assert list(row.record) == list(register.columns)
        problems = [column.problem(row.record[key], True) for key, column in register.columns.items()]
        assert not any(problems), problems
        receipt = found.receipts[name]
        assert (receipt.status, receipt.api_reported_total) == ("complete", 1)
        assert receipt.parameters["reviews"] == {"AR-2026-Q2-okta": campaign.head}
        assert row.parent["head"] == campaign.head and row.parent["commit"] is None
    assert (line.record["permissions"], line.record["decided_by"]) == (["a;b", "c"], "E1003")
    assert found.receipts["access_reviews"].parameters["dirty"] is False


def test_a_review_that_stands_in_both_places_is_an_error(repository, night, campaign):
    contents = headers()
    rest = "," * (len(registers()["access_reviews"].columns) - 3)
    contents["access_reviews_csv"] += f"AR-2026-Q2-okta,2026-Q2,okta{rest}\n"
    repository.commit(**contents)
    receipt = night().receipts["access_reviews"]
    assert receipt.status == "incomplete"
    assert "access_reviews.csv line 2, column review_id: 'AR-2026-Q2-okta' is held in" in receipt.errors[0]


def test_a_review_that_was_tampered_with_makes_its_registers_incomplete(repository, night, campaign):
    repository.commit(**headers())
    campaign.file.write_text(campaign.file.read_text().replace("Ann; Lee", "Bob; Lee"))
    found = night()
    for name in ("access_reviews", "access_review_lines"):
        assert found.receipts[name].status == "incomplete"
        assert "events.jsonl line 2: it does not follow" in found.receipts[name].errors[0]
