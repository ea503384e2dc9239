with source as ({{ new_runs('github', 'branch_rules') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('parent', '$.branch') }} as branch,
        position as rule_index,
        {{ json_text('element', '$.type') }} as rule_type,
        {{ json_text('element', '$.ruleset_id') }} as ruleset_id,
        {{ json_text('element', '$.ruleset_source_type') }} as ruleset_source_type,
        {{ json_text('element', '$.ruleset_source') }} as ruleset_source,

        -- parameters of pull_request
        cast({{ json_int('element', '$.parameters.required_approving_review_count') }} as integer) as required_approvals,
        {{ json_bool('element', '$.parameters.dismiss_stale_reviews_on_push') }} as dismisses_stale_reviews,
        {{ json_bool('element', '$.parameters.require_last_push_approval') }} as requires_last_push_approval,
        {{ json_bool('element', '$.parameters.require_code_owner_review') }} as requires_code_owner_reviews,

        -- parameters of required_status_checks
        {{ json_texts_at('element', '$.parameters.required_status_checks[*].context') }} as required_contexts,
        {{ json_bool('element', '$.parameters.strict_required_status_checks_policy') }} as requires_up_to_date,

        -- refusal
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
    left join lateral {{ json_each_at('record') }} as item on true
)

select * from renamed
