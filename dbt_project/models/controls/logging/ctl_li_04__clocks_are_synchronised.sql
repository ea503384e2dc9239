-- Machines that run, and what is known of the clock of each: by its own report to the inventory, or by a scan.
with machines as (
    select
        resource_id as host_id,
        region,
        {{ utc(json_text('settings', '$.LaunchTime')) }} as launched_at,
        error_code
    from {{ ref('stg_aws_services__resources') }}
    where _day = {{ as_of_day() }}
        and service = 'ec2'
        and (resource_id is not null or error_code is not null)
        and coalesce({{ json_text('settings', '$.State.Name') }}, 'running') = 'running'
),

reports as (
    select
        _day,
        resource_id as host_id,
        {{ json_text('settings', '$.Data."Custom:TimeSync".Content[0].service') }} as service,
        {{ json_text('settings', '$.Data."Custom:TimeSync".Content[0].source') }} as source,
        abs({{ number_of(json_text('settings', '$.Data."Custom:TimeSync".Content[0].offset_ms')) }}) as offset_ms,
        {{ utc(json_text('settings', '$.Data."Custom:TimeSync".Content[0].last_sync_at')) }} as last_sync_at,
        {{ utc(json_text('settings', '$.Data."Custom:TimeSync".CaptureTime')) }} as reported_at
    from {{ ref('stg_aws_monitoring__resources') }}
    where _day <= {{ as_of_day() }} and service = 'ssm' and resource_id is not null

    union all

    select
        _day,
        host_id,
        case when is_ntp_active then 'ntp' end,
        null,
        abs(offset_ms),
        last_sync_at,
        scanned_at
    from {{ ref('stg_host_scan__hosts') }}
    where _day <= {{ as_of_day() }} and host_id is not null
),

newest as (
    select *
    from reports
    where reported_at is not null
    qualify row_number() over (partition by host_id order by reported_at desc, _day desc) = 1
),

refused as (
    select region
    from {{ ref('stg_aws_monitoring__resources') }}
    where _day = {{ as_of_day() }} and service = 'ssm' and error_code is not null
),

hosts as (
    select
        coalesce(machines.host_id, 'machines of ' || machines.region) as host_id,
        machines.region,
        machines.launched_at,
        machines.error_code is not null or refused.region is not null as is_refused
    from machines
    left join refused on refused.region = machines.region

    union all

    -- Machines elsewhere are known from the scan of the day alone.
    select scanned.host_id, 'elsewhere', null, false
    from {{ ref('stg_host_scan__hosts') }} as scanned
    where scanned._day = {{ as_of_day() }}
        and scanned.host_id is not null
        and scanned.host_id not in (select machines.host_id from machines where machines.host_id is not null)
),

judged as (
    select
        hosts.*,
        newest.service,
        newest.source,
        newest.offset_ms,
        newest.last_sync_at,
        coalesce(hosts.launched_at > {{ plus_hours(as_of(), '-' ~ param('min_uptime_hours')) }}, false) as is_young,
        newest.reported_at is not null and newest.reported_at >= {{ plus_days(as_of(), '-' ~ param('report_days')) }} as has_report,
        coalesce(newest.reported_at, hosts.launched_at) < {{ plus_days(as_of(), '-' ~ param('report_days')) }} as is_silent,
        {{ codes([
            ('NO_TIME_SYNC', "(not hosts.is_refused and coalesce(newest.reported_at, hosts.launched_at) < " ~ plus_days(as_of(), '-' ~ param('report_days')) ~ ") or (newest.reported_at is not null and coalesce(newest.service, 'none') in ('none', 'inactive'))"),
            ('OFFSET_TOO_LARGE', "newest.offset_ms > " ~ param('max_offset_ms')),
            ('SYNC_STALE', "newest.last_sync_at < " ~ plus_hours('newest.reported_at', '-' ~ param('max_sync_age_hours'))),
        ]) }} as codes
    from hosts
    left join newest on newest.host_id = hosts.host_id
)

select
    host_id as entity_key,
    host_id as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_refused or not has_report or offset_ms is null or last_sync_at is null', pending='is_young') }} as result,
    codes,
    case
        when is_young then 'Started less than ' || cast({{ param('min_uptime_hours') }} as varchar) || ' hours ago.'
        when {{ includes('codes', "'NO_TIME_SYNC'") }} then 'No time service runs, or nothing was heard of it in ' || cast({{ param('report_days') }} as varchar) || ' days.'
        when {{ includes('codes', "'OFFSET_TOO_LARGE'") }} then 'The clock is off by ' || cast(offset_ms as varchar) || ' ms.'
        when {{ includes('codes', "'SYNC_STALE'") }} then 'The clock was last set at ' || cast(last_sync_at as varchar) || '.'
        when is_refused then 'Could not be read.'
        when not has_report then 'Nothing is known of its clock yet.'
        when offset_ms is null or last_sync_at is null then 'Its report does not say how far the clock is off or when it was set.'
        else 'Off by ' || cast(offset_ms as varchar) || ' ms.'
    end as reason,
    region,
    service,
    source,
    offset_ms,
    last_sync_at
from judged
