-- A record is what the pipeline says of itself. Each of its fields is looked up where the fact is kept.
with deployments as (
    select *
    from ({{ production_deployments() }}) as production
    where environment_class = 'production' and success_at is not null
),

records as ({{ deployment_records('deployments') }}),

joined as (
    select
        deployments.*,
        records.artifact_id,
        records.error_code as record_error,
        nullif(trim(records.change_id), '') as change_id,
        records.pr_number as claimed_pr,
        nullif(trim(records.author), '') as claimed_author,
        nullif(trim(records.reviewer), '') as claimed_reviewer,
        records.tests_passed as claimed_tests,
        nullif(trim({{ json_text('records.record', '$.tests_passed') }}), '') as tests_passed_text,
        records.deployed_at as claimed_at,
        nullif(trim({{ json_text('records.record', '$.deployed_at') }}), '') as deployed_at_text,
        nullif(trim(records.environment), '') as claimed_environment
    from deployments
    left join records on records.deployment_ref = deployments.deployment_id
),

introduced as (
    select repo_id, commit_sha, min(pr_number) as pr_number
    from {{ ref('fct_branch_commit') }}
    where pr_number is not null
    group by repo_id, commit_sha
),

arrived as (
    select distinct repo_id, commit_sha from {{ ref('fct_branch_commit') }}
),

approvals as (
    select repo, pr_number, author, valid_approvers, result
    from {{ ref('ctl_cm_03__merges_were_independently_approved') }}
),

failed_checks as (
    select distinct repo, pr_number
    from {{ ref('ctl_cm_04__required_checks_passed_before_merge') }}
    where result = 'exception'
),

unread_checks as (
    select distinct repo, pr_number
    from {{ ref('ctl_cm_04__required_checks_passed_before_merge') }}
    where result = 'unknown'
),

classes as (
    select distinct environment from ({{ newest(ref('stg_registers__environments')) }}) as register where class = 'production'
),

measured as (
    select
        joined.*,
        introduced.pr_number as actual_pr,
        approvals.author as actual_author,
        approvals.valid_approvers,
        arrived.commit_sha is not null as is_arrival_known,
        approvals.result as approval,
        failed_checks.pr_number is not null as has_failed_check,
        unread_checks.pr_number is not null as has_unread_check,
        classes.environment is not null or joined.claimed_environment = joined.environment as is_production_claim,
        abs({{ seconds_between('joined.success_at', 'joined.claimed_at') }}) as seconds_apart
    from joined
    left join introduced on introduced.repo_id = joined.repo_id and introduced.commit_sha = joined.sha
    left join arrived on arrived.repo_id = joined.repo_id and arrived.commit_sha = joined.sha
    left join approvals on approvals.repo = joined.repo_full_name and approvals.pr_number = introduced.pr_number
    left join failed_checks on failed_checks.repo = joined.repo_full_name and failed_checks.pr_number = introduced.pr_number
    left join unread_checks on unread_checks.repo = joined.repo_full_name and unread_checks.pr_number = introduced.pr_number
    left join classes on classes.environment = joined.claimed_environment
),

compared as (
    select
        *,
        artifact_id is not null and record_error is null as has_record,
        coalesce(record_error, '') <> '' as is_unread,
        -- The thirtieth of February has the form of a time and is none.
        claimed_at is null or not {{ matches_regex('deployed_at_text', param('timestamp_format')) }} as is_time_malformed
    from measured
),

judged as (
    select
        *,
        {{ codes([
            ('RECORD_MISSING', 'artifact_id is null'),
            ('FIELD_MISSING',
                'has_record and (change_id is null or claimed_pr is null or claimed_author is null or claimed_reviewer is null '
                ~ 'or claimed_tests is null or deployed_at_text is null or claimed_environment is null)'),
            ('CHANGE_ID_MISMATCH', 'has_record and change_id <> sha'),
            ('PR_MISMATCH', 'has_record and claimed_pr is not null and is_arrival_known and claimed_pr is distinct from actual_pr'),
            ('AUTHOR_MISMATCH', 'has_record and lower(claimed_author) <> lower(actual_author)'),
            ('REVIEWER_INVALID',
                'has_record and claimed_reviewer is not null and (lower(claimed_reviewer) = lower(coalesce(claimed_author, actual_author)) '
                ~ 'or (approval <> \'unknown\' and not ' ~ includes(lower_texts('valid_approvers'), 'lower(claimed_reviewer)') ~ '))'),
            ('TESTS_CLAIM_FALSE', 'has_record and claimed_tests and has_failed_check'),
            ('TIME_MISMATCH',
                'has_record and deployed_at_text is not null and (is_time_malformed or seconds_apart > ' ~ param('deployed_at_tolerance_seconds') ~ ')'),
            ('ENVIRONMENT_MISMATCH', 'has_record and claimed_environment is not null and not is_production_claim'),
        ]) }} as codes,
        is_unread or (has_record and (not is_arrival_known or (actual_pr is not null and (coalesce(approval, 'unknown') = 'unknown' or actual_author is null or has_unread_check)))) as is_unknown,
        not in_scope as is_excluded,
        -- The record is published once the deployment has been watched.
        artifact_id is null and {{ as_of() }} < {{ plus_seconds('success_at', '60 * ' ~ param('record_within_minutes')) }} as is_pending
    from compared
)

select
    deployment_id as entity_key,
    coalesce(service, repo_full_name) || ' ' || left(coalesce(sha, ''), 7) as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='is_pending', excluded='is_excluded') }} as result,
    codes,
    case
        when is_excluded then 'The repository is out of scope: ' || coalesce(exclusion_reason, 'no reason given') || '.'
        when is_pending then 'The record may still come.'
        when artifact_id is null then 'The pipeline published no evidence record.'
        when is_unread then 'The record could not be read (' || lower(record_error) || ').'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'FIELD_MISSING'") ~ " then 'A field of the record is empty' end",
                "case when " ~ includes('codes', "'CHANGE_ID_MISMATCH'") ~ " then 'It names commit ' || left(change_id, 7) end",
                "case when " ~ includes('codes', "'PR_MISMATCH'") ~ " then 'It names pull request ' || cast(claimed_pr as varchar) || ', the commit came with ' || coalesce(cast(actual_pr as varchar), 'none') end",
                "case when " ~ includes('codes', "'AUTHOR_MISMATCH'") ~ " then 'It names author ' || claimed_author || ', it was ' || actual_author end",
                "case when " ~ includes('codes', "'REVIEWER_INVALID'") ~ " then 'Reviewer ' || claimed_reviewer || ' gave no approval that counts' end",
                "case when " ~ includes('codes', "'TESTS_CLAIM_FALSE'") ~ " then 'It claims that tests passed, and they did not (CM-04)' end",
                "case when " ~ includes('codes', "'TIME_MISMATCH'") ~ " then 'Its time ' || deployed_at_text || ' is not that of the deployment' end",
                "case when " ~ includes('codes', "'ENVIRONMENT_MISMATCH'") ~ " then 'It names environment ' || claimed_environment end",
            ]) }} || '.'
        when is_unknown then 'The facts behind the record are not known.'
        else 'Every field agrees with what GitHub knows.'
    end as reason,
    deployment_id,
    service,
    sha,
    run_id,
    claimed_pr,
    actual_pr,
    claimed_author,
    actual_author,
    claimed_reviewer,
    valid_approvers,
    claimed_tests,
    claimed_at,
    success_at as deployed_at
from judged
