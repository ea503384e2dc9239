{{ counts_agree('events_counted', 'privacy.processing_events', 'expected', 'actual', 'uses that the applications counted, day by day, against those exported for these days') }}
from (
    select
        (
            select coalesce(sum(events), 0)
            from ({{ newest_records(ref('stg_privacy__event_counts'), 'counted_on') }}) as counted
            where counted_on < {{ as_of_day() }}
        ) as expected,
        (
            select count(distinct event_id)
            from {{ ref('stg_privacy__processing_events') }}
            where cast(used_at as date) in (
                select counted_on from {{ ref('stg_privacy__event_counts') }} where counted_on < {{ as_of_day() }}
            )
        ) as actual
) as counts

union all

{{ counts_agree('persons_are_pseudonyms', 'privacy', 'expected', 'actual', 'records that name a person by an address') }}
from (
    select
        0 as expected,
        (
            select count(*) from {{ ref('stg_privacy__processing_events') }} where subject_id like '%@%'
        ) + (
            select count(*) from {{ ref('stg_privacy__consents') }} where subject_id like '%@%'
        ) as actual
) as counts

union all

-- Only stands here when it holds: with rows to judge there is nothing to prove.
select
    'no_purpose_needs_consent' as check_name,
    'registers.processing_purposes' as scope,
    cast(0 as bigint) as expected,
    cast(0 as bigint) as actual,
    true as passed,
    'The register of purposes rests none on consent, and no event does.' as detail
from (select 1 as row_no) as one
where not exists (select 1 from {{ ref('fct_consent_use') }})
    and exists (select 1 from ({{ newest(ref('stg_registers__processing_purposes')) }}) as purposes)
    and not exists (
        select 1 from ({{ newest(ref('stg_registers__processing_purposes')) }}) as purposes where legal_basis = 'consent'
    )
