-- Extract windows overlap; the newest copy of a run is kept.
select *
from {{ ref('stg_deploys__workflow_runs') }}
where run_id is not null and error_code is null
qualify row_number() over (partition by run_id order by _day desc, _seq desc) = 1
