with slas as (
    {{ newest(ref('stg_registers__slas')) }}
),

plans as (
    {{ newest(ref('stg_registers__dr_plans')) }}
),

-- The strictest objective of the services that cannot live without a store counts.
critical as (
    select
        item.store_id,
        {{ joined(ordered_list('slas.service_id', 'slas.service_id')) }} as services,
        min({{ number_of('slas.rto_minutes') }}) as rto_objective,
        min({{ number_of('slas.rpo_minutes') }}) as rpo_objective
    from slas
    cross join {{ each_item('slas.critical_stores') }} as item(store_id)
    where item.store_id <> ''
    group by item.store_id
),

tests as (
    select
        test_id,
        store_id,
        held_at,
        {{ number_of('rto_minutes') }} as rto_minutes,
        {{ number_of('rpo_minutes') }} as rpo_minutes,
        result = 'failed' as is_failed,
        nullif(trim(report_uri), '') as report
    from ({{ newest(ref('stg_registers__dr_tests')) }}) as registered
    -- A pass that nobody can read about proves nothing.
    where result = 'failed' or nullif(trim(report_uri), '') is not null
    union all
    -- A job that completed without a check of what came back proves as little.
    select
        job_id,
        store_id,
        coalesce(completed_at, started_at),
        {{ hours_between('started_at', 'completed_at') }} * 60,
        {{ hours_between('recovery_point_at', 'started_at') }} * 60,
        upper(state) <> 'COMPLETED' or upper(validation) = 'FAILED',
        job_id
    from {{ ref('stg_aws_availability__restore_jobs') }}
    where job_id is not null
        and _day <= {{ as_of_day() }}
        and (upper(state) in ('FAILED', 'ABORTED') or (upper(state) = 'COMPLETED' and upper(validation) in ('SUCCESSFUL', 'FAILED')))
    qualify row_number() over (partition by job_id order by _day desc) = 1
),

latest as (
    select *
    from tests
    where held_at <= {{ as_of() }}
    qualify row_number() over (partition by store_id order by held_at desc, test_id desc) = 1
),

members as (
    select
        critical.store_id,
        coalesce(stores.name, {{ last_part('critical.store_id') }}) as name,
        'store' as kind,
        stores.owner_key,
        critical.services,
        critical.rto_objective,
        critical.rpo_objective,
        stores.created_at,
        true as is_approved
    from critical
    left join {{ ref('dim_data_store') }} as stores on stores.store_id = critical.store_id
    union all
    select
        plans.plan_id, coalesce(plans.title, plans.plan_id), 'plan', people.person_key, null, null, null, null,
        nullif(trim(plans.approved_by), '') is not null and plans.approved_at <= {{ as_of() }}
    from plans
    left join {{ ref('int_person_refs') }} as people on people.ref = plans.owner_id
    union all
    select 'plan', 'Disaster recovery plan', 'plan', null, null, null, null, null, false
    where not exists (select 1 from plans)
),

timed as (
    select
        members.*,
        latest.test_id,
        latest.held_at as tested_at,
        latest.rto_minutes,
        latest.rpo_minutes,
        latest.report,
        coalesce(latest.is_failed, false) as is_failed,
        coalesce({{ plus_months('latest.held_at', param('max_age_months')) }} >= {{ as_of_day() }}, false) as is_current,
        coalesce({{ plus_days('members.created_at', param('new_store_grace_days')) }} > {{ as_of() }}, false) as is_new
    from members
    left join latest on latest.store_id = members.store_id
),

judged as (
    select
        *,
        {{ codes([
            ('NO_RESTORE_TEST', 'not is_current and not is_new'),
            ('RESTORE_FAILED', 'is_failed'),
            ('RTO_MISSED', 'is_current and not is_failed and rto_minutes > rto_objective'),
            ('RPO_MISSED', 'is_current and not is_failed and rpo_minutes > rpo_objective'),
            ('NO_DR_PLAN', 'not coalesce(is_approved, false)'),
        ]) }} as codes,
        is_current
        and not is_failed
        and ((rto_objective is not null and rto_minutes is null) or (rpo_objective is not null and rpo_minutes is null))
            as is_unknown
    from timed
)

select
    store_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='is_new and not is_current and ' ~ is_empty_list('codes')) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NO_DR_PLAN'") ~ " then 'No approved plan' end",
                "case when " ~ includes('codes', "'NO_RESTORE_TEST'") ~ " then 'Last tested ' || coalesce('on ' || cast(cast(tested_at as date) as varchar), 'never') end",
                "case when " ~ includes('codes', "'RESTORE_FAILED'") ~ " then 'The latest test failed' end",
                "case when " ~ includes('codes', "'RTO_MISSED'") ~ " then 'Restoring took ' || cast(cast(rto_minutes as bigint) as varchar) || ' minutes, allowed are ' || cast(cast(rto_objective as bigint) as varchar) end",
                "case when " ~ includes('codes', "'RPO_MISSED'") ~ " then 'The point restored was ' || cast(cast(rpo_minutes as bigint) as varchar) || ' minutes old, allowed are ' || cast(cast(rpo_objective as bigint) as varchar) end",
            ]) }} || '.'
        when is_unknown then 'The latest test does not say how long it took or how old the point was.'
        when not is_current then 'New: its first test is still to come.'
        when kind = 'plan' then 'Approved, and exercised on ' || cast(cast(tested_at as date) as varchar) || '.'
        else 'Restored within its objectives on ' || cast(cast(tested_at as date) as varchar) || '.'
    end as reason,
    store_id,
    kind,
    services,
    test_id,
    tested_at,
    rto_minutes as rto,
    rpo_minutes as rpo,
    rto_objective,
    rpo_objective,
    case when test_id is null then null when is_failed then 'failed' else 'passed' end as test_result,
    report
from judged
