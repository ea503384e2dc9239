{%- set by_digest = 'artifact_digest' in (param_value('match_on') or []) -%}
{%- set by_sha = 'sha' in (param_value('match_on') or []) -%}

{%- set artefact -%}
coalesce({{ 'digest' if by_digest else 'null' }}, {{ 'sha' if by_sha else 'null' }})
{%- endset -%}

with production as (
    select *, {{ artefact }} as artefact
    from ({{ production_deployments() }}) as production
    where success_at is not null
),

-- What was deployed before the window counts too.
earlier as (
    select
        *,
        coalesce(service, repo_full_name, repo_id) as unit,
        {{ artefact }} as artefact
    from {{ ref('fct_deployment') }}
    where created_at <= {{ as_of() }}
),

staging as (
    select * from earlier where environment_class = 'staging' and artefact is not null
),

-- An artefact that was in production before comes back: its staging may be as old as it likes.
returned as (
    select distinct later.deployment_id
    from production as later
    inner join earlier
        on earlier.unit = later.unit
        and earlier.artefact = later.artefact
        and earlier.environment_class = 'production'
        and earlier.success_at < later.begun_at
        and earlier.deployment_id <> later.deployment_id
),

candidates as (
    select
        production.deployment_id,
        production.begun_at,
        staging.deployment_id as staging_deployment_id,
        staging.success_at as staging_success_at
    from production
    inner join staging on staging.unit = production.unit and staging.artefact = production.artefact
    left join returned on returned.deployment_id = production.deployment_id
    where returned.deployment_id is not null
        or {{ plus_days('coalesce(staging.success_at, staging.created_at)', param('staging_max_age_days')) }} >= production.begun_at
),

-- The first success proves most; without one, the newest attempt.
best as (
    select *
    from candidates
    qualify row_number() over (
        partition by deployment_id order by staging_success_at nulls last, staging_deployment_id desc
    ) = 1
),

-- An emergency whose approval waives staging, given by somebody who did not make the change, before or soon after.
waived as (
    select declarations.object_key as deployment_id, min(declarations.change_ref) as emergency_ref
    from {{ ref('fct_emergency_declaration') }} as declarations
    inner join production on production.deployment_id = declarations.object_key
    where declarations.kind = 'deployment'
        and {{ param('emergency_waiver') }}
        and declarations.is_waiver
        and declarations.is_approved
        and not declarations.is_approver_unresolved
        and declarations.justification is not null
        and declarations.approved_at <= {{ plus_hours('production.begun_at', param('emergency_approved_within_hours')) }}
    group by declarations.object_key
),

measured as (
    select
        production.*,
        waived.emergency_ref,
        best.staging_deployment_id,
        best.staging_success_at,
        returned.deployment_id is not null as is_return,
        production.environment_class is null or production.artefact is null as is_unknown,
        not production.in_scope as is_excluded
    from production
    left join best on best.deployment_id = production.deployment_id
    left join returned on returned.deployment_id = production.deployment_id
    left join waived on waived.deployment_id = production.deployment_id
),

compared as (
    select
        *,
        emergency_ref is not null
            and not is_unknown
            and (staging_deployment_id is null or staging_success_at is null or staging_success_at > begun_at) as is_waived
    from measured
),

judged as (
    select
        *,
        {{ codes([
            ('NO_STAGING', 'not is_unknown and not is_waived and staging_deployment_id is null'),
            ('STAGING_NOT_SUCCESSFUL', 'not is_unknown and not is_waived and staging_deployment_id is not null and staging_success_at is null'),
            ('STAGING_AFTER_PROD', 'not is_unknown and not is_waived and staging_success_at > begun_at'),
            ('EMERGENCY_WAIVER', 'is_waived'),
        ]) }} as codes
    from compared
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
        when artefact is null then 'Neither a digest nor a commit says what was deployed.'
        when is_waived then 'The approval of emergency change ' || emergency_ref || ' waives staging.'
        when staging_deployment_id is null
            then 'The artefact was not deployed to staging in the {{ param_value("staging_max_age_days") }} days before.'
        when staging_success_at is null then 'Its deployment to staging never succeeded.'
        when staging_success_at > begun_at
            then 'Staging succeeded at ' || {{ instant_text('staging_success_at') }} || ', after production had begun at '
                || {{ instant_text('begun_at') }} || '.'
        else 'Staging succeeded at ' || {{ instant_text('staging_success_at') }}
            || case when is_return then '; the artefact had been in production before' else '' end || '.'
    end as reason,
    deployment_id,
    service,
    sha,
    digest,
    staging_deployment_id,
    staging_success_at,
    begun_at as prod_started_at,
    emergency_ref
from judged
