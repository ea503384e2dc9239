"""The sandbox's GitHub behaves as GitHub does: held against its published schemas, and against its own history."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import requests
import yaml
from githubkit_schemas.latest import models
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type, parse, validate

from soc2_warehouse.sandbox import github
from soc2_warehouse.sandbox.company import Company
from soc2_warehouse.sandbox.github import graphql_app, rest_repo, truth
from soc2_warehouse.sandbox.github.model import ZERO
from soc2_warehouse.sandbox.github.world import World
from soc2_warehouse.sandbox.wire import Server
from soc2_warehouse.settings import PROJECT
from soc2_warehouse.sources import _github_queries as queries

NOW = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
SIGNED_IN = {"Authorization": "Bearer sandbox-token"}


@pytest.fixture(scope="module")
def hub():
    app = github.create_app(Company(), lambda: NOW)
    with Server(app) as server:
        app.url = server.url
        yield app


@pytest.fixture(scope="module")
def published() -> GraphQLSchema:
    """GitHub's whole public schema. As published it breaks rules of the language (a field defined twice, deprecated
    fields of interfaces), so it is taken as it is."""
    packed = (Path(__file__).parent / "github_schema.graphql.gz").read_bytes()
    schema = build_schema(gzip.decompress(packed).decode(), assume_valid=True, assume_valid_sdl=True)
    assert len(schema.type_map) > 1500, "this is not GitHub's whole schema"
    return schema


def ask(hub, path: str, **params):
    return requests.get(hub.url + path, params=params, headers=SIGNED_IN, timeout=30)


def graphql(hub, query: str, **variables):
    sent = {"query": query, "variables": variables}
    return requests.post(hub.url + "/graphql", json=sent, headers=SIGNED_IN, timeout=30).json()


# GraphQL


@pytest.mark.parametrize("name", sorted(queries.documents()))
def test_every_query_is_valid_on_github(published, name):
    document = parse(queries.documents()[name])
    assert validate(published, document) == []
    assert validate(graphql_app.schema(), document) == []


def test_validation_bites(published):
    wrong = queries.PULL_REQUESTS.replace("mergedAt", "mergedOn")
    (error,) = validate(published, parse(wrong))
    assert error.message.startswith("Cannot query field 'mergedOn' on type 'PullRequest'.")
    assert validate(published, parse(queries.commit_pulls(queries.BATCH))) == []
    assert validate(published, parse(queries.search_counts(queries.BATCH))) == []


def test_the_sandbox_serves_a_part_of_githubs_schema(published):
    checked = 0
    for name, known in graphql_app.schema().type_map.items():
        if name.startswith("__") or get_named_type(known) is None:
            continue
        theirs = published.type_map[name]
        assert type(known) is type(theirs), name
        assert set(getattr(known, "values", {})) <= set(getattr(theirs, "values", {})), name
        for field, definition in getattr(known, "fields", {}).items():
            assert str(definition.type) == str(theirs.fields[field].type), f"{name}.{field}"
            for argument, given in getattr(definition, "args", {}).items():
                assert str(given.type) == str(theirs.fields[field].args[argument].type), f"{name}.{field}({argument})"
            checked += 1
        if isinstance(known, GraphQLObjectType):
            assert {i.name for i in known.interfaces} <= {i.name for i in theirs.interfaces}, name
    assert checked > 150


def test_queries_stay_below_githubs_limits():
    for name, text in queries.documents().items():
        points, nodes = graphql_app.price(parse(text), {"first": queries.PULLS_PER_PAGE})
        assert points <= 100 and nodes <= graphql_app.NODE_LIMIT, (name, points, nodes)


def test_graphql_refuses_what_github_refuses(hub):
    def error(selection: str) -> str:
        query = f'{{ repository(owner: "acme", name: "ledger-api") {{ {selection} }} }}'
        return graphql(hub, query)["errors"][0]["message"]

    assert "first` or `last" in error("pullRequests { totalCount }")
    assert "limit of 100" in error("pullRequests(first: 101) { totalCount }")
    parents = "parents(first: 100) { nodes { oid } }"
    deep = "pullRequests(first: 100) { nodes { commits(first: 100) { nodes { commit { %s } } } } }"
    assert "500,000" in error(deep.replace("%s", parents))
    assert "Cannot query field" in error("nonsense")
    assert (
        "Could not resolve"
        in graphql(hub, '{ repository(owner: "acme", name: "no") { databaseId } }')["errors"][0]["message"]
    )
    assert graphql(hub, "{ rateLimit { cost remaining limit } }")["data"]["rateLimit"]["cost"] == 1


# REST

BODIES = [
    ("/orgs/acme", {}, models.OrganizationFull, None),
    ("/orgs/acme/members", {"role": "admin"}, models.SimpleUser, list),
    ("/orgs/acme/outside_collaborators", {}, models.SimpleUser, list),
    ("/orgs/acme/installations", {}, models.Installation, "installations"),
    ("/orgs/acme/repos", {"per_page": 100}, models.MinimalRepository, list),
    ("/repos/acme/infra/collaborators", {"affiliation": "all"}, models.Collaborator, list),
    ("/repos/acme/infra/branches", {}, models.ShortBranch, list),
    ("/repos/acme/ledger-api/branches/main/protection", {}, models.BranchProtection, None),
    ("/repos/acme/ledger-web/rulesets", {}, models.RepositoryRuleset, list),
    ("/repos/acme/infra/rulesets/506", {}, models.RepositoryRuleset, None),
    ("/repos/acme/payments/activity", {"per_page": 100}, models.Activity, list),
    ("/repos/acme/payments/git/matching-refs/tags/", {}, models.GitRef, list),
    ("/repos/acme/reports/deployments", {"per_page": 100}, models.Deployment, list),
    ("/repos/acme/reports/actions/runs", {"per_page": 100}, models.WorkflowRun, "workflow_runs"),
    ("/repos/acme/reports/actions/artifacts", {"per_page": 100}, models.Artifact, "artifacts"),
]


@pytest.mark.parametrize(("path", "params", "model", "wrap"), BODIES, ids=[entry[0] for entry in BODIES])
def test_bodies_have_githubs_shape(hub, path, params, model, wrap):
    body = ask(hub, path, **params).json()
    found = body if wrap is list else body[wrap] if wrap else [body]
    assert found
    for item in found:
        model.model_validate(item)


def test_nested_bodies_have_githubs_shape(hub):
    updates = [
        u for u in ask(hub, "/repos/acme/reports/activity", per_page=100).json() if u["activity_type"] == "pr_merge"
    ]
    body = ask(hub, f"/repos/acme/reports/compare/{updates[0]['before']}...{updates[0]['after']}").json()
    models.CommitComparison.model_validate(body)
    assert body["total_commits"] == len(body["commits"]) >= 1
    deployment = ask(hub, "/repos/acme/reports/deployments").json()[0]["id"]
    for status in ask(hub, f"/repos/acme/reports/deployments/{deployment}/statuses").json():
        models.DeploymentStatus.model_validate(status)


def test_pages_are_linked_by_number_and_by_cursor(hub):
    first = ask(hub, "/orgs/acme/repos", per_page=5)
    assert first.links["last"]["url"].endswith("page=3")
    second = requests.get(first.links["next"]["url"], headers=SIGNED_IN, timeout=30)
    assert {r["id"] for r in first.json()} & {r["id"] for r in second.json()} == set()
    seen, url = [], f"{hub.url}/repos/acme/payments/activity?per_page=50"
    while url:
        page = requests.get(url, headers=SIGNED_IN, timeout=30)
        seen += [update["id"] for update in page.json()]
        url = page.links.get("next", {}).get("url")
    assert len(seen) == len(set(seen)) > 150


def test_the_wire(hub):
    assert requests.get(f"{hub.url}/orgs/acme", timeout=30).status_code == 401
    first = ask(hub, "/orgs/acme")
    again = {**SIGNED_IN, "If-None-Match": first.headers["ETag"]}
    assert requests.get(f"{hub.url}/orgs/acme", headers=again, timeout=30).status_code == 304
    missing = ask(hub, "/repos/acme/ledger-web/branches/main/protection")
    assert (missing.status_code, missing.json()["message"]) == (404, "Branch not protected")
    assert ask(hub, "/repos/acme/none/branches").status_code == 404


def test_runs_are_filtered_and_capped(hub, monkeypatch):
    path = "/repos/acme/ledger-web/actions/runs"
    month = ask(hub, path, created="2026-05-01T00:00:00Z..2026-05-31T23:59:59Z").json()
    assert 0 < month["total_count"] < ask(hub, path).json()["total_count"]
    monkeypatch.setattr(rest_repo, "RUN_CAP", 10)
    assert ask(hub, path, per_page=5, page=3).json()["workflow_runs"] == []


# history


@pytest.fixture(scope="module")
def world() -> World:
    return World(Company())


def test_history_is_a_function_of_its_seed(world):
    again = World(Company())
    for name, repo in world.repos.items():
        assert [u.after for u in repo.all_updates] == [u.after for u in again.repos[name].all_updates]


def test_each_branchs_updates_are_a_chain(world):
    for repo in world.repos.values():
        heads: dict[str, str] = {}
        for update in repo.all_updates:
            assert update.before == heads.get(update.ref, ZERO), (repo.name, update)
            heads[update.ref] = update.after


def test_about_four_hundred_pull_requests_by_midyear(world):
    opened = [pull for repo in world.repos.values() for pull in repo.pulls(NOW)]
    assert 380 <= len(opened) <= 460
    assert len({repo.name for repo in world.repos.values() if repo.pulls(NOW)}) == 11


def test_whoever_is_active_shows_it_every_month(world):
    acts: dict[int, list[datetime]] = {}
    for repo in world.repos.values():
        for update in repo.all_updates:
            acts.setdefault(update.actor.id, []).append(update.at)
    checked = 0
    for moment in (NOW + timedelta(days=7 * week) for week in range(50)):
        for account in world.cast.accounts:
            known = account.role != "app" and world.cast.works(account, moment)
            if known and moment - account.joined_at > timedelta(days=30):
                times = [at for at in acts.get(account.user_id, []) if at <= moment]
                assert times and moment - max(times) < timedelta(days=30), (account.login, moment)
                checked += 1
    assert checked > 1000


def test_nobody_acts_outside_their_membership(world):
    members = {account.user_id: account for account in world.cast.accounts if account.role != "app"}
    for repo in world.repos.values():
        for update in repo.all_updates:
            if account := members.get(update.actor.id):
                assert account.member(update.at), (account.login, update)


# truth


def test_truth_files_say_what_is_planted():
    known = truth.facts(Company())
    for control in truth.CONTROLS:
        written = (truth.FOLDER / f"{control}.yml").read_text()
        assert written == truth.text(control, known), f"run python -m soc2_warehouse.sandbox.github.truth ({control})"


@pytest.mark.parametrize("control", truth.CONTROLS)
def test_every_code_is_planted_and_has_a_twin(control):
    found = yaml.safe_load((truth.FOLDER / f"{control}.yml").read_text())
    folder = PROJECT / "dbt_project" / "models" / "controls" / "change"
    (path,) = [p for p in folder.glob(f"ctl_{control.lower().replace('-', '_')}__*.yml") if "reconciled" not in p.name]
    codes = yaml.safe_load(path.read_text())["models"][0]["config"]["meta"]["codes"]
    deviations = {code for code, spec in codes.items() if spec["effect"] == "deviation"}
    first_day = {row["code"] for row in found["violations"] if row["from"] == date(2026, 7, 1)}
    assert deviations and deviations <= first_day
    assert found["near_misses"]
    assert all(re.fullmatch(r"[\w|/.\-]+", row["entity"]) for row in found["violations"])
