with merged as (
    select distinct
        repo_id,
        pr_number,
        repo_full_name,
        owner_key,
        in_scope,
        exclusion_reason,
        sha,
        merged_at
    from {{ ref('fct_pr_required_check') }}
),

test_types as (
    {%- for type in param_value('test_types') or [] %}
    select '{{ type }}' as test_type
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

register as (
    select * from ({{ newest(ref('stg_registers__check_map')) }}) as listed
),

-- A repository's own rows for a type replace those for every repository.
mapped as (
    select
        merged.repo_id,
        merged.pr_number,
        register.test_type,
        register.context,
        register.waiver_reason,
        register.approved_by
    from merged
    inner join register on register.repo = merged.repo_full_name

    union all

    select
        merged.repo_id,
        merged.pr_number,
        register.test_type,
        register.context,
        register.waiver_reason,
        register.approved_by
    from merged
    inner join register on register.repo = '*'
    where not exists (
        select 1
        from register as own
        where own.repo = merged.repo_full_name and own.test_type = register.test_type
    )
),

configured as (
    select
        repo_id,
        pr_number,
        test_type,
        max(case when context is not null then 1 else 0 end) = 1 as is_configured,
        max(case when context is null and waiver_reason is not null and approved_by is not null then waiver_reason end) as waiver_reason
    from mapped
    group by repo_id, pr_number, test_type
),

runs as (
    select
        merged.repo_id,
        merged.pr_number,
        mapped.test_type,
        checks.context,
        checks.conclusion,
        checks.started_at,
        checks.completed_at,
        checks.check_id,
        coalesce(checks.completed_at <= merged.merged_at, false) as is_completed,
        coalesce(checks.started_at <= merged.merged_at, checks.completed_at <= merged.merged_at, false) as is_started
    from merged
    inner join mapped on mapped.repo_id = merged.repo_id and mapped.pr_number = merged.pr_number
    inner join {{ ref('fct_check_run') }} as checks
        on checks.repo_id = merged.repo_id
        and checks.sha = merged.sha
        and {{ matches_pattern('checks.context', 'mapped.context') }}
    where mapped.context is not null
),

-- Of each check the latest attempt completed before the merge counts; one of a matrix that failed fails the type.
latest as (
    select *
    from runs
    where is_completed
    qualify row_number() over (
        partition by repo_id, pr_number, test_type, context order by completed_at desc, started_at desc, check_id desc
    ) = 1
),

started as (
    select
        runs.repo_id,
        runs.pr_number,
        runs.test_type,
        {{ distinct_texts('runs.context') }} as contexts,
        count(distinct runs.context) as contexts_started,
        count(distinct latest.context) as contexts_completed,
        count(distinct case when {{ item_in('latest.conclusion', param('success_conclusions')) }} then latest.context end) as contexts_passed,
        min(case when not {{ item_in('latest.conclusion', param('success_conclusions')) }} then latest.conclusion end) as failed_conclusion
    from runs
    left join latest
        on latest.repo_id = runs.repo_id
        and latest.pr_number = runs.pr_number
        and latest.test_type = runs.test_type
        and latest.context = runs.context
    where runs.is_started
    group by runs.repo_id, runs.pr_number, runs.test_type
),

assessed as (
    select
        merged.*,
        test_types.test_type,
        coalesce(configured.is_configured, false) as is_configured,
        configured.waiver_reason,
        started.contexts,
        started.contexts_started,
        started.contexts_completed,
        started.contexts_passed,
        started.failed_conclusion,
        merged.sha is null as is_unknown,
        not merged.in_scope or configured.waiver_reason is not null as is_excluded
    from merged
    cross join test_types
    left join configured
        on configured.repo_id = merged.repo_id
        and configured.pr_number = merged.pr_number
        and configured.test_type = test_types.test_type
    left join started
        on started.repo_id = merged.repo_id
        and started.pr_number = merged.pr_number
        and started.test_type = test_types.test_type
),

judged as (
    select
        *,
        {{ codes([
            ('TYPE_NOT_CONFIGURED', 'not is_excluded and not is_configured'),
            ('TYPE_NOT_RUN', 'not is_excluded and not is_unknown and is_configured and contexts_started is null'),
            ('TYPE_FAILED', 'not is_excluded and not is_unknown and is_configured and contexts_passed < contexts_started'),
        ]) }} as codes
    from assessed
)

select
    repo_id || '|' || cast(pr_number as varchar) || '|' || test_type as entity_key,
    coalesce(repo_full_name, repo_id) || '#' || cast(pr_number as varchar) || ' ' || test_type as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when not in_scope then 'The repository is out of scope: ' || coalesce(exclusion_reason, 'no reason given') || '.'
        when waiver_reason is not null then 'Waived: ' || waiver_reason || '.'
        when not is_configured then 'No check of the repository is registered as ' || test_type || ' test, and nobody approved a waiver.'
        when is_unknown then 'Which commit was merged is not known.'
        when contexts_started is null then 'No ' || test_type || ' test had started on the merged commit before the merge.'
        when contexts_completed < contexts_started then 'A ' || test_type || ' test was still running at the merge.'
        when contexts_passed < contexts_started then 'The latest ' || test_type || ' test before the merge ended as ' || coalesce(failed_conclusion, 'nothing') || '.'
        else 'Passed before the merge: ' || {{ comma_separated('contexts') }} || '.'
    end as reason,
    repo_full_name as repo,
    pr_number,
    test_type,
    sha,
    coalesce(contexts, {{ empty_codes() }}) as contexts,
    case when contexts_passed = contexts_started then 'success' else failed_conclusion end as conclusion
from judged
