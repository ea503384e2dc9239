with policies as (
    select *
    from ({{ newest(ref('stg_registers__policies')) }}) as register
    where {{ item_in('policy_id', param('policy_ids')) }}
    -- The version in force; a draft when none ever was approved.
    qualify row_number() over (partition by policy_id order by approved_at desc nulls last, _seq desc) = 1
),

people as (select * from {{ ref('int_person_refs') }}),

exercises as (
    select *, nullif(trim(report_uri), '') as report
    from ({{ newest(ref('stg_registers__ir_exercises')) }}) as register
    where held_at <= {{ as_of() }}
),

lessons as (
    select
        origin_id,
        sum(case when due_on < {{ as_of_day() }} then 1 else 0 end) as overdue,
        sum(case when due_on is null then 1 else 0 end) as undated
    from ({{ newest(ref('stg_registers__incident_actions')) }}) as actions
    where closed_on is null
    group by origin_id
),

-- What rehearsed the plan: an exercise with every role, or where the company says so a P1 with its post-mortem.
rehearsals as (
    select exercise_id, held_at
    from exercises
    where {{ is_empty_list(items_without(param('required_roles'), 'coalesce(' ~ lower_texts('roles') ~ ', ' ~ empty_list() ~ ')')) }}
    union all
    select incident_key, postmortem_at
    from ({{ incidents_judged() }}) as incidents
    where {{ param('p1_replaces_exercise') }} and highest_severity = 'P1' and postmortem_at is not null
),

latest as (
    select max(held_at) as held_at, max_by(exercise_id, held_at) as exercise_id
    from rehearsals
),

plans as (
    select
        policies.policy_id,
        people.person_key as owner_key,
        nullif(trim(policies.approved_by), '') is not null and coalesce(policies.approved_at <= {{ as_of() }}, false) as is_approved,
        coalesce(policies.review_due < {{ as_of_day() }}, false)
            or coalesce({{ plus_months('cast(policies.approved_at as date)', param('plan_review_months')) }} < {{ as_of_day() }}, false) as is_stale
    from policies
    left join people on people.ref = policies.owner_id
    union all
    select 'incident_response', null, false, false
    where not exists (select 1 from policies)
),

members as (
    select
        plans.policy_id as entity_key,
        'Incident response plan' as entity_name,
        plans.owner_key,
        'plan' as kind,
        plans.is_approved,
        plans.is_stale,
        coalesce({{ plus_months('cast(latest.held_at as date)', param('exercise_max_age_months')) }} >= {{ as_of_day() }}, false) as is_rehearsed,
        latest.held_at,
        latest.exercise_id,
        cast(null as varchar) as participants,
        cast(null as varchar) as report,
        0 as overdue,
        0 as undated
    from plans
    cross join latest
    union all
    select
        exercises.exercise_id,
        coalesce(exercises.scenario, exercises.exercise_id),
        null,
        'exercise',
        true,
        false,
        true,
        exercises.held_at,
        exercises.exercise_id,
        {{ joined('exercises.participants') }},
        exercises.report,
        coalesce(lessons.overdue, 0),
        coalesce(lessons.undated, 0)
    from exercises
    left join lessons on lessons.origin_id = exercises.exercise_id
),

judged as (
    select
        *,
        {{ codes([
            ('NO_PLAN', 'not is_approved'),
            ('PLAN_STALE', 'is_approved and is_stale'),
            ('NO_EXERCISE', 'not is_rehearsed'),
            ('EXERCISE_NO_REPORT', "kind = 'exercise' and report is null"),
            ('LESSON_OPEN', 'overdue > 0'),
        ]) }} as codes
    from members
)

select
    entity_key,
    entity_name,
    owner_key,
    {{ row_result(unknown='undated > 0') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NO_PLAN'") ~ " then 'No approved plan' end",
                "case when " ~ includes('codes', "'PLAN_STALE'") ~ " then 'Its review is overdue' end",
                "case when " ~ includes('codes', "'NO_EXERCISE'") ~ " then 'No exercise with every role within the time' end",
                "case when " ~ includes('codes', "'EXERCISE_NO_REPORT'") ~ " then 'Nobody wrote a report' end",
                "case when " ~ includes('codes', "'LESSON_OPEN'") ~ " then 'Lessons open after their due date: ' || cast(overdue as varchar) end",
            ]) }} || '.'
        when undated > 0 then 'A lesson is open and nothing says until when.'
        when kind = 'plan' then 'Approved, reviewed, and rehearsed on ' || cast(cast(held_at as date) as varchar) || '.'
        else 'Reported, and its lessons are in time.'
    end as reason,
    kind,
    exercise_id,
    held_at,
    participants,
    report as report_uri
from judged
