with known as (
    select
        int_exceptions_known.*,
        controls.owner as control_owner
    from {{ ref('int_exceptions_known') }} as int_exceptions_known
    left join {{ source('meta', 'controls') }} as controls
        on int_exceptions_known.control_id = controls.control_id
),

-- When the first night was judged: before that, no decision can be matched with anything.
beginning as (
    select min(as_of) as first_judged_at
    from {{ source('ledger', 'control_runs') }}
    where logical_date < {{ as_of_day() }}
),

decisions as (
    select
        register.*,
        known.exception_id as known_id,
        known.control_id as known_control_id,
        known.entity_key as known_entity_key,
        known.owner_key as known_owner_key,
        known.state,
        known.first_seen_at,
        known.closed_at,
        register.exception_id is not null
            or (register.control_id is not null and register.entity_key is not null) as is_addressed,
        position('*' in coalesce(register.entity_key, '')) > 0
            or position('%' in coalesce(register.entity_key, '')) > 0 as has_wildcard,
        case
            when register.expires_at is not null then register.expires_at
            when register.decision = 'false_positive'
                then {{ plus_days('register.decided_at', param('false_positive_days')) }}
        end as ends_at,
        approver.person_key as approver_key,
        coalesce(owner.person_key, register.owner_id) as decision_owner_key
    from ({{ newest(ref('stg_registers__exception_decisions')) }}) as register
    left join known
        on register.exception_id = known.exception_id
        or (
            register.exception_id is null
            and register.control_id = known.control_id
            and register.entity_key = known.entity_key
            and register.code = known.code
        )
    left join {{ ref('int_person_refs') }} as approver
        on register.decided_by = approver.ref
    left join {{ ref('int_person_refs') }} as owner
        on register.owner_id = owner.ref
),

-- Approvers whom the entity is about: it names the person, or an account of theirs.
about_themselves as (
    select distinct
        decisions._seq
    from decisions
    left join {{ ref('bridge_account_person') }} as accounts
        on decisions.approver_key = accounts.person_key
        and {{ key_names("coalesce(decisions.known_entity_key, decisions.entity_key)", "accounts.source_id || '|' || accounts.account_id") }}
    where
        accounts.person_key is not null
        or {{ key_names("coalesce(decisions.known_entity_key, decisions.entity_key)", "decisions.approver_key") }}
),

flagged as (
    select
        decisions.*,
        coalesce(
            about_themselves._seq is not null
            or decisions.decided_by = decisions.owner_id
            or decisions.approver_key = decisions.decision_owner_key
            or decisions.approver_key = decisions.known_owner_key,
            false
        ) as is_self_accepted,
        decisions.decision = 'accepted' and (
            decisions.expires_at is null
            or decisions.expires_at > {{ plus_days('decisions.decided_at', param('acceptance_max_days')) }}
        ) as is_without_end,
        decisions.decided_by is null
        or trim(coalesce(decisions.reason, '')) = ''
        or case decisions.decision
            when 'accepted'
                then decisions.owner_id is null or trim(coalesce(decisions.compensating_control, '')) = ''
            when 'mitigated' then decisions.evidence_uri is null
            else decisions.rule_fix_ref is null
        end as is_incomplete,
        decisions.decided_by is not null and decisions.approver_key is null as is_stranger
    from decisions
    left join about_themselves
        on decisions._seq = about_themselves._seq
),

compared as (
    select
        flagged.*,
        -- A later decision in force takes the place of one that ended.
        max(
            case
                when
                    not (is_self_accepted or is_without_end or is_incomplete or is_stranger)
                    and (ends_at is null or ends_at > {{ as_of() }})
                    then decided_at
            end
        ) over (partition by coalesce(known_id, cast(_seq as varchar))) as newest_in_force_at,
        case
            when beginning.first_judged_at is not null
                then {{ plus_days(
                    'greatest(coalesce(flagged.closed_at, flagged.decided_at), beginning.first_judged_at)',
                    param('unused_grace_days')
                ) }}
        end as unused_from
    from flagged
    cross join beginning
),

exception_rows as (
    select
        'exception|' || exception_id as entity_key,
        control_id || ' ' || code || ' on ' || coalesce(entity_name, entity_key) as entity_name,
        owner_key,
        control_id = '{{ control_meta().id }}' as is_self,
        false as is_waiting,
        state = 'open' and due_at is null as is_unclear,
        {{ codes([
            ('NO_OWNER', "state = 'open' and owner_key is null"
                ~ ' and not (' ~ param('control_owner_answers') ~ ' and control_owner is not null)'
                ~ ' and ' ~ as_of() ~ ' > ' ~ plus_days('opened_at', param('owner_grace_days'))),
            ('OVERDUE', "state = 'open' and " ~ as_of() ~ ' > due_at'),
        ]) }} as codes,
        exception_id,
        state,
        coalesce(owner_key, case when {{ param('control_owner_answers') }} then control_owner end) as owner,
        due_at,
        cast(null as varchar) as decision,
        cast(null as varchar) as approved_by,
        cast(null as timestamp) as expires_at
    from known
    where state not in ('remediated', 'closed_entity_removed')
),

