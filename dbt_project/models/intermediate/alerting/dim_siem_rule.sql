-- Rules of the SIEM as they stand, and whether a reviewed pull request brought them: merged, with an approval that stood
-- and came from somebody who did not write it.
with rules as (
    {{ newest(ref('stg_siem__rules')) }}
),

approved as (
    select
        pulls.repo_full_name || '#' || cast(pulls.pr_number as varchar) as change_ref,
        max(case
            when pulls.is_merged
                and reviews.submitted_state = 'APPROVED'
                and reviews.submitted_at <= pulls.merged_at
                and reviews.dismissed_at is null
                and reviews.reviewer_key <> pulls.author_key
                then 1
            else 0
        end) = 1 as is_approved
    from {{ ref('fct_pull_request') }} as pulls
    left join {{ ref('fct_pr_review') }} as reviews on reviews.repo_id = pulls.repo_id and reviews.pr_number = pulls.pr_number
    group by pulls.repo_full_name, pulls.pr_number
)

select
    rules.rule_id,
    rules.is_enabled,
    rules.operator,
    rules.threshold,
    rules.window_seconds,
    rules.window_type,
    rules.group_by,
    rules.schedule,
    lower(rules.severity) as severity,
    rules.actions,
    rules.updated_at,
    rules.updated_by,
    rules.change_ref,
    rules.change_ref is not null and approved.change_ref is null as is_change_unknown,
    coalesce(approved.is_approved, false) as is_change_reviewed
from rules
left join approved on approved.change_ref = rules.change_ref
qualify row_number() over (partition by rules.rule_id order by rules._seq desc) = 1
