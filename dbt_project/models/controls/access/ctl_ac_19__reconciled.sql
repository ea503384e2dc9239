with grants as (select * from {{ ref('fct_new_grant') }}),

trail as (
    select count(distinct event_id) as events
    from {{ ref('stg_aws_trail__events') }}
    cross join {{ ref('dim_engagement') }} as engagement
    where event_source = 'iam.amazonaws.com'
        and event_name in ('AttachUserPolicy', 'PutUserPolicy', 'AddUserToGroup')
        and error_code is null
        and occurred_at >= cast(engagement.window_start as timestamp)
        and occurred_at <= {{ as_of() }}
),

listings as (
    select
        (select count(distinct group_id) from {{ ref('stg_okta__groups') }} where _day = {{ as_of_day() }} and error_code is null)
        + (select count(*) from {{ ref('stg_aws_iam__users') }} where _day = {{ as_of_day() }}) as expected,
        (select count(distinct group_id) from {{ ref('stg_okta__group_members') }} where _day = {{ as_of_day() }} and error_code is null)
        + (select count(*) from {{ ref('stg_aws_iam__users') }} where _day = {{ as_of_day() }} and error_code is null) as actual
),

production as (
    select
        (select count(*) from grants where is_production) as expected,
        (select count(*) from {{ ref('ctl_ac_19__access_is_approved_first') }}) as actual
),

checks as (
    select
        'cloud_events_have_rows' as check_name,
        'aws_trail.events' as scope,
        trail.events as expected,
        (select count(*) from grants where source_id = 'aws_iam' and evidence = 'event') as actual,
        'grants in the trail against grants known' as detail
    from trail
    union all
    select 'production_grants_have_rows', 'fct_new_grant', expected, actual, 'production grants, by event or by the difference of two listings, against rows'
    from production
    union all
    select 'listings_of_the_day', 'okta.group_members, aws_iam.users', expected, actual, 'groups and cloud users of the day whose listing could be read'
    from listings
    union all
    -- Only there to prove an empty population: the events show none, and neither do listings that were read.
    select 'no_new_grants', 'fct_new_grant', 0, production.expected, 'new grants of production access'
    from production
    cross join listings
    where production.expected = 0 and listings.expected = listings.actual and listings.expected > 0
)

{{ checks_agree('checks', also="(check_name <> 'listings_of_the_day' or expected > 0)") }}
