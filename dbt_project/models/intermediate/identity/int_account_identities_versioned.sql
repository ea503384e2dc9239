with observations as (select * from {{ ref('int_accounts_observed') }}),

runs as (select * from {{ ref('int_account_runs_numbered') }}),

joined_at as (
    select account_id, joined_at
    from {{ ref('int_github_activity_aggregated') }}
),

{{ versions('observations', 'runs', ['login', 'email', 'employee_number', 'name_id', 'owner_tag'], ['created_at', 'implied_kind', 'status']) }}

select
    dated.source_id,
    dated.account_id,
    dated.version_no,
    dated.login,
    dated.email,
    {{ normalised_email('dated.email') }} as email_key,
    dated.employee_number,
    dated.name_id,
    dated.owner_tag,
    dated.implied_kind,
    coalesce(dated.created_at, joined_at.joined_at) as created_at,
    dated.valid_from,
    dated.valid_to,
    {#- The date at which a person must have held the address: creation, or when the account took on these attributes. #}
    cast(
        case when dated.version_no = 1 then coalesce(dated.created_at, joined_at.joined_at, dated.valid_from) else dated.valid_from end
        as date
    ) as anchor_date
from dated
left join joined_at on dated.source_id = 'github' and joined_at.account_id = dated.account_id
