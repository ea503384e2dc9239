-- A control or parameter that changes inside the window splits it: results on both sides are not of one test.
with runs as (
    select
        control_id,
        logical_date as day,
        sql_sha256,
        params_sha,
        catalogue_sha,
        lag(sql_sha256) over by_day as sql_before,
        lag(params_sha) over by_day as params_before,
        lag(catalogue_sha) over by_day as catalogue_before
    from {{ ref('fct_control_run') }}
    -- Without its SQL (the model could not be compiled) a night was no test at all; it shows as a gap.
    where is_current and sql_sha256 is not null
    window by_day as (partition by control_id order by logical_date)
),

changed as (
    select
        *,
        coalesce(sql_sha256 <> sql_before, false) as is_logic_changed,
        coalesce(params_sha <> params_before, false) as is_parameter_changed,
        coalesce(catalogue_sha <> catalogue_before, false) as is_declaration_changed
    from runs
),

numbered as (
    select
        *,
        1 + sum(case when is_logic_changed or is_parameter_changed or is_declaration_changed then 1 else 0 end)
            over (partition by control_id order by day) as segment
    from changed
)

select
    control_id,
    cast(segment as integer) as segment,
    min(day) as first_day,
    max(day) as last_day,
    count(*) as judged_days,
    max(case when is_logic_changed then 1 else 0 end) = 1 as is_logic_changed,
    max(case when is_parameter_changed then 1 else 0 end) = 1 as is_parameter_changed,
    max(case when is_declaration_changed then 1 else 0 end) = 1 as is_declaration_changed,
    min(sql_sha256) as sql_sha256,
    min(params_sha) as params_sha,
    min(catalogue_sha) as catalogue_sha
from numbered
group by control_id, segment
