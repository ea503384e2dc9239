with entries as (
    select * from {{ source('ledger', 'chain_verification') }}
),

signing as (
    -- In use unless an approved row of the register says that it is not.
    select count(*) = 0 as is_in_use
    from ({{ newest(ref('stg_registers__systems')) }}) as systems
    where system_id = 'evidence_signing' and not in_use and approved_by is not null
),

anchors as (
    select
        seq,
        -- One that was written down without a time counts from its entry on.
        coalesce(anchored_at, created_at) as anchored_at
    from entries
    where external_anchor is not null
),

-- The first anchor at or after an entry covers it: the anchored head repeats the hash of everything before.
anchored as (
    select
        entries.seq,
        min(anchors.anchored_at) as anchored_at
    from entries
    left join anchors
        on anchors.seq >= entries.seq
    group by entries.seq
),

-- Entries whose repair this night may show. What was closed at this moment or later was open before it: a day that is
-- judged again comes to the same end.
unsettled as (
    select distinct entity_key
    from {{ source('ledger', 'exceptions') }}
    where
        control_id = '{{ control_meta().id }}'
        and (state not in ('remediated', 'closed_entity_removed') or closed_at >= {{ as_of() }})
),

facts as (
    select
        entries.seq,
        entries.object_uri,
        entries.expected,
        entries.actual,
        entries.problem,
        entries.created_at,
        cast(entries.seq as varchar) as entity_key,
        cast(entries.created_at as date) as created_day,
        unsettled.entity_key is not null as is_unsettled,
        -- Signing is in use while nobody asks for anchors: nothing in the chain is known to be what it was.
        signing.is_in_use and not {{ param('anchor_required') }} as is_unprotected,
        anchored.anchored_at,
        coalesce(entries.expected = entries.actual, false) as is_equal,
        least(coalesce(anchored.anchored_at, {{ as_of() }}), {{ as_of() }})
        > {{ plus_days('entries.created_at', param('anchor_max_age_days')) }} as is_not_anchored
    from entries
    cross join signing
    left join anchored
        on entries.seq = anchored.seq
    left join unsettled
        on unsettled.entity_key = cast(entries.seq as varchar)
),

judged as (
    select
        *,
        {{ codes([
            ('HASH_MISMATCH', "problem = 'HASH_MISMATCH' or (problem is null and expected <> actual)"),
            ('CHAIN_BROKEN', "problem = 'CHAIN_BROKEN'"),
            ('OBJECT_MISSING', "problem = 'OBJECT_MISSING'"),
            ('SIGNATURE_INVALID', "problem = 'SIGNATURE_INVALID'"),
            ('NOT_ANCHORED', 'is_not_anchored'),
        ]) }} as codes,
        -- A problem without a name of ours, or nothing recomputed.
        coalesce(problem not in ('HASH_MISMATCH', 'CHAIN_BROKEN', 'OBJECT_MISSING', 'SIGNATURE_INVALID', 'TOMBSTONE'), false)
        or (problem is null and (expected is null or actual is null))
        or is_unprotected as is_unknown
    from facts
),

-- A row of its own for every entry of the day judged, and for each that is more than a repeated success.
placed as (
    select
        *,
        coalesce(created_day >= {{ as_of_day() }}, true)
        or problem is not null
        or not is_equal
        or is_unsettled
        or {{ row_result() }} = 'exception' as is_single
    from judged
),

single as (
    select
        entity_key,
        object_uri as entity_name,
        codes,
        is_unknown,
        case
            when problem = 'HASH_MISMATCH' or (problem is null and expected <> actual)
                then 'The object no longer has the hash that was recorded.'
            when problem = 'CHAIN_BROKEN' and expected is null then 'The object is in no entry of the chain.'
            when problem = 'CHAIN_BROKEN' then 'The entry is not the one that was chained, signed or anchored here.'
            when problem = 'OBJECT_MISSING' then 'The object is gone.'
            when problem = 'SIGNATURE_INVALID' then 'The signature or the timestamp of the chain does not verify.'
            when problem = 'TOMBSTONE' then 'Deleted for a legal reason; the tombstone keeps the hash.'
            when problem is not null then 'The entry could not be verified: ' || problem || '.'
            when expected is null or actual is null then 'The entry was not recomputed.'
            else 'The object has the hash that was recorded.'
        end as finding,
        is_unprotected,
        is_not_anchored,
        seq,
        object_uri,
        expected,
        actual,
        created_at,
        anchored_at,
        cast(1 as bigint) as entry_count
    from placed
    where is_single
),

totals as (
    select
        created_day,
        count(*) as entry_count
    from placed
    group by created_day
),

grouped as (
    select
        placed.created_day,
        min(placed.seq) as first_seq,
        max(placed.seq) as last_seq,
        count(*) as entry_count,
        max(totals.entry_count) - count(*) as single_count,
        count(case when placed.is_not_anchored then 1 end) > 0 as is_not_anchored,
        count(case when placed.is_unprotected then 1 end) > 0 as is_unprotected,
        max(placed.created_at) as created_at,
        case when count(placed.anchored_at) = count(*) then max(placed.anchored_at) end as anchored_at
    from placed
    inner join totals
        on placed.created_day = totals.created_day
    where not placed.is_single
    group by placed.created_day
),

days as (
    select
        'day|' || cast(created_day as varchar) as entity_key,
        cast(created_day as varchar) || ': '
        || case
            when first_seq = last_seq then 'entry ' || cast(first_seq as varchar)
            else 'entries ' || cast(first_seq as varchar) || ' to ' || cast(last_seq as varchar)
        end as entity_name,
        {{ codes([('NOT_ANCHORED', 'is_not_anchored')]) }} as codes,
        is_unprotected as is_unknown,
        cast(entry_count as varchar)
        || case when entry_count = 1 then ' entry was' else ' entries were' end
        || ' recomputed and equal to what was recorded.'
        || case
            when single_count = 0 then ''
            when single_count = 1 then ' 1 more of the day has a row of its own.'
            else ' ' || cast(single_count as varchar) || ' more of the day have rows of their own.'
        end as finding,
        is_unprotected,
        is_not_anchored,
        cast(null as bigint) as seq,
        cast(null as varchar) as object_uri,
        cast(null as varchar) as expected,
        cast(null as varchar) as actual,
        created_at,
        anchored_at,
        cast(entry_count as bigint) as entry_count
    from grouped
),

members as (
    select * from single
    union all
    select * from days
)

select
    entity_key,
    entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    finding
    || case
        when is_unprotected
            then ' Signing is in use by the systems register, but the parameter anchor_required is off.'
        when is_not_anchored and not {{ param('anchor_required') }}
            then ' Not anchored outside the warehouse; listed only, for the systems register says that signing is not in use.'
        when is_not_anchored
            then ' Not anchored outside the warehouse within {{ param_value("anchor_max_age_days") }} days.'
        else ''
    end as reason,
    seq,
    object_uri,
    expected,
    actual,
    created_at,
    anchored_at,
    entry_count
from members
