{#- Matching goes in rounds: in each, a deployment and a call that are nearest to one another pair up and leave. -#}
{%- set rounds = 5 -%}
{%- set window_seconds = 'cast(' ~ param('match_window_minutes') ~ ' as integer) * 60' -%}

with changes as (
    select * from {{ ref('fct_production_change') }}
),

deployments as (
    select * from changes where kind = 'deployment'
),

cloud_events as (
    select
        changes.*,
        {{ matches_any_pattern('principal_arn', param_value('pipeline_principals') or []) }}
            or {{ matches_any_pattern('role_arn', param_value('pipeline_principals') or []) }} as is_pipeline,
        coalesce({{ matches_any_pattern('invoked_by', param_value('excluded_invokers') or []) }}, false)
            or coalesce(principal_type, '') = 'AWSService' as is_service_made
    from changes
    where kind = 'cloud_event'
),

-- A call belongs to the deployment of its service that ran then; distance is zero while the deployment is under way.
-- One deployment makes calls of several names (register a task definition, update the service), of each name one.
pairs as (
    select
        deployments.change_event_id as deployment_key,
        cloud_events.change_event_id as cloud_key,
        cloud_events.event_source || '/' || cloud_events.event_name as call,
        greatest(
            {{ seconds_between('cloud_events.occurred_at', 'deployments.occurred_at') }},
            {{ seconds_between('deployments.ended_at', 'cloud_events.occurred_at') }},
            0
        ) as distance,
        abs({{ seconds_between('deployments.occurred_at', 'cloud_events.occurred_at') }}) as from_start
    from deployments
    inner join cloud_events on deployments.service = cloud_events.service
    where cloud_events.is_pipeline and not cloud_events.is_service_made and deployments.has_started
),

near_pairs as (
    select * from pairs where distance <= {{ window_seconds }}
),
{% for round in range(1, rounds + 1) %}
left_{{ round }} as (
    select *
    from near_pairs
    {% if round > 1 -%}
    where not exists (
        select 1
        from (
            {%- for earlier in range(1, round) %}
            select * from matched_{{ earlier }}
            {{ 'union all' if not loop.last }}
            {%- endfor %}
        ) as gone
        where gone.call = near_pairs.call
            and (gone.deployment_key = near_pairs.deployment_key or gone.cloud_key = near_pairs.cloud_key)
    )
    {%- endif %}
),

ranked_{{ round }} as (
    select
        *,
        row_number() over (partition by deployment_key, call order by distance, from_start, cloud_key) as cloud_rank,
        row_number() over (partition by cloud_key order by distance, from_start, deployment_key) as deployment_rank
    from left_{{ round }}
),

matched_{{ round }} as (
    select deployment_key, cloud_key, call, distance
    from ranked_{{ round }}
    where cloud_rank = 1 and deployment_rank = 1
),
{% endfor %}
matched as (
    {%- for round in range(1, rounds + 1) %}
    select * from matched_{{ round }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

known_workflows as (
    select distinct coalesce(repo, '*') as repo, path from ({{ newest(ref('stg_registers__deploy_workflows')) }}) as register
),

emergencies as (
    select register.session_name, register.started_at, register.ended_at
    from ({{ newest(ref('stg_registers__break_glass')) }}) as register
    where register.approved_by is not null
        and register.approved_by is distinct from register.person_id
        and register.started_at is not null
),

ranges as (
    select cidr from ({{ newest(ref('stg_registers__runner_ranges')) }}) as register where cidr is not null
),

addresses as (
    select
        cloud_events.change_event_id,
        max(case when {{ ip_in_cidr('cloud_events.source_ip', 'ranges.cidr') }} then 1 else 0 end) = 1 as is_runner,
        max(case when {{ ipv4_number('cloud_events.source_ip') }} is not null then 1 else 0 end) = 1 as is_comparable
    from cloud_events
    cross join ranges
    group by cloud_events.change_event_id
),

calls as (
    select
        cloud_events.*,
        matched.deployment_key,
        cloud_events.is_pipeline and not cloud_events.is_service_made and addresses.is_comparable and not addresses.is_runner as is_foreign,
        case
            when not cloud_events.is_pipeline or cloud_events.is_service_made then null
            when addresses.change_event_id is null then 'no runner ranges are registered'
            when not addresses.is_comparable
                then 'source address ' || coalesce(cloud_events.source_ip, 'none') || ' cannot be compared with the runner ranges'
        end as address_unknown_reason,
        emergencies.session_name is not null as is_emergency
    from cloud_events
    left join matched on cloud_events.change_event_id = matched.cloud_key
    left join addresses using (change_event_id)
    left join emergencies
        on cloud_events.session_name = emergencies.session_name
        and cloud_events.occurred_at >= emergencies.started_at
        and cloud_events.occurred_at <= coalesce(emergencies.ended_at, {{ as_of() }})
    qualify row_number() over (partition by cloud_events.change_event_id order by emergencies.started_at) = 1
),

-- The calls of a deployment are part of it: one change, one row.
deployment_calls as (
    select
        deployment_key as change_event_id,
        {{ sorted_set('event_id') }} as cloud_event_ids,
        max(case when is_foreign then source_ip end) as foreign_ip,
        max(case when is_foreign then 1 else 0 end) = 1 as is_foreign,
        max(address_unknown_reason) as address_unknown_reason,
        max(principal_arn) as principal_arn,
        max(event_name) as event_name
    from calls
    where deployment_key is not null
    group by deployment_key
),

refused_runs as (
    select distinct repo_id
    from {{ ref('stg_deploys__workflow_runs') }}
    where error_code is not null
        and _day = (select max(_day) from {{ ref('stg_deploys__workflow_runs') }})
),

oldest_runs as (
    select repo_id, min(created_at) as read_from
    from {{ ref('int_workflow_runs') }}
    group by repo_id
),

assessed as (
    select
        changes.change_event_id,
        changes.kind,
        changes.service,
        changes.repo_full_name,
        changes.occurred_at,
        changes.statuses_count,
        changes.has_started,
        changes.environment,
        changes.environment_class,
        changes.actor,
        changes.owner_key,
        changes.in_scope,
        changes.exclusion_reason,
        changes.deployment_id,
        changes.run_id,
        changes.run_url,
        changes.is_run_found,
        changes.workflow_path,
        changes.principal_type,
        changes.session_name,
        changes.user_agent,
        changes.invoked_by,
        coalesce(changes.principal_arn, deployment_calls.principal_arn) as principal_arn,
        coalesce(changes.event_name, deployment_calls.event_name) as event_name,
        coalesce(calls.is_pipeline, false) as is_pipeline,
        coalesce(calls.is_service_made, false) as is_service_made,
        coalesce(calls.is_emergency, false) as is_emergency,
        coalesce(calls.is_foreign, deployment_calls.is_foreign, false) as is_foreign,
        coalesce(calls.source_ip, deployment_calls.foreign_ip) as foreign_ip,
        coalesce(calls.address_unknown_reason, deployment_calls.address_unknown_reason) as address_unknown_reason,
        coalesce(
            deployment_calls.cloud_event_ids,
            case when changes.kind = 'cloud_event' then {{ list_of('changes.event_id') }} else {{ empty_list() }} end
        ) as cloud_event_ids,
        known_workflows.path is not null as is_known_workflow,
        case
            when refused_runs.repo_id is not null then 'the workflow runs of the repository were refused'
            when changes.occurred_at < oldest_runs.read_from then 'it is older than the workflow runs that could be read'
        end as runs_unknown_reason
    from changes
    left join calls using (change_event_id)
    left join deployment_calls using (change_event_id)
    left join known_workflows
        on changes.workflow_path = known_workflows.path
        and known_workflows.repo in ('*', changes.repo_full_name)
    left join refused_runs on changes.repo_id = refused_runs.repo_id
    left join oldest_runs on changes.repo_id = oldest_runs.repo_id
    where calls.deployment_key is null
    qualify row_number() over (partition by changes.change_event_id order by known_workflows.repo desc) = 1
),

flagged as (
    select
        *,
        not in_scope or is_service_made as is_excluded,
        kind = 'deployment' and not has_started and statuses_count > 0 as is_waiting,
        kind = 'deployment' and in_scope and (has_started or statuses_count = 0) and environment_class is not null as is_deployment,
        kind = 'cloud_event' and not is_service_made as is_call
    from assessed
),

judged as (
    select
        *,
        case
            when kind = 'cluster' then 'changes made with kubectl are in the cluster''s audit log only, which is not collected'
            when kind = 'deployment' and environment_class is null
                then 'environment ' || coalesce(environment, 'without a name') || ' has no class in the register'
            when is_deployment and run_id is not null and not is_run_found and runs_unknown_reason is not null
                then 'workflow run ' || run_id || ' was not found, and ' || runs_unknown_reason
            when is_call and is_pipeline and service is null then 'the call does not say which service it changed'
            else address_unknown_reason
        end as unknown_reason
    from flagged
),

final as (
    select
        *,
        {{ codes([
            ('MANUAL_CHANGE', "is_call and not is_pipeline and not is_emergency"),
            ('NO_PIPELINE_LINK', "is_deployment and not is_run_found and (run_id is null or runs_unknown_reason is null)"),
            ('UNKNOWN_WORKFLOW', "is_deployment and is_run_found and not is_known_workflow"),
            ('DEPLOY_WITHOUT_RECORD', "is_call and is_pipeline and service is not null"),
            ('CREDENTIAL_REUSE', "is_foreign and not is_excluded"),
        ]) }} as codes
    from judged
)

select
    change_event_id as entity_key,
    case kind
        when 'deployment' then coalesce(repo_full_name, service, 'deployment') || ' to ' || coalesce(environment, 'production') || ' (deployment ' || deployment_id || ')'
        when 'cloud_event' then event_name || coalesce(' of ' || service, '')
        else 'changes inside the cluster'
    end as entity_name,
    owner_key,
    {{ row_result(unknown='unknown_reason is not null', pending='is_waiting', excluded='is_excluded') }} as result,
    codes,
    case
        when not in_scope then 'Repository is out of scope: ' || coalesce(exclusion_reason, 'no reason recorded') || '.'
        when is_service_made then 'Made by the cloud itself (' || coalesce(invoked_by, principal_type) || '): scaling, maintenance or replacement of unhealthy parts.'
        when is_waiting then 'The deployment has not started.'
        when {{ item_in("'MANUAL_CHANGE'", 'codes') }}
            then coalesce(actor, principal_arn, 'An unknown principal') || ' called ' || event_name || ' outside the pipeline'
                || case when coalesce(user_agent, '') in ('signin.amazonaws.com', 'AWS Internal', 'console.amazonaws.com') then ', from the console' else '' end
                || '; no approved emergency session covers it.'
        when {{ item_in("'DEPLOY_WITHOUT_RECORD'", 'codes') }}
            then 'The pipeline''s identity changed ' || service || ' but no deployment record lies within {{ param('match_window_minutes') }} minutes'
                || case when is_foreign then '; the call came from ' || foreign_ip || ', which is no runner.' else '.' end
        when {{ any_shared('codes', code_list(['NO_PIPELINE_LINK', 'UNKNOWN_WORKFLOW', 'CREDENTIAL_REUSE'])) }}
            then case
                when {{ item_in("'UNKNOWN_WORKFLOW'", 'codes') }}
                    then 'Deployed by ' || coalesce(workflow_path, 'a workflow without a file') || ', which is not registered as a deployment workflow'
                when {{ item_in("'CREDENTIAL_REUSE'", 'codes') }} and is_run_found
                    then 'Deployed by workflow run ' || run_id
                when run_id is null then 'The deployment links to no workflow run'
                else 'The deployment names workflow run ' || run_id || ', which does not exist'
            end
            || case when is_foreign then '; the pipeline''s identity was used from ' || foreign_ip || ', which is no runner.' else '.' end
        when unknown_reason is not null then 'Cannot be judged: ' || unknown_reason || '.'
        when kind = 'deployment'
            then 'Deployed by workflow run ' || run_id || ' (' || workflow_path || '); cloud calls that belong to it: ' || {{ list_count('cloud_event_ids') }} || '.'
        else 'Called by ' || coalesce(actor, principal_arn) || ' in the approved emergency session ' || session_name || '.'
    end as reason,
    change_event_id,
    service,
    occurred_at,
    actor,
    principal_arn,
    run_url,
    event_name,
    cloud_event_ids
from final
