"""Rows traced by hand in miniature: from the list to the source's own record, and from the record to the list.

What identifies a row is its key, its name and the identifiers among its evidence; a record shows it when one of them is
one of its values. Which one it was is part of the answer, so that whoever reads it can judge the match.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from soc2_warehouse.receipts import Receipt

TRACED = 5
#: Shorter texts are words and counts, not identifiers.
IDENTIFIER = 5
_TIME = re.compile(r"^\d{4}-\d\d-\d\d([T ].*)?$")


@dataclass(frozen=True)
class Record:
    """One landed record. values: every text and number in it and in its parent, as text."""

    receipt: Receipt
    seq: int
    values: frozenset[str]

    @property
    def place(self) -> str:
        return f"{self.receipt.run_id} row {self.seq}"


def record(receipt: Receipt, row: Mapping[str, Any]) -> Record:
    """A row of the landing zone. ``record`` and ``parent`` are JSON text."""
    found: set[str] = set()
    for name in ("record", "parent"):
        if row[name]:
            found.update(_scalars(json.loads(row[name])))
    return Record(receipt, row["seq"], frozenset(found))


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    elif isinstance(value, bool) or value is None:
        return
    else:
        yield str(value)


def identifiers(rows: Iterable[Mapping[str, Any]], systems: Iterable[str]) -> dict[str, list[tuple[str, ...]]]:
    """Entity key → what shows the row and no other, the surest first: groups of values of which a record has all."""
    groups = {row["entity_key"]: list(dict.fromkeys(_groups(row, systems))) for row in rows}
    shared = Counter(group for found in groups.values() for group in found)
    return {key: [group for group in found if shared[group] == 1] for key, found in groups.items()}


def _groups(row: Mapping[str, Any], systems: Iterable[str]) -> Iterator[tuple[str, ...]]:
    parts = [part for part in row["entity_key"].split("|") if part not in systems]
    yield (row["entity_key"],)
    # Short parts identify together: a number within a repository.
    yield tuple(parts)
    yield from ((part,) for part in parts if _identifies(part))
    yield (row["entity_name"] or row["entity_key"],)
    yield from ((value,) for value in _scalars(row["evidence"] or {}) if _identifies(value))


def _identifies(text: str) -> bool:
    return len(text) >= IDENTIFIER and " " not in text and not _TIME.match(text) and not _number(text)


def _number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit() and len(text) < 9


def order(run_id: str, keys: Iterable[str]) -> list[str]:
    """Keys in an order that nobody chose: by a hash of the run and the key."""
    return sorted(keys, key=lambda key: hashlib.sha256(f"{run_id}|{key}".encode()).hexdigest())


def list_to_source(
    rows: Sequence[Mapping[str, Any]], records: Sequence[Record], run_id: str, systems: Iterable[str]
) -> list[dict[str, Any]]:
    """Five rows, each with the record that shows it (accuracy); ``record`` is None where none does."""
    by_key = {row["entity_key"]: row for row in rows}
    held: dict[str, list[Record]] = {}
    for item in records:
        for value in item.values:
            held.setdefault(value, []).append(item)
    groups = identifiers(rows, systems)
    found = []
    for key in order(run_id, by_key)[:TRACED]:
        match = next(_matches(groups[key], held), None)
        line = {"entity_key": key, "result": by_key[key]["result"], "record": None, "source_id": None, "by": None}
        if match:
            line |= {"record": match[1].place, "source_id": match[1].receipt.source_id, "by": " + ".join(match[0])}
        found.append(line)
    return found


def _matches(
    groups: Iterable[tuple[str, ...]], held: Mapping[str, Sequence[Record]]
) -> Iterator[tuple[tuple[str, ...], Record]]:
    for group in groups:
        for item in held.get(group[0], ()):
            if all(value in item.values for value in group):
                yield group, item


def source_to_list(
    rows: Sequence[Mapping[str, Any]], records: Sequence[Record], base: str, run_id: str, systems: Iterable[str]
) -> list[dict[str, Any]]:
    """Five records of the table ``base``, each with the row that it became (completeness), excluded ones too; None
    where no row carries an identifier of it.
    """
    shown: dict[str, list[tuple[int, tuple[str, ...], Mapping[str, Any]]]] = {}
    groups = identifiers(rows, systems)
    for row in rows:
        for sure, group in enumerate(groups[row["entity_key"]]):
            shown.setdefault(group[0], []).append((sure, group, row))
    mine = {item.place: item for item in records if item.receipt.source_id == base}
    found = []
    for place in order(run_id, mine)[:TRACED]:
        item = mine[place]
        matches = (
            (sure, group, row)
            for value in item.values & shown.keys()
            for sure, group, row in shown[value]
            if all(part in item.values for part in group)
        )
        match = min(matches, key=lambda found: (found[0], found[2]["entity_key"]), default=None)
        line = {"record": place, "source_id": base, "entity_key": None, "result": None, "by": None}
        if match:
            line |= {
                "entity_key": match[2]["entity_key"],
                "result": match[2]["result"],
                "by": " + ".join(match[1]),
            }
        found.append(line)
    return found
