"""The hash chain: whatever is altered, cut or removed is found."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from soc2_warehouse import chain
from soc2_warehouse.landing import Landing
from soc2_warehouse.receipts import Receipt
from soc2_warehouse.settings import Settings
from soc2_warehouse.sources import Envelope

START = datetime(2026, 7, 1, 2, tzinfo=UTC)
RECORD = "_judgements/day=2026-07-01/judge-1.json"


def land(settings: Settings, number: int, moment: datetime) -> Receipt:
    landing = Landing(settings.landing_url)
    envelopes = [(Envelope({"id": number}, None, None), moment)]
    run_id = f"okta.users-{number}"
    uri, sha256, size, counts = landing.write_records("okta", "users", date(2026, 7, 1), run_id, envelopes)
    receipt = Receipt(
        run_id=run_id,
        source="okta",
        table_name="users",
        kind="snapshot",
        logical_date=date(2026, 7, 1),
        status="complete",
        collection_method="api",
        started_at=moment,
        finished_at=moment,
        query="q",
        rows=counts["rows"],
        sha256=sha256,
        size_bytes=size,
        object_uri=uri,
    )
    landing.write_receipt(receipt)
    return receipt


@pytest.fixture
def chained(home: Settings) -> Settings:
    """Two extracts and one judgement, all in the chain."""
    land(home, 2, START + timedelta(minutes=5))
    land(home, 1, START)
    Landing(home.landing_url).create(RECORD, b"{}")
    folder = home.ledger / "day=2026-07-01" / "run=judge-1"
    folder.mkdir(parents=True)
    (folder / "control_runs.jsonl").write_text('{"status":"pass"}\n')
    (folder / "_timings.json").write_text("{}")
    assert chain.append_landed(home, START + timedelta(hours=1)) == 4
    assert chain.append_judgement(home, folder, RECORD, START + timedelta(hours=1)) == 2
    return home


def problems(settings: Settings) -> dict[int, str]:
    return {check.seq: check.problem for check in chain.verify(settings) if check.problem}


def test_entries_are_in_order_of_time_with_addresses_that_travel(chained: Settings) -> None:
    entries = chain.entries(chained.ledger)
    assert [entry.object_uri for entry in entries] == [
        "landing/_receipts/day=2026-07-01/okta.users/okta.users-1.json",
        "landing/okta/users/day=2026-07-01/run=okta.users-1/records.parquet",
        "landing/_receipts/day=2026-07-01/okta.users/okta.users-2.json",
        "landing/okta/users/day=2026-07-01/run=okta.users-2/records.parquet",
        f"landing/{RECORD}",
        "ledger/day=2026-07-01/run=judge-1/control_runs.jsonl",
    ]
    text = f"1|{'0' * 64}|{entries[0].object_uri}|{entries[0].object_sha256}|2026-07-01T02:00:00.000000Z"
    assert entries[0].entry_hash == hashlib.sha256(text.encode()).hexdigest()
    assert problems(chained) == {}


def test_nothing_is_chained_twice_or_before_it_is_known(chained: Settings) -> None:
    assert chain.append_landed(chained, START + timedelta(hours=1)) == 0
    land(chained, 3, START + timedelta(hours=2))
    assert chain.append_landed(chained, START + timedelta(hours=1)) == 0
    assert chain.append_landed(chained, START + timedelta(hours=3)) == 2
    assert problems(chained) == {}


def objects(settings: Settings) -> dict[int, Path]:
    landing, ledger = Path(settings.landing_url), settings.ledger
    return {
        entry.seq: (landing if entry.object_uri.startswith("landing/") else ledger) / entry.object_uri.split("/", 1)[1]
        for entry in chain.entries(ledger)
    }


@pytest.mark.parametrize("seq", range(1, 7))
def test_an_altered_or_missing_object_is_found(chained: Settings, seq: int) -> None:
    path = objects(chained)[seq]
    content = path.read_bytes()
    path.write_bytes(content + b" ")
    assert problems(chained) == {seq: chain.HASH_MISMATCH}
    path.unlink()
    assert problems(chained) == {seq: chain.OBJECT_MISSING}
    path.write_bytes(content)
    assert problems(chained) == {}


def rewrite(settings: Settings, change: str) -> None:
    file = settings.ledger / chain.CHAIN
    lines = file.read_text().splitlines()
    if change == "cut from the middle":
        del lines[2]
    elif change == "swapped":
        lines[1], lines[2] = lines[2], lines[1]
    elif change == "altered":
        entry = json.loads(lines[2])
        lines[2] = json.dumps(entry | {"created_at": "2026-01-01T00:00:00Z"})
    elif change == "cut from the end":
        lines = lines[:-1]
    file.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("change", "found"),
    [("cut from the middle", {3, 4, 5}), ("swapped", {2, 3, 4}), ("altered", {3})],
)
def test_a_changed_chain_is_broken(chained: Settings, change: str, found: set[int]) -> None:
    rewrite(chained, change)
    assert {seq for seq, problem in problems(chained).items() if problem == chain.CHAIN_BROKEN} == found


def test_only_an_anchor_finds_a_chain_that_was_cut_or_written_anew(chained: Settings) -> None:
    head = chain.anchor(chained, "git tag evidence-1", START + timedelta(days=1))
    assert head.seq == 6
    assert [check.external_anchor for check in chain.verify(chained)][-1] == "git tag evidence-1"
    assert problems(chained) == {}
    rewrite(chained, "cut from the end")
    assert problems(chained) == {6: chain.CHAIN_BROKEN, 7: chain.CHAIN_BROKEN}, "and its object is in no entry now"
    # Whoever appends the same object again, with another time, has a chain that agrees with itself.
    folder = chained.ledger / "day=2026-07-01" / "run=judge-1"
    (chained.ledger / chain.CHAIN).write_text(
        "\n".join((chained.ledger / chain.CHAIN).read_text().splitlines()[:4]) + "\n"
    )
    chain.append_judgement(chained, folder, RECORD, START + timedelta(hours=9))
    assert problems(chained) == {6: chain.CHAIN_BROKEN}


def test_a_line_that_a_crash_cut_short_is_no_entry(chained: Settings) -> None:
    with (chained.ledger / chain.CHAIN).open("a") as file:
        file.write('{"seq": 7, "prev_h')
    assert len(chain.entries(chained.ledger)) == 6
    land(chained, 3, START)
    chain.append_landed(chained, START)
    assert len(chain.entries(chained.ledger)) == 8
    assert problems(chained) == {}


def test_no_anchor_without_a_chain(home: Settings) -> None:
    with pytest.raises(ValueError, match="no chain"):
        chain.anchor(home, "x", START)


def test_verification_table(chained: Settings) -> None:
    objects(chained)[2].write_bytes(b"x")
    with duckdb.connect() as connection:
        chain.write_verification(connection, chained)
        rows = connection.execute(
            "select seq, problem, actual <> expected, created_at from raw_ledger.chain_verification where seq < 3"
        ).fetchall()
    at = START.replace(tzinfo=None)
    assert rows == [(1, None, False, at), (2, "HASH_MISMATCH", True, at)]
