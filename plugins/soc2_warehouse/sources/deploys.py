"""GitHub as the deployment log: deployments with their statuses, workflow runs and the pipeline's evidence records.

Least permissions: read access to metadata, deployments and actions. Cannot see: workflow runs older than the
retention of the organisation (90 to 400 days), artefacts that have expired, deployments made past GitHub.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from soc2_warehouse import http
from soc2_warehouse.connections import Connection
from soc2_warehouse.http import BadBody, Refused
from soc2_warehouse.sources import Envelope, Read, table
from soc2_warehouse.sources import _github_queries as queries
from soc2_warehouse.sources._github_client import Client, NewestFirst, connect, instant, refused_row, utc_text
from soc2_warehouse.sources._github_pulls import follow

SOURCE = "deploys"
CONNECTION = "github_default"
CONCURRENCY = 8
#: Statuses and runs change after they were created: those of the days before are read again.
STILL_CHANGING = timedelta(days=2)
ARTIFACT = "deployment-evidence"
#: A filtered list of runs ends after this many, whatever its total says.
RUN_CAP = 1000
LARGEST_ARCHIVE_BYTES = 5_000_000
Parent = dict[str, Any]


def client(connection: Connection) -> Client:
    """A client for the organisation in extra ``org``, with a token (the password) or an app (extra)."""
    return connect(connection)


def calls(client: Client) -> tuple[int, int, int]:
    return client.counter.calls, client.counter.throttled, client.counter.errors


@table(kind="event", key=("id",), query="GET /repos/{repo}/deployments")
def deployments(client: Client, read: Read) -> Iterator[Envelope]:
    """Every environment, newest first until the window's start."""
    oldest = read.since - STILL_CHANGING

    def ask(parent: Parent) -> list[Envelope]:
        found: list[Envelope] = []
        order = NewestFirst(read, oldest, f"{parent['full_name']}: the list of deployments")
        try:
            for page in client.pages(f"/repos/{parent['full_name']}/deployments", read):
                found += [read.answer(record, **parent) for record in order.keep(page, "created_at")]
                if order.done:
                    break
        except Refused as refusal:
            return [refused_row(read, refusal, **parent)]
        return found

    for rows in read.each(_repositories(client, read), ask):
        read.page(len(rows))
        yield from rows


@table(kind="event", key=("deployment_id",), query="GraphQL repository.deployments.statuses")
def deployment_statuses(client: Client, read: Read) -> Iterator[Envelope]:
    """A page of deployments with their statuses costs one call; REST would want one for each deployment."""
    oldest = read.since - STILL_CHANGING

    def ask(parent: Parent) -> list[Envelope]:
        owner, name = parent["full_name"].split("/")
        found: list[Envelope] = []
        path = ("repository", "deployments")
        order = NewestFirst(read, oldest, f"{parent['full_name']}: the list of deployments")
        try:
            for page in client.connection(queries.DEPLOYMENT_STATUSES, path, owner=owner, name=name):
                for node in order.keep(page["nodes"], "createdAt"):
                    label = f"{parent['full_name']} deployment {node['databaseId']}"
                    follow(client, read, node["id"], "statuses", node["statuses"], label)
                    statuses = node["statuses"]["nodes"]
                    found.append(read.answer(statuses, **parent, deployment_id=node["databaseId"]))
                if order.done:
                    break
        except Refused as refusal:
            return [refused_row(read, refusal, **parent)]
        return found

    for rows in read.each(_repositories(client, read), ask):
        read.page(len(rows))
        yield from rows


