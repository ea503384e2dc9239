with lines as (
    select *
    from {{ ref('fct_access_review_line') }}
    where line_no is not null
),

recomputed as (
    select
        *,
        case
            when snapshot_at is null then null
            -- Never used, or not since exactly the limit: to be looked at.
            when last_login > {{ plus_days('snapshot_at', '-' ~ param('stale_days')) }} then 'active'
            else 'review-needed'
        end as expected_status,
        case
            when not is_listing_observed then null
            when not is_known_at_snapshot then 'revoke'
            when is_enabled then 'confirm'
            when not is_enabled then 'revoke'
        end as expected_action
    from lines
),

judged as (
    select
        *,
        {{ codes([
            ('STATUS_WRONG', "expected_status is not null and coalesce(status, '') <> expected_status"),
            ('ACTION_WRONG', "expected_action is not null and coalesce(action_required, '') <> expected_action"),
        ]) }} as codes,
        expected_status is null or expected_action is null as is_unknown
    from recomputed
)

select
    review_id || '|' || line_no || '|' || source_id || '|' || account_id as entity_key,
    coalesce(login, name, account_id) as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'STATUS_WRONG'") ~ " then 'Printed status ' || coalesce(status, 'nothing') || ', recomputed ' || expected_status end",
                "case when " ~ includes('codes', "'ACTION_WRONG'") ~ " then 'Printed action ' || coalesce(action_required, 'nothing') || ', recomputed ' || expected_action end",
            ]) }} || '.'
        when is_unknown then 'Whether the account could sign in at the snapshot was not observed.'
        else 'Status and action are those of the snapshot.'
    end as reason,
    review_id,
    line_no,
    account_id,
    snapshot_at,
    last_login,
    is_enabled,
    coalesce(expected_status, 'not known') || ', ' || coalesce(expected_action, 'not known') as expected,
    coalesce(status, 'nothing') || ', ' || coalesce(action_required, 'nothing') as printed
from judged
