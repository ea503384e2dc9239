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
        created_at
    from entries
    where external_anchor is not null
),

-- The first anchor at or after an entry covers it: the anchored head repeats the hash of everything before.
anchored as (
    select
        entries.seq,
        min(anchors.created_at) as anchored_at
    from entries
    left join anchors
        on anchors.seq >= entries.seq
    group by entries.seq
),

facts as (
    select
        entries.*,
        signing.is_in_use as is_signing_in_use,
        anchored.anchored_at,
        least(coalesce(anchored.anchored_at, {{ as_of() }}), {{ as_of() }})
        > {{ plus_days('entries.created_at', param('anchor_max_age_days')) }} as is_not_anchored
    from entries
    cross join signing
    left join anchored
        on entries.seq = anchored.seq
),

judged as (
    select
        *,
        {{ codes([
            ('HASH_MISMATCH', "problem = 'HASH_MISMATCH'"),
            ('CHAIN_BROKEN', "problem = 'CHAIN_BROKEN'"),
            ('OBJECT_MISSING', "problem = 'OBJECT_MISSING'"),
            ('SIGNATURE_INVALID', "problem = 'SIGNATURE_INVALID'"),
            ('NOT_ANCHORED', 'is_not_anchored'),
        ]) }} as codes,
        -- A problem without a name of ours, nothing recomputed, or signing in use while nobody asks for anchors.
        coalesce(problem not in ('HASH_MISMATCH', 'CHAIN_BROKEN', 'OBJECT_MISSING', 'SIGNATURE_INVALID', 'TOMBSTONE'), false)
        or (problem is null and (expected is null or actual is null))
        or (is_signing_in_use and not {{ param('anchor_required') }}) as is_unknown
    from facts
)

select
    cast(seq as varchar) as entity_key,
    object_uri as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when problem = 'HASH_MISMATCH' then 'The object no longer has the hash that was recorded.'
        when problem = 'CHAIN_BROKEN' then 'The entry does not follow from the one before it.'
        when problem = 'OBJECT_MISSING' then 'The object is gone.'
        when problem = 'SIGNATURE_INVALID' then 'The signature of the chain does not verify.'
        when problem = 'TOMBSTONE' then 'Deleted for a legal reason; the tombstone keeps the hash.'
        when problem is not null then 'The entry could not be verified: ' || problem || '.'
        when expected is null or actual is null then 'The entry was not recomputed.'
        else 'The object has the hash that was recorded.'
    end
    || case
        when is_signing_in_use and not {{ param('anchor_required') }}
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
    anchored_at
from judged
