with observed as (
    select
        volumes._day,
        volumes.region,
        volumes.volume_id,
        volumes.account_id,
        volumes.name,
        volumes.is_encrypted as encrypted,
        volumes.kms_key_ref as kms_key_id,
        keys.key_state,
        volumes.state,
        volumes.attached_instance,
        volumes.snapshot_id,
        volumes.created_at
    from {{ ref('stg_aws_data__volumes') }} as volumes
    left join {{ ref('int_key_references_resolved') }} as keys
        on keys._day = volumes._day and keys.region = volumes.region and keys.key_ref = volumes.kms_key_ref
    where volumes.volume_id is not null
),

{{ dated_versions(
    'observed',
    ref('stg_aws_data__volumes'),
    ['region', 'volume_id'],
    [
        'account_id', 'name', 'encrypted', 'kms_key_id', 'key_state', 'state', 'attached_instance', 'snapshot_id',
        'created_at',
    ],
) }}

select * from versions
