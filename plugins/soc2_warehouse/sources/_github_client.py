"""PyGithub as both GitHub sources use it: its authentication, retries and rate-limit waits, with the raw answers.

PyGithub's objects hide calls behind attribute access and know neither rulesets nor repository activity, so requests go
through its requester and records stay as GitHub wrote them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

from requests.exceptions import RetryError
from requests.utils import parse_header_links

from soc2_warehouse.connections import Connection
from soc2_warehouse.http import BadBody, Counter, Refused
from soc2_warehouse.sources import Envelope, Read

PER_PAGE = 100
LONGEST_WAIT_SECONDS = 900
CODES = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 410: "GONE", 451: "BLOCKED"}
#: Branches read like the default branch besides protected ones; the connection's extra ``release_branches`` overrides.
RELEASE_BRANCHES = ("main", "master", "release/*", "release-*")


class NotAvailable(Exception):
    """This plan or credential has no such API: the table is not collected, which is not the same as empty."""


@dataclass
class Client:
    """One organisation, read with one credential. Each thread has a PyGithub of its own: connections are not shared."""

    url: str
    auth: Any = field(repr=False)
    org: str
    release_branches: tuple[str, ...] = RELEASE_BRANCHES
    counter: Counter = field(default_factory=Counter)
    owner: str | None = None
    repositories: list[dict[str, Any]] | None = None
    _local: threading.local = field(default_factory=threading.local)

    def _requester(self) -> Any:
        if not hasattr(self._local, "github"):
            from github import Github

            from soc2_warehouse.sources._github_retry import Retry

            retry = Retry(
                self.counter,
                total=6,
                backoff_factor=0.2,
                status_forcelist=[403, 429, 500, 502, 503, 504],
                raise_on_status=False,
                max_rate_limit_wait=LONGEST_WAIT_SECONDS,
            )
            self._local.github = Github(
                base_url=self.url,
                auth=self.auth,
                per_page=PER_PAGE,
                retry=retry,
                timeout=60,
                seconds_between_requests=0,
                seconds_between_writes=0,
            )
        return self._local.github.requester

    def request(self, method: str, url: str, **options: Any) -> tuple[int, dict[str, Any], str]:
        """(status, headers, body) of one request. Raises Refused for an error answer."""
        from github import GithubException

        try:
            status, headers, body = self._requester().requestJson(method, url, **options)
        except GithubException as error:
            detail = error.data if isinstance(error.data, dict) else {"message": str(error.data)}
            raise self._refusal(error.status, detail, url) from error
        except RetryError as error:
            raise Refused(503, "RETRIES_EXHAUSTED", str(error)[:300], url) from error
        finally:
            with self.counter.lock:
                self.counter.calls += 1
        if status >= 400:
            try:
                detail = json.loads(body)
            except ValueError:
                detail = {"message": body[:300]}
            raise self._refusal(status, detail, url)
        return status, headers, body

    @staticmethod
    def _refusal(status: int, detail: Any, url: str) -> Refused:
        message = str(detail.get("message", "") if isinstance(detail, dict) else detail)
        return Refused(status, CODES.get(status, f"HTTP_{status}"), message[:300], url)

    def get(self, path: str, **params: Any) -> tuple[Any, dict[str, str]]:
        """(body, links by relation) of a GET. Raises Refused, or BadBody when the answer is not JSON."""
        _, headers, body = self.request("GET", path, parameters=params)
        links = {link["rel"]: link["url"] for link in parse_header_links(headers.get("link", "")) if "rel" in link}
        return _parsed(body, path), links

    def pages(self, path: str, read: Read, **params: Any) -> Iterator[Any]:
        """Every page of a list along ``Link: rel=next``; a list that ends before its announced last page is told."""
        body, links = self.get(path, per_page=PER_PAGE, **params)
        announced = int(parse_qs(urlsplit(links.get("last", "")).query).get("page", ["1"])[0])
        count = 1
        yield body
        while following := links.get("next"):
            body, links = self.get(following)
            count += 1
            yield body
        if count < announced:
            read.incomplete(f"{path}: {announced} pages announced, {count} came")

    def listed(self, path: str, read: Read, **params: Any) -> Iterator[Any]:
        """Every record of a list."""
        for page in self.pages(path, read, **params):
            read.page(len(page))
            yield from page

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a GraphQL answer. Raises Refused when GitHub reports any error: partial data is no data."""
        while True:
            sent = {"query": query, "variables": variables}
            # GitHub Enterprise keeps GraphQL beside, not below, /api/v3: PyGithub knows.
            _, headers, body = self.request("POST", self._requester().graphql_url, input=sent)
            answer = _parsed(body, "graphql")
            errors = answer.get("errors")
            if not errors:
                return dict(answer["data"])
            kind, message = str(errors[0].get("type", "")), str(errors[0].get("message", ""))
            if kind != "RATE_LIMITED":
                status = {"FORBIDDEN": 403, "INSUFFICIENT_SCOPES": 403, "NOT_FOUND": 404}.get(kind, 400)
                raise Refused(status, kind or "GRAPHQL_ERROR", message[:300], "graphql")
            reset = float(headers.get("x-ratelimit-reset", 0)) - datetime.now(UTC).timestamp()
            if reset > LONGEST_WAIT_SECONDS:
                raise Refused(429, kind, f"{message} (for {reset:.0f} s)", "graphql")
            with self.counter.lock:
                self.counter.throttled += 1
            time.sleep(max(1.0, reset))

    def connection(self, query: str, path: tuple[str, ...], **variables: Any) -> Iterator[dict[str, Any]]:
        """Every page of one GraphQL connection, found at ``path`` of the data."""
        after = None
        while True:
            found: Any = self.graphql(query, after=after, **variables)
            for key in path:
                found = found[key]
                if found is None:
                    raise NotAvailable(
                        f"NOT_AVAILABLE: {'.'.join(path)} is not there for this organisation or credential"
                    )
            yield found
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def introduce(self, read: Read) -> None:
        """Whose token reads which organisation, for the receipt."""
        read.tenant(self.org)
        if self.owner is None:
            try:
                self.owner = str(self.get("/user")[0]["login"])
            except Refused as refusal:
                if refusal.status == 401:
                    raise
                self.owner = f"installation token of {self.org}"  # apps have no user of their own
        read.identity(self.owner)


