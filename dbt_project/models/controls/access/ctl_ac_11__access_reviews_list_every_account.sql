with reviews as (
    select
        *,
        completed_at is null and {{ as_of() }} < due_end_at as is_open
    from {{ ref('fct_access_review') }}
    where review_id is not null
),

accounts as (
    select
        review_id,
        source_id,
        account_id,
        max(login) as login,
        max(name) as name,
        max(owner_key) as owner_key,
        count(line_no) as lines,
        max(case when is_enabled then 1 else 0 end) = 1 as is_enabled,
        max(case when is_listed and is_enabled is null then 1 else 0 end) = 1 as is_enabled_unknown,
        max(case when is_known_at_snapshot then 1 else 0 end) = 1 as is_known_at_snapshot,
        {{ distinct_texts("case when line_no is not null then
            case
                when coalesce(name, '') = '' then 'name'
                when coalesce(role, '') = '' then 'role'
                when permissions is null then 'permissions'
                when " ~ joined('permissions', '') ~ " in ('', '[]') and coalesce(reason, '') = '' then 'reason for no permissions'
                when coalesce(status, '') = '' then 'status'
                when coalesce(action_required, '') = '' then 'action_required'
                when last_login is null and last_activity_at is not null then 'last_login'
            end
        end") }} as missing_fields
    from {{ ref('fct_access_review_line') }}
    group by review_id, source_id, account_id
),

members as (
    select
        reviews.review_id,
        reviews.review_period,
        reviews.system_id,
        reviews.reviewer_key,
        reviews.is_open,
        reviews.listing_run_no is not null as is_listing_observed,
        reviews.snapshot_at,
        accounts.source_id,
        accounts.account_id,
        coalesce(accounts.login, accounts.name) as login,
        accounts.owner_key,
        accounts.lines,
        accounts.is_enabled,
        accounts.is_enabled_unknown,
        accounts.is_known_at_snapshot,
        accounts.missing_fields,
        false as is_review_row
    from reviews
    inner join accounts on accounts.review_id = reviews.review_id

    union all

    {#- Of what nobody listed at the time, accounts without a line have no row of their own: the review stands for them. #}
    select
        review_id,
        review_period,
        system_id,
        reviewer_key,
        is_open,
        false,
        snapshot_at,
        account_source,
        null,
        null,
        reviewer_key,
        0,
        false,
        false,
        false,
        {{ text_list([]) }},
        true
    from reviews
    where listing_run_no is null
),

judged as (
    select
        *,
        {{ codes([
            ('ACCOUNT_NOT_REVIEWED', 'lines = 0 and is_enabled and is_listing_observed'),
            ('PHANTOM_LINE', 'lines > 0 and is_listing_observed and not is_known_at_snapshot'),
            ('DUPLICATE_LINE', 'lines > 1'),
            ('FIELD_MISSING', 'not ' ~ is_empty_list('missing_fields')),
        ]) }} as codes,
        not is_listing_observed or (lines = 0 and is_enabled_unknown) as is_unknown
    from members
)

select
    review_id || coalesce('|' || source_id || '|' || account_id, '') as entity_key,
    coalesce(login, review_period || ', ' || system_id) as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', pending='is_open') }} as result,
    codes,
    case
        when is_open then 'The review is under way.'
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'ACCOUNT_NOT_REVIEWED'") ~ " then 'The account could sign in at the snapshot and the review has no line for it' end",
                "case when " ~ includes('codes', "'PHANTOM_LINE'") ~ " then 'The account did not exist at the snapshot' end",
                "case when " ~ includes('codes', "'DUPLICATE_LINE'") ~ " then 'The account has ' || cast(lines as varchar) || ' lines' end",
                "case when " ~ includes('codes', "'FIELD_MISSING'") ~ " then 'The line lacks ' || " ~ comma_separated('missing_fields') ~ " end",
            ]) }} || '.'
        when is_review_row then 'No listing of the accounts was read near the snapshot: whether the review lists them all is not known.'
        when not is_listing_observed then 'No listing was read near the snapshot: whether the account existed is not known.'
        when is_unknown then 'Whether the account could sign in at the snapshot is not known, and it has no line.'
        else 'Listed once with every field.'
    end as reason,
    review_id,
    review_period,
    system_id,
    source_id,
    account_id,
    cast(lines as bigint) as lines,
    is_enabled,
    missing_fields,
    snapshot_at,
    case when codes is null or {{ is_empty_list('codes') }} then null else {{ comma_separated('codes') }} end as issue
from judged
