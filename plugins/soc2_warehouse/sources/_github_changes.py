"""How changes reached branches: the GitHub source's tables of ref updates, commits, pull requests and their counts.

Each function is the body of the table of the same name in ``github``; ``watched`` are the branches whose rules matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from fnmatch import fnmatch
from typing import Any

from soc2_warehouse.http import Refused
from soc2_warehouse.sources import Envelope, Read
from soc2_warehouse.sources import _github_queries as queries
from soc2_warehouse.sources._github_client import Client, NewestFirst, refused_row, utc_text
from soc2_warehouse.sources._github_pulls import read_pulls

#: What changes a branch's content; creations and deletions have nothing to compare.
UPDATES = ("push", "force_push", "pr_merge", "merge_queue_merge")
Parent = dict[str, Any]


def ref_updates(client: Client, read: Read, repositories: Iterable[Parent]) -> Iterator[Envelope]:
    """Newest first, until the window's start; an answer out of order cannot be cut off and says so."""

    def ask(parent: Parent) -> list[Envelope]:
        found: list[Envelope] = []
        order = NewestFirst(read, read.since, f"{parent['full_name']}: activity")
        try:
            for page in client.pages(f"/repos/{parent['full_name']}/activity", read):
                found += [read.answer(update, **parent) for update in order.keep(page, "timestamp")]
                if order.done:
                    break
        except Refused as refusal:
            return [refused_row(read, refusal, **parent)]
        return found

    for rows in read.each(repositories, ask):
        read.page(len(rows))
        yield from rows


def tags(client: Client, read: Read, repositories: Iterable[Parent]) -> Iterator[Envelope]:
    """All tags of a repository in one answer; an empty repository has none."""

    def ask(parent: Parent) -> list[Envelope]:
        try:
            found = [
                tag
                for page in client.pages(f"/repos/{parent['full_name']}/git/matching-refs/tags/", read)
                for tag in page
            ]
        except Refused as refusal:
            if refusal.status != 409:
                return [refused_row(read, refusal, **parent)]
            found = []
        return [read.answer(tag, **parent) for tag in found or [None]]

    for rows in read.each(repositories, ask):
        read.page(len(rows))
        yield from rows


def rule_suites(client: Client, read: Read) -> Iterator[Any]:
    """Newest first, in the shortest of GitHub's periods that reaches the window's start."""
    ages = {"day": timedelta(hours=23), "week": timedelta(days=6)}
    period = next((name for name, reach in ages.items() if read.until - read.since < reach), "month")
    read.parameter("time_period", period)
    order = NewestFirst(read, read.since, "the list of rule suites")
    path = f"/orgs/{client.org}/rulesets/rule-suites"
    for page in client.pages(path, read, rule_suite_result="bypass", time_period=period):
        read.page(len(page))
        yield from order.keep(page, "pushed_at")
        if order.done:
            break


def compare_commits(client: Client, read: Read, watched: Iterable[Parent]) -> Iterator[Envelope]:
    """One comparison for each update of a production branch in the window, all pages in one record."""
    production = {(row["repo_id"], f"refs/heads/{row['branch']}") for row in watched}
    wanted: dict[tuple[Any, ...], Parent] = {}
    for row in read.landed("ref_updates"):
        if row.record is None or row.parent is None or row.record["activity_type"] not in UPDATES:
            continue
        ref = row.record["ref"]
        # Also by name: a branch that was renamed or deleted since is not listed any more.
        named = any(fnmatch(ref, f"refs/heads/{pattern}") for pattern in client.release_branches)
        if named or (row.parent["repo_id"], ref) in production:
            parent = row.parent | {"ref": ref, "before": row.record["before"], "after": row.record["after"]}
            wanted[tuple(parent.values())] = parent

    def ask(parent: Parent) -> Envelope:
        path = f"/repos/{parent['full_name']}/compare/{parent['before']}...{parent['after']}"
        try:
            body, number = client.get(path, per_page=100, page=1)[0], 1
            while len(body["commits"]) < body["total_commits"]:
                number += 1
                more = client.get(path, per_page=100, page=number)[0]["commits"]
                if not more:
                    read.incomplete(f"{path}: {body['total_commits']} commits announced, {len(body['commits'])} came")
                    break
                body["commits"] += more
        except Refused as refusal:
            return refused_row(read, refusal, **parent)
        for file in body.get("files") or []:
            file.pop("patch", None)  # which files changed is evidence; what is in them is not, and may hold secrets
        return read.answer(body, **parent)

    for row in read.each(wanted.values(), ask):
        read.page(1)
        yield row


