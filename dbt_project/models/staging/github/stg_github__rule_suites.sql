with source as ({{ new_runs('github', 'rule_suites') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,
        {{ json_text('record', '$.id') }} as suite_id,
        {{ json_text('record', '$.repository_id') }} as repo_id,
        {{ json_text('record', '$.ref') }} as ref,
        {{ json_text('record', '$.before_sha') }} as before_sha,
        {{ json_text('record', '$.after_sha') }} as after_sha,
        {{ json_text('record', '$.actor_name') }} as actor_login,
        {{ json_text('record', '$.result') }} as result,
        {{ json_text('record', '$.evaluation_result') }} as evaluation_result,
        {{ utc(json_text('record', '$.pushed_at')) }} as pushed_at
    from source
    where error is null
)

select * from renamed
