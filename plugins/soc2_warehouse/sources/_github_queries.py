"""The GraphQL documents that the GitHub sources send. Tests validate each against GitHub's published schema.

Page sizes: GitHub counts every nested page in full (500,000 nodes a query) and gives up on answers that take ten
seconds; fifty pull requests with their reviews, commits, events and checks stay well below both.
"""

from __future__ import annotations

PULLS_PER_PAGE = 50
BATCH = 50

_ACTOR = """
fragment actor on Actor {
  __typename login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Mannequin { databaseId }
}"""

_REVIEWS = """
fragment reviewPage on PullRequestReviewConnection {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { fullDatabaseId author { ...actor } authorAssociation state submittedAt updatedAt commit { oid } }
}"""

_COMMITS = """
fragment commitPage on PullRequestCommitConnection {
  totalCount pageInfo { hasNextPage endCursor }
  nodes {
    commit {
      oid message authoredDate committedDate
      parents(first: 3) { nodes { oid } }
      authors(first: 10) { totalCount nodes { email name user { databaseId login } } }
      committer { email user { databaseId login } }
    }
  }
}"""

_EVENT_TYPES = (
    "[REVIEW_DISMISSED_EVENT, HEAD_REF_FORCE_PUSHED_EVENT, READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, "
    "MERGED_EVENT, ADDED_TO_MERGE_QUEUE_EVENT, REMOVED_FROM_MERGE_QUEUE_EVENT, AUTO_MERGE_ENABLED_EVENT, "
    "AUTO_MERGE_DISABLED_EVENT, BASE_REF_CHANGED_EVENT, CLOSED_EVENT, REOPENED_EVENT]"
)

_EVENTS = """
fragment eventPage on PullRequestTimelineItemsConnection {
  totalCount pageInfo { hasNextPage endCursor }
  nodes {
    __typename
    ... on ReviewDismissedEvent {
      createdAt actor { ...actor } previousReviewState dismissalMessage review { fullDatabaseId }
    }
    ... on HeadRefForcePushedEvent { createdAt actor { ...actor } beforeCommit { oid } afterCommit { oid } }
    ... on ReadyForReviewEvent { createdAt actor { ...actor } }
    ... on ConvertToDraftEvent { createdAt actor { ...actor } }
    ... on MergedEvent { createdAt actor { ...actor } mergeRefName commit { oid } }
    ... on AddedToMergeQueueEvent { createdAt actor { ...actor } }
    ... on RemovedFromMergeQueueEvent { createdAt actor { ...actor } reason }
    ... on AutoMergeEnabledEvent { createdAt actor { ...actor } }
    ... on AutoMergeDisabledEvent { createdAt actor { ...actor } reason }
    ... on BaseRefChangedEvent { createdAt actor { ...actor } currentRefName previousRefName }
    ... on ClosedEvent { createdAt actor { ...actor } }
    ... on ReopenedEvent { createdAt actor { ...actor } }
  }
}"""

_RUNS = """
fragment runPage on CheckRunConnection {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { databaseId name status conclusion startedAt completedAt detailsUrl }
}"""

# checkType ALL: the latest attempt alone would hide what was known at the merge.
_SUITES = (
    """
fragment suitePage on CheckSuiteConnection {
  totalCount pageInfo { hasNextPage endCursor }
  nodes {
    id databaseId status conclusion createdAt
    app { slug }
    workflowRun { databaseId }
    checkRuns(first: 40, filterBy: {checkType: ALL}) { ...runPage }
  }
}"""
    + _RUNS
)

_CHECKS = (
    """
fragment checks on Commit {
  id oid
  checkSuites(first: 15) { ...suitePage }
  status { contexts { id context state createdAt targetUrl creator { ...actor } } }
}"""
    + _SUITES
)

_STATUSES = """
fragment statusPage on DeploymentStatusConnection {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { id state createdAt environment logUrl environmentUrl description creator { ...actor } }
}"""

