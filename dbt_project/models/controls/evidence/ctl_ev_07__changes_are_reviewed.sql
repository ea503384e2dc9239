with versions as (
    select * from {{ ref('int_control_versions') }} where runs > 0
),

approvals as (
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

compared as (
    select
        versions.*,
        reviews.pr_number,
        reviews.repo_full_name,
        reviews.merged_at,
        -- What names no commit cannot have been reviewed, whatever was read.
        case when versions.code_sha is not null and versions.commit_sha is null then 'no_commit' else coalesce(reviews.review, 'unknown') end as review,
        coalesce(reviews.merged_at > versions.first_started_at, false) as is_run_before_merge,
        coalesce(moves.loosened, 0) as loosened,
        coalesce(moves.undecided, 0) as undecided,
        coalesce(moves.told, {{ empty_list() }}) as moved,
        versions.code_sha is null or versions.params_sha is null or versions.catalogue_sha is null or versions.dirty is null as has_no_hash,
        versions.parameters is null or versions.expectation_count is null as is_older,
        versions.is_begun_in_window and versions.has_before and (
            versions.expectation_count_before is null
            or (versions.parameters_before is null and versions.params_sha is distinct from versions.params_sha_before)
        ) as is_after_older
    from versions
    left join reviews on versions.commit_sha = reviews.commit_sha
    left join moves
        on versions.control_id = moves.control_id
        and versions.first_run_id = moves.first_run_id
),

coded as (
    select
        *,
        {{ codes([
            ('UNREVIEWED_VERSION', "review in ('no_commit', 'none', 'exception') or is_run_before_merge"),
            ('DIRTY_RUN', 'dirty and not ' ~ param('allow_dirty')),
            ('PARAMETER_LOOSENED', 'is_begun_in_window and loosened > 0'),
            ('EXPECTATION_REMOVED', 'is_begun_in_window and expectation_count < expectation_count_before'),
        ]) }} as codes,
        has_no_hash or is_older or is_after_older
            or review in ('unread', 'unknown') or (is_begun_in_window and undecided > 0) as is_unknown,
        {{ sentence_of([
            "case when not has_before then 'first version judged' end",
            "case when has_before and code_sha is distinct from code_sha_before then 'code' end",
            "case when has_before and catalogue_sha is distinct from catalogue_sha_before then 'declaration' end",
            "case when has_before and expectation_count is distinct from expectation_count_before then 'expectations '"
                ~ " || coalesce(cast(expectation_count_before as varchar), 'not recorded') || ' to '"
                ~ " || coalesce(cast(expectation_count as varchar), 'not recorded') end",
            "case when has_before and params_sha is distinct from params_sha_before and " ~ is_empty_list('moved')
                ~ " then 'set of parameters' end",
            "case when not " ~ is_empty_list('moved') ~ " then 'parameters: ' || " ~ joined('moved') ~ " end",
        ]) }} as changed
    from compared
),

judged as (
    select
        *,
        {{ row_result(
            unknown='is_unknown',
            excluded="review = 'before_window' and not is_unknown and " ~ is_empty_list('codes')
        ) }} as result,
        case when is_begun_in_window then nullif(changed, '') end as change
    from coded
)

select
    control_id || '|' || first_run_id as entity_key,
    control_id || ' as judged from ' || cast(first_run_on as varchar) as entity_name,
    cast(null as varchar) as owner_key,
    result,
    codes,
    {{ sentence_of([
        "case when " ~ item_in("'DIRTY_RUN'", 'codes') ~ " then 'It was judged by code with uncommitted changes.' end",
        "case"
            ~ " when has_no_hash then 'The judgement does not say by which code, parameters and declaration it was made.'"
            ~ " when review = 'no_commit' then 'The code that judged it is no commit (' || code_sha || '): nobody can have reviewed it.'"
            ~ " when review = 'unread' then 'Pull requests of the repository of the evidence system are not read, so who reviewed '"
            ~ " || left(commit_sha, 7) || ' cannot be told.'"
            ~ " when review = 'none' then 'No pull request brought ' || left(commit_sha, 7) || ' to a production branch of ' || repo_full_name || '.'"
            ~ " when is_run_before_merge then 'It was judged by ' || left(commit_sha, 7) || ' before pull request ' || cast(pr_number as varchar) || ' was merged.'"
            ~ " when review = 'exception' then 'Pull request ' || cast(pr_number as varchar) || ' was not independently approved (CM-03).'"
            ~ " when review = 'unknown' then 'Whether pull request ' || cast(pr_number as varchar) || ' was approved could not be judged (CM-03).'"
            ~ " when review = 'before_window' then 'Pull request ' || cast(pr_number as varchar) || ' was merged before the window: its review belongs to the time before.'"
            ~ " else 'Judged by ' || left(commit_sha, 7) || ', which pull request ' || cast(pr_number as varchar) || ' brought with an independent approval.' end",
        "case when is_older or is_after_older"
            ~ " then 'Judgements of older versions did not record the parameters and the number of expectations: what changed cannot be told.' end",
        "case when is_begun_in_window and (loosened > 0 or undecided > 0) then 'Parameters moved: ' || " ~ joined('moved') ~ " || '.' end",
        "case when " ~ item_in("'EXPECTATION_REMOVED'", 'codes')
            ~ " then 'The suite asks ' || cast(expectation_count as varchar) || ' things; it asked ' || cast(expectation_count_before as varchar) || '.' end",
    ], ' ') }} as reason,
    first_run_id as run_id,
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
