with source as ({{ new_runs('github', 'branch_protection') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('parent', '$.repo_id') }} as repo_id,
        {{ json_text('parent', '$.full_name') }} as repo_full_name,
        {{ json_text('parent', '$.branch') }} as branch,

        -- state
        case
            when error is null then true
            when {{ json_text('error', '$.code') }} = 'NOT_PROTECTED' then false
        end as is_protected,
        {{ json_value('record', '$.required_pull_request_reviews') }} is not null as has_required_reviews,
        cast({{ json_int('record', '$.required_pull_request_reviews.required_approving_review_count') }} as integer) as required_approvals,
        {{ json_bool('record', '$.required_pull_request_reviews.dismiss_stale_reviews') }} as dismisses_stale_reviews,
        {{ json_bool('record', '$.required_pull_request_reviews.require_last_push_approval') }} as requires_last_push_approval,
        {{ json_bool('record', '$.required_pull_request_reviews.require_code_owner_reviews') }} as requires_code_owner_reviews,
        {{ concat_texts(
            texts_joined('user:', json_texts_at('record', '$.required_pull_request_reviews.bypass_pull_request_allowances.users[*].login')),
            texts_joined('team:', json_texts_at('record', '$.required_pull_request_reviews.bypass_pull_request_allowances.teams[*].slug')),
            texts_joined('app:', json_texts_at('record', '$.required_pull_request_reviews.bypass_pull_request_allowances.apps[*].slug'))
        ) }} as bypass_allowances,
        {{ json_value('record', '$.required_status_checks') }} is not null as has_required_checks,
        {{ json_texts_at('record', '$.required_status_checks.checks[*].context') }} as required_contexts,
        {{ json_bool('record', '$.required_status_checks.strict') }} as requires_up_to_date,
        {{ json_bool('record', '$.enforce_admins.enabled') }} as enforces_admins,
        {{ json_bool('record', '$.allow_force_pushes.enabled') }} as allows_force_pushes,
        {{ json_bool('record', '$.allow_deletions.enabled') }} as allows_deletions,

        -- refusal
        {{ json_text('error', '$.message') }} as error_message,
        cast({{ json_int('error', '$.status') }} as integer) as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
