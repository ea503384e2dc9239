with names as (
    select * from {{ ref('dim_public_hostname') }}
),

-- Each name's newest answer, or the newest of those days on which HTTPS answered.
probes as (
    select
        *,
        https_status is not null as has_answered,
        probed_at >= {{ plus_days(as_of(), '-' ~ param('probe_max_age_days')) }} as is_recent
    from {{ ref('stg_tls_probe__answers') }}
    where hostname is not null
    qualify row_number() over (
        partition by lower(hostname)
        order by (https_status is not null and probed_at >= {{ plus_days(as_of(), '-' ~ param('probe_max_age_days')) }}) desc, probed_at desc
    ) = 1
),

probed as (
    select
        names.hostname,
        names.is_registered,
        names.owner_key,
        probes.http_status,
        probes.http_location,
        probes.http_error,
        probes.https_status,
        probes.https_error,
        probes.missing_page_status,
        probes.probed_at,
        {{ first_item('probes.hsts_headers') }} as hsts,
        coalesce(probes.has_answered and probes.is_recent, false) as is_answered,
        -- Where nothing listens on port 80, nothing is served over it.
        coalesce(probes.http_error in ('refused', 'timeout'), false) as is_closed,
        coalesce(
            probes.http_status in (301, 302, 303, 307, 308)
            and {{ matches_regex("lower(probes.http_location) || '/'", "'^https://' || replace(names.hostname, '.', '[.]') || '(:443)?[/?#].*$'") }},
            false
        ) as leads_home,
        {{ hsts_max_age('probes.hsts_headers') }} as page_max_age,
        {{ hsts_max_age('probes.missing_page_hsts_headers') }} as missing_page_max_age
    from names
    left join probes on lower(probes.hostname) = names.hostname
),

facts as (
    select
        *,
        case
            when missing_page_status is null then page_max_age
            when page_max_age < missing_page_max_age then page_max_age
            else missing_page_max_age
        end as shortest_max_age,
        page_max_age is null or (missing_page_status is not null and missing_page_max_age is null) as lacks_header
    from probed
),

judged as (
    select
        *,
        {{ codes([
            ('NO_HTTPS_REDIRECT', 'is_answered and http_status is not null and not leads_home'),
            ('HSTS_MISSING', 'is_answered and lacks_header'),
            ('HSTS_TOO_SHORT', "is_answered and least(page_max_age, missing_page_max_age) < " ~ param('hsts_min_max_age')),
        ]) }} as codes,
        not is_answered or (http_status is null and not is_closed) or missing_page_status is null as is_unknown
    from facts
)

select
    hostname as entity_key,
    hostname as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when not is_registered and probed_at is null then 'The cloud answers to this name, but it is not registered, so it was not probed.'
        when probed_at is null then 'It was not probed.'
        when not is_answered then 'HTTPS gave no answer (' || coalesce(https_error, 'the newest is too old') || ').'
        when http_status is not null and not leads_home
            then 'Plain HTTP is answered with ' || cast(http_status as varchar)
                || case when http_location is null then '' else ' to ' || http_location end || ', not with a redirect to the same name over HTTPS.'
        when page_max_age is null then 'No valid Strict-Transport-Security on the answer over HTTPS.'
        when lacks_header then 'Strict-Transport-Security on the page, but not on an error.'
        when shortest_max_age < {{ param('hsts_min_max_age') }} then 'Browsers remember HTTPS for ' || cast(shortest_max_age as varchar) || ' seconds only.'
        when is_unknown then 'What plain HTTP or a missing page answers could not be read (' || coalesce(http_error, 'no answer') || ').'
        when is_closed then 'Nothing answers over plain HTTP; browsers remember HTTPS long enough.'
        else 'Plain HTTP leads to HTTPS; browsers remember it long enough.'
    end as reason,
    hostname,
    is_registered,
    http_status,
    http_location as location,
    https_status,
    hsts,
    probed_at
from judged
