{{ counts_agree('notices_asked', 'registers.privacy_notices', 'expected', 'actual', 'notices of the register, against those that were asked for on the day judged') }}
from (
    select
        (select count(*) from ({{ newest(ref('stg_registers__privacy_notices')) }}) as notices) as expected,
        (
            select count(distinct asked.notice_id)
            from {{ ref('stg_tls_probe__notices') }} as asked
            inner join ({{ newest(ref('stg_registers__privacy_notices')) }}) as notices
                on asked.notice_id = notices.notice_id
            where asked._day = {{ as_of_day() }}
        ) as actual
) as counts
