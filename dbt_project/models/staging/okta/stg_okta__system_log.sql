{{ config(keep_raw=false) }}

with source as ({{ new_runs('okta', 'system_log') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.uuid') }} as event_id,
        {{ json_text('record', '$.eventType') }} as event_type,
        {{ utc(json_text('record', '$.published')) }} as occurred_at,
        {{ json_text('record', '$.outcome.result') }} as outcome,
        {{ json_text('record', '$.outcome.reason') }} as outcome_reason,

        {{ json_text('record', '$.actor.id') }} as actor_id,
        {{ json_text('record', '$.actor.type') }} as actor_type,
        {{ json_text('record', '$.actor.alternateId') }} as actor_login,
        {{ first_item(json_texts_where(json_value('record', '$.target'), 'id', 'type', 'User')) }} as target_user_id,
        {{ first_item(json_texts_where(json_value('record', '$.target'), 'alternateId', 'type', 'User')) }} as target_login,
        {{ first_item(json_texts_where(json_value('record', '$.target'), 'displayName', 'type', 'UserGroup')) }} as target_group_name,
        {{ json_text('record', '$.client.ipAddress') }} as client_ip,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
