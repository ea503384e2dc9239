with approved as (
    select *
    from ({{ newest(ref('stg_registers__policies')) }}) as versions
    where approved_at <= {{ as_of() }}
    qualify row_number() over (partition by policy_id order by approved_at desc, _seq desc) = 1
),

published as (
    select * from {{ ref('stg_tls_probe__notices') }} where _day = {{ as_of_day() }}
),

processors as (
    select name
    from {{ ref('dim_vendor') }}
    where is_registered and status = 'active' and tier = 'critical' and coalesce(onboarded_at <= {{ as_of_day() }}, true)
),

unlisted as (
    select
        published.notice_id,
        {{ ordered_list('processors.name', 'processors.name') }} as names
    from published
    inner join processors
        on lower(published.content_text) not like '%' || lower(processors.name) || '%'
    group by published.notice_id
),

notices as (
    select
        notices.notice_id,
        notices.url,
        notices.policy_id,
        owners.person_key as owner_key,
        approved.version,
        approved.approved_at,
        approved.file_sha256 as approved_sha,
        published.http_status,
        published.http_error,
        published.content_sha256 as published_sha,
        published.probed_at,
        unlisted.names as unlisted_processors,
        {{ plus_months('cast(approved.approved_at as date)', param('review_months')) }} as review_by
    from ({{ newest(ref('stg_registers__privacy_notices')) }}) as notices
    left join approved
        on notices.policy_id = approved.policy_id
    left join published
        on notices.notice_id = published.notice_id
    left join unlisted
        on notices.notice_id = unlisted.notice_id
    left join {{ ref('int_person_refs') }} as owners
        on notices.owner_id = owners.ref
),

judged as (
    select
        *,
        {{ codes([
            ('NOT_PUBLISHED', 'http_status between 300 and 499'),
            ('VERSION_DRIFT', 'published_sha <> approved_sha'),
            ('REVIEW_OVERDUE', 'review_by < ' ~ as_of_day()),
            ('SUBPROCESSOR_UNLISTED', "nullif(" ~ joined('unlisted_processors') ~ ", '') is not null"),
        ]) }} as codes,
        -- A server that fails tells nothing about the page.
        http_status is null or http_status >= 500 or approved_at is null or approved_sha is null as is_unknown
    from notices
)

select
    notice_id as entity_key,
    url as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when {{ joined('codes') }} <> ''
            then {{ joined(present([
                "case when " ~ item_in("'NOT_PUBLISHED'", 'codes') ~ " then 'The address answers with ' || cast(http_status as varchar) || '.' end",
                "case when " ~ item_in("'VERSION_DRIFT'", 'codes') ~ " then 'The text published is not that of version ' || version || '.' end",
                "case when " ~ item_in("'REVIEW_OVERDUE'", 'codes') ~ " then 'Approved on ' || cast(cast(approved_at as date) as varchar) || ', to be reviewed until ' || cast(review_by as varchar) || '.' end",
                "case when " ~ item_in("'SUBPROCESSOR_UNLISTED'", 'codes') ~ " then 'It does not name ' || " ~ joined('unlisted_processors') ~ " || '.' end",
            ]), ' ') }}
        when approved_at is null then 'No version of the policy was approved.'
        when approved_sha is null then 'The register gives no hash of the approved version.'
        when http_status is null then 'The address did not answer: ' || coalesce(http_error, 'it was not asked') || '.'
        when is_unknown then 'The server failed with ' || cast(http_status as varchar) || '.'
        else 'Version ' || version || ' is published, to be reviewed until ' || cast(review_by as varchar) || '.'
    end as reason,
    notice_id,
    url,
    policy_id,
    version,
    approved_at,
    review_by as due_at,
    published_sha,
    approved_sha,
    probed_at
from judged
