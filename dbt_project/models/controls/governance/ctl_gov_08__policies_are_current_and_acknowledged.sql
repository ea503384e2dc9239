with listed as (
    select
        register.*,
        {{ part('register.version', '.', 1) }} as major,
        owners.person_key as owner_key,
        approvers.person_key as approver_key
    from ({{ newest(ref('stg_registers__policies')) }}) as register
    left join {{ ref('int_person_refs') }} as owners on register.owner_id = owners.ref
    left join {{ ref('int_person_refs') }} as approvers on register.approved_by = approvers.ref
),

-- A draft, or an approval of tomorrow, is no version yet.
approved as (
    select
        *,
        min(approved_at) over (partition by policy_id, major) as major_approved_at
    from listed
    where approved_by is not null and approved_at <= {{ as_of() }}
),

current_versions as (
    select * from approved
    qualify row_number() over (partition by policy_id order by approved_at desc, version desc) = 1
),

required as (
    select {{ unpacked(param('required_policies')) }} as policy_id
),

privacy as (
    select coalesce(max(case when in_scope then 1 else 0 end), 1) = 1 as is_in_scope
    from {{ ref('dim_scope') }}
    where category = 'Privacy'
),

policy_rows as (
    select
        'policy|' || coalesce(required.policy_id, listed.policy_id) as entity_key,
        'Policy ' || replace(coalesce(required.policy_id, listed.policy_id), '_', ' ') as entity_name,
        coalesce(current_versions.owner_key, listed.owner_key) as owner_key,
        coalesce(required.policy_id, listed.policy_id) as policy_id,
        current_versions.version,
        current_versions.approved_by,
        current_versions.approved_at,
        required.policy_id = 'privacy' and not privacy.is_in_scope and current_versions.policy_id is null as is_left_out,
        required.policy_id is not null and current_versions.policy_id is null as is_missing,
        {{ plus_months('current_versions.approved_at', param('review_max_age_months')) }} < {{ as_of_day() }} as is_overdue,
        current_versions.approved_by = current_versions.owner_id
            or current_versions.approver_key = current_versions.owner_key as is_self_approved,
        -- Without both people nobody can tell whether they are one.
        current_versions.policy_id is not null
            and (current_versions.approver_key is null or current_versions.owner_key is null) as is_unclear
    from required
    full outer join (select policy_id, min(owner_key) as owner_key from listed group by policy_id) as listed
        on required.policy_id = listed.policy_id
    left join current_versions
        on coalesce(required.policy_id, listed.policy_id) = current_versions.policy_id
    cross join privacy
),

people as (
    select
        people.person_key,
        people.display_name,
        people.current_status,
        min(spells.start_effective_at) as began_at
    from {{ ref('dim_person') }} as people
    left join {{ ref('dim_employment_spell') }} as spells
        on people.person_key = spells.person_key
        and spells.start_effective_at <= {{ as_of() }}
        and coalesce(spells.end_effective_at > {{ as_of() }}, true)
    where people.current_status in ('active', 'on_leave')
    group by people.person_key, people.display_name, people.current_status
),

acknowledged as (
    select
        refs.person_key,
        acks.policy_id,
        acks.version,
        {{ part('acks.version', '.', 1) }} as major,
        acks.acknowledged_at
    from ({{ newest(ref('stg_registers__policy_acks')) }}) as acks
    inner join {{ ref('int_person_refs') }} as refs on acks.person_id = refs.ref
    where acks.acknowledged_at <= {{ as_of() }}
),

owed as (
    select
        people.person_key,
        people.display_name,
        people.current_status,
        people.began_at,
        versions.policy_id,
        versions.version,
        versions.approved_by,
        versions.approved_at,
        -- Nobody can acknowledge a version before there is one.
        min(case when acks.major = versions.major and acks.acknowledged_at >= versions.major_approved_at then acks.acknowledged_at end)
            as acknowledged_at,
        max(case when acks.major <> versions.major and acks.acknowledged_at < versions.major_approved_at then acks.acknowledged_at end)
            as acknowledged_before_at,
        {{ plus_days('case when people.began_at > versions.major_approved_at then people.began_at else versions.major_approved_at end', param('ack_days_after_hire')) }}
            as due_at
    from people
    cross join current_versions as versions
    left join acknowledged as acks
        on people.person_key = acks.person_key and versions.policy_id = acks.policy_id
    where versions.needs_acknowledgement
    group by all
),

judged as (
    select
        entity_key,
        entity_name,
        owner_key,
        {{ codes([
            ('POLICY_MISSING', 'is_missing and not is_left_out'),
            ('POLICY_REVIEW_OVERDUE', 'is_overdue'),
            ('POLICY_SELF_APPROVED', 'is_self_approved'),
        ]) }} as codes,
        case
            when is_left_out then 'Privacy is not in scope.'
            when not is_missing and version is null then 'A draft that no approved version stands before, and that is not required.'
        end as left_out,
        is_unclear,
        false as is_waiting,
        policy_id,
        version,
        approved_by,
        approved_at,
        cast(null as varchar) as person_key,
        cast(null as timestamp) as acknowledged_at,
        cast(null as timestamp) as due_at,
        false as is_old_valid
    from policy_rows

    union all

    select
        'ack|' || policy_id || '|' || person_key,
        coalesce(display_name, person_key) || ': ' || replace(policy_id, '_', ' '),
        person_key,
        {{ codes([('ACK_MISSING', 'acknowledged_at is null and ' ~ as_of() ~ ' > due_at')]) }},
        case when current_status = 'on_leave' then 'LEAVE' end,
        acknowledged_at is null and began_at is null,
        -- What was acknowledged of the version before stays good for the same days.
        acknowledged_at is null and acknowledged_before_at is null and {{ as_of() }} <= due_at,
        policy_id,
        version,
        approved_by,
        approved_at,
        person_key,
        acknowledged_at,
        due_at,
        acknowledged_at is null and acknowledged_before_at is not null
    from owed
)

select
    entity_key,
    entity_name,
    owner_key,
    {{ row_result(unknown='is_unclear', pending='is_waiting and not is_unclear', excluded='left_out is not null') }} as result,
    codes,
    case
        when left_out = 'LEAVE' then 'LEAVE: on leave.'
        when left_out is not null then left_out
        when {{ item_in("'POLICY_MISSING'", 'codes') }} then 'Required, and no version is approved.'
        when {{ item_in("'POLICY_SELF_APPROVED'", 'codes') }} then 'Approved by its own owner, ' || approved_by || '.'
        when {{ item_in("'POLICY_REVIEW_OVERDUE'", 'codes') }} then 'Approved on ' || cast(cast(approved_at as date) as varchar) || ': its yearly review is overdue.'
        when {{ item_in("'ACK_MISSING'", 'codes') }} then 'Version ' || version || ' is not acknowledged; it was due on ' || cast(cast(due_at as date) as varchar) || '.'
        when is_unclear and person_key is null then 'Its owner or its approver is nobody that is known.'
        when is_unclear then 'Since when the person works here is not known.'
        when is_waiting then 'To be acknowledged by ' || cast(cast(due_at as date) as varchar) || '.'
        when is_old_valid then 'Acknowledged in the version before; the new one by ' || cast(cast(due_at as date) as varchar) || '.'
        when person_key is not null then 'Acknowledged on ' || cast(cast(acknowledged_at as date) as varchar) || '.'
        else 'Version ' || version || ', approved by ' || approved_by || ' on ' || cast(cast(approved_at as date) as varchar) || '.'
    end as reason,
    policy_id,
    version,
    approved_by,
    approved_at,
    person_key,
    acknowledged_at,
    due_at
from judged
