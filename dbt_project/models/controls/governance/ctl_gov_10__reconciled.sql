with reports as (
    select engagement_id, report_findings
    from ({{ newest(ref('stg_registers__engagement')) }}) as register
    where report_date <= {{ as_of_day() }}
),

judged as (
    select * from {{ ref('ctl_gov_10__findings_are_remediated') }}
),

checks as (
    select
        'findings_of_each_report' as check_name,
        reports.engagement_id as scope,
        reports.report_findings as expected,
        (select count(*) from judged where judged.engagement_id = reports.engagement_id and finding_id is not null) as actual,
        'exceptions that the report itself counts against rows' as detail
    from reports

    union all

    select
        'findings_of_each_report',
        'registers.audit_findings',
        (select count(*) from ({{ newest(ref('stg_registers__audit_findings')) }}) as register),
        (select count(*) from judged where finding_id is not null),
        'rows of the register against rows'

    union all

    select
        'releases_of_the_register',
        'registers.report_releases',
        (select count(*) from ({{ newest(ref('stg_registers__report_releases')) }}) as register),
        (select count(*) from judged where recipient is not null),
        'rows of the register against rows'

    union all

    -- Only said when it holds.
    select
        'no_report_yet',
        'registers.engagement',
        0,
        (select count(*) from judged),
        'no report has been issued, nothing was found and nothing given away'
    where
        not exists (select 1 from reports)
        and not exists (select 1 from judged)
        and exists (select 1 from {{ ref('int_engagements_dated') }})
)

{{ checks_agree('checks') }}