PULL_REQUESTS = (
    """
query PullRequests($owner: String!, $name: String!, $first: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes {
        id fullDatabaseId number title body url state isDraft merged isCrossRepository
        author { ...actor } authorAssociation
        baseRefName headRefName headRefOid
        headRepository { databaseId }
        createdAt updatedAt closedAt mergedAt
        mergedBy { ...actor }
        autoMergeRequest { enabledAt enabledBy { ...actor } }
        changedFiles
        labels(first: 30) { totalCount nodes { name } }
        reviews(first: 50) { ...reviewPage }
        commits(first: 50) { ...commitPage }
        timelineItems(first: 50, itemTypes: EVENT_TYPES) { ...eventPage }
        headCommit: commits(last: 1) { nodes { commit { ...checks } } }
        mergeCommit { ...checks }
      }
    }
  }
  rateLimit { cost remaining resetAt }
}""".replace("EVENT_TYPES", _EVENT_TYPES)
    + _ACTOR
    + _REVIEWS
    + _COMMITS
    + _EVENTS
    + _CHECKS
)


def _rest(kind: str, field: str, fragment: str, arguments: str = "") -> str:
    name = fragment.split()[1]
    actor = _ACTOR if "...actor" in fragment else ""
    return f"""
query Rest($id: ID!, $after: String!) {{
  node(id: $id) {{ ... on {kind} {{ {field}(first: 100, after: $after{arguments}) {{ ...{name} }} }} }}
}}{fragment}{actor}"""


# What remains of a nested connection that did not fit into the first answer, by field.
REST = {
    "reviews": _rest("PullRequest", "reviews", _REVIEWS),
    "commits": _rest("PullRequest", "commits", _COMMITS),
    "timelineItems": _rest("PullRequest", "timelineItems", _EVENTS, f", itemTypes: {_EVENT_TYPES}"),
    "checkSuites": _rest("Commit", "checkSuites", _SUITES),
    "checkRuns": _rest("CheckSuite", "checkRuns", _RUNS, ", filterBy: {checkType: ALL}"),
    "statuses": _rest("Deployment", "statuses", _STATUSES),
}

SAML_IDENTITIES = """
query SamlIdentities($org: String!, $after: String) {
  organization(login: $org) {
    samlIdentityProvider {
      externalIdentities(first: 100, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { guid samlIdentity { nameId } user { databaseId login } }
      }
    }
  }
}"""

DEPLOYMENT_STATUSES = (
    """
query DeploymentStatuses($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    deployments(first: 100, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { id databaseId createdAt statuses(first: 30) { ...statusPage } }
    }
  }
}"""
    + _STATUSES
    + _ACTOR
)


def commit_pulls(count: int) -> str:
    """Pull requests of ``count`` commits of one repository: variables ``owner``, ``name``, ``oid0``…"""
    numbers = range(count)
    variables = ", ".join(f"$oid{number}: GitObjectID!" for number in numbers)
    aliases = "\n".join(f"    commit{number}: object(oid: $oid{number}) {{ ...pulls }}" for number in numbers)
    return f"""
query CommitPulls($owner: String!, $name: String!, {variables}) {{
  repository(owner: $owner, name: $name) {{
{aliases}
  }}
}}
fragment pulls on Commit {{
  oid
  associatedPullRequests(first: 20) {{
    totalCount
    nodes {{
      fullDatabaseId number state baseRefName merged mergedAt mergeCommit {{ oid }} repository {{ databaseId }}
    }}
  }}
}}"""


def search_counts(count: int) -> str:
    """How many results ``count`` searches have: variables ``query0``…, aliases ``count0``…"""
    numbers = range(count)
    variables = ", ".join(f"$query{number}: String!" for number in numbers)
    aliases = "\n".join(
        f"  count{number}: search(type: ISSUE, query: $query{number}) {{ issueCount }}" for number in numbers
    )
    return f"query SearchCounts({variables}) {{\n{aliases}\n}}"


def documents() -> dict[str, str]:
    """Every document that may be sent, by name."""
    rest = {f"rest of {field}": text for field, text in REST.items()}
    return rest | {
        "pull requests": PULL_REQUESTS,
        "saml identities": SAML_IDENTITIES,
        "deployment statuses": DEPLOYMENT_STATUSES,
        "commit pulls": commit_pulls(2),
        "search counts": search_counts(2),
    }
