with scans as (
    select
        *,
        scanned_at >= {{ plus_days(as_of(), '-' ~ param('scan_max_age_days')) }} as is_recent,
        attempted_at >= {{ plus_days(as_of(), '-' ~ param('scan_max_age_days')) }} as is_attempt_recent,
        max(scanned_at) over (partition by hostname) >= {{ plus_days(as_of(), '-' ~ param('scan_max_age_days')) }} as has_recent_scan
    from {{ ref('fct_tls_scan') }}
),

compared as (
    select
        names.hostname,
        names.is_registered,
        names.owner_key,
        scans.scanner,
        scans.ip,
        scans.grade,
        scans.protocols,
        scans.scanned_at,
        scans.attempt_message,
        scans.cert_not_after,
        coalesce(scans.is_recent, false) as is_recent,
        {{ older_protocols('scans.protocols', param('min_tls')) }} as old_protocols,
        {{ grade_rank('scans.grade') }} as grade_rank,
        -- Nobody tried, or the last result is too old; that the newest attempts failed alone is no proof of either.
        not coalesce(scans.is_recent, false) and (scans.scanned_at is not null or not coalesce(scans.is_attempt_recent, false)) as is_missing,
        -- Another scanner, or another address of the same name, has a newer result in place of an old one.
        scans.hostname is not null and not coalesce(scans.is_recent, false) and scans.scanner = 'export'
            and coalesce(scans.has_recent_scan, false) as is_superseded
    from {{ ref('dim_public_hostname') }} as names
    left join scans on scans.hostname = names.hostname
),

judged as (
    select
        *,
        {{ codes([
            ('SCAN_MISSING', 'is_missing and not is_superseded'),
            ('GRADE_LOW', 'is_recent and grade_rank > ' ~ grade_rank(param('min_grade'))),
            ('OLD_PROTOCOL_OFFERED', 'is_recent and not ' ~ is_empty_list("coalesce(old_protocols, " ~ empty_codes() ~ ")")),
            ('CERT_EXPIRING', 'is_recent and cert_not_after <= ' ~ plus_days(as_of(), param('cert_min_days_left'))),
        ]) }} as codes,
        not is_recent or grade_rank is null or protocols is null or cert_not_after is null as is_unknown
    from compared
)

select
    hostname || '|' || coalesce(ip, 'no address') || case when scanner = 'export' then '|export' else '' end as entity_key,
    hostname || coalesce(' (' || ip || ')', '') as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_superseded') }} as result,
    codes,
    case
        when is_superseded then 'A newer scan of this name counts.'
        when is_missing and not is_registered and scanned_at is null
            then 'The cloud answers to this name, but it is not registered, so nothing scans it.'
        when is_missing and scanned_at is null then 'It was never scanned.'
        when is_missing then 'The newest scan with a result is of ' || cast(cast(scanned_at as date) as varchar) || '.'
        when not is_recent then 'The scan came to no result (' || coalesce(attempt_message, '?') || ').'
        when not {{ is_empty_list("coalesce(old_protocols, " ~ empty_codes() ~ ")") }} then 'Offers ' || {{ joined('old_protocols') }} || ' (grade ' || coalesce(grade, '?') || ').'
        when grade = 'T' then 'Its certificate leads to no known authority.'
        when grade = 'M' then 'Its certificate is for another name.'
        when grade_rank > {{ grade_rank(param('min_grade')) }} then 'Grade ' || grade || '.'
        when cert_not_after <= {{ plus_days(as_of(), param('cert_min_days_left')) }} then 'Its certificate ends at ' || {{ instant_text('cert_not_after') }} || '.'
        when is_unknown then 'The scan lacks a grade, protocols or a certificate.'
        else 'Grade ' || grade || ', ' || {{ joined('protocols') }} || '.'
    end as reason,
    hostname,
    ip,
    scanner,
    grade,
    protocols,
    scanned_at as test_time,
    cert_not_after
from judged
