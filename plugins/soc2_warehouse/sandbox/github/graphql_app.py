"""POST /graphql of the sandbox's GitHub: executes queries against the part of GitHub's schema that it serves."""

from __future__ import annotations

import math
import re
from base64 import b64decode
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from soc2_warehouse.sandbox.github.graphql_nodes import Node, Nodes, connection
from soc2_warehouse.sandbox.github.model import OWNER, iso
from soc2_warehouse.sandbox.github.state import State

NODE_LIMIT, POINTS = 500_000, 5000
MERGED = re.compile(r"repo:(\S+) is:pr is:merged base:(\S+) merged:(\S+?)\.\.(\S+)")


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """The part of GitHub's schema that is served."""
    return build_schema((Path(__file__).parent / "schema.graphql").read_text())


@lru_cache(maxsize=64)
def _checked(query: str) -> DocumentNode:
    document = parse(query)
    if errors := validate(schema(), document):
        raise errors[0]
    return document


def price(document: DocumentNode, variables: dict[str, Any]) -> tuple[int, int]:
    """(points, nodes) of a query by GitHub's published rule: every page counts in full."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    totals = {"requests": 0, "nodes": 0}

    def walk(selections: SelectionSetNode | None, parents: int) -> None:
        for selection in selections.selections if selections else ():
            if isinstance(selection, FragmentSpreadNode):
                walk(fragments[selection.name.value].selection_set, parents)
                continue
            below = parents
            if isinstance(selection, FieldNode):
                sizes = [a.value for a in selection.arguments or () if a.name.value in ("first", "last")]
                for size in sizes:
                    rows = 0
                    if isinstance(size, IntValueNode):
                        rows = int(size.value)
                    elif isinstance(size, VariableNode):
                        rows = int(variables.get(size.name.value) or 0)
                    totals["requests"] += parents
                    below = parents * rows
                    totals["nodes"] += below
            walk(getattr(selection, "selection_set", None), below)

    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            walk(definition.selection_set, 1)
    return max(1, math.ceil(totals["requests"] / 100)), totals["nodes"]


class Root:
    """Resolvers of the query type; one a request."""

    def __init__(self, state: State, cost: int, nodes: int, used: int) -> None:
        self.state, self.cost, self.node_count, self.used = state, cost, nodes, used
        self.moment = state.now()
        self.nodes = Nodes(state.world, self.moment)

    def repository(self, _: Any, owner: str, name: str) -> Node:
        repo = self.state.world.repos.get(name)
        if owner != OWNER or repo is None or repo.created_at > self.moment:
            raise GraphQLError(f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        deployments = [d for d in self.state.pipeline.deployments[name] if d.planned.started_at <= self.moment]
        deployments.sort(key=lambda found: (found.planned.started_at, found.id), reverse=True)
        pulls = sorted(repo.pulls(self.moment), key=lambda p: (p.updated_at(self.moment), p.number), reverse=True)
        if "orderBy" in self.state.ignored_filters:
            pulls.sort(key=lambda pull: pull.number)
        known = repo

        def object_(_: Any, oid: str) -> Node | None:
            found = known.commit(oid, self.moment)
            return self.nodes.commit(known, found) if found else None

        return {
            "databaseId": repo.id,
            "pullRequests": connection(pulls, lambda pull: self.nodes.pull(known, pull), "pullRequests"),
            "deployments": connection(deployments, self.nodes.deployment, "deployments"),
            "object": object_,
        }

    def organization(self, _: Any, login: str) -> Node:
        if login != OWNER:
            raise GraphQLError(f"Could not resolve to an Organization with the login of '{login}'.")
        linked = [a for a in self.state.world.cast.accounts if a.saml_name_id and a.member(self.moment)]

        def identity(account: Any) -> Node:
            return {
                "guid": f"guid-{account.user_id}",
                "samlIdentity": {"nameId": account.saml_name_id},
                "user": {"databaseId": account.user_id, "login": account.login},
            }

        provider = {"externalIdentities": connection(linked, identity, "externalIdentities")}
        return {"__typename": "Organization", "login": OWNER, "samlIdentityProvider": provider}

    def node(self, _: Any, id: str) -> Node | None:
        """Only what nested pages are followed for: pull requests, commits, check suites, deployments."""
        kind, _, rest = b64decode(id).decode().partition(":")
        name, _, number = rest.partition(":")
        repos = self.state.world.repos
        if kind == "PullRequest":
            pull = next(pull for pull in repos[name].builder.pulls if pull.number == int(number))
            return self.nodes.pull(repos[name], pull)
        if kind == "Commit":
            return self.nodes.commit(repos[name], repos[name].builder.commits[number])
        if kind == "CheckSuite":
            runs = [r for repo in repos.values() for r in repo.builder.runs if r.suite_id == int(number)]
            return self.nodes.suite(int(number), [run for run in runs if run.started_at <= self.moment])
        if kind == "Deployment":
            known = [d for listed in self.state.pipeline.deployments.values() for d in listed]
            return self.nodes.deployment(next(d for d in known if d.id == int(name)))
        return None

    def search(self, _: Any, query: str, **__: Any) -> Node:
        match = MERGED.fullmatch(query.strip())
        if match is None:
            raise GraphQLError(f"The sandbox cannot search for {query!r}")
        name, base = match.group(1).partition("/")[2], match.group(2)
        first, last = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in match.groups()[2:])
        pulls = self.state.world.repos[name].pulls(self.moment)
        merged = [pull for pull in pulls if pull.merged(self.moment) and pull.base == base]
        return {"issueCount": sum(1 for pull in merged if pull.merged_at and first <= pull.merged_at <= last)}

    def rateLimit(self, _: Any) -> Node:
        return {
            "cost": self.cost,
            "limit": POINTS,
            "nodeCount": self.node_count,
            "used": self.used,
            "remaining": POINTS - self.used,
            "resetAt": iso(self.moment + timedelta(hours=1)),
        }


def add_routes(app: Flask, state: State) -> None:
    """Register POST /graphql."""
    spent = {"points": 0}

    @app.post("/graphql")
    def graphql() -> Response:
        sent = request.get_json(force=True)
        variables = sent.get("variables") or {}
        try:
            document = _checked(sent["query"])
            cost, nodes = price(document, variables)
            if nodes > NODE_LIMIT:
                raise GraphQLError(
                    f"This query requests up to {nodes} possible nodes which exceeds the maximum limit of 500,000."
                )
        except GraphQLError as error:
            return jsonify({"errors": [error.formatted]})
        spent["points"] = (spent["points"] + cost) % POINTS
        answer = execute_sync(
            schema(),
            document,
            root_value=Root(state, cost, nodes, spent["points"]),
            variable_values=variables,
            type_resolver=lambda value, *_: value["__typename"],
        )
        body: dict[str, Any] = {"data": answer.data}
        if answer.errors:
            body["errors"] = [error.formatted for error in answer.errors]
        return jsonify(body)
