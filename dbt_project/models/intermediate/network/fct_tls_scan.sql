-- The newest scan of each address of each name, by our own probe and by a scanner outside whose export was landed. An
-- address that the newest scan of its name no longer shows is left out.
with probed as (
    select
        'probe' as scanner,
        lower(hostname) as hostname,
        ip,
        probed_at as scanned_at,
        status = 'READY' as is_complete,
        status_message,
        protocols,
        cert_not_after,
        -- As SSL Labs grades, as far as a handshake tells.
        case
            when status <> 'READY' then null
            when not name_matches then 'M'
            when is_trusted is null then 'F'
            when not is_trusted then 'T'
            when not {{ is_empty_list(older_protocols('protocols', "'1.2'")) }} then 'B'
            when cipher like '%GCM%' or cipher like '%CHACHA20%' or cipher like '%CCM%' then 'A'
            else 'B'
        end as grade
    from {{ ref('stg_tls_probe__handshakes') }}
    where hostname is not null
),

exported as (
    select
        'export',
        hostname,
        ip,
        scanned_at,
        coalesce(host_status = 'READY' and status_message = 'Ready' and grade is not null, false),
        coalesce(status_message, host_status),
        {{ scanned_protocols('protocol_records') }},
        {{ first_cert_end('cert_records') }},
        grade
    from {{ ref('stg_tls_scan__hosts') }}
    where hostname is not null
),

scans as (
    select * from probed
    union all
    select * from exported
),

ordered as (
    select
        *,
        -- One run scans all addresses of a name within the day.
        max(scanned_at) over (partition by scanner, hostname) as newest_of_name,
        max(scanned_at) over (partition by scanner, hostname, ip) as newest_of_address
    from scans
),

current_addresses as (
    select *
    from ordered
    where {{ hours_between('newest_of_address', 'newest_of_name') }} < 12
)

select
    scanner,
    hostname,
    ip,
    max(scanned_at) as attempted_at,
    max(case when scanned_at = newest_of_address and not is_complete then status_message end) as attempt_message,
    max(case when is_complete then scanned_at end) as scanned_at,
    {{ newest_value('grade', 'is_complete') }} as grade,
    {{ newest_value('protocols', 'is_complete') }} as protocols,
    {{ newest_value('cert_not_after', 'is_complete') }} as cert_not_after
from current_addresses
group by scanner, hostname, ip
