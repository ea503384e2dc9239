{%- set bots = param_value('allowed_bot_paths') or {} -%}

with commits as (
    select
        commits.*,
        repos.exclusion_reason,
        repos.owner_key as repo_owner_key,
        commits.activity_type in ('pr_merge', 'merge_queue_merge') as is_merge,
        {% if bots %}commits.actor_login in ({% for bot in bots %}'{{ bot | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}){% else %}false{% endif %} as is_listed_bot,
        -- Null when the files of the push are not known whole.
        case
            when {{ list_count('commits.changed_paths') }} = 0 then null
            {% for bot, globs in bots.items() -%}
            when commits.actor_login = '{{ bot | replace("'", "''") }}' then {{ all_match_patterns('commits.changed_paths', globs) }}
            {% endfor -%}
            else false
        end as is_within_paths
    from {{ ref('fct_branch_commit') }} as commits
    left join {{ ref('dim_repo') }} as repos using (repo_id)
),

flagged as (
    select
        *,
        not in_scope
            or (coverage = 'baseline' and {{ param('grace_initial_commit') }}) as is_excluded,
        is_listed_bot and not is_merge and coverage in ('none', 'indirect_merge', 'wrong_base') as is_bot_push,
        coverage = 'unread'
        or (is_listed_bot and not is_merge and coverage in ('none', 'indirect_merge', 'wrong_base') and is_within_paths is null)
            as is_unknown
    from commits
),

allowed as (
    select *, is_bot_push and coalesce(is_within_paths, false) as is_allowed from flagged
),

coded as (
    select
        *,
        {{ codes([
            ('DIRECT_PUSH', "not is_merge and not is_unknown and not is_allowed and coverage in ('none', 'baseline', 'wrong_base')"),
            ('INDIRECT_MERGE', "not is_merge and not is_unknown and not is_allowed and coverage = 'indirect_merge'"),
            ('COMMIT_WITHOUT_PR', "is_merge and not is_unknown and coverage in ('none', 'indirect_merge', 'wrong_base')"),
            ('WRONG_BASE_PR', "not is_unknown and not is_allowed and coverage = 'wrong_base'"),
        ]) }} as found_codes
    from allowed
),

final as (
    select *, case when is_excluded then {{ empty_list() }} else found_codes end as codes
    from coded
)

select
    repo_id || '|' || branch || '|' || commit_sha as entity_key,
    repo_full_name || '@' || branch || ' ' || substr(commit_sha, 1, 10) as entity_name,
    repo_owner_key as owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    case
        when not in_scope then 'Repository is out of scope: ' || coalesce(exclusion_reason, 'no reason recorded') || '.'
        when is_excluded then 'First push of a new repository: the baseline that later changes are compared with.'
        when is_unknown and is_bot_push
            then 'Pushed by ' || actor_login || ', which allowed_bot_paths lists; the files it changed are not known whole, so its path limits cannot be checked.'
        when is_allowed
            then 'Pushed by ' || actor_login || ' within the paths that allowed_bot_paths gives it: ' || {{ listed('changed_paths') }} || '.'
        when is_unknown and not is_listed
            then 'The comparison of the ' || activity_type || ' of ' || {{ instant_text('pushed_at') }} || ' could not be read; what it brought is not known.'
        when is_unknown then 'GitHub''s association of this commit with pull requests was not read.'
        when {{ item_in("'WRONG_BASE_PR'", 'codes') }}
            then 'The only merged pull request with this commit is #' || pr_number || ', merged into ' || pr_base_ref || '.'
        when {{ item_in("'INDIRECT_MERGE'", 'codes') }}
            then coalesce(actor_login, 'A deleted account') || ' pushed the commits of #' || pr_number || ' straight to ' || branch || '; GitHub marked it merged because of that.'
        when {{ item_in("'COMMIT_WITHOUT_PR'", 'codes') }}
            then 'Arrived with a merge at ' || {{ instant_text('pushed_at') }} || ' but belongs to no pull request merged by it.'
        when {{ item_in("'DIRECT_PUSH'", 'codes') }}
            then coalesce(actor_login, 'A deleted account') || ' brought it by ' || activity_type || ' at ' || {{ instant_text('pushed_at') }} || '; no pull request merged into ' || branch || ' has it.'
        when coverage = 'branch_point' then 'The branch was cut from a commit that a production branch already had: nothing new.'
        when coverage = 'baseline' then 'First push of a new repository.'
        else 'Came with pull request #' || pr_number || ', merged into ' || branch || ' at ' || {{ instant_text('pr_merged_at') }} || '.'
    end as reason,
    repo_full_name as repo,
    branch,
    commit_sha,
    pushed_at,
    actor_login as actor,
    activity_type,
    pr_number,
    pr_merged_at
from final
