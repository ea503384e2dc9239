select *
from {{ ref('stg_okta__system_log') }}
where error_code is null and occurred_at <= {{ as_of() }}
qualify row_number() over (partition by event_id order by _day desc, _seq desc) = 1
