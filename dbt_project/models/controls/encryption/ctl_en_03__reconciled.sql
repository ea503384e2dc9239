with names as (
    select count(*) as names
    from {{ ref('dim_public_hostname') }}
    where is_registered
),

tried as (
    select count(distinct judged.hostname) as names
    from {{ ref('ctl_en_03__scans_confirm_tls') }} as judged
    inner join {{ ref('dim_public_hostname') }} as registered on registered.hostname = judged.hostname
    where registered.is_registered and judged.scanner is not null
)

select
    'names_scanned' as check_name,
    'registers.endpoints' as scope,
    cast(names.names as bigint) as expected,
    cast(tried.names as bigint) as actual,
    names.names = tried.names as passed,
    'registered names, each tried by a scanner' as detail
from names
cross join tried
