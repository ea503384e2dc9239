{#- The guide's timeline: (action, row of the guide, stage, what of the engagement it is counted from, how far). #}
{%- set control = 'ctl_gov_04__milestones_are_on_schedule' -%}
{%- set actions = [
    ('select_auditor', 'AUD-01', 'M6'), ('review_scope', 'AUD-01', 'M6'), ('gap_assessment', 'AUD-01', 'M6'),
    ('implement_missing_controls', 'AUD-02', 'M4'), ('document_policies', 'AUD-02', 'M4'),
    ('internal_readiness_review', 'AUD-03', 'M2'), ('test_evidence_collection', 'AUD-03', 'M2'),
    ('freeze_major_changes', 'AUD-04', 'M1'), ('finalize_documentation', 'AUD-04', 'M1'),
    ('observation_window_open', 'AUD-05', 'PERIOD'),
    ('receive_report', 'AUD-06', 'POST'), ('remediate_findings', 'AUD-06', 'POST'), ('share_with_customers', 'AUD-06', 'POST'),
] -%}
with actions as (
    {%- for milestone, row_id, stage in actions %}
    select
        {{ loop.index }} as step,
        '{{ milestone }}' as milestone,
        '{{ row_id }}' as row_id,
        '{{ stage }}' as stage,
        {{ parameter_of(control, stage ~ '_months') if stage.startswith('M') else 'null' }} as months_before,
        {{ parameter_of(control, milestone ~ '_days') if stage == 'POST' else 'null' }} as days_after
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

planned as (
    select
        engagements.engagement_id,
        engagements.report_type,
        engagements.zone,
        engagements.is_closed,
        actions.*,
        case
            when actions.months_before is not null then {{ plus_months('engagements.anchor_on', '-actions.months_before') }}
            when actions.days_after is not null then {{ date_plus('engagements.last_on', 'actions.days_after') }}
            else engagements.anchor_on
        end as due_on
    from {{ ref('int_engagements_dated') }} as engagements
    cross join actions
    -- A Type I report observes no window.
    where actions.stage <> 'PERIOD' or engagements.report_type = 'type_2'
)

select
    planned.engagement_id,
    planned.milestone,
    planned.row_id,
    planned.stage,
    planned.step,
    planned.due_on,
    -- The end of that day where the report is made.
    {{ local_to_utc('cast(' ~ date_plus('planned.due_on', 1) ~ ' as timestamp)', 'planned.zone') }} as due_until,
    register.milestone is not null as is_registered,
    register.completed_at,
    register.owner_id,
    people.person_key as owner_key,
    register.evidence_uri,
    planned.is_closed,
    case
        when register.milestone is null then 'missing'
        when register.completed_at > {{ as_of() }} then 'dated in the future'
        when register.completed_at is not null and due_until is null then 'done, due on an unknown day'
        when register.completed_at < due_until then 'done'
        when register.completed_at is not null then 'done late'
        when due_until is null then 'due on an unknown day'
        when {{ as_of() }} < due_until then 'not yet due'
        else 'late'
    end as standing
from planned
left join ({{ newest(ref('stg_registers__milestones')) }}) as register
    on planned.engagement_id = register.engagement_id and planned.milestone = register.milestone
left join {{ ref('int_person_refs') }} as people
    on register.owner_id = people.ref
