with vendors as (
    select
        vendors.*,
        case
            when engagement.window_start is null then null
            when vendors.onboarded_at > engagement.window_start then vendors.onboarded_at
            else engagement.window_start
        end as covered_from,
        engagement.window_end,
        case when engagement.window_end < {{ as_of_day() }} then engagement.window_end else {{ as_of_day() }} end as covered_to
    from {{ ref('dim_vendor') }} as vendors
    left join {{ ref('dim_engagement') }} as engagement
        on true
    where vendors.is_registered and vendors.status = 'active' and vendors.tier in ('critical', 'high')
),

reviews as (
    select *
    from ({{ newest(ref('stg_registers__vendor_assessments')) }}) as register
    where
        kind = 'soc2_report_review'
        and cast(performed_at as date) <= {{ as_of_day() }}
        and reviewer_id is not null
        and outcome is not null
        and coalesce(report_type, '') not in ('iso27001', 'other')
),

counts as (
    select
        vendor_id,
        count(report_type) as report_count,
        count(*) - count(report_type) as untyped_count
    from reviews
    group by vendor_id
),

-- A Type I report has no period, a SOC 3 none of the detail, a SOC 1 another subject.
counted as (
    select * from reviews
    where report_type is not null
    qualify row_number() over (
        partition by vendor_id
        order by
            case when report_type = 'soc2_type2' then 0 else 1 end,
            report_period_end desc nulls last,
            performed_at desc,
            _seq desc
    ) = 1
),

days as (
    select
        vendors.vendor_id,
        count(distinct calendar.day) as covered_days
    from vendors
    inner join reviews
        on vendors.vendor_id = reviews.vendor_id and reviews.report_type = 'soc2_type2'
    cross join {{ each_day('vendors.covered_from', 'vendors.covered_to') }} as calendar(day)
    where calendar.day between reviews.report_period_start and reviews.report_period_end
    group by vendors.vendor_id
)

select
    vendors.vendor_id,
    vendors.name as vendor_name,
    vendors.tier,
    vendors.owner_key,
    vendors.is_subservice_organization,
    vendors.subservice_method,
    vendors.covered_from,
    vendors.window_end,
    coalesce(counts.report_count, 0) as report_count,
    coalesce(counts.untyped_count, 0) as untyped_count,
    counted.report_type,
    counted.report_period_start,
    counted.report_period_end,
    counted.bridge_letter_until,
    counted.opinion,
    counted.outcome,
    counted.approved_by,
    counted.exceptions_reviewed,
    counted.cuecs_mapped,
    coalesce(days.covered_days, 0) as covered_days,
    {{ whole_days('vendors.covered_from', 'vendors.covered_to') }} + 1 as elapsed_days
from vendors
left join counts
    on vendors.vendor_id = counts.vendor_id
left join counted
    on vendors.vendor_id = counted.vendor_id
left join days
    on vendors.vendor_id = days.vendor_id
