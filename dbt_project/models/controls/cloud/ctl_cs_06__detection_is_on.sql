with regional as (
    select
        region,
        service,
        coalesce(resource_id, service || ' of ' || region) as resource,
        settings,
        error_code is not null as is_refused
    from {{ ref('stg_aws_monitoring__resources') }}
    where _day = {{ as_of_day() }} and service in ('config', 'securityhub')
),

-- A region records when one of its recorders runs and did not fail to deliver.
recorded as (
    select
        regional.region,
        regional.resource,
        regional.is_refused,
        max(case
            when {{ json_bool('state.element', '$.recording') }} and coalesce({{ json_text('state.element', '$.lastStatus') }}, 'Pending') not ilike 'failure'
                then 1
            else 0
        end) = 1 as is_recording
    from regional
    left join lateral {{ json_each(json_value('regional.settings', '$.Status')) }} as state on true
    where regional.service = 'config'
    group by regional.region, regional.resource, regional.is_refused
),

detectors as (
    select
        region,
        max(account_id) as account_id,
        max(case when error_code is not null then 1 else 0 end) = 1 as is_refused,
        max(case when status = 'ENABLED' then 1 else 0 end) = 1 as is_on,
        max(case
            when status = 'ENABLED' and {{ includes(json_texts_where('features', 'Status', 'Name', 'CLOUD_TRAIL'), "'ENABLED'") }} then 1
            else 0
        end) = 1 as reads_trail
    from {{ ref('stg_aws_guardduty__detectors') }}
    where _day = {{ as_of_day() }}
    group by region
),

-- A finding is as its newest reading says.
findings as (
    select *
    from {{ ref('stg_aws_guardduty__findings') }}
    where _day <= {{ as_of_day() }} and finding_id is not null and updated_at <= {{ as_of() }} and not is_sample
    qualify row_number() over (partition by finding_id order by updated_at desc, _day desc, _seq desc) = 1
),

population as (
    select
        'config_recorder_all_regions' as demand,
        resource,
        region,
        case when not is_recording then 'NOT_RECORDED' end as code,
        is_refused as is_unknown
    from recorded

    union all

    select
        'securityhub_on',
        resource,
        region,
        case when {{ json_text('settings', '$.Hub.HubArn') }} is null then 'NO_HUB' end,
        is_refused
    from regional
    where service = 'securityhub'

    union all

    select
        'guardduty_on',
        'detector of ' || region,
        region,
        case when not is_on then 'NO_DETECTOR' end,
        is_refused
    from detectors

    union all

    select
        'cloudtrail_threat_detection',
        'trail analysis of ' || region,
        region,
        case when not reads_trail then 'TRAIL_NOT_ANALYSED' end,
        is_refused
    from detectors

    union all

    select
        'guardduty_findings_handled',
        finding_id,
        region,
        case
            when severity_score >= {{ param('high_severity') }} and not coalesce(is_archived, false)
                and updated_at < {{ plus_days(as_of(), '-' ~ param('finding_days')) }}
                then 'FINDING_OPEN'
        end,
        severity_score is null
    from findings

    union all

    -- No finding is an answer only where something looks for them.
    select
        'guardduty_findings_handled',
        'findings of ' || region,
        region,
        null,
        true
    from detectors
    where is_refused
),

judged as (
    select
        *,
        {{ codes([
            ('NOT_RECORDED', "code = 'NOT_RECORDED' and not is_unknown"),
            ('NO_HUB', "code = 'NO_HUB' and not is_unknown"),
            ('NO_DETECTOR', "code = 'NO_DETECTOR' and not is_unknown"),
            ('TRAIL_NOT_ANALYSED', "code = 'TRAIL_NOT_ANALYSED' and not is_unknown"),
            ('FINDING_OPEN', "code = 'FINDING_OPEN' and not is_unknown"),
        ]) }} as codes
    from population
)

select
    demand || '|' || resource as entity_key,
    resource || ': ' || demand as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case when is_unknown then 'Could not be read.' when code is not null then 'Not as the demand asks.' else 'As the demand asks.' end as reason,
    region,
    resource,
    {{ demands([
        ('config_recorder_all_regions', "demand = 'config_recorder_all_regions'"),
        ('securityhub_on', "demand = 'securityhub_on'"),
        ('guardduty_on', "demand = 'guardduty_on'"),
        ('cloudtrail_threat_detection', "demand = 'cloudtrail_threat_detection'"),
        ('guardduty_findings_handled', "demand = 'guardduty_findings_handled'"),
    ]) }} as demands
from judged
