with repositories as (
    select distinct repo_id
    from {{ ref('stg_github__repositories') }}
    where _day = {{ as_of_day() }} and repo_id is not null
),

asked as (
    select repo_id, max(case when error_code is null then 1 else 0 end) as is_answered, count(key_id) as keys
    from {{ ref('stg_github_keys__deploy_keys') }}
    where _day = {{ as_of_day() }}
    group by repo_id
),

regions as (
    select region, max(case when error_code is null then 1 else 0 end) as is_answered, count(key_pair_id) as keys
    from {{ ref('stg_aws_key_pairs__key_pairs') }}
    where _day = {{ as_of_day() }}
    group by region
),

checks as (
    select
        'repositories_asked' as check_name,
        'github_keys.deploy_keys' as scope,
        count(repositories.repo_id) as expected,
        count(asked.repo_id) as actual,
        count(repositories.repo_id) = count(asked.repo_id) and count(repositories.repo_id) > 0 as passed,
        'repositories of the organisation whose deploy keys were asked for' as detail
    from repositories
    left join asked on asked.repo_id = repositories.repo_id
    union all
    select
        'regions_answered',
        'aws_key_pairs.key_pairs',
        count(*),
        coalesce(sum(is_answered), 0),
        count(*) > 0 and count(*) = coalesce(sum(is_answered), 0),
        'enabled regions whose key pairs were listed'
    from regions
    union all
    -- Only there to prove an empty population.
    select 'no_keys', 'github_keys.deploy_keys', 0, 0, true, 'keys in the listings of the day, each of which was answered'
    from (select count(*) as units, sum(is_answered) as answered, sum(keys) as keys from (select * from asked union all select * from regions) as listed) as figures
    where figures.units > 0
        and figures.answered = figures.units
        and figures.keys = 0
        and not exists (select 1 from {{ ref('dim_ssh_key') }})
)

select
    check_name,
    scope,
    cast(expected as bigint) as expected,
    cast(actual as bigint) as actual,
    passed,
    detail
from checks
