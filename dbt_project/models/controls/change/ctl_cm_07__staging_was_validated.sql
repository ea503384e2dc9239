with deployments as (
    select
        production.*,
        staged.staging_success_at
    from ({{ production_deployments() }}) as production
    left join {{ ref('ctl_cm_06__staging_precedes_production') }} as staged on staged.deployment_id = production.deployment_id
    where production.success_at is not null
),

classes as (
    select * from ({{ newest(ref('stg_registers__environments')) }}) as register where class = 'staging'
),

-- By the digest where both sides tell one, else by the commit; results of other environments do not count.
recorded as (
    select
        deployments.deployment_id,
        listed.kind,
        listed.result = 'passed' as is_passed,
        listed.performed_by,
        testers.person_key as tester_key,
        listed.performed_at,
        listed.evidence_uri
    from deployments
    inner join ({{ newest(ref('stg_registers__qa_validations')) }}) as listed
        on coalesce(listed.artifact = deployments.digest, lower(listed.sha) = lower(deployments.sha))
    inner join classes
        on classes.repo in ('*', deployments.repo_full_name)
        and classes.environment = listed.environment
    left join {{ ref('int_person_refs') }} as testers on testers.ref = listed.performed_by
),

-- A run that was cancelled or skipped says nothing.
automated as (
    select
        deployments.deployment_id,
        'automated' as kind,
        runs.conclusion = 'success' as is_passed,
        runs.workflow_path as performed_by,
        cast(null as varchar) as tester_key,
        runs.updated_at as performed_at,
        runs.run_url as evidence_uri
    from deployments
    inner join {{ ref('int_workflow_runs') }} as runs
        on runs.repo_id = deployments.repo_id
        and runs.head_sha = deployments.sha
    where {{ param('automated_e2e_counts') }}
        and {{ matches_any_pattern('runs.workflow_path', param_value('e2e_workflows') or []) }}
        and runs.conclusion not in ('cancelled', 'skipped', 'neutral', 'stale')
),

results as (
    select deployments.begun_at, found.*
    from (select * from recorded union all select * from automated) as found
    inner join deployments on deployments.deployment_id = found.deployment_id
    where found.performed_at <= {{ as_of() }}
),

-- The latest result before production decides; of two in one second the bad one.
latest as (
    select *
    from results
    where performed_at <= begun_at
    qualify row_number() over (partition by deployment_id order by performed_at desc, is_passed, kind, evidence_uri) = 1
),

later as (
    select * from results where performed_at > begun_at
    qualify row_number() over (partition by deployment_id order by performed_at, is_passed, kind, evidence_uri) = 1
),

-- Whoever wrote one of the commits that the release brings, or opened the pull request it came with.
authors as (
    select
        brought.deployment_id,
        {{ sorted_set('commits.author_key') }} as commit_author_keys,
        {{ sorted_set('pulls.author_key') }} as pull_author_keys
    from {{ ref('fct_deployed_commit') }} as brought
    inner join {{ ref('fct_branch_commit') }} as commits
        on commits.repo_id = brought.repo_id
        and commits.commit_sha in (brought.commit_sha, brought.sha)
    left join {{ ref('fct_pull_request') }} as pulls
        on pulls.repo_id = commits.repo_id
        and pulls.pr_number = commits.pr_number
    group by brought.deployment_id
),

measured as (
    select
        deployments.*,
        coalesce(latest.is_passed, later.is_passed) as is_passed,
        coalesce(latest.kind, later.kind) as kind,
        coalesce(latest.performed_by, later.performed_by) as performed_by,
        coalesce(latest.performed_at, later.performed_at) as performed_at,
        coalesce(latest.evidence_uri, later.evidence_uri) as evidence_uri,
        latest.deployment_id is not null as is_in_time,
        coalesce(latest.kind = 'manual', false) and {{ param('tester_must_differ_from_author') }} as is_by_hand,
        latest.tester_key,
        {{ item_in('latest.tester_key', 'authors.commit_author_keys') }} or {{ item_in('latest.tester_key', 'authors.pull_author_keys') }} as is_author,
        authors.deployment_id is not null as is_author_known,
        deployments.environment_class is null or coalesce(deployments.digest, deployments.sha) is null as is_unclear,
        not deployments.in_scope as is_excluded
    from deployments
    left join latest on latest.deployment_id = deployments.deployment_id
    left join later on later.deployment_id = deployments.deployment_id
    left join authors on authors.deployment_id = deployments.deployment_id
),

judged as (
    select
        *,
        {{ codes([
            ('QA_MISSING', 'not is_unclear and performed_at is null'),
            ('QA_FAILED', 'not is_unclear and is_in_time and not is_passed'),
            ('QA_AFTER_PROD', 'not is_unclear and not is_in_time and performed_at is not null'),
            ('QA_BEFORE_STAGING', 'not is_unclear and is_in_time and performed_at < staging_success_at'),
            ('QA_BY_AUTHOR', 'not is_unclear and is_by_hand and is_author'),
        ]) }} as codes,
        is_unclear or (is_by_hand and (tester_key is null or not is_author_known)) as is_unknown
    from measured
)

select
    deployment_id as entity_key,
    coalesce(service, repo_full_name) || ' ' || left(coalesce(sha, ''), 7) as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'The repository is out of scope: ' || coalesce(exclusion_reason, 'no reason given') || '.'
        when environment_class is null then 'The register of environments does not say what ' || coalesce(environment, 'this environment') || ' is.'
        when is_unclear then 'Neither a digest nor a commit says what was deployed.'
        when performed_at is null then 'Nobody recorded a validation of what was deployed.'
        when not is_in_time
            then 'It was validated at ' || {{ instant_text('performed_at') }} || ', after production had begun at ' || {{ instant_text('begun_at') }} || '.'
        when not is_passed then 'The latest validation before production, at ' || {{ instant_text('performed_at') }} || ', failed.'
        when performed_at < staging_success_at
            then 'It was validated at ' || {{ instant_text('performed_at') }} || ', before staging succeeded at '
                || {{ instant_text('staging_success_at') }} || '.'
        when is_by_hand and is_author then 'It was validated by an author of the change, ' || performed_by || '.'
        when is_unknown then 'It cannot be told whether ' || coalesce(performed_by, 'whoever validated it') || ' wrote the change.'
        else 'Validated at ' || {{ instant_text('performed_at') }} || ' by ' || performed_by || '.'
    end as reason,
    deployment_id,
    service,
    sha,
    case when is_passed then 'passed' when not is_passed then 'failed' end as qa_result,
    kind as qa_kind,
    performed_by,
    performed_at,
    evidence_uri,
    staging_success_at,
    begun_at as prod_started_at
from judged
