-- Names under which clients reach the company on the day judged: those of the register, and those the cloud answers to.
with registered as (
    select lower(endpoints.hostname) as hostname, endpoints.resource_ref, people.person_key as owner_key
    from ({{ newest(ref('stg_registers__endpoints')) }}) as endpoints
    left join {{ ref('int_person_refs') }} as people on people.ref = endpoints.owner_id
    where endpoints.hostname is not null
    qualify row_number() over (partition by lower(endpoints.hostname) order by endpoints._seq) = 1
),

discovered as (
    select lower(unnested.alias) as hostname, 'distribution' as found_in
    from {{ ref('stg_aws_edge__distributions') }} as distributions
    cross join {{ each_item('distributions.aliases') }} as unnested(alias)
    where distributions._day = {{ as_of_day() }} and distributions.is_enabled
    union
    select lower(domain_name), 'API domain'
    from {{ ref('stg_aws_edge__api_domains') }}
    where _day = {{ as_of_day() }} and domain_name is not null
),

found as (
    select hostname, min(found_in) as found_in
    from discovered
    group by hostname
)

select
    coalesce(registered.hostname, found.hostname) as hostname,
    registered.hostname is not null as is_registered,
    found.found_in,
    registered.resource_ref,
    registered.owner_key
from registered
full outer join found on found.hostname = registered.hostname
