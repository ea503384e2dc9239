-- Four kinds of rows: a role, a permission of a role (inherited ones too), a required role, a version of the file.
with recursive roles as (
    {{ newest(ref('stg_registers__roles')) }}
),

inherited as (
    select role, trim(parent) as parent
    from (select role, {{ unpacked('inherits') }} as parent from roles) as listed
    where trim(parent) <> ''
),

-- Everything that a role reaches by at least one step; `union` ends a chain that returns to itself.
reached (role, ancestor) as (
    select role, parent from inherited
    union
    select reached.role, inherited.parent
    from reached
    inner join inherited on inherited.role = reached.ancestor
),

cyclic as (
    select distinct role from reached where role = ancestor
),

orphaned as (
    select role, {{ distinct_texts('parent') }} as missing
    from inherited
    where parent not in (select role from roles where role is not null)
    group by role
),

required as (
    select {{ unpacked(param('required_roles')) }} as role
),

commits as (
    select
        *,
        row_number() over (partition by committed_at order by _seq desc) as same_second
    from ({{ newest(ref('stg_register_history__commits')) }}) as listed
    where {{ matches_regex(comma_separated('files'), "'(^|/|, )roles[.](csv|yml|yaml)(,|$)'") }}
),

arrivals as (
    select commit_sha, result
    from {{ ref('ctl_cm_01__commits_came_through_pull_requests') }}
    qualify row_number() over (partition by commit_sha order by case result when 'exception' then 0 when 'unknown' then 1 else 2 end) = 1
),

pulls as (
    select branch_commits.commit_sha, branch_commits.pr_number, repos.full_name as repo
    from {{ ref('fct_branch_commit') }} as branch_commits
    inner join {{ ref('dim_repo') }} as repos on repos.repo_id = branch_commits.repo_id
    where branch_commits.pr_number is not null
    qualify row_number() over (partition by branch_commits.commit_sha order by branch_commits.pr_number) = 1
),

approvals as (
    select repo, pr_number, result
    from {{ ref('ctl_cm_03__merges_were_independently_approved') }}
),

population as (
    select
        'role|' || roles.role as entity_key,
        'Role ' || roles.role as entity_name,
        'role' as kind,
        roles.role,
        cast(null as varchar) as permission,
        roles.commit_sha as version_sha,
        cast(null as bigint) as pr_number,
        cyclic.role is not null as is_cyclic,
        orphaned.missing,
        cast(null as varchar) as denied_by,
        false as is_bad,
        false as is_conflict,
        false as is_missing,
        cast(null as varchar) as arrival,
        cast(null as varchar) as approval,
        cast(null as timestamp) as committed_at
    from roles
    left join cyclic on cyclic.role = roles.role
    left join orphaned on orphaned.role = roles.role

    union all

    select
        'permission|' || edges.role || '|' || edges.permission,
        edges.role || ': ' || edges.permission,
        'permission',
        edges.role,
        edges.permission,
        roles.commit_sha,
        null,
        false,
        null,
        {{ comma_separated('edges.denied_by') }},
        edges.is_own and not {{ matches_regex('edges.permission', param('permission_pattern')) }},
        edges.is_allowed and edges.is_denied,
        false,
        null,
        null,
        null
    from {{ ref('dim_role_permission') }} as edges
    inner join roles on roles.role = edges.role

    union all

    select
        'required|' || required.role,
        'Required role ' || required.role,
        'required',
        required.role,
        null,
        roles.commit_sha,
        null,
        false,
        null,
        null,
        false,
        false,
        roles.role is null,
        null,
        null,
        null
    from required
    left join roles on roles.role = required.role

    union all

    -- The instant names a version: hashes of a history that was rewritten would make new entities of old ones.
    select
        'version|' || {{ instant_key('commits.committed_at') }}
            || case when commits.same_second > 1 then '-' || cast(commits.same_second as varchar) else '' end,
        'Version ' || left(commits.commit_sha, 7),
        'version',
        null,
        null,
        commits.commit_sha,
        pulls.pr_number,
        false,
        null,
        null,
        false,
        false,
        false,
        arrivals.result,
        -- A pull request that CM-03 did not judge shows no approval.
        case when pulls.pr_number is not null then coalesce(approvals.result, 'unknown') end,
        commits.committed_at
    from commits
    left join arrivals on arrivals.commit_sha = commits.commit_sha
    left join pulls on pulls.commit_sha = commits.commit_sha
    left join approvals on approvals.repo = pulls.repo and approvals.pr_number = pulls.pr_number
),

judged as (
    select
        population.*,
        {{ codes([
            ('CYCLE', 'is_cyclic'),
            ('UNKNOWN_PARENT', 'missing is not null'),
            ('BAD_PERMISSION_SYNTAX', 'is_bad'),
            ('ROLE_CONFLICT', 'is_conflict'),
            ('UNREVIEWED_ROLE_CHANGE',
                "committed_at >= cast(engagement.window_start as timestamp) and (arrival = 'exception' or approval = 'exception')"),
            ('REQUIRED_ROLE_MISSING', 'is_missing'),
        ]) }} as codes,
        kind = 'version' and (arrival is null or arrival = 'unknown' or approval = 'unknown') as is_unknown,
        kind = 'version' and committed_at < cast(engagement.window_start as timestamp) as is_excluded
    from population
    cross join {{ ref('dim_engagement') }} as engagement
)

select
    entity_key,
    entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_cyclic and missing is not null then 'Inherits itself, and ' || {{ listed('missing') }} || ', which no row declares.'
        when is_cyclic then 'Inherits itself.'
        when missing is not null then 'Inherits ' || {{ listed('missing') }} || ', which no row declares.'
        when is_bad and is_conflict then 'Is not written as verb:resource, and is both granted and denied (by ' || denied_by || ').'
        when is_bad then 'Is not written as verb:resource.'
        when is_conflict then 'The role is granted it and denied it (by ' || denied_by || '); the denial holds.'
        when is_missing then 'No row declares the role.'
        when is_excluded then 'Committed before the window.'
        when kind = 'version' and arrival = 'exception' then 'The commit did not come through a merged pull request (CM-01).'
        when kind = 'version' and approval = 'exception'
            then 'Pull request ' || cast(pr_number as varchar) || ' was not independently approved (CM-03).'
        when kind = 'version' and arrival is null
            then 'No repository read from GitHub has the commit, so who reviewed it cannot be told.'
        when is_unknown then 'Whether the commit was reviewed could not be read.'
        when kind = 'version' then 'Came through a pull request that was approved.'
        when kind = 'role' then 'Every role that it inherits is declared, and none leads back.'
        when kind = 'required' then 'The role is declared.'
        else 'Well written and without contradiction.'
    end as reason,
    kind,
    role,
    permission,
    version_sha,
    committed_at,
    pr_number
from judged
