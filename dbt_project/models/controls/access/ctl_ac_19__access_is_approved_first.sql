with grants as (
    select
        grants.*,
        birthright.rule as birthright_rule
    from {{ ref('fct_new_grant') }} as grants
    left join (
        select entitlement, min(rule) as rule
        from ({{ newest(ref('stg_registers__birthright')) }}) as register
        where approved_by is not null
        group by entitlement
    ) as birthright on birthright.entitlement = grants.entitlement
    where grants.is_production
),

requests as (
    select
        register.*,
        people.person_key,
        approvers.person_key as approver_key
    from ({{ newest(ref('stg_registers__access_requests')) }}) as register
    left join {{ ref('int_person_refs') }} as people on people.ref = register.person_id
    left join {{ ref('int_person_refs') }} as approvers on approvers.ref = register.approver_id
    where register.approved_at is not null
),

-- A permission that had ended before the grant is none for it.
matched as (
    select
        grants.grant_id,
        requests.request_id,
        requests.approver_id,
        requests.approver_key,
        requests.approved_at,
        requests.expires_at,
        requests.approver_id is null as has_no_approver,
        coalesce(requests.approver_key = requests.person_key, requests.approver_id = requests.person_id, false) as is_self_approved,
        requests.approver_id is not null and requests.approver_key is null as is_approver_unknown,
        requests.approved_at > {{ plus_hours('grants.granted_at', param('retro_hours')) }} as is_late,
        requests.approved_at > {{ plus_hours('grants.granted_after', param('retro_hours')) }}
            and requests.approved_at <= {{ plus_hours('grants.granted_at', param('retro_hours')) }}
            and grants.evidence = 'snapshot' as is_maybe_late
    from grants
    inner join requests
        on requests.person_key = grants.person_key
        and requests.entitlement = grants.entitlement
        and (requests.expires_at is null or requests.expires_at > grants.granted_after)
    qualify row_number() over (
        partition by grants.grant_id
        order by
            case when requests.approved_at > {{ plus_hours('grants.granted_at', param('retro_hours')) }} then 1 else 0 end,
            case when requests.approver_key = requests.person_key or requests.approver_id is null then 1 else 0 end,
            requests.approved_at,
            requests.request_id
    ) = 1
),

weighed as (
    select
        grants.*,
        matched.* exclude (grant_id),
        people.display_name,
        people.manager_key,
        coalesce(matched.expires_at < {{ as_of() }} and grants.is_present, false) as is_overstayed,
        case
            when grants.person_key is null then 'whose access it is'
            when matched.is_approver_unknown then 'who approved it'
            when matched.is_maybe_late then 'whether it was approved before, as no event tells when it was granted'
            when matched.expires_at < {{ as_of() }} and grants.is_present is null then 'whether the access is still there'
        end as unknown_reason
    from grants
    left join matched on matched.grant_id = grants.grant_id
    left join {{ ref('dim_person') }} as people on people.person_key = grants.person_key
),

judged as (
    select
        *,
        {{ codes([
            ('NO_REQUEST', 'birthright_rule is null and person_key is not null and (request_id is null or has_no_approver)'),
            ('APPROVED_AFTER_GRANT', 'birthright_rule is null and coalesce(is_late, false)'),
            ('SELF_APPROVED', 'birthright_rule is null and coalesce(is_self_approved, false)'),
            ('TEMPORARY_NOT_REMOVED', 'birthright_rule is null and is_overstayed'),
        ]) }} as codes
    from weighed
)

select
    grant_id as entity_key,
    coalesce(display_name, login, account_id, 'somebody') || ': ' || entitlement as entity_name,
    person_key as owner_key,
    {{ row_result(unknown='unknown_reason is not null', excluded='birthright_rule is not null') }} as result,
    codes,
    case
        when birthright_rule is not null then 'Everybody concerned has it by a rule that was approved: ' || birthright_rule || '.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'NO_REQUEST'") ~ " then 'Nobody approved a request for it' end",
                "case when " ~ includes('codes', "'APPROVED_AFTER_GRANT'") ~ " then 'It was granted on ' || " ~ instant_text('granted_at') ~ " || ' and approved on ' || " ~ instant_text('approved_at') ~ " end",
                "case when " ~ includes('codes', "'SELF_APPROVED'") ~ " then 'The person approved it alone' end",
                "case when " ~ includes('codes', "'TEMPORARY_NOT_REMOVED'") ~ " then 'It was to end on ' || " ~ instant_text('expires_at') ~ " || ' and is still there' end",
            ]) }} || '.'
        when unknown_reason is not null then 'Not known: ' || unknown_reason || '.'
        else 'Request ' || request_id || ' was approved by somebody else before.'
    end as reason,
    grant_id,
    person_key,
    entitlement,
    granted_at,
    evidence,
    request_id,
    approver_key as approver,
    approved_at,
    expires_at
from judged
