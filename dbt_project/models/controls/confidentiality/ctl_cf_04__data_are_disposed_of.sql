with rules as (
    select
        store_ref as store_id,
        {{ number_of('max_age_days') }} as max_age_days,
        {{ number_of('backup_days') }} as backup_days,
        coalesce(legal_hold, false) as is_held
    from ({{ newest(ref('stg_registers__retention_rules')) }}) as registered
    qualify row_number() over (partition by store_ref order by _seq) = 1
),

ages as (
    select store_ref as store_id, oldest_record_at, measured_at
    from ({{ newest(ref('stg_registers__data_ages')) }}) as registered
    qualify row_number() over (partition by store_ref order by measured_at desc) = 1
),

-- A rule about all objects disposes of what is older than it says; the age of the shortest counts.
lifecycles as (
    select
        'arn:aws:s3:::' || bucket_name as store_id,
        min(case when is_enabled and prefix = '' and not is_filtered then expiration_days end) as expires_after_days,
        max(case when is_enabled and (expiration_days is not null or noncurrent_days is not null) then 1 else 0 end) = 1 as has_lifecycle,
        -- No configuration is an answer; a refusal is none.
        max(case when coalesce(error_code, 'NoSuchLifecycleConfiguration') <> 'NoSuchLifecycleConfiguration' then 1 else 0 end) = 1 as is_unread
    from {{ ref('stg_aws_storage__bucket_lifecycle') }}
    where _day = {{ as_of_day() }}
    group by bucket_name
),

classed as (
    select * from {{ ref('dim_data_store') }} where {{ includes(param('classes'), 'classification') }}
),

stores as (
    select
        coalesce(classed.store_id, rules.store_id) as entity_key,
        coalesce(classed.name, {{ last_part('rules.store_id') }}) as name,
        'store' as subject,
        coalesce(classed.kind, 'store') as kind,
        classed.owner_key,
        classed.classification,
        rules.store_id is not null as has_rule,
        rules.max_age_days,
        rules.is_held,
        ages.oldest_record_at,
        ages.measured_at,
        lifecycles.expires_after_days,
        lifecycles.has_lifecycle,
        coalesce(lifecycles.is_unread, false) as is_lifecycle_unread,
        coalesce({{ plus_days('ages.measured_at', param('measure_max_age_days')) }} >= {{ as_of() }}, false) as is_measured,
        cast(null as timestamp) as due_at,
        cast(null as timestamp) as deleted_at,
        cast(null as varchar) as certificate
    from classed
    full outer join rules on rules.store_id = classed.store_id
    left join ages on ages.store_id = coalesce(classed.store_id, rules.store_id)
    left join lifecycles on lifecycles.store_id = coalesce(classed.store_id, rules.store_id)
),

customers as (
    select
        'customer|' || customer_id, customer_id, 'customer', 'customer', null, null, true, null, false, null, null, null, null, false, false,
        {{ plus_days('ended_at', param('customer_delete_days')) }},
        deleted_at,
        nullif(trim(certificate_uri), '')
    from ({{ newest(ref('stg_registers__customer_offboardings')) }}) as registered
    where ended_at <= {{ as_of() }}
),

subjects as (
    select * from stores
    union all
    select * from customers
),

judged as (
    select
        *,
        subject = 'customer' as is_customer,
        coalesce(expires_after_days <= max_age_days, false) as is_expiring,
        {{ codes([
            ('DATA_TOO_OLD', "not is_held and " ~ plus_days('oldest_record_at', 'max_age_days') ~ " < " ~ as_of()),
            ('DELETE_LATE', "subject = 'customer' and coalesce(deleted_at, " ~ as_of() ~ ") > due_at"),
            ('NO_RULE', 'not has_rule'),
            ('NO_LIFECYCLE', "kind = 'bucket' and not is_lifecycle_unread and not coalesce(has_lifecycle, false)"),
        ]) }} as codes
    from subjects
),

decided as (
    select
        *,
        case
            when is_customer then deleted_at is not null and certificate is null
            -- A hold overrides; a rule that expires everything in time needs no measurement.
            else has_rule and not is_held and not is_expiring and (not is_measured or max_age_days is null)
        end as is_unknown
    from judged
)

select
    entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(
        unknown='is_unknown',
        pending="is_customer and deleted_at is null and due_at >= " ~ as_of(),
    ) }} as result,
    codes,
    case
        when is_customer and deleted_at > due_at then 'Deleted on ' || cast(cast(deleted_at as date) as varchar) || ', due was ' || cast(cast(due_at as date) as varchar) || '.'
        when is_customer and deleted_at is null and due_at < {{ as_of() }} then 'Not deleted, due was ' || cast(cast(due_at as date) as varchar) || '.'
        when is_customer and deleted_at is null then 'To be deleted by ' || cast(cast(due_at as date) as varchar) || '.'
        when is_customer and certificate is null then 'Deleted, by the register; there is no certificate.'
        when is_customer then 'Deleted in time.'
        when not has_rule then 'Holds ' || classification || ' data and has no rule how long.'
        when is_held then 'Under legal hold: nothing may be deleted.'
        when {{ includes('codes', "'DATA_TOO_OLD'") }}
            then 'Holds data of ' || cast(cast(oldest_record_at as date) as varchar) || ', older than the ' || cast(cast(max_age_days as bigint) as varchar) || ' days allowed.'
        when is_unknown then 'The age of its data was last measured ' || coalesce('on ' || cast(cast(measured_at as date) as varchar), 'never') || '.'
        when is_expiring then 'A lifecycle rule expires everything after ' || cast(expires_after_days as varchar) || ' days.'
        else 'Holds nothing older than allowed.'
    end as reason,
    case when not is_customer then entity_key end as store_id,
    kind,
    classification,
    oldest_record_at,
    measured_at,
    max_age_days,
    is_held as legal_hold,
    expires_after_days,
    due_at,
    deleted_at,
    certificate,
    {{ demands([('s3_lifecycle', "kind = 'bucket' and not is_lifecycle_unread")]) }} as demands
from decided
