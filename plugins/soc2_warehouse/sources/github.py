"""GitHub: accounts, repositories, branch rules, ref updates, pull requests with reviews and checks, the audit log.

Least permissions: a fine-grained token or app of the organisation with read access to members, administration (branch
protection and rulesets with their bypass actors), contents, pull requests, checks, commit statuses, secret scanning
alerts and, where the plan has one, the audit log; SAML identities need an organisation owner. Cannot see: deleted
repositories, pull requests of repositories it has no access to, reviews deleted by staff, git events in the audit log
older than seven days, alerts about patterns of no provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

from soc2_warehouse.connections import Connection
from soc2_warehouse.http import Refused
from soc2_warehouse.sources import Envelope, Read, table
from soc2_warehouse.sources import _github_changes as changes
from soc2_warehouse.sources import _github_queries as queries
from soc2_warehouse.sources._github_client import Client, NotAvailable, connect, refused_row, utc_text

SOURCE = "github"
CONNECTION = "github_default"
CONCURRENCY = 8


def client(connection: Connection) -> Client:
    """A client for the organisation in extra ``org``, with a token (the password) or an app (extra)."""
    return connect(connection)


def calls(client: Client) -> tuple[int, int, int]:
    return client.counter.calls, client.counter.throttled, client.counter.errors


@table(kind="snapshot", key=("id",), query="GET /orgs/{org}")
def org(client: Client, read: Read) -> Iterator[Any]:
    client.introduce(read)
    read.page(1)
    yield client.get(f"/orgs/{client.org}")[0]


@table(kind="snapshot", key=("id",), query="GET /orgs/{org}/members?role=admin and ?role=member")
def members(client: Client, read: Read) -> Iterator[Any]:
    """Asked for by role, because the listing does not tell it; nobody may be in both answers."""
    client.introduce(read)
    seen: dict[int, str] = {}
    for role in ("admin", "member"):
        for user in client.listed(f"/orgs/{client.org}/members", read, role=role):
            if user["id"] in seen:
                read.incomplete(f"filter role={role} was ignored: {user['login']} came as {seen[user['id']]} before")
                return
            seen[user["id"]] = role
            yield read.answer(user, role=role)


@table(kind="snapshot", key=("id",), query="GET /orgs/{org}/outside_collaborators")
def outside_collaborators(client: Client, read: Read) -> Iterator[Any]:
    client.introduce(read)
    yield from client.listed(f"/orgs/{client.org}/outside_collaborators", read)


@table(kind="snapshot", key=("guid",), query="GraphQL organization.samlIdentityProvider.externalIdentities")
def saml_identities(client: Client, read: Read) -> Iterator[Any]:
    client.introduce(read)
    path = ("organization", "samlIdentityProvider", "externalIdentities")
    for number, page in enumerate(client.connection(queries.SAML_IDENTITIES, path, org=client.org)):
        if number == 0:
            read.total(page["totalCount"])
        read.page(len(page["nodes"]))
        yield from page["nodes"]


@table(kind="snapshot", key=("id",), query="GET /orgs/{org}/installations")
def installations(client: Client, read: Read) -> Iterator[Any]:
    client.introduce(read)
    for number, page in enumerate(client.pages(f"/orgs/{client.org}/installations", read)):
        if number == 0:
            read.total(page["total_count"])
        read.page(len(page["installations"]))
        yield from page["installations"]


@table(kind="snapshot", key=("id",), query="GET /orgs/{org}/repos?type=all")
def repositories(client: Client, read: Read) -> Iterator[Any]:
    """The organisation's own count of repositories says whether the credential sees all of them."""
    client.introduce(read)
    counted = [row.record.get(key) for row in read.landed("org") for key in ("public_repos", "total_private_repos")]
    if counted and None not in counted:
        read.total(sum(counted))
    yield from client.listed(f"/orgs/{client.org}/repos", read, type="all", sort="full_name")


@table(kind="snapshot", key=("repo_id",), query="GET /repos/{repo}/collaborators?affiliation=all")
def collaborators(client: Client, read: Read) -> Iterator[Envelope]:
    """What each account may do in a repository, whatever it comes from: owner, base right, team or invitation."""
    client.introduce(read)

    def ask(parent: dict[str, Any]) -> Envelope:
        try:
            pages = client.pages(f"/repos/{parent['full_name']}/collaborators", read, affiliation="all")
            found = [{key: user[key] for key in ("id", "login", "role_name")} for page in pages for user in page]
        except Refused as refusal:
            return refused_row(read, refusal, **parent)
        return read.answer(found, **parent)

    for row in read.each(_parents(read), ask):
        read.page(1)
        yield row