@table(kind="event", key=("id",), query="GET /repos/{repo}/actions/runs?created={since}..{until}", kept_days=90)
def workflow_runs(client: Client, read: Read) -> Iterator[Envelope]:
    """By creation time; a window with more runs than the list shows is halved until it fits."""
    since = read.since - STILL_CHANGING
    read.parameter("created", f"{utc_text(since)}..{utc_text(read.until)}")

    def window(parent: Parent, first: datetime, last: datetime) -> list[Envelope]:
        path, span = f"/repos/{parent['full_name']}/actions/runs", f"{utc_text(first)}..{utc_text(last)}"
        found: list[Envelope] = []
        total = 0
        for number, page in enumerate(client.pages(path, read, created=span)):
            total = page["total_count"]
            if number == 0 and total > RUN_CAP and last - first > timedelta(seconds=2):
                middle = first + (last - first) / 2
                # The second both halves touch is read once.
                return window(parent, first, middle - timedelta(seconds=1)) + window(parent, middle, last)
            found += [read.answer(run, **parent) for run in page["workflow_runs"]]
        if len(found) != total:
            read.incomplete(f"{path} {span}: {total} runs announced, {len(found)} came")
        if any(instant(row.record["created_at"]) < first - timedelta(seconds=1) for row in found):
            read.incomplete(f"{path}: filter created={span} was ignored")
        return found

    def ask(parent: Parent) -> list[Envelope]:
        try:
            return window(parent, since, read.until)
        except Refused as refusal:
            return [refused_row(read, refusal, **parent)]

    for rows in read.each(_repositories(client, read), ask):
        read.page(len(rows))
        yield from rows


@table(
    kind="event",
    key=("artifact_id",),
    query=f"GET /repos/{{repo}}/actions/artifacts?name={ARTIFACT}, …/zip",
    kept_days=90,
)
def evidence_records(client: Client, read: Read) -> Iterator[Envelope]:
    """The JSON inside each evidence artefact; an expired one is a row that says so."""
    wanted: list[tuple[Parent, Any]] = []

    def ask(parent: Parent) -> list[tuple[Parent, Any]] | Envelope:
        found: list[tuple[Parent, Any]] = []
        order = NewestFirst(read, read.since, f"{parent['full_name']}: the list of artefacts")
        try:
            for page in client.pages(f"/repos/{parent['full_name']}/actions/artifacts", read, name=ARTIFACT):
                if any(artifact["name"] != ARTIFACT for artifact in page["artifacts"]):
                    read.incomplete(f"{parent['full_name']}: filter name={ARTIFACT} was ignored")
                    break
                for artifact in order.keep(page["artifacts"], "created_at"):
                    run_id = (artifact.get("workflow_run") or {}).get("id")
                    named = {"artifact_id": artifact["id"], "run_id": run_id, "created_at": artifact["created_at"]}
                    found.append((parent | named, artifact))
                if order.done:
                    break
        except Refused as refusal:
            return refused_row(read, refusal, **parent)
        return found

    for answer in read.each(_repositories(client, read), ask):
        read.page()
        if isinstance(answer, Envelope):
            yield answer
        else:
            wanted += answer

    def open_one(item: tuple[Parent, Any]) -> Envelope:
        parent, artifact = item
        if artifact["expired"]:
            return read.refused(410, "EXPIRED", "the artefact has expired", **parent)
        try:
            return read.answer(
                _evidence(client, f"/repos/{parent['full_name']}/actions/artifacts/{artifact['id']}/zip"), **parent
            )
        except Refused as refusal:
            return refused_row(read, refusal, **parent)
        except (zipfile.BadZipFile, BadBody, ValueError, LookupError, StopIteration) as error:
            return read.refused(200, "UNREADABLE", f"{type(error).__name__}: {error}"[:300], **parent)

    for row in read.each(wanted, open_one):
        read.page()
        yield row


def _evidence(client: Client, path: str) -> Any:
    """The JSON document in an artefact's archive. GitHub redirects to a short-lived address that wants no token."""
    _, headers, _ = client.request("GET", path)
    answer = http.get(http.session(), headers["location"])
    with client.counter.lock:
        client.counter.calls += 1
    if len(answer.content) > LARGEST_ARCHIVE_BYTES:
        raise ValueError(f"archive of {len(answer.content)} bytes")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        entry = next(info for info in archive.infolist() if info.filename.endswith(".json"))
        if entry.file_size > LARGEST_ARCHIVE_BYTES:
            raise ValueError(f"{entry.filename} of {entry.file_size} bytes")
        return json.loads(archive.read(entry))


def _repositories(client: Client, read: Read) -> list[Parent]:
    """Parent keys of every repository of the organisation, listed once a client."""
    client.introduce(read)
    if client.repositories is None:
        found = client.listed(f"/orgs/{client.org}/repos", read, type="all", sort="full_name")
        client.repositories = [{"repo_id": repo["id"], "full_name": repo["full_name"]} for repo in found]
    return client.repositories
