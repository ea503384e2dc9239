"""Files of lines that only grow. A last line without its end was cut short by a crash, and counts as nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

#: Enough of a file's end to hold its last line.
TAIL_BYTES = 1 << 16


def last_line(file: Path) -> bytes | None:
    """The last whole line; what a crash left behind it is none."""
    if not file.exists():
        return None
    with file.open("rb") as content:
        size = content.seek(0, os.SEEK_END)
        content.seek(max(0, size - TAIL_BYTES))
        lines = content.read().split(b"\n")[:-1]
    return lines[-1] if lines else None


def append_lines(file: Path, lines: Sequence[str]) -> None:
    """Add whole lines to a file, on disk when this returns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as content:
        # Drop what a crash left of an unfinished line: it was never an entry.
        size = content.seek(0, os.SEEK_END)
        content.seek(max(0, size - TAIL_BYTES))
        tail = content.read()
        content.truncate(size - len(tail) + tail.rfind(b"\n") + 1)
        content.write(("\n".join(lines) + "\n").encode())
        content.flush()
        os.fsync(content.fileno())
