{%- set window_start = plus_hours(as_of(), '-' ~ param('oncall_hours')) %}
with services as (
    select service_id from ({{ newest(ref('stg_registers__slas')) }}) as slas
    union
    select service
    from ({{ newest(ref('stg_registers__repositories')) }}) as repositories
    where service is not null and coalesce(in_scope, true)
),

monitors as (
    {{ newest(ref('stg_registers__service_monitors')) }}
),

listed as (
    select *
    from {{ ref('stg_aws_availability__alarms') }}
    where _day = {{ as_of_day() }}
),

alarms as (
    select
        monitors.service_id,
        monitors.alarm_type,
        monitors.alarm_name,
        listed.alarm_arn,
        listed.state,
        listed.state_since,
        coalesce(listed.has_actions_enabled, true) and not {{ is_empty_list('coalesce(listed.alarm_actions, ' ~ empty_codes() ~ ')') }} as is_acting,
        coalesce(listed.state = 'INSUFFICIENT_DATA', false)
        and coalesce({{ hours_between('listed.state_since', as_of()) }} > {{ param('insufficient_data_hours') }}, false) as is_blind
    from monitors
    inner join listed on listed.alarm_name = monitors.alarm_name
    -- The best of several alarms counts: one that acts and sees.
    qualify row_number() over (
        partition by monitors.service_id, monitors.alarm_type
        order by
            case when is_acting and not is_blind then 0 when is_acting or not is_blind then 1 else 2 end,
            monitors.alarm_name,
            listed.alarm_arn
    ) = 1
),

-- Who is paged first, cut to the hours judged: whatever no shift covers is a gap.
shifts as (
    select
        escalation_policy_id,
        coalesce(started_at, {{ window_start }}) as started_at,
        coalesce(ended_at, {{ as_of() }}) as ended_at
    from {{ ref('stg_pagerduty__oncalls') }}
    where _day = {{ as_of_day() }}
        and coalesce(escalation_level, 1) = 1
        and user_id is not null
        and coalesce(started_at, {{ window_start }}) < {{ as_of() }}
        and coalesce(ended_at, {{ as_of() }}) > {{ window_start }}
),

covered as (
    select
        escalation_policy_id,
        started_at,
        ended_at,
        max(ended_at) over (
            partition by escalation_policy_id order by started_at, ended_at rows between unbounded preceding and 1 preceding
        ) as covered_until
    from shifts
),

rotas as (
    select
        escalation_policy_id,
        min(case when started_at > coalesce(covered_until, {{ window_start }}) then coalesce(covered_until, {{ window_start }}) end) as gap_at,
        max(ended_at) as covered_until
    from covered
    group by escalation_policy_id
),

paging as (
    select
        services.name as service_id,
        services.escalation_policy_id,
        services.status,
        case
            when rotas.escalation_policy_id is null then {{ window_start }}
            when rotas.gap_at is not null then rotas.gap_at
            when rotas.covered_until < {{ as_of() }} then rotas.covered_until
        end as gap_at
    from {{ ref('stg_pagerduty__services') }} as services
    left join rotas on rotas.escalation_policy_id = services.escalation_policy_id
    where services._day = {{ as_of_day() }}
    qualify row_number() over (partition by services.name order by services.service_id) = 1
),

-- Read at all: a paging system that is not in use is not asked about.
asked as (
    select
        exists (select 1 from paging) as has_paging,
        exists (select 1 from listed where error_code is not null) as has_refusal
),

members as (
    select services.service_id, item.alarm_type
    from services
    cross join {{ each_item(param('alarm_types')) }} as item(alarm_type)
),

gathered as (
    select
        members.service_id,
        members.alarm_type,
        monitors_of.alarm_name as registered_name,
        alarms.alarm_name,
        alarms.alarm_arn,
        alarms.state,
        alarms.state_since,
        alarms.is_acting,
        alarms.is_blind,
        paging.escalation_policy_id,
        paging.gap_at,
        asked.has_paging and (paging.service_id is null or coalesce(paging.status, '') = 'disabled') as is_unpaged,
        alarms.alarm_name is null and monitors_of.alarm_name is not null and asked.has_refusal as is_unread
    from members
    cross join asked
    left join (select service_id, alarm_type, min(alarm_name) as alarm_name from monitors group by service_id, alarm_type) as monitors_of
        on monitors_of.service_id = members.service_id and monitors_of.alarm_type = members.alarm_type
    left join alarms on alarms.service_id = members.service_id and alarms.alarm_type = members.alarm_type
    left join paging on paging.service_id = members.service_id
),

judged as (
    select
        *,
        {{ codes([
            ('NO_ALARM', 'alarm_name is null and not is_unread'),
            ('ALARM_DISABLED', 'coalesce(not is_acting, false)'),
            ('INSUFFICIENT_DATA', 'coalesce(is_blind, false)'),
            ('NO_ONCALL', 'is_unpaged or gap_at is not null'),
        ]) }} as codes
    from gathered
)

select
    service_id || '|' || alarm_type as entity_key,
    service_id || ' ' || alarm_type as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unread') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NO_ALARM'") ~ " then case when registered_name is null then 'Nothing watches it' else 'Its alarm does not exist: ' || registered_name end end",
                "case when " ~ includes('codes', "'ALARM_DISABLED'") ~ " then 'Its alarm does nothing when it goes off' end",
                "case when " ~ includes('codes', "'INSUFFICIENT_DATA'") ~ " then 'Its alarm sees nothing since ' || cast(state_since as varchar) end",
                "case when is_unpaged then 'The paging system does not know the service' when gap_at is not null then 'Nobody was on call from ' || cast(gap_at as varchar) end",
            ]) }} || '.'
        when is_unread then 'Alarms of a region could not be read, and its alarm may be there.'
        else 'Watched by ' || alarm_name || '.'
    end as reason,
    service_id,
    alarm_type,
    coalesce(alarm_name, registered_name) as alarm,
    state,
    state_since,
    escalation_policy_id as oncall,
    gap_at,
    {{ demands([('alarm_has_action', 'alarm_name is not null')]) }} as demands
from judged
