"""History of the register repository: commits that reached the checked-out branch, and the register files they changed.

Reads ``git log --first-parent`` of the checkout that ``registers`` reads (connection ``registers_default``): a merge
counts as one commit with all that it brought. Needs read access to the checkout, with its history; a shallow clone is
incomplete. Cannot see whether a commit was reviewed: the host of the repository knows that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from soc2_warehouse.sources import Read, registers, table
from soc2_warehouse.sources.registers import Checkout

SOURCE = "register_history"
CONNECTION = registers.CONNECTION
FIELDS = ("sha", "parents", "committed_at", "author_name", "author_email", "subject")
FORMAT = "%x1e" + "%x1f".join(("%H", "%P", "%cI", "%an", "%ae", "%s")) + "%x1f"

client = registers.client


@table(kind="register", key=("sha",), query="git log --first-parent -m --name-only <commit> -- <folder>")
def commits(checkout: Checkout, read: Read) -> Iterator[Any]:
    """Newest first. git's own count of the same commits is the reported total."""
    read.tenant(f"{checkout.origin}@{checkout.commit}")
    read.identity("read access to the checkout")
    read.parameter("commit", checkout.commit)
    where = ("--first-parent", checkout.commit, "--", checkout.prefix or ".")
    if checkout.git("rev-parse", "--is-shallow-repository").strip() == b"true":
        read.incomplete("the checkout is shallow: its history is cut; run git fetch --unshallow")
    read.total(int(checkout.git("rev-list", "--count", *where)))
    text = checkout.git("log", "-m", "--name-only", "-z", f"--format={FORMAT}", *where).decode("utf-8", "replace")
    found = text.split("\x1e")[1:]
    read.page(len(found))
    for block in found:
        *values, names = block.split("\x1f")
        commit: dict[str, Any] = dict(zip(FIELDS, values, strict=True))
        commit["parents"] = commit["parents"].split()
        commit["files"] = [name for name in (part.strip("\n") for part in names.split("\0")) if name]
        yield read.answer(commit, commit=checkout.commit)
