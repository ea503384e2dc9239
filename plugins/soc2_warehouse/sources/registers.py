"""The company's registers: CSV and YAML files under version control, read at the HEAD commit of a git checkout.

Reads ``git show <commit>:<folder>/<register>.csv`` (or ``.yml``, ``.yaml``): an uncommitted edit is never evidence; it
is only noted on the receipt. Every row carries commit, file and line. Needs read access to the checkout, nothing else.
Cannot see whether a commit was reviewed: that is the business of the host of the repository.

Connection ``registers_default``: host = path or ``file://`` address of the checkout, extra ``{"path": "registers"}`` =
folder inside it (default: the top). There is one table for each file in ``soc2_warehouse/registers``. A row that does
not hold what the register declares is landed as an error with the row as it stands, and makes that register
incomplete; the others are landed normally. A register that does not apply is a file with its header alone.

Access reviews that are held in this warehouse (``soc2 review``) are in no commit: they lie in ``reviews/`` of its home,
hash-linked and only growing, and their rows follow the committed ones. A review stands in one of the two places.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from soc2_warehouse.connections import Connection
from soc2_warehouse.registers import Register, registers
from soc2_warehouse.registers.reading import read as read_file
from soc2_warehouse.reviews import register_rows
from soc2_warehouse.reviews.campaign import EVENTS, ReviewProblem
from soc2_warehouse.sources import Read, TableFunction, table

SOURCE = "registers"
CONNECTION = "registers_default"
SUFFIXES = (".csv", ".yml", ".yaml")


class Checkout:
    """A git checkout, pinned to the commit that was HEAD when it was opened.

    Raises NotACheckout when the folder is none, or has no commit.
    """

    def __init__(self, folder: Path, path: str = "") -> None:
        self.folder = folder
        self.prefix = f"{path.strip('/')}/" if path.strip("/") else ""
        if not folder.is_dir():
            raise NotACheckout(f"registers: {folder} is no folder; set the host of registers_default to a git checkout")
        self.commit = self.git("rev-parse", "--verify", "HEAD^{commit}").decode().strip()
        self.committed_at = self.git("show", "--no-patch", "--format=%cI", self.commit).decode().strip()
        listed = self.git("ls-tree", "-r", "-z", "--name-only", self.commit).decode("utf-8", "surrogateescape")
        self.files = frozenset(listed.split("\0"))
        state = self.git("status", "--porcelain", "--untracked-files=all", "-z").decode("utf-8", "surrogateescape")
        self.uncommitted = sorted(entry[3:] for entry in state.split("\0") if entry[3:].startswith(self.prefix))

    @property
    def origin(self) -> str:
        """Address of the remote without credentials, else the folder's name."""
        try:
            address = self.git("config", "--get", "remote.origin.url").decode().strip()
        except NotACheckout:
            return self.folder.name
        parts = urlsplit(address)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    def file(self, register: str) -> str:
        """Path of the register's file inside the repository. Raises LookupError when there is none, or two."""
        found = [f"{self.prefix}{register}{suffix}" for suffix in SUFFIXES]
        found = [path for path in found if path in self.files]
        if len(found) == 1:
            return found[0]
        if found:
            raise LookupError(f"{' and '.join(found)} are both at commit {self.commit[:12]}; keep one")
        uncommitted = (
            " (it is in the folder but not committed)"
            if any(PurePosixPath(path).stem == register for path in self.uncommitted)
            else ""
        )
        raise LookupError(
            f"no {self.prefix}{register}.csv, .yml or .yaml at commit {self.commit[:12]}{uncommitted}; "
            "commit the file, with its header alone when the register does not apply"
        )

    def content(self, path: str) -> bytes:
        """A file's bytes at the pinned commit."""
        return self.git("show", f"{self.commit}:{path}")

    def git(self, *arguments: str) -> bytes:
        # A mounted checkout often belongs to another user: the operator named this folder, so git may trust it.
        options = ("-c", f"safe.directory={self.folder.resolve()}", "-c", "core.fsmonitor=false", "--no-optional-locks")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ("git", *options, *arguments), cwd=self.folder, capture_output=True, check=False, env=environment
        )
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise NotACheckout(f"registers: git {arguments[0]} in {self.folder}: {said or 'no answer'}")
        return done.stdout


class NotACheckout(ValueError):
    """The registers' folder is not a git checkout with a commit."""


def client(connection: Connection) -> Checkout:
    """The checkout that ``connection`` names, pinned to its HEAD."""
    host = connection.host or (f"/{connection.schema}" if connection.schema else "")
    path = unquote(urlsplit(host).path) if host.startswith("file://") else host
    if not path:
        raise NotACheckout("registers: no folder; set the host of registers_default to a git checkout")
    return Checkout(Path(path).expanduser(), connection.extra.get("path", ""))


def _rows(register: Register, checkout: Checkout, read: Read) -> Iterator[Any]:
    read.tenant(f"{checkout.origin}@{checkout.commit}")
    read.identity("read access to the checkout")
    read.parameter("commit", checkout.commit)
    read.parameter("committed_at", checkout.committed_at)
    read.parameter("dirty", bool(checkout.uncommitted))
    read.parameter("uncommitted_files", checkout.uncommitted)
    path = checkout.file(register.name)
    read.parameter("file", path)
    file = PurePosixPath(path).name
    content = read_file(register, file, checkout.content(path))
    read.page(len(content.rows))
    read.total(len(content.rows))
    for problem in content.problems:
        read.incomplete(problem)
    for row in content.rows:
        parent = {"commit": checkout.commit, "file": file, "line": row.line}
        if row.problems:
            yield read.refused(422, "BAD_ROW", "; ".join(row.problems), **parent, row=row.values)
        else:
            yield read.answer(row.values, **parent)
    if register.name in register_rows.REGISTERS and read.home is not None:
        committed = {row.values.get("review_id"): row.line for row in content.rows if isinstance(row.values, dict)}
        yield from _held(register, read, read.home / "reviews", file, committed)


def _held(register: Register, read: Read, folder: Path, file: str, committed: dict[Any, int]) -> Iterator[Any]:
    """Rows of the reviews in the home. committed: review → line of the register's file that has it, too."""
    heads = {}
    try:
        for campaign in register_rows.held(folder):
            if campaign.review_id in committed:
                read.incomplete(
                    f"{file} line {committed[campaign.review_id]}, column review_id: {campaign.review_id!r} is held in "
                    f"{folder}, too; take it out of the register"
                )
            heads[campaign.review_id] = campaign.head
            rows = list(register_rows.rows(register.name, campaign))
            read.total(len(rows))
            for row in rows:
                yield read.answer(row, commit=None, file=f"{campaign.review_id}/{EVENTS}", head=campaign.head)
    except ReviewProblem as problem:
        read.incomplete(str(problem))
    if heads:
        read.parameter("reviews", heads)


def _table(register: Register) -> TableFunction:
    def rows(checkout: Checkout, read: Read) -> Iterator[Any]:
        yield from _rows(register, checkout, read)

    rows.__name__ = register.name
    rows.__doc__ = register.description
    declare = table(
        kind="register", key=register.key, query=f"git show <commit>:<folder>/{register.name}.{{csv,yml,yaml}}"
    )
    return declare(rows)


globals().update({register.name: _table(register) for register in registers().values()})
