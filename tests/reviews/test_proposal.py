"""What is proposed for a review can be committed as it is: the register reads it without a complaint."""

from __future__ import annotations

import io

import duckdb
import pytest

from soc2_warehouse.registers import registers
from soc2_warehouse.registers.reading import read
from soc2_warehouse.reviews import proposal
from soc2_warehouse.settings import from_environment


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SOC2_HOME", str(tmp_path))
    return from_environment()


def publish(home):
    home.published_file.parent.mkdir(parents=True)
    with duckdb.connect(str(home.published_file)) as connection:
        connection.execute(f"""
            create table {proposal.MART} as
            select timestamp '2026-07-01 02:00:00' as snapshot_at, 'okta' as system_id, no as line_no,
                'okta' as source_id, 'u' || no as account_id, name, 'Engineer' as role, used as last_login,
                permissions, 'active' as status, 'confirm' as action_required
            from (values
                (2, 'Bob', null, cast([] as varchar[])),
                (1, 'Ann, "A"', timestamp '2026-06-30 10:00:00', ['group:X', 'admin:Y'])
            ) as listed (no, name, used, permissions)
        """)


def test_lines_are_written_for_the_register(home):
    publish(home)
    out = io.StringIO()
    lines, moment = proposal.write(home, "okta", "AR-2026-Q2-okta", out)
    content = read(registers()["access_review_lines"], "access_review_lines.csv", out.getvalue().encode())
    assert (lines, moment.isoformat()) == (2, "2026-07-01T02:00:00+00:00")
    assert content.problems == []
    first, second = (row.values for row in content.rows)
    assert (first["line_no"], first["name"], first["last_login"]) == ("1", 'Ann, "A"', "2026-06-30T10:00:00Z")
    assert (first["permissions"], second["permissions"]) == ("group:X;admin:Y", "[]")
    assert (second["last_login"], second["decision"]) == (None, None)


def test_a_system_without_lines_is_told(home):
    with pytest.raises(proposal.NothingToReview, match="run a night first"):
        proposal.write(home, "okta", "AR-1", io.StringIO())
    publish(home)
    with pytest.raises(proposal.NothingToReview, match="systems that are reviewed: okta"):
        proposal.write(home, "github", "AR-1", io.StringIO())
