{{ config(materialized='by_day', reads=['okta.system_log', 'aws_trail.events'], key='event_id') }}
-- Sign-ins that failed, of every system, each once. What other events there are, a hundred times as many, is never
-- looked at again: the model reads the days of landing that are new.
with directory as (
    select
        _day,
        _seq,
        event_id,
        'okta' as source_id,
        lower(trim(actor_login)) as login,
        occurred_at,
        outcome_reason as reason,
        client_ip,
        event_type <> 'user.session.start' as is_second_factor
    from {{ ref('stg_okta__system_log') }}
    where _day >= {{ first_new_day() }}
        and event_id is not null
        and (
            (event_type = 'user.session.start' and outcome = 'FAILURE')
            or (event_type = 'user.authentication.auth_via_mfa' and outcome in ('FAILURE', 'DENY'))
        )
),

-- The console hides a name that is no user's.
console as (
    select
        _day,
        _seq,
        event_id,
        'aws_iam' as source_id,
        lower(trim(coalesce(username, 'unknown'))) as login,
        occurred_at,
        {{ json_text('record', '$.errorMessage') }} as reason,
        source_ip as client_ip,
        false as is_second_factor
    from {{ ref('stg_aws_trail__events') }}
    where _day >= {{ first_new_day() }}
        and event_id is not null
        and event_name = 'ConsoleLogin'
        and coalesce({{ json_text('record', '$.responseElements.ConsoleLogin') }}, 'Failure') <> 'Success'
),

failed as (
    select * from directory
    union all
    select * from console
)

select *
from failed
qualify row_number() over (partition by event_id order by _day, _seq) = 1
