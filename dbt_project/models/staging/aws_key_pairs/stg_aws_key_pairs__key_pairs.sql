with source as (
    {{ new_runs('aws_key_pairs', 'key_pairs') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('parent', '$.Region') }} as region,
        {{ json_text('parent', '$.Account') }} as account_id,
        {{ json_text('item.element', '$.KeyPairId') }} as key_pair_id,
        {{ json_text('item.element', '$.KeyName') }} as key_name,
        {{ json_text('item.element', '$.KeyType') }} as key_type,
        {{ json_text('item.element', '$.KeyFingerprint') }} as fingerprint,
        {{ json_text('item.element', '$.PublicKey') }} as public_key,
        {{ tag_value(json_value('item.element', '$.Tags'), ['owner', 'owneremail']) }} as owner_tag,
        {{ utc(json_text('item.element', '$.CreateTime')) }} as created_at,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    {{ each_or_none('record') }}
)

select * from renamed
