with events as (select * from {{ ref('fct_admin_event') }}),

holders as ({{ holders_of('manage:iam-roles') }}),

admins as (
    select
        events.event_id,
        min(holders.role) as role
    from events
    inner join holders
        on holders.person_key = events.person_key
        and holders.valid_from <= events.occurred_at
        and (holders.valid_to is null or holders.valid_to > events.occurred_at)
    group by events.event_id
),

-- The session of the pipeline's role is named after repository and number of the run.
runs as (
    select distinct
        events.event_id,
        runs.repo_id,
        runs.head_sha
    from events
    inner join {{ ref('int_workflow_runs') }} as runs
        on events.session_name = replace(
            replace({{ param('pipeline_session_name') }}, '{repo}', {{ last_part('runs.repo_full_name') }}),
            '{run}', cast(runs.run_number as varchar)
        )
    where events.actor_kind = 'pipeline'
),

commits as (
    select
        runs.event_id,
        max(case when commits.coverage in ('covered', 'indirect_merge') then commits.pr_number end) as pr_number,
        max(case when commits.commit_sha is not null and commits.coverage not in ('unread', 'branch_point', 'baseline') then 1 else 0 end) = 1
            as is_judged
    from runs
    left join {{ ref('fct_branch_commit') }} as commits on commits.repo_id = runs.repo_id and commits.commit_sha = runs.head_sha
    group by runs.event_id
),

weighed as (
    select
        events.*,
        admins.role as role_at_event,
        commits.pr_number,
        commits.event_id is not null as has_run,
        events.actor_kind = 'pipeline' and commits.event_id is not null and commits.pr_number is null and not commits.is_judged
            as is_unknown,
        people.display_name
    from events
    left join admins on admins.event_id = events.event_id
    left join commits on commits.event_id = events.event_id
    left join {{ ref('dim_person') }} as people on people.person_key = events.person_key
),

judged as (
    select
        *,
        {{ codes([
            ('NON_ADMIN_IAM_CHANGE', "actor_kind = 'service' or (actor_kind = 'person' and role_at_event is null)"),
            ('PIPELINE_CHANGE_WITHOUT_PR', "actor_kind = 'pipeline' and pr_number is null and not is_unknown"),
            ('SELF_GRANT', "actor_kind <> 'provider' and is_self_grant"),
            ('UNRESOLVED_ACTOR', "actor_kind = 'unresolved'"),
        ]) }} as codes
    from weighed
)

select
    source_id || '|' || event_id as entity_key,
    event_name || ' by ' || coalesce(display_name, actor, 'nobody') || ' on ' || {{ instant_text('occurred_at') }} as entity_name,
    person_key as owner_key,
    {{ row_result(unknown='is_unknown', excluded="actor_kind = 'provider'") }} as result,
    codes,
    case
        when actor_kind = 'provider' then 'Made by a service of the provider.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when actor_kind = 'service' then 'A service account that is no reviewed pipeline made the change' when " ~ includes('codes', "'NON_ADMIN_IAM_CHANGE'") ~ " then 'No role of the person included manage:iam-roles on that day' end",
                "case when " ~ includes('codes', "'PIPELINE_CHANGE_WITHOUT_PR'") ~ " then case when has_run then 'The commit of the pipeline''s run came through no merged pull request' else 'No run of the pipeline belongs to the session' end end",
                "case when " ~ includes('codes', "'SELF_GRANT'") ~ " then 'The change gave a permission to whoever made it' end",
                "case when " ~ includes('codes', "'UNRESOLVED_ACTOR'") ~ " then 'The actor is neither a known person nor a registered service account' end",
            ]) }} || '.'
        when is_unknown then 'Whether the commit of the pipeline''s run was reviewed is not known.'
        when actor_kind = 'pipeline' then 'The pipeline made it, with pull request ' || cast(pr_number as varchar) || '.'
        else 'Made by a person with the role ' || role_at_event || '.'
    end as reason,
    event_id,
    occurred_at as event_time,
    event_name,
    actor,
    person_key,
    role_at_event,
    target,
    pr_number
from judged