def connect(connection: Connection) -> Client:
    """A client of the organisation in the connection's extra ``org`` or its schema. Raises ValueError without one, or
    without a credential: a token as password, or an app's ``app_id``, ``installation_id`` and ``private_key`` (PEM) or
    ``private_key_file`` in extra."""
    from soc2_warehouse.sources._github_auth import sign_in

    org = connection.extra.get("org") or connection.schema
    if not org:
        raise ValueError('the GitHub connection names no organisation: add {"org": "…"} to its extra')
    branches = connection.extra.get("release_branches", RELEASE_BRANCHES)
    url = connection.url if connection.host else "https://api.github.com"
    counter = Counter()
    auth, owner = sign_in(connection, counter)
    return Client(url, auth, str(org), tuple(branches), counter, owner)


class NewestFirst:
    """Cuts a list that comes newest first at the start of the window.

    An answer in another order must not be cut: it would lose rows. The whole page is looked at before, and the table
    is told incomplete.
    """

    def __init__(self, read: Read, since: datetime, label: str) -> None:
        self.read, self.since, self.label = read, since, label
        self.done = False
        self._before: datetime | None = None

    def keep(self, records: list[Any], key: str) -> list[Any]:
        """The records of one page inside the window; ``done`` when the page reaches beyond it."""
        moments = [instant(record[key]) for record in records]
        if any(
            later > earlier for earlier, later in pairwise([self._before or moments[0], *moments] if moments else [])
        ):
            self.read.incomplete(f"{self.label} is not in order of {key}, newest first")
        self._before = moments[-1] if moments else self._before
        kept = [record for record, moment in zip(records, moments, strict=True) if moment >= self.since]
        self.done = len(kept) < len(records)
        return kept


def instant(text: str) -> datetime:
    """An aware datetime from GitHub's text."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def utc_text(moment: datetime, before: bool = False) -> str:
    """GitHub's text of an instant, in seconds; with ``before`` the second before it."""
    return datetime.fromtimestamp(int(moment.timestamp()) - before, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def refused_row(read: Read, refusal: Refused, **parent: Any) -> Envelope:
    """The row of an object that was refused. Raises the refusal when it concerns the whole table: a bad token, a bad
    query, a server that is down or too busy."""
    if refusal.status in (400, 401, 429) or refusal.status >= 500:
        raise refusal
    return read.refused(refusal.status, refusal.code, refusal.message, **parent)


def _parsed(body: str, path: str) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise BadBody(f"{path}: the answer is not valid JSON ({error})") from error
