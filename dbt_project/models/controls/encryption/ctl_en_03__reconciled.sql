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

{{ counts_agree('names_scanned', 'registers.endpoints', 'names.names', 'tried.names', 'registered names, each tried by a scanner') }}
from names
cross join tried
