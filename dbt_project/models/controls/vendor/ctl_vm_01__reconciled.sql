with sightings as (
    select
        source_id,
        count(*) as sightings
    from {{ ref('int_vendor_sightings_resolved') }}
    group by source_id
),

expected as (
    select
        'applications_placed' as check_name,
        'okta.apps' as scope,
        count(distinct lower(trim(label))) as expected
    from {{ ref('stg_okta__apps') }}
    where _day = {{ as_of_day() }} and status = 'ACTIVE' and error_code is null
    union all
    select
        'installations_placed',
        'github.installations',
        count(distinct lower(trim(app_slug)))
    from {{ ref('stg_github__installations') }}
    where _day = {{ as_of_day() }} and app_slug is not null
),

placed as (
    select
        expected.check_name,
        expected.scope,
        expected.expected,
        coalesce(sightings.sightings, 0) as actual,
        'names connected today, each a vendor, an internal application or a finding' as detail
    from expected
    left join sightings
        on expected.scope like sightings.source_id || '.%'
),

registered as (
    select
        'register_rows_placed' as check_name,
        'registers.vendors' as scope,
        (select count(*) from ({{ newest(ref('stg_registers__vendors')) }}) as register) as expected,
        (select count(*) from {{ ref('dim_vendor') }} where is_registered) as actual,
        'rows of the register, each a member of the population' as detail
),

denied as (
    select
        'answers_read' as check_name,
        'okta.apps, github.installations' as scope,
        0 as expected,
        (select count(*) from {{ ref('stg_okta__apps') }} where _day = {{ as_of_day() }} and error_code is not null)
        + (select count(*) from {{ ref('stg_github__installations') }} where _day = {{ as_of_day() }} and app_slug is null)
            as actual,
        'answers that were refused or name no application' as detail
),

payables as (
    select
        'payables_not_in_use' as check_name,
        'accounts payable' as scope,
        0 as expected,
        -- The list of paid vendors is not collected: only an approved "not in use" makes the discovery complete.
        1 - count(*) as actual,
        'an approved row of the systems register says that no payables system is in use' as detail
    from ({{ newest(ref('stg_registers__systems')) }}) as systems
    where system_id = 'accounts_payable' and not in_use and approved_by is not null
),

checks as (
    select * from placed
    union all
    select * from registered
    union all
    select * from denied
    union all
    select * from payables
)

{{ checks_agree('checks') }}
