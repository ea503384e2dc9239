with engagement as (
    select
        window_start,
        {{ local_to_utc('cast(window_start as timestamp)', 'time_zone') }} as window_start_at
    from {{ ref('dim_engagement') }}
),

employees as (
    select *
    from {{ ref('stg_hris__employees') }}
    where error_code is null
    qualify row_number() over (partition by employee_id order by _day desc, _seq desc) = 1
),

ends as (
    select distinct 'hris:' || employee_id as record_key, effective_date as end_date
    from (
        select *
        from {{ ref('stg_hris__employment_status') }}
        where error_code is null
        qualify _day = max(_day) over (partition by employee_id)
    ) as status_rows
    where lower(employment_status) = 'terminated'
),

contract_ends as (
    select distinct 'contractor:' || person_id as record_key, end_date
    from ({{ newest(ref('stg_registers__contractors')) }}) as contracts
    where end_date is not null
),

all_ends as (
    select * from ends
    union all
    select * from contract_ends
),

spells as (
    select
        spells.*,
        spells.end_effective_at <= {{ as_of() }} and spells.end_effective_at >= engagement.window_start_at as is_due
    from {{ ref('dim_employment_spell') }} as spells
    cross join engagement
),

people as (select * from {{ ref('int_people_merged') }}),

{#- A rehired employee's report no longer shows the earlier end: the history has at least the report's ends. #}
reported as (
    select
        count(*) as expected,
        count(ends.record_key) as actual
    from employees
    cross join engagement
    left join ends on ends.record_key = 'hris:' || employees.employee_id and ends.end_date = employees.termination_date
    where employees.termination_date >= engagement.window_start and employees.termination_date <= {{ as_of_day() }}
),

history as (
    select
        count(*) as expected,
        count(spells.spell_id) as actual
    from all_ends
    cross join engagement
    left join (
        select distinct spells.spell_id, spells.end_date, people.record_key
        from spells
        inner join people on people.person_key = spells.person_key and spells.spell_id like people.record_key || ':%'
    ) as spells on spells.record_key = all_ends.record_key and spells.end_date = all_ends.end_date
    where all_ends.end_date >= engagement.window_start and all_ends.end_date <= {{ as_of_day() }}
),

listed as (
    select
        (select count(*) from spells where is_due) as expected,
        (select count(distinct spell_id) from {{ ref('ctl_ac_14__leavers_lose_access') }}) as actual
),

users as (
    select distinct user_id
    from {{ ref('stg_okta__users') }}
    where _day = {{ as_of_day() }} and error_code is null
),

deleted as (
    select distinct target_user_id as user_id
    from {{ ref('int_okta_events_deduplicated') }}
    where event_type like 'user.lifecycle.delete.%' and outcome = 'SUCCESS'
),

deprovisioned as (
    select
        count(*) as expected,
        count(users.user_id) as actual
    from (
        select distinct target_user_id as user_id
        from {{ ref('int_okta_events_deduplicated') }}
        where event_type = 'user.lifecycle.deactivate' and outcome = 'SUCCESS' and target_user_id is not null
    ) as deactivated
    left join deleted on deleted.user_id = deactivated.user_id
    left join users on users.user_id = deactivated.user_id
    where deleted.user_id is null
),

complete_extracts as (
    select count(distinct source_id) as complete
    from {{ source('meta', 'selected_runs') }}
    where source_id in ('hris.employment_status', 'registers.contractors')
        and logical_date = {{ as_of_day() }}
        and status = 'complete'
),

checks as (
    select 'report_ends_in_history' as check_name, 'hris.employment_status' as scope, expected, actual,
        'employees with an end in the window against those whose status history has it' as detail
    from reported

    union all

    select 'history_ends_are_spells', 'hris.employment_status, registers.contractors', expected, actual,
        'ends in the window in HR''s history and the contractor register against ended spells'
    from history

    union all

    select 'ended_spells_listed', 'dim_employment_spell', expected, actual,
        'ended spells in the window against spells this control lists, those without any account included'
    from listed

    union all

    select 'deprovisioned_listed', 'okta.users', expected, actual,
        'users the system log saw deactivated and not deleted against those of them that are listed'
    from deprovisioned

    union all

    select 'no_ends_in_window', 'hris.employment_status, registers.contractors', 0, listed.expected,
        'both extracts of the day are complete and contain no end in the window'
    from listed
    cross join complete_extracts
    cross join history
    where listed.expected = 0 and history.expected = 0 and complete_extracts.complete = 2
)

{{ checks_agree('checks', unread_fails=true) }}