@table(kind="snapshot", key=("repo_id", "name"), query="GET /repos/{repo}/branches")
def branches(client: Client, read: Read) -> Iterator[Envelope]:
    client.introduce(read)

    def ask(parent: dict[str, Any]) -> list[Envelope]:
        try:
            found = [b for page in client.pages(f"/repos/{parent['full_name']}/branches", read) for b in page]
        except Refused as refusal:
            return [refused_row(read, refusal, **parent)]
        return [read.answer(branch, **parent) for branch in found or [None]]

    for rows in read.each(_parents(read), ask):
        read.page(len(rows))
        yield from rows


@table(kind="snapshot", key=("repo_id", "branch"), query="GET /repos/{repo}/branches/{branch}/protection")
def branch_protection(client: Client, read: Read) -> Iterator[Envelope]:
    """Of the default branch, protected branches and release branches. 'Branch not protected' is an answer."""
    client.introduce(read)

    def ask(parent: dict[str, Any]) -> Envelope:
        try:
            path = f"/repos/{parent['full_name']}/branches/{parent['branch']}/protection"
            return read.answer(client.get(path)[0], **parent)
        except Refused as refusal:
            if refusal.status == 404 and refusal.message == "Branch not protected":
                return read.refused(404, "NOT_PROTECTED", refusal.message, **parent)
            return refused_row(read, refusal, **parent)

    for row in read.each(_watched(client, read), ask):
        read.page(1)
        yield row


@table(kind="snapshot", key=("repo_id", "branch"), query="GET /repos/{repo}/rules/branches/{branch}")
def branch_rules(client: Client, read: Read) -> Iterator[Envelope]:
    """Active ruleset rules of the same branches."""
    client.introduce(read)

    def ask(parent: dict[str, Any]) -> Envelope:
        try:
            pages = client.pages(f"/repos/{parent['full_name']}/rules/branches/{parent['branch']}", read)
            return read.answer([rule for page in pages for rule in page], **parent)
        except Refused as refusal:
            return refused_row(read, refusal, **parent)

    for row in read.each(_watched(client, read), ask):
        read.page(1)
        yield row


@table(kind="snapshot", key=("repo_id", "id"), query="GET /repos/{repo}/rulesets, /repos/{repo}/rulesets/{id}")
def rulesets(client: Client, read: Read) -> Iterator[Envelope]:
    """Every enforcement; the organisation's rulesets are read once for each repository they reach."""
    client.introduce(read)

    def ask(parent: dict[str, Any]) -> list[Envelope]:
        path = f"/repos/{parent['full_name']}/rulesets"
        try:
            known = [rule for page in client.pages(path, read, includes_parents="true") for rule in page]
            found = [client.get(f"{path}/{rule['id']}", includes_parents="true")[0] for rule in known]
        except Refused as refusal:
            return [refused_row(read, refusal, **parent)]
        return [read.answer(ruleset, **parent) for ruleset in found or [None]]

    for rows in read.each(_parents(read), ask):
        read.page(len(rows))
        yield from rows


@table(kind="event", key=("id",), query="GET /repos/{repo}/activity", time="timestamp")
def ref_updates(client: Client, read: Read) -> Iterator[Envelope]:
    """Pushes, merges, creations and deletions of every branch, by the provider's own time."""
    client.introduce(read)
    yield from changes.ref_updates(client, read, _parents(read))


@table(kind="event", key=("repo_id", "before", "after"), query="GET /repos/{repo}/compare/{before}...{after}")
def compare_commits(client: Client, read: Read) -> Iterator[Envelope]:
    """The commits that each update of a production branch brought."""
    client.introduce(read)
    yield from changes.compare_commits(client, read, _watched(client, read))


@table(kind="event", key=("repo_id", "oid"), query="GraphQL repository.object(oid).associatedPullRequests")
def commit_pulls(client: Client, read: Read) -> Iterator[Envelope]:
    """Of every commit that reached a production branch."""
    client.introduce(read)
    yield from changes.commit_pulls(client, read)


