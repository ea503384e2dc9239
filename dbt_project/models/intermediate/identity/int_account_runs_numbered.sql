{#- A listing without a single account is a failed reading, not a company without accounts: it observes nothing. #}
select
    case source_id
        when 'okta.users' then 'okta'
        when 'aws_iam.users' then 'aws_iam'
        when 'aws_iam.access_keys' then 'aws_iam_key'
        when 'github.members' then 'github'
    end as source_id,
    run_id,
    logical_date,
    started_at as observed_at,
    finished_at,
    row_number() over (partition by source_id order by logical_date) as run_no
from {{ source('meta', 'selected_runs') }}
where source_id in ('okta.users', 'aws_iam.users', 'aws_iam.access_keys', 'github.members') and rows > 0
