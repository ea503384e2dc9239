-- A SOC 2 report is for those who are bound to keep it: nobody can bind the public.
-- A finding whose risk is accepted is closed by the exception that carries the acceptance: who may accept, for how long
-- and why is tested there (EV-06).
with findings as (
    select
        findings.*,
        people.person_key,
        engagements.zone,
        coalesce(
            findings.due_date, {{ date_plus('engagements.report_date', param('finding_due_days')) }}
        ) as due_on,
        coalesce(known.state = 'accepted', false) as is_accepted,
        runs.run_id is not null as is_retested
    from ({{ newest(ref('stg_registers__audit_findings')) }}) as findings
    left join {{ ref('int_engagements_dated') }} as engagements
        on findings.engagement_id = engagements.engagement_id
    left join {{ ref('int_person_refs') }} as people
        on findings.owner_id = people.ref
    left join {{ ref('int_exceptions_known') }} as known
        on findings.exception_id = known.exception_id
    -- A retest counts when the control passed in it, after the remedy.
    left join {{ source('ledger', 'control_runs') }} as runs
        on findings.retest_run_id = runs.run_id
        and findings.control_id = runs.control_id
        and runs.status = 'pass'
        and runs.as_of >= findings.remediated_at
        and runs.logical_date < {{ as_of_day() }}
),

releases as (
    select
        releases.*,
        people.person_key
    from ({{ newest(ref('stg_registers__report_releases')) }}) as releases
    left join {{ ref('int_person_refs') }} as people
        on releases.released_by = people.ref
),

judged as (
    select
        'finding|' || engagement_id || '|' || finding_id as entity_key,
        finding_id || ' of ' || engagement_id || coalesce(': ' || summary, '') as entity_name,
        person_key as owner_key,
        {{ codes([
            ('FINDING_NO_OWNER', "owner_id is null or trim(coalesce(management_response, '')) = ''"),
            ('FINDING_OVERDUE', 'not is_accepted and coalesce(remediated_at > ' ~ as_of() ~ ', true) and '
                ~ as_of() ~ ' >= ' ~ local_to_utc('cast(' ~ date_plus('due_on', 1) ~ ' as timestamp)', "coalesce(zone, 'UTC')")),
            ('FINDING_NOT_RETESTED', 'remediated_at <= ' ~ as_of() ~ ' and not is_retested'),
        ]) }} as codes,
        due_on is null and remediated_at is null and not is_accepted as is_unclear,
        remediated_at is null and not is_accepted as is_waiting,
        engagement_id,
        finding_id,
        control_id,
        owner_id as owner,
        due_on as due_date,
        remediated_at,
        retest_run_id,
        cast(null as varchar) as recipient,
        cast(null as timestamp) as released_at,
        cast(null as timestamp) as nda_signed_at
    from findings

    union all

    select
        'release|' || release_id,
        'Report of ' || engagement_id || ' to ' || recipient,
        person_key,
        {{ codes([
            ('RELEASE_WITHOUT_NDA', 'released_at <= ' ~ as_of()
                ~ " and (nda_signed_at is null or nda_signed_at > released_at or lower(recipient) = 'public')"),
        ]) }},
        false,
        coalesce(released_at > {{ as_of() }}, true),
        engagement_id,
        cast(null as varchar),
        cast(null as varchar),
        released_by,
        cast(null as date),
        cast(null as timestamp),
        cast(null as varchar),
        recipient,
        released_at,
        nda_signed_at
    from releases
)

select
    entity_key,
    entity_name,
    owner_key,
    {{ row_result(unknown='is_unclear', pending="is_waiting and not is_unclear and " ~ joined('codes') ~ " = ''") }} as result,
    codes,
    case
        when recipient is not null and {{ joined('codes') }} <> '' then 'Given away without terms of confidentiality signed before.'
        when recipient is not null and is_waiting then 'Not given away yet.'
        when recipient is not null then 'Given away on ' || cast(cast(released_at as date) as varchar) || ', signed for before.'
        when {{ item_in("'FINDING_NO_OWNER'", 'codes') }} then 'Nobody owns it, or management has not answered.'
        when {{ item_in("'FINDING_OVERDUE'", 'codes') }} then 'Not remedied; due on ' || cast(due_date as varchar) || '.'
        when {{ item_in("'FINDING_NOT_RETESTED'", 'codes') }} then 'Said to be remedied, and no later run of ' || coalesce(control_id, 'a control') || ' that passed is named.'
        when is_unclear then 'By when it is to be remedied cannot be told: no day, and no day of the report.'
        when is_waiting then 'To be remedied by ' || cast(due_date as varchar) || '.'
        else 'Remedied and retested, or accepted.'
    end as reason,
    engagement_id,
    finding_id,
    control_id,
    owner,
    due_date,
    remediated_at,
    retest_run_id,
    recipient,
    released_at,
    nda_signed_at
from judged
