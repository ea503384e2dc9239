with judged as (
    select * from {{ ref('ctl_en_12__plaintext_is_refused_inside') }}
),

listed as (
    select database_id, region, error_code, 'aws_data.db_instances' as source_table, cluster_name is null as is_counted
    from {{ ref('stg_aws_data__db_instances') }}
    where _day = {{ as_of_day() }}
    union all
    select database_id, region, error_code, 'aws_data.db_clusters', true
    from {{ ref('stg_aws_data__db_clusters') }}
    where _day = {{ as_of_day() }}
    union all
    select database_id, region, error_code, 'aws_data.cache_groups', true
    from {{ ref('stg_aws_data__cache_groups') }}
    where _day = {{ as_of_day() }}
    union all
    select database_id, region, error_code, 'aws_data.redshift_clusters', true
    from {{ ref('stg_aws_data__redshift_clusters') }}
    where _day = {{ as_of_day() }}
),

enabled as (
    select region
    from {{ ref('stg_aws_data__regions') }}
    where _day = {{ as_of_day() }} and is_enabled
),

checks as (
    select
        'buckets_judged' as check_name,
        'aws_storage.buckets' as scope,
        (select count(*) from {{ ref('stg_aws_storage__buckets') }} where _day = {{ as_of_day() }} and bucket_name is not null) as expected,
        (select count(*) from judged where kind = 'bucket') as actual,
        'buckets the provider lists, each a row of the population' as detail

    union all

    select
        'databases_judged',
        'aws_data',
        (select count(distinct database_id) from listed where is_counted),
        (select count(*) from judged where kind not in ('bucket', 'region')),
        'databases the provider lists without members of clusters, each a row of the population'

    union all

    select
        'regions_read',
        asked.source_table,
        (select count(*) from enabled),
        count(distinct listed.region),
        'enabled regions that answered'
    from (select distinct source_table from listed) as asked
    left join listed
        on listed.source_table = asked.source_table and listed.error_code is null
        and listed.region in (select region from enabled)
    group by asked.source_table
)

{{ checks_agree('checks', also="(check_name <> 'regions_read' or expected > 0)") }}
