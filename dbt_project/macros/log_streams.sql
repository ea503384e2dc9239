{#-
  The controls on streams of log events, one per type of event, are one template: who must log has a stream, a full copy
  of it is kept long enough, reaches back as far as it should, and events arrive without gaps. A model of it is a select.
-#}

{% macro log_streams_judged(event_type) -%}
{%- set tells_failures = event_type == 'authentication' -%}
with streams as (
    select
        *,
        coalesce(max_silence_hours, {{ param('heartbeat_max_silence_hours') }}) as silence_limit_hours,
        {{ hours_between('coalesce(last_sign_at, cast(counted_from as timestamp))', 'counted_until') }} as silent_hours,
        {{ days_between('oldest_event_at', as_of()) }} as history_days,
        least(
            {{ param('retention_days') }}, effective_retention_days,
            {{ days_between('cast(starts_on as timestamp)', as_of()) }}
        ) - {{ param('history_tolerance_days') }} as history_wanted_days
    from {{ ref('dim_log_stream') }}
    where event_type = '{{ event_type }}'
),

gaps as (
    select
        beats.stream_id,
        count(*) as gap_count,
        {{ latest_value('beats.gap_from', 'beats.gap_to') }} as gap_from,
        max(beats.gap_to) as gap_to
    from {{ ref('fct_log_heartbeat') }} as beats
    inner join (select distinct stream_id, silence_limit_hours from streams) as limits on limits.stream_id = beats.stream_id
    cross join {{ ref('dim_engagement') }} as engagement
    where beats.event_type = '{{ event_type }}'
        and beats.day >= engagement.window_start
        and beats.gap_hours > {{ param('max_gap_hours') }}
        -- Where the source does not count its events, a silence that is longer than normal is a gap.
        and (beats.missed_count > 0 or (beats.missed_count is null and beats.gap_hours > limits.silence_limit_hours))
    group by beats.stream_id
),
{% if tells_failures %}
outcomes as (
    select
        stream_id,
        count(*) as counted_days,
        sum(event_count) as events,
        sum(failure_count) as failures
    from {{ ref('fct_log_heartbeat') }}
    where event_type = '{{ event_type }}'
        and day >= cast({{ plus_days(as_of_day(), '-' ~ param('failure_silence_days')) }} as date)
    group by stream_id
),
{% endif %}
judged as (
    select
        streams.*,
        gaps.gap_from,
        gaps.gap_to,
        {{ codes([
            ('NOT_LOGGED', 'streams.is_nowhere'),
            ('RETENTION_TOO_SHORT', 'not streams.is_nowhere and streams.unread_reason is null and coalesce(streams.effective_retention_days, 0) < ' ~ param('retention_days')),
            ('HISTORY_TOO_SHORT', 'not streams.is_nowhere and coalesce(streams.history_days < streams.history_wanted_days, false)'),
            ('STREAM_SILENT', 'coalesce(streams.silent_hours > streams.silence_limit_hours, false)'),
            ('STREAM_GAP', 'gaps.stream_id is not null'),
        ] + ([('SUCCESS_ONLY', 'coalesce(outcomes.counted_days >= ' ~ param('failure_silence_days') ~ ' and outcomes.failures = 0 and outcomes.events > 0, false)')] if tells_failures else [])) }} as codes,
        case
            when streams.is_nowhere then null
            when coalesce(streams.assured_retention_days, 0) < {{ param('retention_days') }} and streams.unread_reason is not null then streams.unread_reason
            when streams.assured_retention_days < {{ param('retention_days') }} and streams.effective_retention_days >= {{ param('retention_days') }}
                then 'a lifecycle rule by tag or size may expire events of the stream earlier'
            when streams.effective_retention_days is not null and streams.oldest_event_at is null
                then 'the log platform does not say how far back the stream can be read'
            when streams.counted_until is null then 'the log platform counts no events of the stream'
            when streams.counted_until < cast({{ as_of_day() }} as timestamp)
                then 'the log platform counted the stream last for the day before ' || cast(cast(streams.counted_until as date) as varchar)
            when streams.unreadable_on is not null
                then 'the count or the times of ' || cast(streams.unreadable_on as varchar) || ' cannot be read: a number, and times with their offset, are needed'
            {%- if tells_failures %}
            when outcomes.failures is null then 'the log platform does not count failures'
            {%- endif %}
        end as unknown_reason
    from streams
    left join gaps on gaps.stream_id = streams.stream_id
    {%- if tells_failures %}
    left join outcomes on outcomes.stream_id = streams.stream_id
    {%- endif %}
)

select
    system_id || '|' || event_type || '|' || coalesce(stream_id, 'none') as entity_key,
    replace(event_type, '_', ' ') || ' events of ' || system_id || coalesce(' in ' || stream_id, '') as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='unknown_reason is not null') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }} then {{ sentence_of([
            "case when is_nowhere and stream_id is null then 'The system must log this and no stream is registered' when is_nowhere then 'No destination of the stream exists: ' || " ~ joined('destinations') ~ " end",
            "case when " ~ includes('codes', "'RETENTION_TOO_SHORT'") ~ " then coalesce('The best full copy keeps events for ' || cast(effective_retention_days as varchar) || ' days', 'No destination holds a full copy') || ', " ~ param('retention_days') ~ " are asked' end",
            "case when " ~ includes('codes', "'HISTORY_TOO_SHORT'") ~ " then 'The oldest event that can be read is of ' || cast(oldest_event_at as varchar) || ': ' || cast(cast(floor(history_days) as bigint) as varchar) || ' days, ' || cast(cast(ceil(history_wanted_days) as bigint) as varchar) || ' should be there' end",
            "case when " ~ includes('codes', "'STREAM_SILENT'") ~ " then 'No sign of life ' || coalesce('since ' || cast(last_sign_at as varchar), 'ever') || ', longer than ' || cast(silence_limit_hours as varchar) || ' hours' end",
            "case when " ~ includes('codes', "'STREAM_GAP'") ~ " then 'Nothing arrived from ' || cast(gap_from as varchar) || ' to ' || cast(gap_to as varchar) end",
            "case when " ~ includes('codes', "'SUCCESS_ONLY'") ~ " then 'Successes arrive and no failure has for weeks: failures are probably not shipped' end",
        ]) }} || '.'
        when unknown_reason is not null then 'Unknown: ' || unknown_reason || '.'
        else 'Kept in ' || destination || case when effective_retention_days = 36500 then ' without limit' else ' for ' || cast(effective_retention_days as varchar) || ' days' end
            || ', newest event ' || coalesce('at ' || cast(newest_event_at as varchar), 'none yet') || coalesce('; sampled: ' || sampling, '') || '.'
    end as reason,
    system_id,
    event_type,
    stream_id,
    coalesce(destination, {{ joined('destinations') }}) as destination,
    retention_days,
    effective_retention_days,
    oldest_event_at,
    newest_event_at,
    gap_from,
    gap_to
