with events as (
    select * from {{ source('ledger', 'exception_events') }} where logical_date < {{ as_of_day() }}
),

counted as (
    select
        count(case when to_state = 'open' and coalesce(from_state in ('remediated', 'closed_entity_removed'), true) then 1 end)
        - count(case when to_state in ('remediated', 'closed_entity_removed') then 1 end) as open_exceptions
    from events
),

judged as (
    select
        count(case when decision is null then 1 end) as exceptions,
        count(decision) as decisions
    from {{ ref('ctl_ev_06__exceptions_are_governed') }}
),

register as (
    select count(*) as decisions from ({{ newest(ref('stg_registers__exception_decisions')) }}) as decisions
),

in_scope as (
    select controls.control_id
    from {{ source('meta', 'controls') }} as controls
    left join {{ ref('dim_scope') }} as scope
        on controls.category = scope.category
    -- This control's own run of yesterday says nothing about the others.
    where coalesce(scope.in_scope, true) and controls.control_id <> '{{ control_meta().reconciles }}'
),

newest_runs as (
    select * from {{ source('ledger', 'control_runs') }}
    where logical_date < {{ as_of_day() }}
    qualify row_number() over (partition by control_id order by logical_date desc, started_at desc, run_id desc) = 1
),

tested as (
    select
        count(*) as controls,
        count(case when runs.status in ('pass', 'fail') or runs.reason = 'NO_OCCURRENCE' then 1 end) as tested
    from in_scope
    left join newest_runs as runs
        on in_scope.control_id = runs.control_id
        and runs.logical_date = (select max(logical_date) from newest_runs)
),

checks as (
    select
        'opened_less_closed' as check_name,
        'exceptions' as scope,
        counted.open_exceptions as expected,
        judged.exceptions as actual,
        'intervals opened less intervals closed, from the events, against rows' as detail
    from counted
    cross join judged

    union all

    select
        'decisions_of_the_register',
        'registers.exception_decisions',
        register.decisions,
        judged.decisions,
        'rows of the register against rows'
    from register
    cross join judged

    union all

    -- Only said when it holds: a check that fails would stop the control from being judged at all.
    select
        'every_control_tested_and_no_exception',
        'controls in scope',
        tested.controls,
        tested.tested,
        'every control in scope was tested on the day before and nothing is open or decided'
    from tested
    cross join judged
    where tested.controls > 0 and tested.controls = tested.tested and judged.exceptions = 0 and judged.decisions = 0
)

{{ checks_agree('checks') }}
