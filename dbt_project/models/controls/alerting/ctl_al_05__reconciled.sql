{%- set control = 'ctl_al_05__outside_hours_deployments_are_reviewed' -%}
{%- set first, last = (parameter_of(control, 'start_local') or '00:00').split(':'), (parameter_of(control, 'end_local') or '00:00').split(':') -%}
{%- set counted_at = 'coalesce(deployments.success_at, deployments.begun_at)' if parameter_of(control, 'time_field') == 'success_at' else 'deployments.begun_at' -%}
-- The hours inside are counted by arithmetic on seconds of the week, not by the control's comparison of clocks.
with production as (
    select
        deployments.deployment_id,
        {{ local_time(counted_at, "'" ~ parameter_of(control, 'tz') ~ "'") }} as local_at
    from ({{ production_deployments() }}) as deployments
),

placed as (
    select *, {{ seconds_of_week('local_at') }} as second_of_week from production
),

holidays as (
    select distinct date
    from ({{ newest(ref('stg_registers__holidays')) }}) as register
    where calendar = '{{ parameter_of(control, "calendar") }}' and {{ 'true' if parameter_of(control, 'holidays_outside') else 'false' }}
),

counted as (
    select
        count(*) as deployments,
        coalesce(sum(case
            when cast(floor(placed.second_of_week / 86400.0) as integer) + 1 in ({{ (parameter_of(control, 'weekdays') or ['0']) | join(', ') }})
                and placed.second_of_week % 86400 >= {{ first[0] | int * 3600 + first[1] | int * 60 }}
                and placed.second_of_week % 86400 < {{ last[0] | int * 3600 + last[1] | int * 60 }}
                and holidays.date is null
                then 1
            else 0
        end), 0) as inside
    from placed
    left join holidays on holidays.date = cast(placed.local_at as date)
),

judged as (select count(*) as outside from {{ ref(control) }})

select check_name, scope, expected, actual, passed, detail
from {{ ref('ctl_cm_08__reconciled') }}
where check_name in ('runs_have_a_deployment', 'deployments_seen_in_cloud', 'repositories_refused')

union all

{{ counts_agree('deployments_classified', 'deploys.deployments', 'counted.deployments', 'counted.inside + judged.outside', 'production deployments of the window against those inside office hours and rows') }}
from counted
cross join judged

union all

-- Only stands here when it holds.
select 'none_outside_hours', 'deploys.deployments', 0, 0, true, 'there were production deployments, and all were inside office hours'
from counted
cross join judged
where counted.deployments > 0 and judged.outside = 0
