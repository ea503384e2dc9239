with databases as (
    select
        databases.database_id as resource_id,
        databases.name,
        databases.kind,
        databases.region,
        databases.environment,
        databases.owner_key,
        databases.status,
        databases.role,
        coalesce(resilience.is_multi_az, databases.multi_az) as multi_az,
        resilience.availability_zones,
        resilience.replica_zones
    from {{ ref('dim_database') }} as databases
    left join {{ ref('int_database_resilience') }} as resilience on resilience.database_id = databases.database_id
    where databases.valid_to is null
),

balancers as (
    select
        load_balancer_arn, name, 'load balancer', region, cast(null as varchar), cast(null as varchar), state, 'primary',
        cast(null as boolean), availability_zones, {{ empty_codes() }}
    from {{ ref('stg_aws_edge__load_balancers') }}
    where _day = {{ as_of_day() }} and load_balancer_arn is not null
    qualify row_number() over (partition by load_balancer_arn order by _seq) = 1
),

resources as (
    select * from databases
    union all
    select * from balancers
),

weighed as (
    select
        *,
        {{ count_distinct_of('availability_zones') }} as zone_count,
        {{ count_distinct_of('replica_zones', 'availability_zones') }} as zone_count_with_replicas,
        lower(coalesce(status, '')) in ('deleting', 'deleted', 'failed') as is_leaving,
        coalesce(environment in ('staging', 'development'), false) as is_other_environment
    from resources
),

decided as (
    select
        *,
        case
            when kind = 'load balancer' then case when zone_count > 0 then zone_count >= {{ param('min_zones') }} end
            -- The flag of a cluster follows its replicas; where its members are is what counts.
            when kind = 'cluster' then case when zone_count > 0 then zone_count >= {{ param('min_zones') }} end
            when coalesce(multi_az, false) then true
            when kind = 'instance' and zone_count_with_replicas >= {{ param('min_zones') }} then true
            else multi_az
        end as survives
    from weighed
),

judged as (
    select
        *,
        {{ codes([
            ('SINGLE_AZ', "kind <> 'load balancer' and not survives"),
            ('SINGLE_ZONE_LB', "kind = 'load balancer' and not survives"),
        ]) }} as found,
        is_leaving or role in ('member', 'replica') or is_other_environment as is_excluded
    from decided
),

listed as (
    select *, case when is_excluded then {{ empty_codes() }} else found end as codes
    from judged
)

select
    resource_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='survives is null', excluded='is_excluded', pending="lower(coalesce(status, '')) = 'provisioning'") }} as result,
    codes,
    case
        when role = 'member' then 'Member of a cluster, which is judged as a whole.'
        when role = 'replica' then 'Replica: its source is judged.'
        when is_leaving then 'Being deleted, or never came into being.'
        when is_other_environment then 'Serves ' || environment || ', not production.'
        when lower(coalesce(status, '')) = 'provisioning' then 'Being made.'
        when survives is null then 'The provider does not say in which zones it is.'
        when not survives and kind = 'cache' then 'No replica in another zone takes over by itself.'
        when not survives then 'Lives in one zone' || coalesce(' (' || {{ joined('availability_zones') }} || ')', '') || ' and has nothing to fail over to.'
        when zone_count >= {{ param('min_zones') }} then 'Spans ' || {{ joined('availability_zones') }} || '.'
        when coalesce(multi_az, false) then 'The provider fails over to another zone.'
        else 'A replica in another zone can be promoted.'
    end as reason,
    resource_id,
    kind,
    region,
    coalesce(environment, 'production') as environment,
    availability_zones as zones,
    multi_az
from listed
