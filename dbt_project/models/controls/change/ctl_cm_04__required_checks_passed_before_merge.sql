with checks as (
    select * from {{ ref('fct_pr_required_check') }}
),

-- What ran later proves what was skipped at the merge; it never repairs it.
later as (
    select
        checks.repo_id,
        checks.pr_number,
        checks.context,
        min(runs.completed_at) as passed_at
    from checks
    inner join {{ ref('fct_check_run') }} as runs
        on checks.repo_id = runs.repo_id
        and checks.sha = runs.sha
        and checks.context = runs.context
        and runs.completed_at > checks.merged_at
        and {{ item_in('runs.conclusion', param('success_conclusions')) }}
    group by checks.repo_id, checks.pr_number, checks.context
),

assessed as (
    select
        checks.*,
        later.passed_at as passed_after_merge_at,
        coalesce(
            {{ item_in('checks.conclusion_at_merge', param('success_conclusions')) }}
            or (
                {{ item_in('checks.conclusion_at_merge', param('tolerated_conclusions')) }}
                and {{ item_in('checks.context', param('tolerated_contexts')) }}
            ),
            false
        ) as is_passed,
        not checks.in_scope as is_excluded,
        checks.is_required and checks.in_scope as is_judged,
        checks.unknown_reason is not null as is_unread
    from checks
    left join later using (repo_id, pr_number, context)
),

flagged as (
    select
        *,
        is_judged and check_id is null and not has_started_before_merge as is_missing,
        is_judged and check_id is not null and not is_passed as is_failed,
        -- An attempt that had passed is not undone by another one still running.
        is_judged and is_pending_at_merge and not is_passed as is_pending_then
    from assessed
),

final as (
    select
        *,
        {{ codes([
            ('CHECK_MISSING', "is_missing"),
            ('CHECK_FAILED', "is_failed"),
            ('CHECK_PENDING_AT_MERGE', "is_pending_then"),
            ('PASSED_ONLY_AFTER_MERGE', "is_judged and not is_passed and passed_after_merge_at is not null"),
            ('NO_REQUIRED_CHECKS', "in_scope and not is_required and not is_unread"),
        ]) }} as codes
    from flagged
)

select
    repo_id || '|' || pr_number || '|' || context as entity_key,
    repo_full_name || '#' || pr_number || ' ' || context as entity_name,
    owner_key,
    {{ row_result(unknown='is_unread', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'Repository is out of scope: ' || coalesce(exclusion_reason, 'no reason recorded') || '.'
        when is_unread then 'Which checks were required is not known: ' || unknown_reason || '.'
        else
            case
                when not is_required then 'No check was required on ' || base_ref
                when is_pending_then then 'Still running when the pull request was merged'
                when is_missing then 'Had not run on the merged commit before the merge'
                when is_failed then 'The latest attempt before the merge concluded ' || coalesce(conclusion_at_merge, 'without a result')
                else 'Concluded ' || conclusion_at_merge || ' at ' || {{ instant_text('completed_at') }} || ', before the merge'
            end
            || case
                when not is_passed and passed_after_merge_at is not null then '; passed only at ' || {{ instant_text('passed_after_merge_at') }}
                else ''
            end
            || case when is_queued then '; judged on the commit that the merge queue tested' else '' end
            || case
                when is_protection_assumed
                    then '; required checks as observed on ' || protection_observed_on || ', no snapshot of the merge day exists'
                else ''
            end
            || '.'
    end as reason,
    repo_full_name as repo,
    pr_number,
    context,
    sha,
    conclusion_at_merge as conclusion,
    completed_at,
    merged_at,
    run_url,
    protection_observed_on
from final
