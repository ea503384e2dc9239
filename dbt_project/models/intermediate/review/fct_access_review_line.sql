{#- Every account of a review: those its lines name, and those that the listing of its snapshot shows. #}
with reviews as (
    select *
    from {{ ref('fct_access_review') }}
    where review_id is not null
),

lines as (
    select register.*, reviews.account_source
    from ({{ newest(ref('stg_registers__access_review_lines')) }}) as register
    inner join reviews on reviews.review_id = register.review_id
),

refs as (select * from {{ ref('int_person_refs') }}),

{#- An account that is gone belongs to whom it belonged to last. #}
links as (
    select *
    from {{ ref('bridge_account_person') }}
    qualify row_number() over (partition by source_id, account_id order by version_no desc) = 1
),

{#- An account that only a listing a day before or after shows may have existed at the snapshot too. #}
listed as (
    select
        reviews.review_id,
        observed.source_id,
        observed.account_id,
        max(observed.login) as login,
        min(observed.created_at) as created_at,
        max(case when observed.run_no = reviews.listing_run_no then 1 else 0 end) = 1 as is_listed,
        max(case when observed.run_no = reviews.listing_run_no then case when observed.can_sign_in then 2 when observed.can_sign_in is null then 1 else 0 end end)
            as sign_in_state,
        max(case when observed.run_no = reviews.listing_run_no then observed.last_activity_at end) as last_activity_at
    from reviews
    inner join {{ ref('int_accounts_observed') }} as observed
        on observed.source_id = reviews.account_source
        and observed.run_no between reviews.listing_run_no - 1 and reviews.listing_run_no + 1
    where observed.created_at is null or observed.created_at <= reviews.snapshot_at
    group by reviews.review_id, observed.source_id, observed.account_id
),

joined as (
    select
        coalesce(lines.review_id, listed.review_id) as review_id,
        coalesce(lines.source_id, listed.source_id) as source_id,
        coalesce(lines.account_id, listed.account_id) as account_id,
        lines.line_no,
        lines.name,
        lines.role,
        lines.last_login,
        lines.permissions,
        lines.status,
        lines.action_required,
        lines.decision,
        lines.removed_permissions,
        lines.decided_by,
        case when lines.decided_at <= {{ as_of() }} then lines.decided_at end as decided_at,
        lines.reason,
        lines.begun_at,
        listed.login,
        listed.account_id is not null as is_known_at_snapshot,
        coalesce(listed.is_listed, false) as is_listed,
        case listed.sign_in_state when 2 then true when 0 then false end as is_enabled,
        listed.last_activity_at
    from lines
    full outer join listed
        on listed.review_id = lines.review_id and listed.source_id = lines.source_id and listed.account_id = lines.account_id
)

select
    joined.review_id,
    reviews.review_period,
    reviews.system_id,
    joined.source_id,
    joined.account_id,
    joined.line_no,
    coalesce(joined.login, links.login) as login,
    links.person_key,
    coalesce(links.person_key, links.owner_key) as owner_key,
    joined.name,
    joined.role,
    joined.last_login,
    joined.permissions,
    joined.status,
    joined.action_required,
    joined.decision,
    joined.removed_permissions,
    joined.decided_by,
    deciders.person_key as decider_key,
    joined.decided_at,
    joined.reason,
    joined.begun_at,
    reviews.snapshot_at,
    reviews.due_end_at,
    reviews.listing_run_no is not null as is_listing_observed,
    joined.is_known_at_snapshot,
    joined.is_listed,
    joined.is_enabled,
    joined.last_activity_at
from joined
inner join reviews on reviews.review_id = joined.review_id
left join links on links.source_id = joined.source_id and links.account_id = joined.account_id
left join refs as deciders on deciders.ref = joined.decided_by
{#- Of accounts without a line, those that could sign in at the snapshot are missing one; the others need none. #}
where joined.line_no is not null or (joined.is_listed and joined.is_enabled is not false)
