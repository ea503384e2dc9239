-- Calls that change what runs in production, as the register of deploy events lists them. Refused calls changed
-- nothing. Starting machines counts when they are tagged as production.
with events as (
    select *
    from {{ ref('stg_aws_trail__events') }}
    where event_id is not null
    qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
),

changes as (
    select
        events.*,
        {{ resource_name(json_text_at('events.request_parameters', 'listed.service_field')) }} as service,
        {{ resource_name(json_text('events.request_parameters', '$.cluster')) }} as cluster,
        coalesce(
            {{ json_text('events.record', '$.userIdentity.sessionContext.sessionIssuer.arn') }},
            {{ role_of_session('events.principal_arn') }}
        ) as role_arn
    from events
    inner join ({{ newest(ref('stg_registers__deploy_events')) }}) as listed
        on events.event_source = listed.event_source
        and events.event_name = listed.event_name
    cross join {{ ref('dim_engagement') }} as engagement
    where events.error_code is null
        and events.occurred_at >= cast(engagement.window_start as timestamp)
        and events.occurred_at <= {{ as_of() }}
),

tags as (
    select
        changes.event_id,
        max(
            case
                when lower({{ json_text('tag.element', '$.key') }}) in ('environment', 'env')
                    and lower({{ json_text('tag.element', '$.value') }}) like 'prod%'
                    then 1
                else 0
            end
        ) = 1 as is_production
    from changes
    cross join lateral {{ json_each(json_value('changes.request_parameters', '$.tagSpecificationSet.items[*].tags[*]')) }} as tag
    where changes.event_name = 'RunInstances'
    group by changes.event_id
),

other_environments as (
    select distinct lower(environment) as environment
    from ({{ newest(ref('stg_registers__environments')) }}) as register
    where class <> 'production'
)

select
    changes.event_id,
    changes.event_source,
    changes.event_name,
    changes.service,
    changes.occurred_at,
    changes.username,
    changes.principal_arn,
    changes.role_arn,
    changes.principal_type,
    changes.session_name,
    changes.source_ip,
    changes.user_agent,
    changes.invoked_by
from changes
left join tags using (event_id)
left join other_environments on changes.cluster = other_environments.environment
where (changes.event_name <> 'RunInstances' or coalesce(tags.is_production, false))
    and other_environments.environment is null
