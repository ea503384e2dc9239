-- What each alarm has to count, and the filters that count it. A filter is taken apart at its ||: whatever brackets it
-- has, each alternative is a list of terms, and a condition that narrows all of them stays with at least one.
with wanted as (
    select
        demand_id,
        pattern_id,
        term,
        count(*) over (partition by pattern_id) as events
    from {{ ref('alarm_patterns') }}
    where role = 'event'
),

trails as (
    select
        trail.trail_arn,
        trail.home_region,
        trail.log_group_arn,
        status.is_logging
    from {{ ref('stg_aws_trail_config__trails') }} as trail
    left join {{ ref('stg_aws_trail_config__trail_status') }} as status
        on status._day = trail._day and status.trail_arn = trail.trail_arn
    where trail._day = {{ as_of_day() }} and trail.is_multi_region
    qualify row_number() over (partition by trail.trail_arn order by trail._seq) = 1
),

account as (
    select max(caller_account_id) as account_id
    from {{ ref('stg_aws_trail_config__trails') }}
    where _day = {{ as_of_day() }}
    having count(*) > 0
),

-- Regions where a filter or an alarm may stand that could not be seen.
refused as (
    select region from {{ ref('stg_aws_services__resources') }} where _day = {{ as_of_day() }} and service = 'logs' and error_code is not null
    union
    select region from {{ ref('stg_aws_availability__alarms') }} where _day = {{ as_of_day() }} and error_code is not null
),

filters as (
    select
        listed.region,
        {{ json_text('item.element', '$.filterName') }} as filter_name,
        {{ json_text('item.element', '$.metricTransformations[0].metricName') }} as metric_name,
        {{ json_text('item.element', '$.metricTransformations[0].metricNamespace') }} as namespace,
        {{ without_characters(json_text('item.element', '$.filterPattern'), '{}() "') }} as pattern
    from {{ ref('stg_aws_services__resources') }} as listed
    cross join lateral {{ json_each(json_value('listed.settings', '$.MetricFilters')) }} as item
    -- Into another group the trail writes nothing: a filter there counts nothing.
    inner join trails on trails.log_group_arn = listed.resource_id || ':*' and trails.is_logging
    where listed._day = {{ as_of_day() }} and listed.service = 'logs'
),

alternatives as (
    select
        filters.*,
        alternative.value as alternative
    from filters
    cross join {{ each_item(split_text('filters.pattern', '||')) }} as alternative(value)
),

terms as (
    select
        alternatives.*,
        term.value as term
    from alternatives
    cross join {{ each_item(split_text('alternatives.alternative', '&&')) }} as term(value)
),

-- Each term of an alternative is the event or a condition that leaves nothing out.
counted as (
    select
        wanted.pattern_id,
        wanted.term,
        terms.region,
        terms.filter_name,
        terms.metric_name,
        terms.namespace,
        terms.alternative
    from wanted
    cross join terms
    left join {{ ref('alarm_patterns') }} as allowed
        on allowed.pattern_id = wanted.pattern_id and allowed.role = 'condition' and allowed.term = terms.term
    group by all
    having max(case when {{ matches_pattern('wanted.term', 'terms.term') }} then 1 else 0 end) = 1
        and min(case when {{ matches_pattern('wanted.term', 'terms.term') }} or allowed.term is not null then 1 else 0 end) = 1
),

covering as (
    select
        counted.pattern_id,
        counted.region,
        counted.filter_name,
        max(case when alarms.alarm_name is not null then 1 else 0 end) = 1 as has_alarm,
        max(case when alarms.has_actions_enabled and not {{ is_empty_list('alarms.alarm_actions') }} then 1 else 0 end) = 1 as rings
    from counted
    inner join (select distinct pattern_id, events from wanted) as asked on asked.pattern_id = counted.pattern_id
    left join {{ ref('stg_aws_availability__alarms') }} as alarms
        on alarms._day = {{ as_of_day() }}
        and alarms.region = counted.region
        and alarms.metric_name = counted.metric_name
        and alarms.namespace = counted.namespace
    group by counted.pattern_id, counted.region, counted.filter_name
    having count(distinct counted.term) = max(asked.events)
),

