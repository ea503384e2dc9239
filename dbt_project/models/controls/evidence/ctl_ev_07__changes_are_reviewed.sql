with approvals as (
    select entity_key, result from {{ ref('ctl_cm_03__merges_were_independently_approved') }}
),

reviews as (
    select
        pulls.*,
        case
            when not pulls.is_readable then 'unread'
            when pulls.pr_number is null then 'none'
            when approvals.result in ('pass', 'exception') then approvals.result
            when approvals.result is null and pulls.is_merged_before_window then 'before_window'
            -- A pull request that CM-03 did not judge shows no approval.
            else 'unknown'
        end as review
    from {{ ref('int_code_pull_requests') }} as pulls
    left join approvals on approvals.entity_key = pulls.repo_id || '|' || cast(pulls.pr_number as varchar)
),

code_versions as (
    select
        versions.*,
        reviews.pr_number,
        reviews.repo_full_name,
        -- What names no commit cannot have been reviewed, whatever was read.
        case
            when versions.code_sha is null or versions.dirty is null then 'no_hash'
            when versions.commit_sha is null then 'no_commit'
            when coalesce(reviews.merged_at > versions.first_started_at, false) then 'run_before_merge'
            else reviews.review
        end as review
    from {{ ref('int_code_versions') }} as versions
    left join reviews on versions.commit_sha = reviews.commit_sha
    where versions.runs > 0
),

code_rows as (
    select
        'code|' || first_run_id as entity_key,
        'Code as of ' || cast(first_run_on as varchar) as entity_name,
        {{ codes([
            ('UNREVIEWED_VERSION', "review in ('no_commit', 'none', 'exception', 'run_before_merge')"),
            ('DIRTY_RUN', 'coalesce(dirty, false) and not ' ~ param('allow_dirty')),
        ]) }} as codes,
        review in ('no_hash', 'unread', 'unknown') as is_unknown,
        review = 'before_window' as is_before_window,
        case when dirty then 'It has uncommitted changes. ' else '' end
        || case review
            when 'no_hash' then 'The judgements do not say by which code, and whether of changes beside it, they were made.'
            when 'no_commit' then 'The code is no commit (' || code_sha || '): nobody can have reviewed it.'
            when 'unread' then 'Pull requests of the repository of the evidence system are not read, so who reviewed '
                || left(commit_sha, 7) || ' cannot be told.'
            when 'none' then 'No pull request brought ' || left(commit_sha, 7) || ' to a production branch of ' || repo_full_name || '.'
            when 'run_before_merge'
                then left(commit_sha, 7) || ' judged before pull request ' || cast(pr_number as varchar) || ' was merged.'
            when 'exception' then 'Pull request ' || cast(pr_number as varchar) || ' was not independently approved (CM-03).'
            when 'unknown'
                then 'Whether pull request ' || cast(pr_number as varchar) || ' was approved could not be judged (CM-03).'
            when 'before_window' then 'Pull request ' || cast(pr_number as varchar)
                || ' was merged before the window: its review belongs to the time before.'
            else left(commit_sha, 7) || ' came with pull request ' || cast(pr_number as varchar)
                || ', independently approved, before it judged.'
        end as reason,
        first_run_id as run_id,
        last_run_id,
        first_run_on,
        last_run_on,
        runs,
        cast(null as varchar) as control_id,
        code_sha,
        cast(null as varchar) as params_sha,
        cast(null as varchar) as catalogue_sha,
        pr_number,
        case when has_before then 'code' else 'first version of the code that judged' end as change
    from code_versions
),

