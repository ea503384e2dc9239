with source as (
    {{ new_runs('registers', 'exception_decisions') }}
),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.exception_id') }} as exception_id,
        {{ json_text('record', '$.control_id') }} as control_id,
        {{ json_text('record', '$.entity_key') }} as entity_key,
        {{ json_text('record', '$.code') }} as code,
        {{ json_text('record', '$.decision') }} as decision,
        {{ json_text('record', '$.decided_by') }} as decided_by,
        {{ json_text('record', '$.owner_id') }} as owner_id,
        {{ json_text('record', '$.reason') }} as reason,
        {{ json_text('record', '$.compensating_control') }} as compensating_control,
        {{ utc(json_text('record', '$.decided_at')) }} as decided_at,
        {{ utc(json_text('record', '$.expires_at')) }} as expires_at,
        {{ json_text('record', '$.evidence_uri') }} as evidence_uri,
        {{ json_text('record', '$.rule_fix_ref') }} as rule_fix_ref,
        {{ json_text('parent', '$.commit') }} as commit_sha
    from source
    where error is null
)

select * from renamed