patterns as (
    select
        wanted.demand_id as demand,
        wanted.pattern_id || ' of ' || account.account_id as resource,
        max(covering.region) as region,
        max(covering.filter_name) as filter_name,
        max(case when covering.filter_name is not null then 1 else 0 end) = 1 as has_filter,
        max(case when covering.has_alarm then 1 else 0 end) = 1 as has_alarm,
        max(case when covering.rings then 1 else 0 end) = 1 as rings
    from wanted
    cross join account
    left join covering on covering.pattern_id = wanted.pattern_id
    group by wanted.demand_id, wanted.pattern_id, account.account_id
),

population as (
    select
        demand,
        resource,
        region,
        filter_name,
        case
            when not has_filter then 'NO_FILTER'
            when not has_alarm then 'NO_ALARM'
            when not rings then 'ALARM_WITHOUT_ACTION'
        end as code,
        -- What is missing may stand where nobody could look, or belong to a trail that did not say whether it logs.
        not rings and (
            exists (select 1 from refused)
            or exists (select 1 from trails where is_logging is null)
        ) as is_unknown
    from patterns

    union all

    select
        'cloudtrail_to_cloudwatch',
        trail_arn,
        home_region,
        null,
        case when log_group_arn is null then 'NO_LOG_GROUP' end,
        false
    from trails

    union all

    select
        'alarm_has_action',
        coalesce(alarm_arn, 'alarms of ' || region),
        region,
        null,
        case when alarm_arn is not null and (not has_actions_enabled or {{ is_empty_list('alarm_actions') }}) then 'SILENT_ALARM' end,
        error_code is not null
    from {{ ref('stg_aws_availability__alarms') }}
    where _day = {{ as_of_day() }} and (alarm_arn is not null or error_code is not null)
),

judged as (
    select
        *,
        {{ codes([
            ('NO_FILTER', "code = 'NO_FILTER' and not is_unknown"),
            ('NO_ALARM', "code = 'NO_ALARM' and not is_unknown"),
            ('ALARM_WITHOUT_ACTION', "code = 'ALARM_WITHOUT_ACTION' and not is_unknown"),
            ('NO_LOG_GROUP', "code = 'NO_LOG_GROUP'"),
            ('SILENT_ALARM', "code = 'SILENT_ALARM'"),
        ]) }} as codes
    from population
)

select
    demand || '|' || resource as entity_key,
    resource || ': ' || demand as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when is_unknown then 'Cannot be judged: a region, or whether the trail logs, could not be read.'
        when code = 'NO_FILTER' then 'No metric filter over the log group of a trail that logs counts all events that it has to.'
        when code = 'NO_ALARM' then 'Filter ' || filter_name || ' counts them, and no alarm watches its metric.'
        when code = 'ALARM_WITHOUT_ACTION' then 'Filter ' || filter_name || ' counts them, and its alarm tells nobody.'
        when code = 'NO_LOG_GROUP' then 'The trail writes to no log group, so no filter can count its events.'
        when code = 'SILENT_ALARM' then 'The alarm does nothing when it goes off.'
        when filter_name is not null then 'Filter ' || filter_name || ' counts them and its alarm tells somebody.'
        else 'As the demand asks.'
    end as reason,
    region,
    resource,
    filter_name,
    {{ demands([
        ('alarm_auth_failures', "demand = 'alarm_auth_failures'"),
        ('alarm_unauthorized_api', "demand = 'alarm_unauthorized_api'"),
        ('alarm_login_without_mfa', "demand = 'alarm_login_without_mfa'"),
        ('alarm_iam_policy_change', "demand = 'alarm_iam_policy_change'"),
        ('alarm_cloudtrail_config_change', "demand = 'alarm_cloudtrail_config_change'"),
        ('alarm_aws_config_change', "demand = 'alarm_aws_config_change'"),
        ('alarm_cmk_deletion', "demand = 'alarm_cmk_deletion'"),
        ('alarm_bucket_policy', "demand = 'alarm_bucket_policy'"),
        ('alarm_security_group', "demand = 'alarm_security_group'"),
        ('alarm_network', "demand = 'alarm_network'"),
        ('alarm_organizations', "demand = 'alarm_organizations'"),
        ('alarm_has_action', "demand = 'alarm_has_action'"),
        ('cloudtrail_to_cloudwatch', "demand = 'cloudtrail_to_cloudwatch'"),
    ]) }} as demands
from judged