@table(kind="event", key=("repo_id", "number"), query="GraphQL repository.pullRequests by updatedAt, newest first")
def pull_requests(client: Client, read: Read) -> Iterator[Envelope]:
    """With reviews, commits, timeline, and all checks of head and merge commit; nested pages are followed."""
    client.introduce(read)
    yield from changes.pull_requests(client, read, _parents(read))


@table(kind="event", key=("repo_id", "sha"), query="GET /repos/{repo}/commits/{sha}/statuses")
def commit_statuses(client: Client, read: Read) -> Iterator[Envelope]:
    """GraphQL shows the newest status of a context only; where that came after the merge, all are read."""
    client.introduce(read)
    yield from changes.commit_statuses(client, read)


@table(kind="snapshot", key=("repo_id", "ref"), query="GET /repos/{repo}/git/matching-refs/tags/")
def tags(client: Client, read: Read) -> Iterator[Envelope]:
    """Where each tag points; a repository without any is a row without a record."""
    client.introduce(read)
    yield from changes.tags(client, read, _parents(read))


@table(
    kind="event",
    key=("id",),
    query="GET /orgs/{org}/rulesets/rule-suites?rule_suite_result=bypass&time_period",
    kept_days=30,
)
def rule_suites(client: Client, read: Read) -> Iterator[Any]:
    """Pushes that bypassed a ruleset. GitHub keeps them for about a month; not every credential may see them."""
    client.introduce(read)
    try:
        yield from changes.rule_suites(client, read)
    except Refused as refusal:
        if refusal.status != 404:
            raise
        raise NotAvailable("NOT_AVAILABLE: this organisation's plan or credential has no rule suites") from refusal


@table(kind="snapshot", key=("repo_id", "base", "from"), query="GraphQL search(is:pr is:merged).issueCount by month")
def merged_pull_counts(client: Client, read: Read) -> Iterator[Envelope]:
    """A count of merged pull requests that does not come from listing them."""
    client.introduce(read)
    yield from changes.merged_pull_counts(client, read, _watched(client, read))


@table(
    kind="event",
    key=("_document_id",),
    query="GET /orgs/{org}/audit-log?include=all&phrase=created:>={since}",
    kept_days=180,
    time="@timestamp",
)
def audit_log(client: Client, read: Read) -> Iterator[Any]:
    """Not every plan has the API: then the table is not collected. An ignored filter only brings more."""
    client.introduce(read)
    since = utc_text(read.since)
    read.parameter("phrase", f"created:>={since}")
    path = f"/orgs/{client.org}/audit-log"
    try:
        yield from client.listed(path, read, include="all", order="asc", phrase=f"created:>={since}")
    except Refused as refusal:
        if refusal.status != 404:
            raise
        raise NotAvailable("NOT_AVAILABLE: this organisation's plan or credential has no audit log API") from refusal


@table(kind="snapshot", key=("url",), query="GET /orgs/{org}/secret-scanning/alerts?hide_secret=true")
def secret_alerts(client: Client, read: Read) -> Iterator[Any]:
    """Alerts of every state, without the secrets themselves: servers that know no ``hide_secret`` would send them."""
    client.introduce(read)
    try:
        for alert in client.listed(f"/orgs/{client.org}/secret-scanning/alerts", read, hide_secret="true"):
            yield {name: value for name, value in alert.items() if name != "secret"}
    except Refused as refusal:
        if refusal.status != 404:
            raise
        raise NotAvailable("NOT_AVAILABLE: the organisation has no secret scanning") from refusal


def _parents(read: Read) -> list[dict[str, Any]]:
    """Parent keys of every repository."""
    repositories = (row.record for row in read.landed("repositories"))
    return [{"repo_id": repo["id"], "full_name": repo["full_name"]} for repo in repositories]


def _watched(client: Client, read: Read) -> list[dict[str, Any]]:
    """Parent keys of the branches whose rules matter: default, protected, release branches."""
    default = {row.record["id"]: row.record["default_branch"] for row in read.landed("repositories")}
    found = []
    for row in read.landed("branches"):
        if row.record is None or row.parent is None:
            continue
        name = row.record["name"]
        named = any(fnmatch(name, pattern) for pattern in client.release_branches)
        if named or row.record["protected"] or name == default.get(row.parent["repo_id"]):
            found.append(row.parent | {"branch": name})
    return found