def commit_pulls(client: Client, read: Read) -> Iterator[Envelope]:
    """The pull requests of every commit compared, in batches of one repository."""
    commits: dict[tuple[Any, str], list[str]] = {}
    for row in read.landed("compare_commits"):
        if row.record is not None and row.parent is not None:
            known = commits.setdefault((row.parent["repo_id"], row.parent["full_name"]), [])
            known += [commit["sha"] for commit in row.record["commits"]]
    batches = [
        (repo_id, full_name, unique[start : start + queries.BATCH])
        for (repo_id, full_name), oids in commits.items()
        for unique in [list(dict.fromkeys(oids))]
        for start in range(0, len(unique), queries.BATCH)
    ]

    def ask(batch: tuple[Any, str, list[str]]) -> list[Envelope]:
        repo_id, full_name, oids = batch
        owner, name = full_name.split("/")
        variables = {f"oid{number}": oid for number, oid in enumerate(oids)}
        parents = [{"repo_id": repo_id, "full_name": full_name, "oid": oid} for oid in oids]
        try:
            data = client.graphql(queries.commit_pulls(len(oids)), owner=owner, name=name, **variables)
        except Refused as refusal:
            return [refused_row(read, refusal, **parent) for parent in parents]
        return [read.answer(data["repository"][f"commit{n}"], **parent) for n, parent in enumerate(parents)]

    for rows in read.each(batches, ask):
        read.page(len(rows))
        yield from rows


def pull_requests(client: Client, read: Read, repositories: Iterable[Parent]) -> Iterator[Envelope]:
    """Every pull request touched in the window."""
    read.parameter("pull requests a page", queries.PULLS_PER_PAGE)

    def ask(parent: Parent) -> tuple[int, list[Envelope]]:
        try:
            pages, records = read_pulls(client, read, parent["full_name"])
        except Refused as refusal:
            return 1, [refused_row(read, refusal, **parent)]
        return pages, [read.answer(record, **parent) for record in records]

    for pages, rows in read.each(repositories, ask):
        for _ in range(pages):
            read.page()
        yield from rows


def commit_statuses(client: Client, read: Read) -> Iterator[Envelope]:
    """All statuses of the commits whose newest status came after the merge."""
    wanted: dict[tuple[Any, str], Parent] = {}
    for row in read.landed("pull_requests"):
        pull = row.record
        if pull is None or row.parent is None or not pull["mergedAt"]:
            continue
        for tip in [*(node["commit"] for node in pull["headCommit"]["nodes"]), pull["mergeCommit"]]:
            contexts = ((tip or {}).get("status") or {}).get("contexts", [])
            if any(context["createdAt"] > pull["mergedAt"] for context in contexts):
                wanted[row.parent["repo_id"], tip["oid"]] = row.parent | {"sha": tip["oid"]}

    def ask(parent: Parent) -> Envelope:
        try:
            pages = client.pages(f"/repos/{parent['full_name']}/commits/{parent['sha']}/statuses", read)
            return read.answer([status for page in pages for status in page], **parent)
        except Refused as refusal:
            return refused_row(read, refusal, **parent)

    for row in read.each(wanted.values(), ask):
        read.page(1)
        yield row


def merged_pull_counts(client: Client, read: Read, watched: Iterable[Parent]) -> Iterator[Envelope]:
    """What search counts as merged, for each watched branch and month since January of the year before."""
    months = list(_months(read.until))
    searches = [(parent, first, last) for parent in watched for first, last in months]
    batches = [searches[start : start + queries.BATCH] for start in range(0, len(searches), queries.BATCH)]

    def ask(batch: list[tuple[Parent, datetime, datetime]]) -> list[Envelope]:
        texts, rows = {}, []
        for number, (parent, first, last) in enumerate(batch):
            # Search bounds are inclusive and count in seconds.
            bounds = f"{utc_text(first)}..{utc_text(last, before=True)}"
            repo, base = parent["full_name"], parent["branch"]
            texts[f"query{number}"] = f"repo:{repo} is:pr is:merged base:{base} merged:{bounds}"
        data = client.graphql(queries.search_counts(len(batch)), **texts)
        for number, (parent, first, last) in enumerate(batch):
            named = {"base": parent["branch"], "from": utc_text(first), "until": utc_text(last)}
            repo_of = {"repo_id": parent["repo_id"], "full_name": parent["full_name"]}
            rows.append(read.answer(data[f"count{number}"], **repo_of, **named))
        return rows

    for rows in read.each(batches, ask):
        read.page(len(rows))
        yield from rows


def _months(until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """(start, end) of each month from January of the year before; the last one ends now."""
    start = until.replace(year=until.year - 1, month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    while start < until:
        following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
        yield start, min(following, until)
        start = following
