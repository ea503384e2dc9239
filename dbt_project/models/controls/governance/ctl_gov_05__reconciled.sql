with freezes as (
    select
        engagement_id,
        {{ local_to_utc('cast(' ~ plus_months('anchor_on', '-' ~ parameter_of('ctl_gov_05__major_changes_are_frozen', 'freeze_months')) ~ ' as timestamp)', 'zone') }} as frozen_from,
        {{ local_to_utc('cast(anchor_on as timestamp)', 'zone') }} as frozen_until
    from {{ ref('int_engagements_dated') }}
    where not is_closed
),

-- The production deployments that CM-08 judges, of the days of a freeze.
deployed as (
    select count(*) as deployments
    from {{ ref('fct_production_change') }} as production
    inner join freezes
        on production.occurred_at >= freezes.frozen_from and production.occurred_at < freezes.frozen_until
    where production.kind = 'deployment' and production.success_at is not null
),

judged as (
    select count(deployment_id) as deployments from {{ ref('ctl_gov_05__major_changes_are_frozen') }}
)

{{ counts_agree('deployments_in_the_freeze', 'CM-08', 'deployed.deployments', 'judged.deployments', 'successful production deployments on the days of a freeze against rows') }}
from deployed
cross join judged

union all

-- Only said when it holds.
select
    'nothing_frozen_yet',
    'registers.engagement',
    0,
    judged.deployments,
    true,
    'every engagement has a date, and nothing was deployed in a freeze'
from judged
cross join deployed
where judged.deployments = 0
    and deployed.deployments = 0
    and exists (select 1 from freezes)
    and not exists (select 1 from freezes where frozen_from is null)
