"""Pull requests of one repository by GraphQL, with everything nested in them read to its end."""

from __future__ import annotations

from typing import Any

from soc2_warehouse.http import Refused
from soc2_warehouse.sources import Read
from soc2_warehouse.sources import _github_queries as queries
from soc2_warehouse.sources._github_client import Client, NewestFirst

SMALLEST_PAGE = 5
PATH = ("repository", "pullRequests")


def read_pulls(client: Client, read: Read, full_name: str) -> tuple[int, list[dict[str, Any]]]:
    """(pages, pull requests touched in the window). Newest update first, so the first older one ends the reading."""
    owner, name = full_name.split("/")
    found: list[dict[str, Any]] = []
    after, pages, size = None, 0, queries.PULLS_PER_PAGE
    order = NewestFirst(read, read.since, f"{full_name}: the list of pull requests")
    while True:
        try:
            data = client.graphql(queries.PULL_REQUESTS, owner=owner, name=name, first=size, after=after)
        except Refused as refusal:
            # GitHub gives up on pages that take it ten seconds: ask for less.
            if refusal.status < 500 or size <= SMALLEST_PAGE:
                raise
            size //= 2
            continue
        page = data["repository"]["pullRequests"]
        pages += 1
        for pull in order.keep(page["nodes"], "updatedAt"):
            _complete(client, read, pull, f"{full_name}#{pull['number']}")
            found.append(pull)
        if order.done:
            return pages, found
        if not page["pageInfo"]["hasNextPage"]:
            if len(found) != page["totalCount"]:
                read.incomplete(f"{full_name}: {page['totalCount']} pull requests announced, {len(found)} came")
            return pages, found
        after = page["pageInfo"]["endCursor"]


def _complete(client: Client, read: Read, pull: dict[str, Any], label: str) -> None:
    """Read what did not fit into the first page of each nested connection."""
    for field in ("reviews", "commits", "timelineItems"):
        follow(client, read, pull["id"], field, pull[field], label)
    for tip in [*(node["commit"] for node in pull["headCommit"]["nodes"]), pull["mergeCommit"]]:
        if tip is None or tip["checkSuites"] is None:
            continue
        follow(client, read, tip["id"], "checkSuites", tip["checkSuites"], label)
        for suite in tip["checkSuites"]["nodes"]:
            follow(client, read, suite["id"], "checkRuns", suite["checkRuns"], label)
    if pull["labels"] and len(pull["labels"]["nodes"]) < pull["labels"]["totalCount"]:
        read.incomplete(f"{label}: {pull['labels']['totalCount']} labels, {len(pull['labels']['nodes'])} read")


def follow(client: Client, read: Read, node_id: str, field: str, page: dict[str, Any] | None, label: str) -> None:
    """Append the remaining nodes of a nested connection to its first page."""
    if page is None:
        return
    info = page["pageInfo"]
    while info["hasNextPage"]:
        more = client.graphql(queries.REST[field], id=node_id, after=info["endCursor"])["node"][field]
        read.page(len(more["nodes"]))
        page["nodes"] += more["nodes"]
        info = page["pageInfo"] = more["pageInfo"]
    if len(page["nodes"]) < page["totalCount"]:
        read.incomplete(f"{label}: {page['totalCount']} {field} announced, {len(page['nodes'])} came")