from judged
{%- endmacro %}

{#- What the register says must be logged, with a row in the control; destinations that exist; streams of known systems. -#}
{% macro log_streams_reconciled(event_type, control) -%}
with streams as (
    select * from {{ ref('dim_log_stream') }} where event_type = '{{ event_type }}'
),

registered as (
    select stores.stream_id, stores.system_id
    from {{ ref('int_log_stores_read') }} as stores
    cross join {{ each_item('stores.event_types') }} as item(value)
    where item.value = '{{ event_type }}'
),

systems as (
    select system_id, in_use, emits from ({{ newest(ref('stg_registers__systems')) }}) as listed
),

checks as (
    select
        'systems_have_a_row' as check_name,
        count(*) as expected,
        count(found.system_id) as actual,
        'systems in use that must log this, with a row' as detail
    from systems
    left join (select distinct system_id from {{ control }}) as found on found.system_id = systems.system_id
    where systems.in_use and {{ includes('systems.emits', "'" ~ event_type ~ "'") }}
    union all
    select
        'destinations_exist',
        count(*),
        sum(case when are_stores_found then 1 else 0 end),
        'streams whose destinations are all in the extracts of the day'
    from streams
    where stream_id is not null
    union all
    select
        'streams_name_systems',
        count(*),
        count(systems.system_id),
        'rows of the register log_streams whose system the register of systems knows'
    from registered
    left join systems on systems.system_id = registered.system_id
)

select
    check_name,
    'registers' as scope,
    cast(expected as bigint) as expected,
    cast(coalesce(actual, 0) as bigint) as actual,
    expected = coalesce(actual, 0) and (expected > 0 or check_name <> 'systems_have_a_row') as passed,
    detail
from checks
{%- endmacro %}

{#- Which control is about which type of event. -#}
{% macro log_event_types() -%}
{{ return({
    'LG-01': 'authentication',
    'LG-02': 'authorization_failure',
    'LG-03': 'pii_access',
    'LG-04': 'config_change',
    'LG-05': 'deployment',
    'LG-06': 'system_error',
    'LG-07': 'user_lifecycle',
    'LG-08': 'admin_action',
}) }}
{%- endmacro %}

{#- For how many days events of a type must be kept, as its control says; a type that no control knows for as long as any. -#}
{% macro log_retention_days(event_type) -%}
{%- set days = {} -%}
{%- for control_id, type in soc2_warehouse.log_event_types().items() -%}
  {%- do days.update({type: soc2_warehouse.param_of(control_id, 'retention_days')}) -%}
{%- endfor -%}
case {{ event_type }}
    {%- for type, least in days.items() %}
    when '{{ type }}' then {{ least }}
    {%- endfor %}
    else greatest({{ days.values() | join(', ') }})
end
{%- endmacro %}

{#- The part of "bucket/prefix" behind the bucket; empty for all of it. -#}
{% macro prefix_in_bucket(destination) -%}
case when position('/' in {{ destination }}) > 0 then substr({{ destination }}, position('/' in {{ destination }}) + 1) else '' end
{%- endmacro %}

{#- Archives that the register of log streams names, as a select: one row per stream and bucket/prefix. -#}
{% macro registered_archives() -%}
select
    stream_id,
    event_types,
    {{ soc2_warehouse.part('destination_ref', '/', 1) }} as bucket_name,
    {{ soc2_warehouse.prefix_in_bucket('destination_ref') }} as prefix
from ({{ soc2_warehouse.newest(ref('stg_registers__log_streams')) }}) as listed
where destination_type = 's3'
{%- endmacro %}

{#- The stores of a control over dim_log_store: what trails write into, and what the register names, each with a row. -#}
{% macro log_stores_reconciled(control) -%}
with trails as (
    select distinct 'arn:aws:s3:::' || bucket_name as store_id
    from {{ ref('stg_aws_trail_config__trails') }}
    where _day = {{ as_of_day() }} and bucket_name is not null
),

archives as (
    select distinct 'arn:aws:s3:::' || bucket_name as store_id
    from ({{ soc2_warehouse.registered_archives() }}) as registered
)

select
    'stores_judged' as check_name,
    'aws_trail_config.trails' as scope,
    count(*) as expected,
    count(judged.entity_key) as actual,
    count(*) = count(judged.entity_key) and count(*) > 0 as passed,
    'buckets that trails write into, each with a row' as detail
from trails
left join {{ control }} as judged on judged.entity_key = trails.store_id

union all

select
    'archives_judged',
    'registers.log_streams',
    count(*),
    count(judged.entity_key),
    count(*) = count(judged.entity_key),
    'buckets that the register keeps streams in, each with a row'
from archives
left join {{ control }} as judged on judged.entity_key = archives.store_id
{%- endmacro %}
