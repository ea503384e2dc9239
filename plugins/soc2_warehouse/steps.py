"""Steps of a run and who watches them: the embedded runs print them, Airflow's workers have no observer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


class PipelineBroken(RuntimeError):
    """A stage could not do its work: the night is not judged or not published."""


@dataclass
class Step:
    """One step of a night. state: started, done, skipped or failed; seconds: wall time; note: one line for a person."""

    stage: str
    name: str = ""
    state: str = "started"
    seconds: float = 0.0
    note: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


observers: list[Callable[[Step], None]] = []


@contextmanager
def step(stage: str, name: str = "") -> Iterator[Step]:
    """Time a step and tell the observers; whatever it raises passes through."""
    current = Step(stage, name)
    tell(current)
    started = time.monotonic()
    try:
        yield current
        if current.state == "started":
            current.state = "done"
    except BaseException as error:
        current.state = "failed"
        current.note = f"{type(error).__name__}: {error}"
        raise
    finally:
        current.seconds = time.monotonic() - started
        tell(current)


def tell(current: Step) -> None:
    for observer in observers:
        observer(current)