moves as (
    select
        control_id,
        first_run_id,
        count(case when is_looser and approval not in ('approved', 'owner_unknown') then 1 end) as loosened,
        -- Undeclared, or approved by somebody of whom nobody says for whom they answer.
        count(case when is_looser is null or (is_looser and approval = 'owner_unknown') then 1 end) as undecided,
        {{ ordered_list(
            "name || ' ' || coalesce(old_value, 'nothing') || ' to ' || coalesce(new_value, 'nothing') || case"
            ~ " when is_looser is null then ' (direction not declared)'"
            ~ " when not is_looser then ' (stricter)'"
            ~ " when approval = 'approved' then ' (looser, approved by ' || approved_by || ')'"
            ~ " when approval = 'owner_unknown' then ' (looser, approved by ' || approved_by || '; nobody is declared to answer for the control)'"
            ~ " when approval = 'late' then ' (looser, approved by ' || approved_by || ' only afterwards)'"
            ~ " when approval = 'used' then ' (looser; the approval by ' || approved_by || ' was for an earlier move)'"
            ~ " when approval = 'self' then ' (looser, approved by ' || approved_by || ', who changed it)'"
            ~ " when approval = 'not_owner' then ' (looser, approved by ' || approved_by || ', who does not answer for the control)'"
            ~ " else ' (looser, approved by nobody)' end",
            'name'
        ) }} as told
    from {{ ref('int_parameter_moves') }}
    group by control_id, first_run_id
),

control_versions as (
    select
        versions.*,
        coalesce(moves.loosened, 0) as loosened,
        coalesce(moves.undecided, 0) as undecided,
        coalesce(moves.told, {{ empty_list() }}) as moved,
        versions.params_sha is null or versions.catalogue_sha is null as has_no_hash,
        versions.parameters is null
        or versions.expectation_count is null
        -- The first judgement that recorded them has nothing to be compared with, unless the hash shows that nothing moved.
        or (
            versions.is_begun_in_window
            and versions.has_before
            and (
                versions.expectation_count_before is null
                or (versions.parameters_before is null and versions.params_sha is distinct from versions.params_sha_before)
            )
        ) as is_unrecorded,
        {{ sentence_of([
            "case when not versions.has_before then 'first judgement' end",
            "case when versions.has_before and versions.catalogue_sha is distinct from versions.catalogue_sha_before then 'declaration' end",
            "case when versions.has_before and versions.expectation_count is distinct from versions.expectation_count_before then 'expectations '"
                ~ " || coalesce(cast(versions.expectation_count_before as varchar), 'not recorded') || ' to '"
                ~ " || coalesce(cast(versions.expectation_count as varchar), 'not recorded') end",
            "case when versions.has_before and versions.params_sha is distinct from versions.params_sha_before and moves.told is null"
                ~ " then 'set of parameters' end",
            "'parameters: ' || " ~ joined('moves.told'),
        ]) }} as changed
    from {{ ref('int_control_versions') }} as versions
    left join moves
        on versions.control_id = moves.control_id
        and versions.first_run_id = moves.first_run_id
    where versions.runs > 0
),

control_rows as (
    select
        'control|' || control_id || '|' || first_run_id as entity_key,
        control_id || ' as judged from ' || cast(first_run_on as varchar) as entity_name,
        {{ codes([
            ('PARAMETER_LOOSENED', 'is_begun_in_window and loosened > 0'),
            ('EXPECTATION_REMOVED', 'is_begun_in_window and expectation_count < expectation_count_before'),
        ]) }} as codes,
        has_no_hash or is_unrecorded or (is_begun_in_window and undecided > 0) as is_unknown,
        false as is_before_window,
        case
            when has_no_hash then 'The judgements do not say by which parameters and declaration they were made.'
            when is_unrecorded
                then 'Judgements of older versions did not record parameters and number of expectations: what changed cannot be told.'
            when not is_begun_in_window then 'Judged in the same way since before the window.'
            else 'Changed: ' || coalesce(nullif(changed, ''), 'nothing') || '.'
        end
        || case
            when is_begun_in_window and expectation_count < expectation_count_before
                then ' The suite asks less than it did.'
            else ''
        end as reason,
        first_run_id as run_id,
        last_run_id,
        first_run_on,
        last_run_on,
        runs,
        control_id,
        code_sha,
        params_sha,
        catalogue_sha,
        cast(null as bigint) as pr_number,
        case when is_begun_in_window then nullif(changed, '') end as change
    from control_versions
),

judged as (
    select * from code_rows
    union all
    select * from control_rows
)

select
    entity_key,
    entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(
        unknown='is_unknown',
        excluded='is_before_window and ' ~ is_empty_list('codes')
    ) }} as result,
    codes,
    reason,
    run_id,
    last_run_id,
    first_run_on,
    last_run_on,
    runs,
    control_id,
    code_sha,
    params_sha,
    catalogue_sha,
    pr_number,
    change
from judged