decision_rows as (
    select
        'decision|' || coalesce(exception_id || '|', '') || coalesce(control_id, '-') || '|' || coalesce(entity_key, '-')
        || '|' || coalesce(code, '-') || '|' || coalesce(cast(decided_at as varchar), '-') as entity_key,
        decision || ': ' || coalesce(control_id || ' ', '') || coalesce(code || ' ', '')
        || 'on ' || coalesce(entity_key, exception_id, 'everything') as entity_name,
        decision_owner_key as owner_key,
        false as is_self,
        -- Nothing to match yet, or not for long enough: the exception may be of tonight.
        is_addressed and known_id is null and coalesce({{ as_of() }} <= unused_from, true) as is_waiting,
        is_stranger as is_unclear,
        {{ codes([
            ('ACCEPTANCE_EXPIRED', 'ends_at <= ' ~ as_of() ~ ' and known_id is not null and closed_at is null'
                ~ ' and newest_in_force_at is null'),
            ('SELF_ACCEPTED', 'is_self_accepted'),
            ('NO_EXPIRY', 'is_without_end'),
            ('ACCEPTANCE_TOO_BROAD', 'not is_addressed or has_wildcard'),
            ('ACCEPTED_RETROACTIVELY', "decision = 'accepted' and decided_at > first_seen_at"),
            ('ACCEPTANCE_UNUSED', 'is_addressed and not has_wildcard and ' ~ as_of() ~ ' > unused_from'
                ~ " and (known_id is null or (closed_at is not null and decision = 'accepted'"
                ~ ' and coalesce(ends_at > ' ~ as_of() ~ ', true)))'),
            ('DECISION_INCOMPLETE', 'is_incomplete'),
        ]) }} as codes,
        coalesce(known_id, exception_id) as exception_id,
        state,
        coalesce(owner_id, known_owner_key) as owner,
        cast(null as timestamp) as due_at,
        decision,
        decided_by as approved_by,
        ends_at as expires_at
    from compared
),

judged as (
    select * from exception_rows
    union all
    select * from decision_rows
)

select
    entity_key,
    entity_name,
    owner_key,
    {{ row_result(unknown='is_unclear', excluded='is_self', pending="is_waiting and " ~ joined('codes') ~ " = ''") }} as result,
    codes,
    case
        when is_self then 'An exception of this control itself: it is no evidence of its own exceptions.'
        when decision is null and {{ joined('codes') }} <> ''
            then 'Open, owned by ' || coalesce(owner, 'nobody') || ', due on ' || coalesce(cast(cast(due_at as date) as varchar), 'no day') || '.'
        when decision is null and is_unclear then 'Open since an unknown time or of unknown severity: when it is due cannot be told.'
        when decision is null and state = 'open' then 'Open, owned by ' || coalesce(owner, 'nobody yet') || ', due on ' || cast(cast(due_at as date) as varchar) || '.'
        when decision is null then 'Decided (' || state || '): judged with the decision.'
        when {{ item_in("'ACCEPTANCE_TOO_BROAD'", 'codes') }} then 'Names no single entity of a single control: it has no effect.'
        when {{ item_in("'SELF_ACCEPTED'", 'codes') }} then 'Decided by its own owner or subject, ' || approved_by || ': it has no effect.'
        when {{ item_in("'NO_EXPIRY'", 'codes') }} then 'Accepted for ever, or for longer than allowed: it has no effect.'
        when {{ item_in("'DECISION_INCOMPLETE'", 'codes') }}
            then 'Lacks an approver, a reason, an owner, a compensating control, the evidence or the fix that a decision of its kind needs: it has no effect.'
        when {{ item_in("'ACCEPTANCE_EXPIRED'", 'codes') }} then 'Ended on ' || cast(cast(expires_at as date) as varchar) || ' and the exception is still there.'
        when {{ item_in("'ACCEPTANCE_UNUSED'", 'codes') }}
            then 'No such exception is there' || coalesce(' any more (' || state || ')', ': none was ever seen') || '. Withdraw it.'
        when is_unclear then 'Nobody knows ' || approved_by || ': whether the approver is independent cannot be told.'
        when is_waiting then 'The exception it names was not seen before today; time to be matched is not up.'
        else 'Decided by ' || approved_by || coalesce(', until ' || cast(cast(expires_at as date) as varchar), '') || '.'
    end as reason,
    exception_id,
    state,
    owner,
    due_at,
    decision,
    approved_by,
    expires_at
from judged
