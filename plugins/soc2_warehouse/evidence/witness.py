"""The end of a night for the evidence: sign it, have it stamped, write it down outside.

Nothing here may lose a night. What cannot be done now is recorded in ``ledger/anchors.jsonl`` and done in the next
night, for every seal that still lacks it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from soc2_warehouse import chain
from soc2_warehouse.evidence import seals
from soc2_warehouse.evidence.seals import Sealed
from soc2_warehouse.evidence.verify_evidence import is_at
from soc2_warehouse.settings import Settings

STAMP = "timestamp.tsr"


@dataclass(frozen=True)
class Lack:
    """What the evidence lacks. since: the day of the first seal that lacks it."""

    what: str
    since: date | None
    why: str

    def __str__(self) -> str:
        return f"{self.what}{f' since {self.since}' if self.since else ''}: {self.why}"


def conclude(settings: Settings, day: date, now: datetime) -> list[Lack]:
    """Seal the night, then fetch and anchor whatever is not yet. Returns what is still lacking; empty when in order.

    now: aware UTC, in the time of the night. Under ``warehouse.writing``, after ``judge``. Never raises for a key, an
    authority or an anchor that cannot be used.
    """
    lacks = []
    try:
        seals.seal(settings, day, now)
    except (ValueError, OSError) as error:
        lacks.append(Lack("not signed", day, str(error)))
    known, records = _seals(settings), chain.records(settings)
    if settings.tsa_url:
        stamped = {record["seal"] for record in records if record.get("kind") == "timestamp"}
        todo = [sealed for sealed in known if sealed.seal not in stamped]
        lacks += _each(settings, "not timestamped", settings.tsa_url, todo, now, _stamp)
    for target in settings.anchors:
        done = {record["seal"] for record in records if is_at(record, target)}
        todo = [sealed for sealed in known if sealed.seal not in done]
        failed = _each(settings, f"not anchored at {target}", target, todo, now, _anchor)
        lacks += failed or _read_back(settings, target)
    return lacks


def resume(settings: Settings, day: date, now: datetime) -> None:
    """Chain and seal what a crash left of an earlier night. Before the night's own entries are added."""
    try:
        chain.append_forgotten(settings)
        chain.append_samples(settings)
        _seal_rest(settings, day, now)
    except (ValueError, OSError):
        return  # The verification of the night names what is damaged; the night itself goes on.


def _seal_rest(settings: Settings, day: date, now: datetime) -> None:
    known = _seals(settings)
    if not known:
        return
    tail = seals.entries_from(settings.ledger, known[-1].last_seq + 1)
    if any(entry.object_uri.startswith("landing/_judgements/") for entry in tail):
        seals.seal(settings, day, now)


def _seals(settings: Settings) -> list[Sealed]:
    """The seals that can be read; the verification names those that cannot."""
    found = []
    for number in seals.numbers(settings.ledger):
        try:
            found.append(seals.load(settings.ledger, number))
        except (ValueError, OSError):
            continue
    return found


def _each(
    settings: Settings,
    what: str,
    target: str,
    todo: list[Sealed],
    now: datetime,
    act: Callable[[Settings, str, Sealed, datetime], None],
) -> list[Lack]:
    """Do one thing for each seal, the oldest first, until it fails."""
    for sealed in todo:
        try:
            act(settings, target, sealed, now)
        except (RuntimeError, OSError) as error:
            why = " ".join(str(error).split())
            chain.record(settings, kind="failure", at=_text(now), seal=sealed.seal, what=target, why=why)
            return [Lack(what, sealed.day, why)]
    return []


def _stamp(settings: Settings, url: str, sealed: Sealed, now: datetime) -> None:
    from soc2_warehouse.evidence import timestamps
    from soc2_warehouse.evidence.verify_evidence import sha256

    if settings.tsa_certificates is None:
        raise timestamps.NoTimestamp("SOC2_TSA_CERT_FILE is not set: nobody could check the timestamps")
    certificates = settings.tsa_certificates.read_bytes()
    answer = timestamps.fetch(url, sealed.content, certificates)
    seals.keep_certificates(settings.ledger, certificates)
    draft = settings.ledger / f".draft-{STAMP}"
    draft.write_bytes(answer)
    draft.replace(sealed.folder / STAMP)
    chain.record(settings, kind="timestamp", at=_text(now), seal=sealed.seal, sha256=sha256(answer), authority=url)


def _anchor(settings: Settings, target: str, sealed: Sealed, now: datetime) -> None:
    from soc2_warehouse.evidence import anchors

    uri = anchors.put(settings, target, sealed)
    chain.record(
        settings,
        anchor_uri=uri,
        anchored_at=_text(now),
        entry_hash=sealed.head,
        seq=sealed.last_seq,
        seal=sealed.seal,
        seal_sha256=sealed.sha256,
    )


def _read_back(settings: Settings, target: str) -> list[Lack]:
    """An anchor that nobody can read, or that holds two seals of a night, shows nothing."""
    from soc2_warehouse.evidence import anchors

    error = anchors.read(settings, target, newest_only=True).error
    return [Lack(f"anchor {target} cannot be relied on", None, error)] if error else []


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
