{%- set needs_version = param_value('require_tls_version_condition') -%}
with policies as (
    select *
    from {{ ref('stg_aws_storage__bucket_policies') }}
    where _day = {{ as_of_day() }}
),

buckets as (
    select
        buckets.store_id,
        buckets.bucket_name,
        buckets.region,
        buckets.account_id,
        buckets.owner_key,
        buckets.classification,
        coalesce(buckets.classification = 'public', false) as is_public_data,
        policies.error_code,
        cast(policies.policy as varchar) as policy_statement,
        -- "There is none" is a finding; a refusal, or a document that is none, is no answer.
        coalesce(policies.error_code = 'NoSuchBucketPolicy', false) as has_no_policy,
        policies.policy is null and coalesce(policies.error_code, '') <> 'NoSuchBucketPolicy' as is_unread,
        {{ refuses_plaintext('policies.policy', 'buckets.store_id', '') }} as refuses_bucket,
        {{ refuses_plaintext('policies.policy', 'buckets.store_id', '/') }} as refuses_objects,
        {% if needs_version -%}
        {{ refuses_plaintext('policies.policy', 'buckets.store_id', '', true) }}
            and {{ refuses_plaintext('policies.policy', 'buckets.store_id', '/', true) }}
        {%- else -%} true {%- endif %} as refuses_old_tls
    from {{ ref('dim_bucket') }} as buckets
    left join policies on policies.bucket_name = buckets.bucket_name
    where buckets.valid_to is null
),

refused as (
    select kind, region, account_id, error_code
    from (
        select 'instances' as kind, region, account_id, error_code, _day from {{ ref('stg_aws_data__db_instances') }}
        union all
        select 'clusters', region, account_id, error_code, _day from {{ ref('stg_aws_data__db_clusters') }}
        union all
        select 'caches', region, account_id, error_code, _day from {{ ref('stg_aws_data__cache_groups') }}
        union all
        select 'warehouses', region, account_id, error_code, _day from {{ ref('stg_aws_data__redshift_clusters') }}
    ) as answers
    where _day = {{ as_of_day() }} and error_code is not null
),

population as (
    select
        'bucket' as kind,
        store_id as resource_id,
        bucket_name as name,
        region,
        account_id,
        owner_key,
        cast(null as varchar) as engine,
        policy_statement,
        cast(null as varchar) as parameter,
        cast(null as varchar) as parameter_value,
        not is_unread and not (refuses_bucket and refuses_objects and refuses_old_tls) as is_open,
        is_unread as is_unknown,
        is_public_data as is_excluded,
        case
            when is_public_data then 'Holds public data; reading it without TLS gives nothing away.'
            when is_unread then 'The policy could not be read (' || coalesce(error_code, 'not asked') || ').'
            when has_no_policy then 'The bucket has no policy, so it accepts plain HTTP.'
            when refuses_bucket and not refuses_objects then 'The policy refuses plain HTTP for the bucket, but not for its objects.'
            when refuses_objects and not refuses_bucket then 'The policy refuses plain HTTP for objects, but not for the bucket itself: its list of objects can be read.'
            when not refuses_bucket then 'No statement of the policy refuses plain HTTP to everybody.'
            when not refuses_old_tls then 'The policy refuses plain HTTP, but not TLS below 1.2.'
            else 'The policy refuses plain HTTP.'
        end as reason
    from buckets

    union all

    select
        kind,
        database_id,
        name,
        region,
        account_id,
        owner_key,
        engine,
        null,
        parameter,
        parameter_value,
        coalesce(not forces_tls, false),
        forces_tls is null,
        coalesce(status = 'deleting', false),
        case
            when status = 'deleting' then 'The database is being deleted.'
            when forces_tls then 'Refuses plaintext: ' || parameter || ' = ' || parameter_value || '.'
            when parameter is null then 'Nothing that is known forces TLS for the engine ' || coalesce(engine, '?') || '; an option group may.'
            when parameter_value is null then 'The parameter ' || parameter || ' could not be read.'
            when forces_tls is null then 'Whether ' || parameter || ' = ' || parameter_value || ' holds is not known (' || parameter_status || ').'
            when parameter_status = 'pending-reboot' then 'The parameter ' || parameter || ' = ' || parameter_value || ' waits for a reboot, so it does not hold yet.'
            else 'Accepts plaintext: ' || parameter || ' = ' || parameter_value || '.'
        end
    from {{ ref('fct_db_transport') }}

    union all

    select
        'region', region || '|' || kind, kind || ' of ' || region, region, account_id, null, null, null, null, null, false, true, false,
        'The ' || kind || ' of the region could not be listed (' || error_code || ').'
    from refused
),

judged as (
    select
        *,
        {{ codes([
            ('NO_TLS_DENY', "kind = 'bucket' and is_open and not is_excluded"),
            ('DB_PLAINTEXT_ALLOWED', "kind <> 'bucket' and is_open and not is_excluded"),
        ]) }} as codes
    from population
)

select
    resource_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_excluded') }} as result,
    codes,
    reason,
    kind,
    resource_id,
    region,
    account_id,
    policy_statement,
    parameter,
    parameter_value as value,
    {{ demands([
        ('s3_tls_only', "kind = 'bucket'"),
        ('rds_tls', "kind in ('instance', 'cluster')"),
        ('redshift_tls', "kind = 'warehouse'"),
        ('elasticache_tls', "kind = 'cache'"),
    ]) }} as demands
from judged
