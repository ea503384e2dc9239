with source as (
    {{ new_runs('aws_guardduty', 'detectors') }}
),

renamed as (
    select
        source._day,
        source._run_id,
        source._seq,
        {{ json_text('source.parent', '$.Account') }} as account_id,
        {{ json_text('source.parent', '$.Region') }} as region,
        {{ json_text('item.element', '$.DetectorId') }} as detector_id,
        {{ json_text('item.element', '$.Status') }} as status,
        {{ json_value('item.element', '$.Features') }} as features,
        {{ json_text('item.element', '$.FindingPublishingFrequency') }} as publishing_frequency,
        {{ utc(json_text('item.element', '$.CreatedAt')) }} as created_at,
        {{ json_int('source.error', '$.status') }} as error_status,
        {{ json_text('source.error', '$.code') }} as error_code
    from source
    {{ each_or_none('source.record') }}
)

select * from renamed
