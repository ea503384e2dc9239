"""Whatever is altered, removed, moved or added is found and named; what agrees with itself, by the anchor."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from soc2_warehouse import chain
from soc2_warehouse.evidence import anchors, keys, seals, verify_evidence, witness
from soc2_warehouse.evidence.home import Home
from soc2_warehouse.settings import Settings

from .conftest import FIRST, Bucket, judge, land, moment, night, nights

SECOND = FIRST + timedelta(days=1)
RUN = f"ledger/day={SECOND}/run=judge-{SECOND}"
#: One of each kind, of the middle night, and what its alteration is called.
KINDS = {
    "landed file": (f"landing/okta/users/day={SECOND}/run=okta.users-{SECOND}-1/records.parquet", "HASH_MISMATCH"),
    "receipt": (f"landing/_receipts/day={SECOND}/okta.users/okta.users-{SECOND}-1.json", "HASH_MISMATCH"),
    "judgement": (f"landing/_judgements/day={SECOND}/judge-{SECOND}.json", "HASH_MISMATCH"),
    "control runs": (f"{RUN}/control_runs.jsonl", "HASH_MISMATCH"),
    "control rows": (f"{RUN}/control_rows.jsonl", "HASH_MISMATCH"),
    "exception events": (f"{RUN}/exception_events.jsonl", "HASH_MISMATCH"),
    "expectation results": (f"{RUN}/expectation_results.jsonl", "HASH_MISMATCH"),
    "Merkle file": ("ledger/seals/00002/merkle.txt", "HASH_MISMATCH"),
    "seal": ("ledger/seals/00002/seal.json", "SIGNATURE_INVALID"),
    "timestamp": ("ledger/seals/00002/timestamp.tsr", "SIGNATURE_INVALID"),
}


def path(settings: Settings, uri: str) -> Path:
    return settings.home / uri


def result(settings: Settings, *targets: str, **options: Any) -> verify_evidence.Result:
    read = [anchors.read(settings, target) for target in targets]
    return verify_evidence.verify(Home(settings), anchors=read, **options)


def first(settings: Settings, *targets: str) -> verify_evidence.Problem:
    found = result(settings, *targets).first
    assert found is not None, "nothing was found"
    return found


def flip(file: Path, at: int | None = None) -> None:
    content = bytearray(file.read_bytes())
    at = len(content) // 2 if at is None else at
    content[at] ^= 1
    file.write_bytes(content)


def test_what_nobody_touched_verifies(witnessed: Settings) -> None:
    found = result(witnessed, *witnessed.anchors)
    assert found.problems == [] and found.status == 0 and found.notes == []
    assert len(found.links) == found.objects == 30
    assert [(seal.day, seal.last_seq) for seal in found.seals.values()] == [
        ("2026-07-01", 10),
        ("2026-07-02", 20),
        ("2026-07-03", 30),
    ]
    assert all(seal.timestamp for seal in found.seals.values())


@pytest.mark.parametrize("kind", KINDS)
def test_one_byte_in_each_kind_of_file(witnessed: Settings, kind: str) -> None:
    uri, code = KINDS[kind]
    flip(path(witnessed, uri))
    found = first(witnessed)
    assert (found.file, found.code) == (uri, code)
    assert found.expected and found.found and found.expected != found.found


@pytest.mark.parametrize("kind", KINDS)
def test_one_file_of_each_kind_deleted(witnessed: Settings, kind: str) -> None:
    uri, _ = KINDS[kind]
    path(witnessed, uri).unlink()
    found = first(witnessed)
    assert (found.file, found.code, found.found) == (uri, "OBJECT_MISSING", None)


def test_every_byte_of_a_seal_counts(witnessed: Settings) -> None:
    """Nothing in a seal is free to change: no space, no case, no padding."""
    file = path(witnessed, "ledger/seals/00003/seal.json")
    content = file.read_bytes()
    for at in range(0, len(content), 17):
        flip(file, at)
        found = first(witnessed)
        assert found.file == "ledger/seals/00003/seal.json" and found.code == "SIGNATURE_INVALID", at
        file.write_bytes(content)
    assert result(witnessed).problems == []


def test_every_byte_of_the_chain_counts(home: Settings) -> None:
    nights(home, 1)
    file = home.ledger / chain.CHAIN
    content = file.read_bytes()
    for at in range(0, len(content), 29):
        flip(file, at)
        found = first(home)
        assert found.file in (verify_evidence.CHAIN, RUN) or found.code == "CHAIN_BROKEN", at
        file.write_bytes(content)


def lines(settings: Settings, change: Callable[[list[str]], None]) -> None:
    file = settings.ledger / chain.CHAIN
    content = file.read_text().splitlines()
    change(content)
    file.write_text("".join(f"{line}\n" for line in content))


def backdate(content: list[str]) -> None:
    content[13] = content[13].replace("2026-07-02T02:01", "2026-06-02T02:01")


@pytest.mark.parametrize(
    ("change", "seq", "expected", "found"),
    [
        (lambda c: c.pop(13), 14, "14", "15"),
        (lambda c: c.insert(13, c.pop(14)), 14, "14", "15"),
        (lambda c: c.insert(13, c[13]), 15, "15", "14"),
        (lambda c: c.__delitem__(slice(25, None)), 26, "30 entries", "25 entries"),
        (lambda c: c.__delitem__(slice(0, None)), 1, "10 entries", "0 entries"),
    ],
    ids=["removed", "swapped", "twice", "cut off", "emptied"],
)
def test_lines_of_the_chain(
    witnessed: Settings, change: Callable[[list[str]], None], seq: int, expected: str, found: str
) -> None:
    lines(witnessed, change)
    problem = first(witnessed)
    assert (problem.seq, problem.file, problem.code) == (seq, verify_evidence.CHAIN, "CHAIN_BROKEN")
    assert (problem.expected, problem.found) == (expected, found)


def test_a_time_set_back(witnessed: Settings) -> None:
    lines(witnessed, backdate)
    found = first(witnessed)
    assert (found.seq, found.file, found.code) == (14, verify_evidence.CHAIN, "CHAIN_BROKEN")


def test_a_time_set_back_in_a_receipt(witnessed: Settings) -> None:
    uri = KINDS["receipt"][0]
    file = path(witnessed, uri)
    file.write_text(file.read_text().replace("2026-07-02T02:01", "2026-07-01T02:01"))
    assert (first(witnessed).file, first(witnessed).code) == (uri, "HASH_MISMATCH")


def test_lines_of_other_files_reordered_or_truncated(witnessed: Settings) -> None:
    uri = KINDS["control runs"][0]
    content = path(witnessed, uri).read_text().splitlines(keepends=True)
    for changed in ("".join(reversed(content)), "".join(content[:-1])):
        path(witnessed, uri).write_text(changed)
        assert (first(witnessed).file, first(witnessed).code) == (uri, "HASH_MISMATCH")


@pytest.mark.parametrize(
    "uri",
    [
        f"landing/okta/users/day={SECOND}/run=okta.users-{SECOND}-1/more.parquet",
        f"landing/_receipts/day={SECOND}/okta.users/okta.users-forged.json",
        f"landing/_judgements/day={SECOND}/judge-forged.json",
        f"{RUN}/more.jsonl",
        f"ledger/day={SECOND}/run=forged/control_runs.jsonl",
        "ledger/seals/00002/more.json",
        "ledger/more.jsonl",
    ],
)
def test_a_file_too_many(witnessed: Settings, uri: str) -> None:
    path(witnessed, uri).parent.mkdir(exist_ok=True)
    source = KINDS["receipt" if "_receipts" in uri else "judgement" if "_judgements" in uri else "control runs"][0]
    shutil.copyfile(path(witnessed, source), path(witnessed, uri))
    found = first(witnessed)
    assert (found.file, found.code, found.expected) == (uri, "CHAIN_BROKEN", None)
    assert found.seq == 31 and found.found


def test_what_came_after_the_night_is_none_too_many(witnessed: Settings) -> None:
    """A receipt that waits for the next night, and what a killed extract left behind, are told and nothing more."""
    land(witnessed, "late", FIRST + timedelta(days=2), 50)
    orphan = path(witnessed, f"landing/okta/users/day={SECOND}/run=killed/records.parquet")
    orphan.parent.mkdir()
    orphan.write_bytes(b"half")
    found = result(witnessed)
    assert found.problems == []
    assert [note.split()[0] for note in found.notes] == ["1", "1"]
    assert night(unwitnessed(witnessed), FIRST + timedelta(days=3)) == []
    assert [note for note in result(witnessed).notes if "newer" in note] == []


def test_the_records_of_anchors_cannot_be_taken_away(witnessed: Settings) -> None:
    file = witnessed.ledger / chain.ANCHORS
    content = file.read_text().splitlines(keepends=True)
    file.write_text("".join(content[1:]))
    found = first(witnessed)
    assert (found.file, found.code) == (verify_evidence.ANCHORS, "HASH_MISMATCH")


def test_a_public_key_that_was_exchanged(witnessed: Settings) -> None:
    (file,) = (witnessed.ledger / "keys").iterdir()
    flip(file, 60)
    found = first(witnessed)
    assert found.code == "SIGNATURE_INVALID" and file.name in found.why


def test_the_newest_signature_removed(home: Settings) -> None:
    """Even where nothing is anchored: a night that was judged has been signed."""
    nights(home, 2)
    shutil.rmtree(home.ledger / "seals" / "00002")
    found = first(home)
    assert (found.file, found.code) == ("ledger/seals/00002/seal.json", "SIGNATURE_INVALID")


@pytest.mark.parametrize("uri", ["ledger/../keys/signing.pem", "landing/../../secret", "/etc/hostname", "elsewhere/x"])
def test_an_entry_that_points_elsewhere_reads_nothing(home: Settings, uri: str) -> None:
    nights(home, 1)
    chain._append(home.ledger, [(uri, "ab" * 32, "2026-07-01T02:59:00.000000Z")])
    found = first(home)
    assert (found.file, found.code, found.found) == (uri, "OBJECT_MISSING", None)
    assert verify_evidence.Folder(home.home).read(uri) is None


# Whoever can write everything, and agrees with himself


def forget(settings: Settings, day_from: int) -> None:
    """Take away the nights from number ``day_from`` (0 is the first) as if they had never been."""
    for number in range(day_from, 3):
        day = FIRST + timedelta(days=number)
        for folder in settings.home.glob(f"**/day={day}"):
            shutil.rmtree(folder)
        shutil.rmtree(settings.ledger / "seals" / f"{number + 1:05}")
    lines(settings, lambda content: content.__delitem__(slice(10 * day_from, None)))
    known = [json.dumps(r, sort_keys=True) for r in chain.records(settings) if r["seal"] <= day_from]
    (settings.ledger / chain.ANCHORS).write_text("".join(f"{line}\n" for line in known))


def unwitnessed(settings: Settings) -> Settings:
    return replace(settings, anchors=(), tsa_url=None)


def test_the_newest_day_removed_completely(witnessed: Settings) -> None:
    forget(witnessed, 2)
    assert result(witnessed).problems == [], "it agrees with itself"
    found = first(witnessed, *witnessed.anchors)
    assert (found.file, found.code, found.found) == ("ledger/seals/00003/seal.json", "OBJECT_MISSING", None)
    assert witnessed.anchors[0] in found.why


def rewrite_the_tail(settings: Settings) -> None:
    """Nights 2 and 3 once more, with another history."""
    forget(settings, 1)
    for number in (1, 2):
        day = FIRST + timedelta(days=number)
        land(settings, "users", day, 7)
        judge(settings, day)
        assert witness.conclude(unwitnessed(settings), day, moment(day, 40)) == []


def test_the_tail_written_anew_with_the_same_key(witnessed: Settings) -> None:
    rewrite_the_tail(witnessed)
    assert result(witnessed).problems == [], "it agrees with itself"
    found = first(witnessed, *witnessed.anchors)
    assert (found.file, found.code) == ("ledger/seals/00002/seal.json", "CHAIN_BROKEN")
    assert "written anew" in found.why and found.expected != found.found


def test_the_tail_written_anew_with_a_new_key(witnessed: Settings) -> None:
    """The new key was not signed for by the old one; whoever throws that away too is found by the anchor."""
    (witnessed.keys / keys.SIGNING).unlink()
    rewrite_the_tail(witnessed)
    found = first(witnessed)
    assert (found.file, found.code) == ("ledger/seals/00002/seal.json", "SIGNATURE_INVALID")
    assert found.file == first(witnessed, *witnessed.anchors).file


def test_everything_written_anew_with_a_new_key(witnessed: Settings) -> None:
    trusted = verify_evidence.public_keys(Home(witnessed))
    forget(witnessed, 0)
    shutil.rmtree(witnessed.ledger / "keys")
    shutil.rmtree(witnessed.keys)
    nights(unwitnessed(witnessed))
    assert result(witnessed).problems == [], "it agrees with itself"
    assert first(witnessed, *witnessed.anchors).file == "ledger/seals/00001/seal.json"
    found = result(witnessed, keys=trusted).first
    assert found and found.file == "ledger/seals/00001/seal.json" and found.code == "SIGNATURE_INVALID"


def test_all_seals_thrown_away(witnessed: Settings) -> None:
    """A home without seals verifies as what it is: unsigned. The anchor, and whoever asks for a key, know better."""
    trusted = verify_evidence.public_keys(Home(witnessed))
    for name in ("seals", "keys", "tsa"):
        shutil.rmtree(witnessed.ledger / name)
    (witnessed.ledger / chain.ANCHORS).unlink()
    found = result(witnessed)
    assert found.status == 0 and found.notes[0].startswith("NOT SIGNED")
    assert first(witnessed, *witnessed.anchors).file == "ledger/seals/00001/seal.json"
    assert result(witnessed, keys=trusted).status == 1


def test_ev_03_reads_the_same_verification(witnessed: Settings, bucket: Bucket) -> None:
    """A row per entry; the problem of a seal at the entry it signs; a file too many behind the last."""
    clean = chain.verify(witnessed)
    assert [check.problem for check in clean] == [None] * 30
    assert [check.seq for check in clean if check.signer and check.signature] == [10, 20, 30]
    assert [check.seq for check in clean if check.external_anchor and check.anchored_at] == [10, 20, 30]
    flip(path(witnessed, "ledger/seals/00002/merkle.txt"))
    (witnessed.ledger / "more.jsonl").write_text("{}\n")
    found = {check.seq: (check.problem, check.object_uri) for check in chain.verify(witnessed) if check.problem}
    assert found == {
        20: ("HASH_MISMATCH", "ledger/seals/00002/merkle.txt"),
        31: ("CHAIN_BROKEN", "ledger/more.jsonl"),
    }


def test_the_nightly_verification_asks_the_anchor(witnessed: Settings) -> None:
    rewrite_the_tail(witnessed)
    with duckdb.connect() as connection:
        chain.write_verification(connection, witnessed)
        rows = connection.execute(
            "select object_uri, problem from raw_ledger.chain_verification where problem is not null order by seq"
        ).fetchall()
    assert ("ledger/seals/00003/seal.json", "CHAIN_BROKEN") in rows


def test_a_prefix_of_the_day_is_enough_for_a_seal(home: Settings) -> None:
    """Seals follow entries: a second judgement of a day has a seal of its own, an idle night has none."""
    nights(home, 1)
    assert seals.seal(home, FIRST, moment(FIRST, 50)) is None
    land(home, "users", FIRST, 45)
    chain.append_landed(home, moment(FIRST, 50))
    again = seals.seal(home, FIRST, moment(FIRST, 55))
    assert again and (again.seal, again.last_seq) == (2, 12)
    assert result(home).problems == []
